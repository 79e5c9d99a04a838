/** Where lanes and times stand. */

import type { Timeline } from './model';

/** Height of the line with the times and ticks, of a lane's row, and of the room below a lane. */
export const RULER = 22;
const DENSITY_ROW = 10;
const SLICE_ROW = 15;
const GAP = 6;
/** Lanes are at least this high: their name has to fit. */
const LEAST = 16;

export interface LaneBox {
  readonly top: number;
  readonly height: number;
  /** Height of one of its rows: of events by depth, or of categories. */
  readonly row: number;
}

export interface Layout {
  /** Left of the first column. */
  readonly left: number;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly LaneBox[];
}

/** Width of the names of the lanes. */
export const namesWidth = (width: number): number => Math.min(120, Math.floor(width / 4));

export function layout({ lanes }: Timeline, width: number): Layout {
  const left = namesWidth(width);
  const boxes: LaneBox[] = [];
  let top = RULER;
  for (const { slices, rows } of lanes) {
    const deepest = slices.reduce((most, { depth }) => Math.max(most, depth), -1);
    const row = slices.length > 0 ? SLICE_ROW : DENSITY_ROW;
    const count = slices.length > 0 ? deepest + 1 : rows.length;
    const height = Math.max(LEAST, count * row);
    boxes.push({ top, height, row });
    top += height + GAP;
  }
  return { left, width: Math.max(1, width - left), height: top, boxes };
}

/** Left edge of a time. */
export function xOf({ left, width }: Layout, { result: { from, to } }: Timeline, time: number): number {
  return left + ((time - from) / (to - from)) * width;
}

/** The time at a point, and the lane if it is on one. */
export function at(
  arranged: Layout,
  { result: { from, to } }: Timeline,
  x: number,
  y: number,
): { time: number; lane: number | undefined; row: number } {
  const share = Math.max(0, Math.min(1, (x - arranged.left) / arranged.width));
  const time = Math.min(to - 1, from + Math.floor(share * (to - from)));
  const lane = arranged.boxes.findIndex(({ top, height }) => y >= top && y < top + height);
  const box = arranged.boxes[lane];
  return box === undefined
    ? { time, lane: undefined, row: 0 }
    : { time, lane, row: Math.floor((y - box.top) / box.row) };
}
