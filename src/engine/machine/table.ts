/** Tables: rows that are allocated and freed, over columns of a store. Row 0 is never handed out: it means "none". */

import type { IntColumn, WideColumn } from './column';
import type { Store } from './store';

export class Table {
  readonly #store: Store;
  /** Apart, as V8 inlines what a loop does with objects of one class only. */
  readonly #ints: IntColumn[] = [];
  readonly #wides: WideColumn[] = [];
  readonly #length: number;
  readonly #freeHead: number;
  readonly #live: IntColumn;

  constructor(
    store: Store,
    readonly name: string,
  ) {
    this.#store = store;
    this.#length = store.scalar(`${name}.length`);
    this.#freeHead = store.scalar(`${name}.free`);
    this.#live = store.int(`${name}.live`);
  }

  int(name: string): IntColumn {
    const column = this.#store.int(`${this.name}.${name}`, 1);
    this.#ints.push(column);
    return column;
  }

  wide(name: string): WideColumn {
    const column = this.#store.wide(`${this.name}.${name}`, 1);
    this.#wides.push(column);
    return column;
  }

  /** Rows ever handed out; valid rows are 1..length. */
  get length(): number {
    return this.#store.scalars.get(this.#length);
  }

  /** A fresh row with every column 0. Freed rows are reused, the last freed first. */
  alloc(): number {
    const { scalars } = this.#store;
    const free = scalars.get(this.#freeHead);
    if (free !== 0) {
      scalars.set(this.#freeHead, -this.#live.get(free) - 1);
      this.#live.set(free, 1);
      return free;
    }
    const row = scalars.add(this.#length, 1);
    this.#live.set(row, 1);
    return row;
  }

  /** Gives a row back; throws for one that is not in use. */
  free(row: number): void {
    if (!this.isLive(row)) throw new Error(`row ${row} of ${this.name} is freed, and is not in use`);
    for (const column of this.#ints) if (column.get(row) !== 0) column.set(row, 0);
    for (const column of this.#wides) if (column.get(row) !== 0) column.set(row, 0);
    // A free row's `live` is -(next free row) - 1, so that the chain needs no column of its own.
    const { scalars } = this.#store;
    this.#live.set(row, -scalars.get(this.#freeHead) - 1);
    scalars.set(this.#freeHead, row);
  }

  isLive(row: number): boolean {
    return this.#live.get(row) === 1;
  }

  /** The first live row after `row`, or 0: `rows` for where an iterator would be made too often. */
  after(row: number): number {
    const { length } = this;
    for (let next = row + 1; next <= length; next++) if (this.isLive(next)) return next;
    return 0;
  }

  /** Live rows in rising order. */
  *rows(): Iterable<number> {
    const length = this.length;
    for (let row = 1; row <= length; row++) if (this.isLive(row)) yield row;
  }
}
