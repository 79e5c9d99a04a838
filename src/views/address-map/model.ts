/** The cells of an address map in one row, from the answer of the adapter. */

import {
  type AddressMapResult,
  CELL_CHANGED,
  CELL_MIXED,
  CELL_STATE,
  type MapArea,
  type MapState,
} from '../../protocol/address-map';

export interface Cell {
  readonly area: number;
  /** First page of the cell in its area, and how many pages it stands for. */
  readonly page: number;
  readonly pages: number;
  readonly state: MapState | undefined;
  readonly changed: boolean;
  readonly mixed: boolean;
  readonly faulting: boolean;
}

const PAGE = 4096;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** A map with its cells decoded; cells are numbered through all areas. */
export class AddressMap {
  readonly cells: readonly Uint8Array[];
  /** Number of the first cell of each area, and one past the last cell at the end. */
  readonly firsts: readonly number[];
  readonly #faulting: ReadonlySet<number>;

  constructor(readonly result: AddressMapResult) {
    this.cells = result.areas.map(({ cells }) => bytesOf(cells));
    const firsts = [0];
    for (const cells of this.cells) firsts.push((firsts.at(-1) ?? 0) + cells.length);
    this.firsts = firsts;
    this.#faulting = new Set(
      result.faults
        .map((address) => this.at(Number(address)))
        .filter((cell): cell is number => cell !== undefined),
    );
  }

  get length(): number {
    return this.firsts.at(-1) ?? 0;
  }

  /** The cell that covers an address. */
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

  cell(number: number): Cell | undefined {
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

  addressOf(cell: Cell): string {
    const start = Number(this.result.areas[cell.area]?.start ?? 0) + cell.page * PAGE;
    return `0x${start.toString(16).padStart(16, '0')}`;
  }

  /** `buf[3]`, `buf[0..16]`, or addresses where no buffer covers it. */
  nameOf(cell: Cell): string {
    return nameOfPages(this.result.areas[cell.area], cell.page, cell.pages);
  }

  /** What a cell says, in words: for the line below the picture and for screen readers. */
  describe(cell: Cell): string {
    const state = cell.state?.label ?? 'nothing mapped';
    const words = cell.mixed ? `mostly ${state}` : state;
    const notes = [...(cell.faulting ? ['fault pending'] : []), ...(cell.changed ? ['changed'] : [])];
    return [this.nameOf(cell), words, ...notes, this.addressOf(cell)].join(' · ');
  }
}

/** The name of some pages of an area. */
export function nameOfPages(area: MapArea | undefined, page: number, pages: number): string {
  if (area === undefined) return '';
  if (area.firstPage === undefined) {
    const start = Number(area.start) + page * PAGE;
    return pages === 1
      ? `0x${start.toString(16)}`
      : `${start.toString(16)}-${(start + pages * PAGE).toString(16)}`;
  }
  const first = area.firstPage + page;
  return pages === 1 ? `${area.label}[${first}]` : `${area.label}[${first}..${first + pages}]`;
}

/** Neighbouring cells that say the same, as rows of a table. */
export interface Run {
  readonly name: string;
  readonly state: string;
}

/** The map as a table; at most `most` rows, the last of which says how many are left out. */
export function runsOf(map: AddressMap, most: number): Run[] {
  const runs: Run[] = [];
  let left = 0;
  for (let from = 0; from < map.length; ) {
    const first = map.cell(from);
    if (first === undefined) break;
    let pages = first.pages;
    let to = from + 1;
    for (let next = map.cell(to); next !== undefined && alike(first, next); next = map.cell(++to))
      pages += next.pages;
    if (runs.length < most) {
      const state = first.state?.label ?? 'nothing mapped';
      const name = nameOfPages(map.result.areas[first.area], first.page, pages);
      runs.push({ name, state: first.mixed ? `mostly ${state}` : state });
    } else left++;
    from = to;
  }
  if (left > 0) runs.push({ name: `${left} more`, state: 'zoom in to see them' });
  return runs;
}

const alike = (a: Cell, b: Cell): boolean =>
  a.area === b.area && a.state === b.state && a.mixed === b.mixed && !a.faulting && !b.faulting;
