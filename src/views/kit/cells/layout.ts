/** Where each cell of a map stands: areas one below the other, each under a line with its name. */

/** Height of an area's line, and room below its cells. */
const HEADER = 18;
const GAP = 6;
const SMALLEST = 4;
const LARGEST = 20;

interface Box {
  /** Number of the area's first cell, and how many it has. */
  readonly first: number;
  readonly count: number;
  /** Top of its line, and of its cells. */
  readonly top: number;
  readonly cells: number;
}

export interface Layout {
  readonly size: number;
  readonly columns: number;
  readonly boxes: readonly Box[];
  readonly height: number;
}

/** Cells of the smallest size that a view of so many pixels has room for. */
export const roomFor = (width: number, height: number): number =>
  Math.max(64, Math.min(65_536, Math.floor(width / SMALLEST) * Math.floor(height / SMALLEST)));

function arrange(firsts: readonly number[], width: number, size: number): Layout {
  const columns = Math.max(1, Math.floor(width / size));
  const boxes: Box[] = [];
  let top = 0;
  for (let area = 0; area + 1 < firsts.length; area++) {
    const first = firsts[area] ?? 0;
    const count = (firsts[area + 1] ?? first) - first;
    const cells = top + HEADER;
    boxes.push({ first, count, top, cells });
    top = cells + Math.ceil(count / columns) * size + GAP;
  }
  return { size, columns, boxes, height: top };
}

/** The largest cells with which all areas fit; the smallest where they never do. */
export function layout(firsts: readonly number[], width: number, height: number): Layout {
  for (let size = LARGEST; size > SMALLEST; size--) {
    const tried = arrange(firsts, width, size);
    if (tried.height <= height) return tried;
  }
  return arrange(firsts, width, SMALLEST);
}

/** Left and top of a cell. */
export function placeOf({ boxes, columns, size }: Layout, cell: number): { x: number; y: number } {
  const box = boxes.find(({ first, count }) => cell >= first && cell < first + count);
  if (box === undefined) return { x: 0, y: 0 };
  const index = cell - box.first;
  return { x: (index % columns) * size, y: box.cells + Math.floor(index / columns) * size };
}

/** The cell at a point; undefined between them. */
export function cellAt({ boxes, columns, size }: Layout, x: number, y: number): number | undefined {
  const column = Math.floor(x / size);
  if (column < 0 || column >= columns) return undefined;
  for (const box of boxes) {
    const index = Math.floor((y - box.cells) / size) * columns + column;
    if (y >= box.cells && index < box.count && index >= 0) return box.first + index;
    if (y < box.cells) return undefined;
  }
  return undefined;
}
