/** What the names of a running scenario stand for. It lies in the machine, so that going back takes it along. */

import type { WideColumn } from '../../engine/machine/column';
import type { ProcessRow } from '../../engine/machine/ids';
import type { Store } from '../../engine/machine/store';

const UNSET = 0;
const VALUE = -1;

/** The variables of every process. Threads share their process's; a forked child begins with a copy. */
export class Variables {
  /** A buffer's address in bytes, or a value. */
  readonly #content: WideColumn;
  /** A buffer's size in pages; VALUE for a value; UNSET before the first assignment. */
  readonly #pages: WideColumn;

  constructor(
    store: Store,
    /** How many names a program has. */
    readonly count: number,
  ) {
    this.#content = store.wide('variable.content');
    this.#pages = store.wide('variable.pages');
  }

  /** The cell of a variable: a handle by which expressions carry it about. */
  cell(process: ProcessRow, variable: number): number {
    return process * this.count + variable;
  }

  setBuffer(process: ProcessRow, variable: number, address: number, pages: number): void {
    const cell = this.cell(process, variable);
    this.#content.set(cell, address);
    this.#pages.set(cell, pages);
  }

  setValue(process: ProcessRow, variable: number, value: number): void {
    const cell = this.cell(process, variable);
    this.#content.set(cell, value);
    this.#pages.set(cell, VALUE);
  }

  isSet(cell: number): boolean {
    return this.#pages.get(cell) !== UNSET;
  }

  isBuffer(cell: number): boolean {
    return this.#pages.get(cell) > 0;
  }

  /** Address of a buffer in bytes, or the value. */
  content(cell: number): number {
    return this.#content.get(cell);
  }

  /** Size of a buffer in pages; 0 for what is no buffer. */
  pages(cell: number): number {
    return Math.max(0, this.#pages.get(cell));
  }

  variableOf(cell: number): number {
    return cell % this.count;
  }

  processOf(cell: number): ProcessRow {
    return Math.floor(cell / this.count) as ProcessRow;
  }

  /** A forked child knows what its parent knows. */
  copy(from: ProcessRow, to: ProcessRow): void {
    for (let variable = 0; variable < this.count; variable++) this.copyOne(from, to, variable);
  }

  copyOne(from: ProcessRow, to: ProcessRow, variable: number): void {
    const cell = this.cell(from, variable);
    this.#content.set(this.cell(to, variable), this.#content.get(cell));
    this.#pages.set(this.cell(to, variable), this.#pages.get(cell));
  }
}
