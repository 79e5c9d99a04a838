/**
 * Columns: the only place where state lives, and the only path by which it changes.
 *
 * A column is one typed array that grows, cut into chunks of CHUNK_ROWS rows. `set` stores the value and marks
 * the chunk, and that mark is all that snapshots, restoring and hashing need. Where somebody watches single
 * writes (invariants, data breakpoints), the same path reports them to a journal.
 */

export const CHUNK_SHIFT = 8;
export const CHUNK_ROWS = 1 << CHUNK_SHIFT;
/** Chunks among which a loop finds a mark sooner than a call of V8's own search. */
const SHORT = 32;

/** Told of each write while it is installed. `column` is the column's number in its store. */
export interface Journal {
  note(column: number, row: number): void;
  /** Rows [first, end) were put back as they were at another time. */
  restored?(column: number, first: number, end: number): void;
}

type Cells = Int32Array | Float64Array;

/** A column's frozen chunks; `undefined` stands for a chunk that is all zero. */
export type ChunkList = readonly (Cells | undefined)[];

/** What integer and float columns share: growth, chunk bookkeeping, freezing and thawing. */
abstract class Column<T extends Cells = Cells> {
  abstract data: T;
  /** One byte a chunk: written since the last freeze or thaw. */
  dirty = new Uint8Array(1);
  journal: Journal | undefined;
  #frozen: ChunkList = [];

  constructor(
    readonly name: string,
    readonly id: number,
    /** First row that may be written: 1 in the columns of a table, whose row 0 means "none". */
    readonly first = 0,
  ) {}

  /** `set` where the column has to grow, somebody watches its writes, or the row is none. */
  protected setSlowly(row: number, value: number): void {
    if (!(row >= this.first)) throw new Error(`row ${row} of ${this.name} is written, and is none`);
    if (row >= this.data.length) this.grow(row);
    this.data[row] = value;
    this.dirty[row >> CHUNK_SHIFT] = 1;
    this.journal?.note(this.id, row);
  }

  protected abstract allocate(rows: number): T;

  /** Makes room for `row`; rows that were never written read as 0. */
  grow(row: number): void {
    if (row < this.data.length) return;
    let rows = this.data.length;
    while (rows <= row) rows *= 2;
    const data = this.allocate(rows);
    data.set(this.data);
    this.data = data;
    const dirty = new Uint8Array(rows >> CHUNK_SHIFT);
    dirty.set(this.dirty);
    this.dirty = dirty;
  }

  /** The column's chunks as they were when it was last frozen or thawed. */
  get frozen(): ChunkList {
    return this.#frozen;
  }

  /** The first marked chunk from `from` on, or -1. Most columns are so short that calling `indexOf` is more than the search. */
  #marked(from: number): number {
    const { dirty } = this;
    if (dirty.length > SHORT) return dirty.indexOf(1, from);
    for (let c = from; c < dirty.length; c++) if (dirty[c] === 1) return c;
    return -1;
  }

  /** Freezes the chunks written since the last time; returns the bytes that this takes. The others are shared. */
  freeze(): number {
    let next: (Cells | undefined)[] | undefined;
    let bytes = 0;
    for (let c = this.#marked(0); c !== -1; c = this.#marked(c + 1)) {
      next ??= this.#frozen.slice();
      const chunk = this.data.slice(c << CHUNK_SHIFT, (c + 1) << CHUNK_SHIFT);
      while (next.length < c) next.push(undefined);
      next[c] = chunk;
      bytes += chunk.byteLength;
      this.dirty[c] = 0;
    }
    if (next) {
      bytes += next.length * 8;
      this.#frozen = next;
    }
    return bytes;
  }

  /** Puts back what `freeze` returned earlier. Only chunks that differ are copied. */
  thaw(chunks: ChunkList): void {
    const count = this.dirty.length;
    for (let c = 0; c < count; c++) {
      const wanted = chunks[c];
      if (this.dirty[c] === 0 && wanted === this.#frozen[c]) continue;
      const from = c << CHUNK_SHIFT;
      if (wanted) this.data.set(wanted, from);
      else this.data.fill(0, from, from + CHUNK_ROWS);
      this.dirty[c] = 0;
      this.journal?.restored?.(this.id, from, from + CHUNK_ROWS);
    }
    this.#frozen = chunks;
  }

  /** Rows of the chunks written since the last freeze or thaw, as [first, end) pairs. */
  *dirtyRows(): Iterable<[first: number, end: number]> {
    for (let c = this.#marked(0); c !== -1; c = this.#marked(c + 1))
      yield [c << CHUNK_SHIFT, (c + 1) << CHUNK_SHIFT];
  }

  /** A number that depends on every non-zero row and on nothing else (not on capacity or history). */
  hash(): number {
    const data = this.data;
    let sum = 0;
    for (let row = 0; row < data.length; row++) {
      const value = data[row] as number;
      if (value !== 0) sum = (sum + mix(row, value)) | 0;
    }
    return Math.imul(sum ^ this.id, 0x9e3779b1) | 0;
  }
}

function mix(row: number, value: number): number {
  const high = Math.floor(value / 4294967296) | 0;
  let h =
    Math.imul(row ^ 0x85ebca6b, 0xcc9e2d51) ^ Math.imul(value | 0, 0x1b873593) ^ Math.imul(high, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

/** 32-bit signed integers: flags, counters, references to rows. */
export class IntColumn extends Column<Int32Array> {
  data = new Int32Array(CHUNK_ROWS);

  protected allocate(rows: number): Int32Array<ArrayBuffer> {
    return new Int32Array(rows);
  }

  get(row: number): number {
    const { data } = this;
    return row < data.length ? (data[row] as number) : 0;
  }

  set(row: number, value: number): void {
    const { data } = this;
    if (row >= this.first && row < data.length && this.journal === undefined) {
      data[row] = value;
      this.dirty[row >> CHUNK_SHIFT] = 1;
    } else this.setSlowly(row, value);
  }

  add(row: number, delta: number): number {
    const value = this.get(row) + delta;
    this.set(row, value);
    return value;
  }
}

/** A column for those who only look at it. */
export type ReadColumn = Omit<IntColumn, 'set' | 'add'>;

/** Whole numbers up to 2^53: virtual page numbers, page frame numbers, stack slots. */
export class WideColumn extends Column<Float64Array> {
  data = new Float64Array(CHUNK_ROWS);

  protected allocate(rows: number): Float64Array<ArrayBuffer> {
    return new Float64Array(rows);
  }

  get(row: number): number {
    const { data } = this;
    return row < data.length ? (data[row] as number) : 0;
  }

  set(row: number, value: number): void {
    const { data } = this;
    if (row >= this.first && row < data.length && this.journal === undefined) {
      data[row] = value;
      this.dirty[row >> CHUNK_SHIFT] = 1;
    } else this.setSlowly(row, value);
  }

  /** `set` for a row that is known to be there. */
  put(row: number, value: number): void {
    this.data[row] = value;
    this.dirty[row >> CHUNK_SHIFT] = 1;
    if (this.journal !== undefined) this.journal.note(this.id, row);
  }

  /** Sets rows [first, end) to one value: as `set` does, with one mark a chunk. */
  fill(first: number, end: number, value: number): void {
    if (first >= end) return;
    if (end > this.data.length) this.grow(end - 1);
    for (let row = first; row < end; row++) this.data[row] = value;
    for (let c = first >> CHUNK_SHIFT; c << CHUNK_SHIFT < end; c++) this.dirty[c] = 1;
    if (this.journal !== undefined) for (let row = first; row < end; row++) this.journal.note(this.id, row);
  }
}
