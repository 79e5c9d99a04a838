/** A half-open piece of the source text, in UTF-16 offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A place in the source as people count it: line and column both begin at 1; columns count UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Only the span of something that has one. */
export function spanOf(of: Span): Span {
  return { start: of.start, end: of.end };
}

/** The smallest span that holds both. */
export function cover(a: Span, b: Span): Span {
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

/** Turns offsets into lines and columns and back. Lines end at LF, CRLF or CR. Built once per text. */
export class LineMap {
  private readonly starts: number[] = [0];
  private readonly length: number;

  constructor(text: string) {
    this.length = text.length;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === 10 || (c === 13 && text.charCodeAt(i + 1) !== 10)) this.starts.push(i + 1);
    }
  }

  /** Number of lines; a text that ends in a line break has an empty last line. */
  get lines(): number {
    return this.starts.length;
  }

  /** Line and column of an offset; offsets outside the text are clamped to it. */
  position(offset: number): Position {
    const at = Math.max(0, Math.min(offset, this.length));
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if ((this.starts[mid] ?? 0) <= at) low = mid;
      else high = mid - 1;
    }
    return { line: low + 1, column: at - (this.starts[low] ?? 0) + 1 };
  }

  /** Offset of a line's first character; lines outside the text are clamped to it. */
  lineStart(line: number): number {
    if (line <= 1) return 0;
    return this.starts[line - 1] ?? this.length;
  }

  /** Offset of a place; a column past the end of its line gives the start of the next line. */
  offset(place: Position): number {
    const start = this.lineStart(place.line);
    const next = place.line < this.lines ? this.lineStart(place.line + 1) : this.length;
    return Math.max(start, Math.min(start + place.column - 1, next));
  }
}
