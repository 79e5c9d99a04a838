/** Where the buffers of a record lie, and back from a page number to the buffer. */

/** First address of buffer A; B and C follow at the same distance. */
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

/** Address of a page of a buffer. */
export function addressOf(place: Place): number {
  const letter = place.buf.charCodeAt(0) - 65;
  return FIRST * (letter + 1) + ALTERNATE * place.alt + PAGE * place.page;
}

/** The buffer page with this virtual page number; letters beyond the recorder's buffers mean somewhere else. */
export function placeOf(vpn: number): Place {
  const region = Math.floor((vpn - FIRST_PAGE) / REGION_PAGES);
  return {
    buf: String.fromCharCode(65 + Math.floor(region / 2)),
    alt: (((region % 2) + 2) % 2) as 0 | 1,
    page: vpn - FIRST_PAGE - region * REGION_PAGES,
  };
}

/** `A[3]`, or `A'[3]` at the second address. */
export function showPlace(place: {
  readonly buf: string;
  readonly alt?: number;
  readonly page: number;
}): string {
  return `${place.buf}${place.alt === 1 ? "'" : ''}[${place.page}]`;
}
