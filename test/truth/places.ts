/** Where the buffers of a record lie, and back from a page number to the buffer. */

/** First address of buffer A; the others follow at the same distance. */
const FIRST = 0x1000000000;
/** Distance of a buffer's second address, where mremap moves it, from its first. */
const ALTERNATE = 0x800000000;
const PAGE = 4096;
const REGION_PAGES = ALTERNATE / PAGE;
const FIRST_PAGE = FIRST / PAGE;

export interface Place {
  readonly buf: string;
  readonly alt: 0 | 1;
  readonly page: number;
}

/** The addresses of a program's buffers: all begin on a boundary of page tables, or `before` pages before one. */
export class Layout {
  constructor(readonly before: number) {}

  /** Address of a page of a buffer. */
  addressOf({ buf, alt, page }: Place): number {
    const letter = buf.charCodeAt(0) - 65;
    return FIRST * (letter + 1) + ALTERNATE * alt + PAGE * (page - this.before);
  }

  /** The buffer page with this virtual page number; letters beyond the recorder's buffers mean somewhere else. */
  placeOf(vpn: number): Place {
    const at = vpn + this.before - FIRST_PAGE;
    const region = Math.floor(at / REGION_PAGES);
    return {
      buf: String.fromCharCode(65 + Math.floor(region / 2)),
      alt: (((region % 2) + 2) % 2) as 0 | 1,
      page: at - region * REGION_PAGES,
    };
  }
}

/** Buffers on boundaries of page tables. */
export const ALIGNED = new Layout(0);

/** `A[3]`, or `A'[3]` at the second address. */
export function showPlace(place: {
  readonly buf: string;
  readonly alt?: number;
  readonly page: number;
}): string {
  return `${place.buf}${place.alt === 1 ? "'" : ''}[${place.page}]`;
}
