/** The cells of a map in one row, from the answer of the adapter. */

import {
  CELL_CHANGED,
  CELL_MIXED,
  CELL_STATE,
  type CellArea,
  type CellState,
  type CellsResult,
} from '../../../protocol/cells';

export interface Cell<State extends CellState> {
  readonly area: number;
  /** First page of the cell in its area, and how many pages it stands for. */
  readonly page: number;
  readonly pages: number;
  readonly state: State | undefined;
  readonly changed: boolean;
  readonly mixed: boolean;
  readonly faulting: boolean;
}

const PAGE = 4096;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** A map with its cells decoded; cells are numbered through all areas. */
export abstract class Cells<
  State extends CellState,
  Area extends CellArea,
  Result extends CellsResult<State, Area> = CellsResult<State, Area>,
> {
  readonly cells: readonly Uint8Array[];
  /** Number of the first cell of each area, and one past the last cell at the end. */
  readonly firsts: readonly number[];
  readonly #faulting: ReadonlySet<number>;

  constructor(readonly result: Result) {
    this.cells = result.areas.map(({ cells }) => bytesOf(cells));
    const firsts = [0];
    for (const cells of this.cells) firsts.push((firsts.at(-1) ?? 0) + cells.length);
    this.firsts = firsts;
    this.#faulting = new Set(result.faults.flatMap((address) => this.at(Number(address)) ?? []));
  }

  /** What pages without a state are called. */
  abstract readonly none: string;

  /** The name of some pages of an area, `pages` from the one at `page`. */
  abstract nameOfPages(area: Area, page: number, pages: number): string;

  get length(): number {
    return this.firsts.at(-1) ?? 0;
  }

  /** The first cell that covers an address. */
  at(address: number): number | undefined {
    for (const [i, area] of this.result.areas.entries()) {
      const page = Math.floor((address - Number(area.start)) / PAGE);
      if (page >= 0 && page < area.pages)
        return (this.firsts[i] ?? 0) + Math.floor(page / this.result.pagesPerCell);
    }
    return undefined;
  }

  areaOf(cell: number): number {
    let area = 0;
    while (area + 1 < this.cells.length && (this.firsts[area + 1] ?? 0) <= cell) area++;
    return area;
  }

  cell(number: number): Cell<State> | undefined {
    const area = this.areaOf(number);
    const index = number - (this.firsts[area] ?? 0);
    const byte = this.cells[area]?.[index];
    const of = this.result.areas[area];
    if (byte === undefined || of === undefined) return undefined;
    const { pagesPerCell, states } = this.result;
    const page = index * pagesPerCell;
    return {
      area,
      page,
      pages: Math.min(pagesPerCell, of.pages - page),
      state: states[(byte & CELL_STATE) - 1],
      changed: (byte & CELL_CHANGED) !== 0,
      mixed: (byte & CELL_MIXED) !== 0,
      faulting: this.#faulting.has(number),
    };
  }

  isFaulting(cell: number): boolean {
    return this.#faulting.has(cell);
  }

  /** The range of addresses that a cell stands for. */
  rangeOf(cell: Cell<State>): { readonly from: string; readonly to: string } {
    const start = Number(this.result.areas[cell.area]?.start ?? 0) + cell.page * PAGE;
    const show = (address: number): string => `0x${address.toString(16).padStart(16, '0')}`;
    return { from: show(start), to: show(start + cell.pages * PAGE) };
  }

  nameOf({ area, page, pages }: Cell<State>): string {
    const of = this.result.areas[area];
    return of === undefined ? '' : this.nameOfPages(of, page, pages);
  }

  /** What a cell says, in words: for the line below the picture and for screen readers. */
  describe(cell: Cell<State>): string {
    const notes = [...(cell.faulting ? ['fault pending'] : []), ...(cell.changed ? ['changed'] : [])];
    return [this.nameOf(cell), this.stateOf(cell), ...notes, this.rangeOf(cell).from].join(' · ');
  }

  stateOf({ state, mixed }: Cell<State>): string {
    const words = state?.label ?? this.none;
    return mixed ? `among others ${words}` : words;
  }

  /** Neighbouring cells that say the same, as rows of a table: at most `most`, the last of which says how many are left out. */
  runs(most: number): [name: string, state: string][] {
    const runs: [string, string][] = [];
    let left = 0;
    for (let from = 0; from < this.length; ) {
      const first = this.cell(from);
      const area = this.result.areas[first?.area ?? 0];
      if (first === undefined || area === undefined) break;
      let pages = first.pages;
      let to = from + 1;
      for (let next = this.cell(to); next !== undefined && alike(first, next); next = this.cell(++to))
        pages += next.pages;
      if (runs.length < most) runs.push([this.nameOfPages(area, first.page, pages), this.stateOf(first)]);
      else left++;
      from = to;
    }
    if (left > 0) runs.push([`${left} more`, 'zoom in to see them']);
    return runs;
  }
}

const alike = (a: Cell<CellState>, b: Cell<CellState>): boolean =>
  a.area === b.area && a.state === b.state && a.mixed === b.mixed && !a.faulting && !b.faulting;
