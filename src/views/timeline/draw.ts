/** Draws a timeline: rows of categories where many events are seen, the events themselves where few are. */

import type { EventCategory } from '../../protocol/timeline';
import { contextOf } from '../kit/page';
import { Theme } from '../kit/theme';
import { type LaneBox, type Layout, RULER, xOf } from './layout';
import { type Lane, LETTERS, type Timeline } from './model';

/** Where the keyboard is. */
export interface Cursor {
  readonly lane: number;
  readonly time: number;
}

/** The faintest that something is drawn. */
const FAINTEST = 0.35;
/** Events at least this wide have a letter, and a text where there is room for one. */
const ROOM_FOR_LETTER = 9;
const ROOM_FOR_TEXT = 60;
const MARK = 4;
/** Sizes of texts and of the letters of rows. */
const TEXT = 11;
const LETTER = 9;

const font = (size: number): string => `${size}px ${getComputedStyle(document.body).fontFamily}`;

export function colourOf(theme: Theme, category: EventCategory): string {
  switch (category) {
    case 'fault':
      return theme.colour('charts.red', '#e51400');
    case 'migration':
      return theme.colour('charts.blue', '#1a85ff');
    case 'callback':
      return theme.colour('charts.purple', '#652d90');
    case 'invalidation':
      return theme.colour('charts.orange', '#d18616');
    case 'wait':
      return theme.colour('descriptionForeground', '#717171');
    case 'signal':
    case 'finding':
      return theme.error;
  }
}

type Canvas = CanvasRenderingContext2D;

function drawRuler(to: Canvas, theme: Theme, { result }: Timeline, { left, width }: Layout): void {
  const { from, to: end } = result;
  const labels = Math.max(1, Math.floor(width / 100));
  const step = Math.max(1, Math.ceil((end - from) / labels));
  to.fillStyle = theme.colour('descriptionForeground', '#717171');
  to.textAlign = 'left';
  for (let time = from; time < end; time += step) {
    const x = left + ((time - from) / (end - from)) * width;
    to.fillRect(x, 0, 1, 5);
    to.fillText(String(time), x + 3, 7, width);
  }
}

/** Findings are triangles, stops are dots. */
function drawTicks(to: Canvas, theme: Theme, timeline: Timeline, arranged: Layout): void {
  for (const { time, kind } of timeline.result.ticks) {
    const x = xOf(arranged, timeline, time);
    const y = RULER - MARK - 2;
    to.beginPath();
    if (kind === 'stop') to.arc(x, y, MARK - 1, 0, 2 * Math.PI);
    else {
      to.moveTo(x - MARK, y + MARK);
      to.lineTo(x + MARK, y + MARK);
      to.lineTo(x, y - MARK);
    }
    to.fillStyle = kind === 'stop' ? theme.focus : theme.error;
    to.fill();
  }
}

function drawDensity(
  to: Canvas,
  theme: Theme,
  lane: Lane,
  box: LaneBox,
  timeline: Timeline,
  arranged: Layout,
): void {
  const { stepsPerColumn } = timeline.result;
  for (const [i, { category, counts }] of lane.rows.entries()) {
    const y = box.top + i * box.row;
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    to.fillStyle = colourOf(theme, category);
    for (let column = 0; column < counts.length; column++) {
      const count = counts[column] ?? 0;
      if (count === 0) continue;
      const x = xOf(arranged, timeline, timeline.timeOf(column));
      const next = xOf(arranged, timeline, timeline.timeOf(column) + stepsPerColumn);
      to.globalAlpha = FAINTEST + (1 - FAINTEST) * (Math.log1p(count) / Math.log1p(most));
      to.fillRect(x, y, Math.max(1, next - x), box.row - 1);
    }
    to.globalAlpha = 1;
    to.textAlign = 'right';
    to.font = font(LETTER);
    to.fillText(LETTERS[category], arranged.left - 2, y + box.row / 2);
  }
}

function drawSlices(
  to: Canvas,
  theme: Theme,
  lane: Lane,
  box: LaneBox,
  timeline: Timeline,
  arranged: Layout,
): void {
  const right = arranged.left + arranged.width;
  to.textAlign = 'left';
  for (const slice of lane.slices) {
    const x = Math.max(arranged.left, xOf(arranged, timeline, slice.from));
    const end = slice.to === undefined ? right : Math.min(right, xOf(arranged, timeline, slice.to + 1));
    const width = Math.max(2, end - x);
    const y = box.top + slice.depth * box.row;
    to.fillStyle = colourOf(theme, slice.category);
    to.fillRect(x, y, width, box.row - 2);
    if (width < ROOM_FOR_LETTER) continue;
    to.fillStyle = theme.background;
    const words =
      width < ROOM_FOR_TEXT ? LETTERS[slice.category] : `${LETTERS[slice.category]} ${slice.text}`;
    to.save();
    to.beginPath();
    to.rect(x, y, width, box.row);
    to.clip();
    to.fillText(words, x + 2, y + box.row / 2 - 1);
    to.restore();
  }
}

/** What is no longer recorded is hatched. */
function drawForgotten(to: Canvas, theme: Theme, timeline: Timeline, arranged: Layout): void {
  const { from, known } = timeline.result;
  if (known <= from) return;
  const right = Math.min(arranged.left + arranged.width, xOf(arranged, timeline, known));
  to.strokeStyle = theme.colour('tree.indentGuidesStroke', '#a9a9a9');
  to.save();
  to.beginPath();
  to.rect(arranged.left, RULER, right - arranged.left, arranged.height);
  to.clip();
  to.beginPath();
  for (let x = arranged.left - arranged.height; x < right; x += 8) {
    to.moveTo(x, arranged.height);
    to.lineTo(x + arranged.height, 0);
  }
  to.stroke();
  to.restore();
}

export function draw(
  canvas: HTMLCanvasElement,
  timeline: Timeline,
  arranged: Layout,
  cursor: Cursor | undefined,
): void {
  const to = contextOf(canvas, arranged.left + arranged.width, arranged.height);
  if (to === undefined) return;
  const theme = new Theme();
  to.textBaseline = 'middle';
  to.font = font(TEXT);
  drawForgotten(to, theme, timeline, arranged);
  drawRuler(to, theme, timeline, arranged);
  for (const [i, box] of arranged.boxes.entries()) {
    const lane = timeline.lanes[i];
    if (lane === undefined) continue;
    to.fillStyle = theme.foreground;
    to.font = font(TEXT);
    to.textAlign = 'left';
    to.fillText(lane.name, 0, box.top + 8, arranged.left - 14);
    (lane.slices.length > 0 ? drawSlices : drawDensity)(to, theme, lane, box, timeline, arranged);
    if (cursor?.lane !== i) continue;
    to.strokeStyle = theme.focus;
    to.lineWidth = 1;
    to.strokeRect(arranged.left + 0.5, box.top - 2.5, arranged.width - 1, box.height + 3);
  }
  drawTicks(to, theme, timeline, arranged);
  drawLine(to, theme.foreground, timeline, arranged, timeline.result.now);
  if (cursor !== undefined) drawLine(to, theme.focus, timeline, arranged, cursor.time);
}

function drawLine(to: Canvas, colour: string, timeline: Timeline, arranged: Layout, time: number): void {
  const { from, to: end } = timeline.result;
  if (time < from || time > end) return;
  to.fillStyle = colour;
  to.fillRect(Math.round(xOf(arranged, timeline, time)) - 1, 0, 2, arranged.height);
}
