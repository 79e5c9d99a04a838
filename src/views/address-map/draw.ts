/** Draws an address map: colours say where a page is, patterns what may be done with it. */

import type { MapState } from '../../protocol/address-map';
import { Theme } from '../kit/theme';
import { type Layout, placeOf } from './layout';
import { type AddressMap, type Cell, nameOfPages } from './model';

/** Theme colours of devices, by their place among the devices that are seen; they come round again. */
const DEVICES = ['charts.green', 'charts.orange', 'charts.purple'] as const;
const FALLBACK = {
  'charts.green': '#388a34',
  'charts.orange': '#d18616',
  'charts.purple': '#652d90',
} as const;

/** The colour of a state; devices are told apart by their order. */
function colourOf(theme: Theme, state: MapState, devices: readonly string[]): string {
  if (state.device !== undefined) {
    const id = DEVICES[devices.indexOf(state.device) % DEVICES.length] ?? DEVICES[0];
    return theme.colour(id, FALLBACK[id]);
  }
  switch (state.entry) {
    case 'present':
      return theme.colour('charts.blue', '#1a85ff');
    case 'migration':
      return theme.colour('charts.yellow', '#bf8803');
    case 'hwpoison':
      return theme.error;
    default:
      return theme.colour('descriptionForeground', '#717171');
  }
}

/** Devices in the order in which their states occur. */
export const devicesOf = (states: readonly MapState[]): string[] => [
  ...new Set(states.flatMap(({ device }) => (device === undefined ? [] : [device]))),
];

/** Letters that repeat in text what the colour says, for cells that have the room. */
function letterOf(state: MapState, devices: readonly string[]): string {
  if (state.device !== undefined) return `${devices.indexOf(state.device)}`;
  return (
    { migration: 'M', swap: 'S', 'zero-page': 'Z', 'device-exclusive': 'X', hwpoison: '!' }[
      state.entry as string
    ] ?? ''
  );
}

/** One cell of a state at a place: solid where it may be written, half where it is read-only. */
export function drawState(
  to: CanvasRenderingContext2D,
  theme: Theme,
  state: MapState | undefined,
  devices: readonly string[],
  x: number,
  y: number,
  size: number,
): void {
  const inner = Math.max(1, size - 1);
  if (state === undefined) {
    to.strokeStyle = theme.colour('tree.indentGuidesStroke', '#a9a9a9');
    to.lineWidth = 1;
    to.strokeRect(x + 0.5, y + 0.5, inner - 1, inner - 1);
    return;
  }
  to.fillStyle = colourOf(theme, state, devices);
  if (state.writable || state.entry === 'migration') to.fillRect(x, y, inner, inner);
  else {
    to.beginPath();
    to.moveTo(x, y);
    to.lineTo(x + inner, y);
    to.lineTo(x, y + inner);
    to.fill();
    to.strokeStyle = to.fillStyle;
    to.strokeRect(x + 0.5, y + 0.5, inner - 1, inner - 1);
  }
  const letter = size >= 12 ? letterOf(state, devices) : '';
  if (letter === '') return;
  to.fillStyle = theme.background;
  to.font = `${size - 5}px sans-serif`;
  to.textAlign = 'center';
  to.textBaseline = 'middle';
  to.fillText(letter, x + inner / 2, y + inner / 2 + 0.5);
}

function drawMarks(
  to: CanvasRenderingContext2D,
  theme: Theme,
  cell: Cell,
  x: number,
  y: number,
  size: number,
): void {
  if (cell.mixed) {
    to.fillStyle = theme.background;
    to.fillRect(x + size / 2 - 1.5, y + size / 2 - 1.5, 2, 2);
  }
  if (cell.changed) {
    to.strokeStyle = theme.colour('notificationsWarningIcon.foreground', '#bf8803');
    to.lineWidth = 1;
    to.strokeRect(x + 0.5, y + 0.5, size - 2, size - 2);
  }
  if (cell.faulting) ring(to, theme.error, x, y, size);
}

function ring(to: CanvasRenderingContext2D, colour: string, x: number, y: number, size: number): void {
  to.strokeStyle = colour;
  to.lineWidth = 2;
  to.strokeRect(x - 1, y - 1, size + 1, size + 1);
}

/** Draws the whole map; the canvas is as large as its layout. */
export function draw(
  canvas: HTMLCanvasElement,
  map: AddressMap,
  arranged: Layout,
  width: number,
  selected: number | undefined,
): void {
  const to = canvas.getContext('2d');
  if (to === null) return;
  const theme = new Theme();
  const scale = window.devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(arranged.height * scale);
  canvas.style.height = `${arranged.height}px`;
  to.scale(scale, scale);
  const devices = devicesOf(map.result.states);
  for (const [i, box] of arranged.boxes.entries()) {
    const area = map.result.areas[i];
    to.fillStyle = theme.foreground;
    to.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    to.textAlign = 'left';
    to.textBaseline = 'middle';
    if (area !== undefined)
      to.fillText(`${nameOfPages(area, 0, area.pages)} ${area.protection}`, 0, box.top + 9, width);
    for (let cell = box.first; cell < box.first + box.count; cell++) {
      const at = map.cell(cell);
      if (at === undefined) continue;
      const { x, y } = placeOf(arranged, cell);
      drawState(to, theme, at.state, devices, x, y, arranged.size);
      drawMarks(to, theme, at, x, y, arranged.size);
    }
  }
  if (selected === undefined || selected >= map.length) return;
  const { x, y } = placeOf(arranged, selected);
  ring(to, theme.focus, x, y, arranged.size);
}
