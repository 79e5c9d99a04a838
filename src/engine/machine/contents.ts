/** What is in a page: a fill byte and the bytes written since, so that untouched contents cost nothing. */

import type { IntColumn } from './column';
import type { PageRow } from './ids';
import type { Store } from './store';
import { Table } from './table';

/** Columns of whatever has contents (pages, slots of swap areas). */
export interface Holder {
  /** Every byte has this value, except those in the patch list. */
  readonly fill: IntColumn;
  readonly patches: IntColumn;
}

export class Contents<R extends number = PageRow> {
  readonly #patches: Table;
  readonly #offset: IntColumn;
  readonly #value: IntColumn;
  readonly #next: IntColumn;

  constructor(
    store: Store,
    private readonly pages: Holder,
    name = 'patches',
  ) {
    this.#patches = new Table(store, name);
    this.#offset = this.#patches.int('offset');
    this.#value = this.#patches.int('value');
    this.#next = this.#patches.int('next');
  }

  /** The byte at `offset` (0-4095) of the page. */
  read(page: R, offset: number): number {
    const row = this.#find(page, offset);
    return row === 0 ? this.pages.fill.get(page) : this.#value.get(row);
  }

  write(page: R, offset: number, value: number): void {
    const row = this.#find(page, offset);
    if (row !== 0) {
      this.#value.set(row, value & 255);
      return;
    }
    if (this.pages.fill.get(page) === (value & 255)) return;
    const fresh = this.#patches.alloc();
    this.#offset.set(fresh, offset);
    this.#value.set(fresh, value & 255);
    this.#next.set(fresh, this.pages.patches.get(page));
    this.pages.patches.set(page, fresh);
  }

  /** Gives every byte of the page the same value. */
  fill(page: R, value: number): void {
    for (let row = this.pages.patches.get(page); row !== 0; ) {
      const next = this.#next.get(row);
      this.#patches.free(row);
      row = next;
    }
    if (this.pages.patches.get(page) !== 0) this.pages.patches.set(page, 0);
    if (this.pages.fill.get(page) !== (value & 255)) this.pages.fill.set(page, value & 255);
  }

  copy(from: R, to: R): void {
    this.copyFrom(this, from, to);
  }

  /** Copies from a row of other contents: a page to a swap slot, or back. */
  copyFrom<S extends number>(other: Contents<S>, from: S, to: R): void {
    this.fill(to, other.pages.fill.get(from));
    for (let row = other.pages.patches.get(from); row !== 0; row = other.#next.get(row))
      this.write(to, other.#offset.get(row), other.#value.get(row));
  }

  /** The whole page as bytes, for a person or a tool to read. */
  bytes(page: R): Uint8Array {
    const bytes = new Uint8Array(4096).fill(this.pages.fill.get(page));
    for (let row = this.pages.patches.get(page); row !== 0; row = this.#next.get(row))
      bytes[this.#offset.get(row)] = this.#value.get(row);
    return bytes;
  }

  /** A number that depends on the page's bytes (0 for zeroes); `patch` is told the row of every byte that was written singly. */
  digest(page: R, patch?: (row: number) => void): number {
    const fill = this.pages.fill.get(page);
    let sum = Math.imul(fill, 0x9e3779b1);
    for (let row = this.pages.patches.get(page); row !== 0; row = this.#next.get(row)) {
      patch?.(row);
      const value = this.#value.get(row);
      if (value !== fill) sum = (sum + mix(this.#offset.get(row), value)) | 0;
    }
    return sum;
  }

  #find(page: R, offset: number): number {
    for (let row = this.pages.patches.get(page); row !== 0; row = this.#next.get(row))
      if (this.#offset.get(row) === offset) return row;
    return 0;
  }
}

function mix(offset: number, value: number): number {
  const h = Math.imul(offset ^ 0x85ebca6b, 0xcc9e2d51) ^ Math.imul(value + 1, 0x1b873593);
  return Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
}
