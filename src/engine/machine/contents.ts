/** What is in a page: a fill byte and the bytes written since, so that untouched contents cost nothing. */

import type { IntColumn } from './column';
import type { PageRow } from './ids';
import type { Pages } from './pages';
import type { Store } from './store';
import { Table } from './table';

export class Contents {
  readonly #patches: Table;
  readonly #offset: IntColumn;
  readonly #value: IntColumn;
  readonly #next: IntColumn;

  constructor(
    store: Store,
    private readonly pages: Pages,
  ) {
    this.#patches = new Table(store, 'patches');
    this.#offset = this.#patches.int('offset');
    this.#value = this.#patches.int('value');
    this.#next = this.#patches.int('next');
  }

  /** The byte at `offset` (0-4095) of the page. */
  read(page: PageRow, offset: number): number {
    const row = this.#find(page, offset);
    return row === 0 ? this.pages.fill.get(page) : this.#value.get(row);
  }

  write(page: PageRow, offset: number, value: number): void {
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
  fill(page: PageRow, value: number): void {
    for (let row = this.pages.patches.get(page); row !== 0; ) {
      const next = this.#next.get(row);
      this.#patches.free(row);
      row = next;
    }
    if (this.pages.patches.get(page) !== 0) this.pages.patches.set(page, 0);
    if (this.pages.fill.get(page) !== (value & 255)) this.pages.fill.set(page, value & 255);
  }

  copy(from: PageRow, to: PageRow): void {
    this.fill(to, this.pages.fill.get(from));
    for (let row = this.pages.patches.get(from); row !== 0; row = this.#next.get(row))
      this.write(to, this.#offset.get(row), this.#value.get(row));
  }

  /** The whole page as bytes, for a person or a tool to read. */
  bytes(page: PageRow): Uint8Array {
    const bytes = new Uint8Array(4096).fill(this.pages.fill.get(page));
    for (let row = this.pages.patches.get(page); row !== 0; row = this.#next.get(row))
      bytes[this.#offset.get(row)] = this.#value.get(row);
    return bytes;
  }

  /** A number that depends on the page's bytes (0 for zeroes); `patch` is told the row of every byte that was written singly. */
  digest(page: PageRow, patch?: (row: number) => void): number {
    const fill = this.pages.fill.get(page);
    let sum = Math.imul(fill, 0x9e3779b1);
    for (let row = this.pages.patches.get(page); row !== 0; row = this.#next.get(row)) {
      patch?.(row);
      const value = this.#value.get(row);
      if (value !== fill) sum = (sum + mix(this.#offset.get(row), value)) | 0;
    }
    return sum;
  }

  #find(page: PageRow, offset: number): number {
    for (let row = this.pages.patches.get(page); row !== 0; row = this.#next.get(row))
      if (this.#offset.get(row) === offset) return row;
    return 0;
  }
}

function mix(offset: number, value: number): number {
  const h = Math.imul(offset ^ 0x85ebca6b, 0xcc9e2d51) ^ Math.imul(value + 1, 0x1b873593);
  return Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
}
