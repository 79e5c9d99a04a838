/** The address map in its webview: one cell a page, or a group of pages, of a process's memory. */

import type { FromAddressMap, ToAddressMap } from '../../protocol/address-map';
import { Host } from '../kit/host';
import { Theme } from '../kit/theme';
import { devicesOf, draw, drawState } from './draw';
import { cellAt, type Layout, layout, roomFor } from './layout';
import { AddressMap, type Cell, runsOf } from './model';

/** Rows of the table behind the picture. */
const MOST_ROWS = 200;

/** What the view keeps while it is hidden. */
interface Kept {
  process?: string;
  /** Parts that were zoomed into, the innermost last. */
  parts: { from: string; to: string }[];
}

const element = <E extends HTMLElement>(id: string): E => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found as E;
};

class View {
  readonly #host = new Host<ToAddressMap, FromAddressMap, Kept>((message) => this.#receive(message));
  readonly #canvas = element<HTMLCanvasElement>('map');
  readonly #box = element('box');
  readonly #line = element('line');
  readonly #legend = element('legend');
  readonly #table = element<HTMLTableSectionElement>('rows');
  readonly #message = element('message');
  readonly #process = element<HTMLSelectElement>('process');
  readonly #out = element<HTMLButtonElement>('out');
  #map: AddressMap | undefined;
  #layout: Layout | undefined;
  #selected: number | undefined;
  #kept: Kept = this.#host.state ?? { parts: [] };

  constructor() {
    this.#canvas.addEventListener('click', (event) => this.#select(this.#cellOf(event), true));
    this.#canvas.addEventListener('dblclick', () => this.#enter());
    this.#canvas.addEventListener('mousemove', (event) => this.#say(this.#cellOf(event) ?? this.#selected));
    this.#canvas.addEventListener('mouseleave', () => this.#say(this.#selected));
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    this.#process.addEventListener('change', () => this.#ask({ process: this.#process.value, parts: [] }));
    this.#out.addEventListener('click', () => this.#zoomOut());
    new ResizeObserver(() => this.#resized()).observe(this.#box);
    new MutationObserver(() => this.#draw()).observe(document.body, { attributeFilter: ['class'] });
  }

  #receive(message: ToAddressMap): void {
    if (message.type === 'nothing') {
      this.#message.textContent = message.text;
      document.body.classList.toggle('old', this.#map !== undefined);
      return;
    }
    const address = this.#addressOfSelected();
    this.#map = new AddressMap(message.map);
    this.#message.textContent = '';
    document.body.classList.remove('old');
    this.#selected = this.#map.at(Number(message.map.faults[0] ?? address ?? Number.NaN)) ?? undefined;
    this.#showProcesses(message.map.process, message.map.processes);
    this.#draw();
    this.#fillLegend();
    this.#fillTable();
    this.#say(this.#selected);
  }

  #addressOfSelected(): string | undefined {
    const cell = this.#selected === undefined ? undefined : this.#map?.cell(this.#selected);
    return cell && this.#map?.addressOf(cell);
  }

  #showProcesses(shown: string, all: readonly string[]): void {
    this.#process.replaceChildren(...all.map((name) => new Option(name, name, false, name === shown)));
    this.#process.hidden = all.length < 2;
    this.#out.hidden = this.#kept.parts.length === 0;
  }

