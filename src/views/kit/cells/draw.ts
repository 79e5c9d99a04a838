/** Draws a map of cells. */

import { CELL_CHANGED, CELL_MIXED, CELL_STATE, type CellArea, type CellState } from '../../../protocol/cells';
import { contextOf } from '../page';
import { Theme } from '../theme';
import type { Cells } from './cells';
import { type Layout, placeOf } from './layout';

/** How the cells of a state look: colour says one thing, the half another, and a letter repeats both in text. */
export interface Look {
  readonly colour: string;
  /** Only half of the cell is filled. */
  readonly half: boolean;
  /** For cells that have the room; empty for none. */
  readonly letter: string;
}

/** Cells at least this large have a letter. */
const ROOM_FOR_LETTER = 12;
/** Cells smaller than this have no room between them. */
const ROOM_FOR_GAP = 3;

/** One cell; without a look an empty one. */
export function drawCell(
  to: CanvasRenderingContext2D,
  theme: Theme,
  look: Look | undefined,
  x: number,
  y: number,
  size: number,
): void {
  const inner = size < ROOM_FOR_GAP ? size : size - 1;
  if (look === undefined) {
    to.strokeStyle = theme.colour('tree.indentGuidesStroke', '#a9a9a9');
    to.lineWidth = 1;
    to.strokeRect(x + 0.5, y + 0.5, inner - 1, inner - 1);
    return;
  }
  to.fillStyle = look.colour;
  if (!look.half) to.fillRect(x, y, inner, inner);
  else {
    to.beginPath();
    to.moveTo(x, y);
    to.lineTo(x + inner, y);
    to.lineTo(x, y + inner);
    to.fill();
    to.strokeStyle = look.colour;
    to.lineWidth = 1;
    to.strokeRect(x + 0.5, y + 0.5, inner - 1, inner - 1);
  }
  if (look.letter === '' || size < ROOM_FOR_LETTER) return;
  to.fillStyle = theme.background;
  to.font = `${size - 5}px sans-serif`;
  to.textAlign = 'center';
  to.textBaseline = 'middle';
  to.fillText(look.letter, x + inner / 2, y + inner / 2 + 0.5);
}

function ring(to: CanvasRenderingContext2D, colour: string, x: number, y: number, size: number): void {
  to.strokeStyle = colour;
  to.lineWidth = 2;
  to.strokeRect(x - 1, y - 1, size + 1, size + 1);
}

function drawMarks(
  to: CanvasRenderingContext2D,
  theme: Theme,
  byte: number,
  x: number,
  y: number,
  size: number,
): void {
  if ((byte & CELL_MIXED) !== 0) {
    to.fillStyle = theme.background;
    to.fillRect(x + size / 2 - 1.5, y + size / 2 - 1.5, 2, 2);
  }
  if ((byte & CELL_CHANGED) !== 0) {
    to.strokeStyle = theme.colour('notificationsWarningIcon.foreground', '#bf8803');
    to.lineWidth = 1;
    to.strokeRect(x + 0.5, y + 0.5, size - 2, size - 2);
  }
}

/** Draws the whole map; the canvas is as large as its layout. `looks` are those of the states, in their order. */
export function drawCells<State extends CellState, Area extends CellArea>(
  canvas: HTMLCanvasElement,
  map: Cells<State, Area>,
  arranged: Layout,
  looks: readonly Look[],
  width: number,
  selected: number | undefined,
): void {
  const to = contextOf(canvas, width, arranged.height);
  if (to === undefined) return;
  const theme = new Theme();
  const { size, columns } = arranged;
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  for (const [i, box] of arranged.boxes.entries()) {
    const area = map.result.areas[i];
    const bytes = map.cells[i];
    if (area === undefined || bytes === undefined) continue;
    to.fillStyle = theme.foreground;
    to.font = font;
    to.textAlign = 'left';
    to.textBaseline = 'middle';
    to.fillText(`${map.nameOfPages(area, 0, area.pages)} ${area.note}`, 0, box.top + 9, width);
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] ?? 0;
      const x = (index % columns) * size;
      const y = box.cells + Math.floor(index / columns) * size;
      drawCell(to, theme, looks[(byte & CELL_STATE) - 1], x, y, size);
      drawMarks(to, theme, byte, x, y, size);
      if (map.isFaulting(box.first + index)) ring(to, theme.error, x, y, size);
    }
  }
  if (selected === undefined || selected >= map.length) return;
  const { x, y } = placeOf(arranged, selected);
  ring(to, theme.focus, x, y, size);
}
