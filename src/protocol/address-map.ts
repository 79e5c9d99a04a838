import type { PageTableEntryKind } from './page-tables';

/** Arguments of `hmm/addressMap`: which part of an address space, and into how many cells it may be divided. */
export interface AddressMapArguments {
  /** A process by its name; without it the one whose fault began last, or else that of the thread. */
  process?: string;
  /** DAP thread id. */
  threadId?: number;
  /** Only what lies in [from, to), as `0x…`. */
  from?: string;
  to?: string;
  /** Most cells in the answer: 1 to 65,536. */
  most: number;
}

/** What the pages of some cells have in common. */
export interface MapState {
  /** `gpu0 rw`, `RAM r-`, `migrating rw`, `swapped out`. */
  label: string;
  entry: PageTableEntryKind;
  device?: string;
  writable: boolean;
  /** Pages in that state in the part that is shown. */
  pages: number;
}

/** A part of a mapping that belongs to one buffer, or to none. */
export interface MapArea {
  /** Name of the buffer; of an area without one the mapping's range, as in /proc/PID/maps. */
  label: string;
  /** Page of the buffer with which the area begins; absent where no buffer covers it. */
  firstPage?: number;
  /** `rw-p` */
  protection: string;
  start: string;
  pages: number;
  /**
   * Base64: a byte for each cell, in address order. Bits 0-5: 0 = nothing is mapped, else 1 + the index in `states` of
   * the state that most of its pages are in; bit 6: something in it differs from the previous stop; bit 7: its pages
   * are in more than one state, or only some are mapped.
   */
  cells: string;
}

export interface AddressMapResult {
  process: string;
  /** Every process that has memory. */
  processes: string[];
  /** Pages that a cell stands for, a power of two. */
  pagesPerCell: number;
  states: MapState[];
  areas: MapArea[];
  /** Addresses in the part shown on which a fault is pending, as `0x…`. */
  faults: string[];
}

/** Bits of a cell. */
export const CELL_STATE = 0x3f;
export const CELL_CHANGED = 0x40;
export const CELL_MIXED = 0x80;

/** What the extension tells the picture. */
export type ToAddressMap =
  | { type: 'map'; map: AddressMapResult }
  /** Nothing to show, with a sentence that says why; what was shown stays, marked as old. */
  | { type: 'nothing'; text: string };

/** What the picture tells the extension. */
export type FromAddressMap =
  /** The view is there, or shows another part: how many cells fit, and which part. */
  | { type: 'show'; most: number; process?: string; from?: string; to?: string }
  /** Go to the page's entry in Page Tables; `focus` moves the keyboard there. */
  | { type: 'open'; process: string; address: string; focus: boolean }
  | { type: 'why'; process: string; address: string };
