/** The cells of a frame map, with the names of their frames. */

import type { CellArea } from '../../protocol/cells';
import type { FrameMapResult, FrameState } from '../../protocol/frame-map';
import { Cells } from '../kit/cells/cells';

const PAGE = 4096;

/** Number of the page frame at an address. */
export const pfnOf = (address: string | number): string => `0x${(Number(address) / PAGE).toString(16)}`;

export class FrameMap extends Cells<FrameState, CellArea, FrameMapResult> {
  readonly none = 'free, never used';

  /** `gpu0 pfn 0x3fff4`, `node0 Normal pfn 0x100..0x180` */
  nameOfPages({ label, start }: CellArea, page: number, pages: number): string {
    const first = Number(start) + page * PAGE;
    const end = pages === 1 ? '' : `..${pfnOf(first + pages * PAGE)}`;
    return `${label} pfn ${pfnOf(first)}${end}`;
  }
}
