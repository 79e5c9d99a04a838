import type { CellArea, CellState, CellsResult } from './cells';
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
  /** Also what devices mirror of it. */
  mirrors?: boolean;
  /** Most cells in the answer: 1 to MOST_CELLS. */
  most: number;
}

/** `gpu0 rw`, `RAM r-`, `migrating rw`, `swapped out`; of a mirror `read, write` or `read: the CPU has another page`. */
export interface MapState extends CellState {
  /** What the page table has; of an entry in a device's mirror `mirror`. */
  entry: PageTableEntryKind | 'mirror';
  device?: string;
  writable: boolean;
  /** A mirror says something else than the CPU's page table. */
  differs?: boolean;
}

/**
 * A part of a mapping that belongs to one buffer, or to none; named by the buffer, or by the mapping's range, as in
 * /proc/PID/maps. Where mirrors are asked for, the same part in the mirror of each device that maps some of it follows.
 */
export interface MapArea extends CellArea {
  /** Page of the buffer with which the area begins; absent where no buffer covers it. */
  firstPage?: number;
  /** The device whose mirror it is; absent for the process's own page table. */
  mirror?: string;
}

export interface AddressMapResult extends CellsResult<MapState, MapArea> {
  process: string;
  /** Every process that has memory. */
  processes: string[];
}
