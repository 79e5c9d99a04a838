/** A map of cells: areas of neighbouring pages, each cell a page or a group of pages. */

/** What the pages of some cells have in common. */
export interface CellState {
  label: string;
  /** Pages in that state in the part that is shown. */
  pages: number;
}

/** Neighbouring pages, from the lowest address up. */
export interface CellArea {
  label: string;
  /** What stands behind the name of the area. */
  note: string;
  /** Address of the first page, as `0x…`. */
  start: string;
  pages: number;
  /**
   * Base64: a byte for each cell, in address order. Bits 0-5: 0 = none, else 1 + the index in `states` of the state that
   * most of its pages are in; bit 6: something in it differs from the previous stop; bit 7: its pages are in more than
   * one state, or only some are in any.
   */
  cells: string;
}

export interface CellsResult<State extends CellState = CellState, Area extends CellArea = CellArea> {
  /** Pages that a cell stands for, a power of two. */
  pagesPerCell: number;
  states: State[];
  areas: Area[];
  /** Addresses in the part shown on which a fault is pending, as `0x…`. */
  faults: string[];
}

/** Bits of a cell. */
export const CELL_STATE = 0x3f;
export const CELL_CHANGED = 0x40;
export const CELL_MIXED = 0x80;

/** Most cells in an answer. */
export const MOST_CELLS = 65_536;
