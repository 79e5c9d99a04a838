import type { CellArea, CellState, CellsResult } from './cells';

/** By what frames are told apart. */
export type FrameColour = 'state' | 'process' | 'buffer' | 'refcount';

/** Arguments of `hmm/frameMap`: which part of physical memory, and into how many cells it may be divided. */
export interface FrameMapArguments {
  /** Only what lies in [from, to), as `0x…`. */
  from?: string;
  to?: string;
  /** Without it by state. */
  colour?: FrameColour;
  /** Most cells in the answer: 1 to MOST_CELLS. */
  most: number;
}

export interface FrameState extends CellState {
  /** What a frame is used for, or the place of what owns it in the list of the states. */
  use: 'free' | 'anonymous' | 'file' | 'page table' | 'kernel' | 'owned';
  /** Told from other owners, or other counts, by this number, from 0. */
  number: number;
  pinned: boolean;
  locked: boolean;
}

/** The page frames of a zone or of a device. Its pages without a state were never handed out. */
export interface FrameMapResult extends CellsResult<FrameState, CellArea> {
  colour: FrameColour;
}
