/** Pages as cells: each the state that most of its pages are in. */

import { CELL_CHANGED, CELL_MIXED, CELL_STATE, type CellState } from '../../protocol';
import { base64 } from './base64';

/** Pages a cell, so that areas of these sizes need no more than `most` cells; a power of two. */
export function pagesPerCell(sizes: readonly number[], most: number): number {
  for (let pages = 1; ; pages *= 2) {
    const cells = sizes.reduce((sum, size) => sum + Math.ceil(size / pages), 0);
    if (cells <= most || cells === sizes.length) return pages;
  }
}

/** The states that occur, each with its number and its pages; a key stands for what pages have in common. */
export class States<State extends CellState> {
  readonly list: State[] = [];
  readonly #numbers = new Map<number, number>();

  constructor(
    /** A state without pages. */
    readonly describe: (key: number) => State,
  ) {}

  /** The number of a state, with `pages` more in it; what no longer fits into a cell's bits shares the last number. */
  add(key: number, pages: number): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = Math.min(this.list.length, CELL_STATE - 1);
      this.#numbers.set(key, number);
      this.list[number] ??= this.describe(key);
    }
    const state = this.list[number];
    if (state !== undefined) state.pages += pages;
    return number;
  }
}

/** The cells of the pages [start, end), filled in the order of the pages. */
export class Cells<State extends CellState> {
  readonly #cells: Uint8Array;
  /** Pages by the number of their state, of the cell that is being filled. */
  readonly #counts = new Map<number, number>();
  #at = 0;
  #changed = false;

  constructor(
    readonly states: States<State>,
    readonly start: number,
    readonly end: number,
    readonly pagesPerCell: number,
  ) {
    this.#cells = new Uint8Array(Math.ceil((end - start) / pagesPerCell));
  }

  /** The pages [from, to) are in the state of `key`. */
  add(key: number, changed: boolean, from: number, to: number): void {
    for (let page = from; page < to; ) {
      const cell = Math.floor((page - this.start) / this.pagesPerCell);
      if (cell !== this.#at) this.#close(cell);
      const last = Math.min(to, this.start + (cell + 1) * this.pagesPerCell);
      const number = this.states.add(key, last - page);
      this.#counts.set(number, (this.#counts.get(number) ?? 0) + last - page);
      this.#changed ||= changed;
      page = last;
    }
  }

  finish(): string {
    this.#close(0);
    return base64(this.#cells);
  }

  #close(next: number): void {
    let most = 0;
    let state = -1;
    let known = 0;
    for (const [number, pages] of this.#counts) {
      known += pages;
      if (pages > most) [state, most] = [number, pages];
    }
    const pages = Math.min(this.pagesPerCell, this.end - this.start - this.#at * this.pagesPerCell);
    const mixed = known > 0 && most < pages ? CELL_MIXED : 0;
    this.#cells[this.#at] = (state + 1) | (this.#changed ? CELL_CHANGED : 0) | mixed;
    this.#counts.clear();
    this.#changed = false;
    this.#at = next;
  }
}