  #resized(): void {
    this.#ask(this.#kept);
    this.#draw();
  }

  #ask(kept: Kept): void {
    this.#kept = kept;
    this.#host.keep(kept);
    const { clientWidth, clientHeight } = this.#box;
    if (clientWidth === 0) return;
    const part = kept.parts.at(-1);
    this.#host.send({
      type: 'show',
      most: roomFor(clientWidth, clientHeight),
      ...(kept.process === undefined ? {} : { process: kept.process }),
      ...(part ?? {}),
    });
  }

  #draw(): void {
    const { clientWidth, clientHeight } = this.#box;
    if (this.#map === undefined || clientWidth === 0) return;
    this.#layout = layout(this.#map.firsts, clientWidth, clientHeight);
    draw(this.#canvas, this.#map, this.#layout, clientWidth, this.#selected);
  }

  #fillLegend(): void {
    const states = this.#map?.result.states ?? [];
    const theme = new Theme();
    const devices = devicesOf(states);
    const items = [...states]
      .sort((a, b) => b.pages - a.pages)
      .map((state) => {
        const swatch = document.createElement('canvas');
        swatch.width = 14;
        swatch.height = 14;
        const to = swatch.getContext('2d');
        if (to !== null) drawState(to, theme, state, devices, 0, 0, 14);
        const item = document.createElement('li');
        item.append(swatch, `${state.label}: ${state.pages} ${state.pages === 1 ? 'page' : 'pages'}`);
        return item;
      });
    const scale = this.#map?.result.pagesPerCell ?? 1;
    const unit = document.createElement('li');
    unit.textContent = scale === 1 ? 'a cell is a page' : `a cell is ${scale} pages; Enter zooms in`;
    this.#legend.replaceChildren(...items, unit);
  }

  #fillTable(): void {
    const runs = this.#map === undefined ? [] : runsOf(this.#map, MOST_ROWS);
    this.#table.replaceChildren(
      ...runs.map(({ name, state }) => {
        const row = document.createElement('tr');
        for (const text of [name, state]) row.insertCell().textContent = text;
        return row;
      }),
    );
  }

  #cellOf(event: MouseEvent): number | undefined {
    return this.#layout && cellAt(this.#layout, event.offsetX, event.offsetY);
  }

  #say(cell: number | undefined): void {
    const at = cell === undefined ? undefined : this.#map?.cell(cell);
    this.#line.textContent = at === undefined ? '' : (this.#map?.describe(at) ?? '');
  }

  #select(cell: number | undefined, open: boolean): void {
    if (cell === undefined || this.#map === undefined || cell < 0 || cell >= this.#map.length) return;
    this.#selected = cell;
    this.#draw();
    this.#say(cell);
    if (open) this.#open(false);
  }

  #selectedCell(): Cell | undefined {
    return this.#selected === undefined ? undefined : this.#map?.cell(this.#selected);
  }

  #open(focus: boolean): void {
    const cell = this.#selectedCell();
    if (cell?.state === undefined || this.#map === undefined) return;
    const { process } = this.#map.result;
    this.#host.send({ type: 'open', process, address: this.#map.addressOf(cell), focus });
  }

  /** Into a cell of several pages; to the entry of a single one. */
  #enter(): void {
    const cell = this.#selectedCell();
    if (cell === undefined || this.#map === undefined) return;
    if (cell.pages === 1) {
      this.#open(true);
      return;
    }
    const from = this.#map.addressOf(cell);
    const to = `0x${(Number(from) + cell.pages * 4096).toString(16).padStart(16, '0')}`;
    this.#ask({ ...this.#kept, parts: [...this.#kept.parts, { from, to }] });
  }

  #zoomOut(): void {
    if (this.#kept.parts.length > 0) this.#ask({ ...this.#kept, parts: this.#kept.parts.slice(0, -1) });
  }

  #why(): void {
    const cell = this.#selectedCell();
    if (cell === undefined || this.#map === undefined) return;
    const { process } = this.#map.result;
    this.#host.send({ type: 'why', process, address: this.#map.addressOf(cell) });
  }

  #key(event: KeyboardEvent): void {
    const map = this.#map;
    if (map === undefined || this.#layout === undefined) return;
    const at = this.#selected ?? 0;
    const area = map.areaOf(at);
    const first = (of: number): number => map.firsts[Math.max(0, Math.min(of, map.cells.length - 1))] ?? 0;
    const columns = this.#layout.columns;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowRight: () => this.#select(at + 1, false),
      ArrowLeft: () => this.#select(at - 1, false),
      ArrowDown: () => this.#select(at + columns, false),
      ArrowUp: () => this.#select(at - columns, false),
      Home: () => this.#select(first(area), false),
      End: () => this.#select((map.firsts[area + 1] ?? map.length) - 1, false),
      PageDown: () => this.#select(first(area + 1), false),
      PageUp: () => this.#select(first(area - 1), false),
      Enter: () => this.#enter(),
      '-': () => this.#zoomOut(),
      Escape: () => this.#zoomOut(),
      w: () => this.#why(),
    };
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  }
}

new View();
