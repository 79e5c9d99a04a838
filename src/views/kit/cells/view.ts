/** A picture of cells that are walked over, zoomed into and out of. */

import type { CellArea, CellState, CellsResult } from '../../../protocol/cells';
import { CanvasPicture } from '../canvas-picture';
import { element, fillRows } from '../page';
import type { Keys } from '../picture';
import { Theme } from '../theme';
import type { Cell, Cells } from './cells';
import { drawCell, drawCells, type Look } from './draw';
import { cellAt, type Layout, layout, roomFor } from './layout';
import { type Range, selectedAddress } from './selection';

/** Rows of the table behind the picture. */
const MOST_ROWS = 200;
const SWATCH = 14;

/** Parts that were zoomed into, the innermost last. */
export interface Zoomed {
  readonly parts: readonly Range[];
}

export abstract class CellsView<
  Args,
  State extends CellState,
  Area extends CellArea,
  Result extends CellsResult<State, Area>,
  Kept extends Zoomed,
> extends CanvasPicture<Args, Result, Kept> {
  protected map: Cells<State, Area, Result> | undefined;
  #layout: Layout | undefined;
  #selected: number | undefined;
  /** Address of the fault that the answer before named. */
  #fault: string | undefined;
  readonly #legend = element('legend');
  readonly #table = element<HTMLTableSectionElement>('rows');
  readonly #out = element<HTMLButtonElement>('out');

  constructor(fresh: Kept) {
    super(fresh);
    this.canvas.addEventListener('click', (event) => this.#select(this.#cellOf(event), true));
    this.canvas.addEventListener('dblclick', () => this.#enter());
    this.canvas.addEventListener('mousemove', (event) => this.#tell(this.#cellOf(event) ?? this.#selected));
    this.canvas.addEventListener('mouseleave', () => this.#tell(this.#selected));
    this.#out.addEventListener('click', () => this.#zoomOut());
  }

  protected abstract decode(result: Result): Cells<State, Area, Result>;
  /** How each state looks, in the order of the answer. */
  protected abstract looks(states: readonly State[], theme: Theme): readonly Look[];
  /** Shows what a single page leads to; `focus` moves the keyboard there. */
  protected abstract open(cell: Cell<State>, focus: boolean): void;
  protected abstract argsOf(most: number, part: Range | undefined): Args;
  /** What more the keys do on the selected cell. */
  protected moreKeys(_cell: Cell<State>): Keys {
    return {};
  }
  /** What is shown beside the picture for an answer. */
  protected controls(_result: Result): void {}

  protected argsFor(width: number, height: number): Args {
    return this.argsOf(roomFor(width, height), this.kept.parts.at(-1));
  }

  protected shown(result: Result): void {
    const before = this.#selectedCell();
    const address = selectedAddress(result.faults[0], {
      fault: this.#fault,
      range: before && this.map?.rangeOf(before),
    });
    this.#fault = result.faults[0];
    this.map = this.decode(result);
    this.#selected = address === undefined ? undefined : this.map.at(address);
    this.#out.hidden = this.kept.parts.length === 0;
    this.controls(result);
    this.redraw();
    this.#fillLegend(result);
    fillRows(this.#table, this.map.runs(MOST_ROWS));
    this.#tell(this.#selected);
  }

  protected draw({ states }: Result, width: number, height: number): void {
    if (this.map === undefined) return;
    this.#layout = layout(this.map.firsts, width, height);
    drawCells(this.canvas, this.map, this.#layout, this.looks(states, new Theme()), width, this.#selected);
  }

  #fillLegend({ states, pagesPerCell }: Result): void {
    const theme = new Theme();
    const looks = this.looks(states, theme);
    const items = states
      .map((state, i) => ({ state, look: looks[i] }))
      .sort((a, b) => b.state.pages - a.state.pages)
      .map(({ state: { label, pages }, look }) => {
        const swatch = document.createElement('canvas');
        swatch.width = SWATCH;
        swatch.height = SWATCH;
        const to = swatch.getContext('2d');
        if (to !== null) drawCell(to, theme, look, 0, 0, SWATCH);
        const item = document.createElement('li');
        item.append(swatch, `${label}: ${pages} ${pages === 1 ? 'page' : 'pages'}`);
        return item;
      });
    const unit = document.createElement('li');
    unit.textContent =
      pagesPerCell === 1 ? 'a cell is a page' : `a cell is ${pagesPerCell} pages; Enter zooms in`;
    this.#legend.replaceChildren(...items, unit);
  }

  #cellOf(event: MouseEvent): number | undefined {
    return this.#layout && cellAt(this.#layout, event.offsetX, event.offsetY);
  }

  #tell(cell: number | undefined): void {
    const at = cell === undefined ? undefined : this.map?.cell(cell);
    this.say(at === undefined ? '' : (this.map?.describe(at) ?? ''));
  }

  #select(cell: number | undefined, open: boolean): void {
    if (cell === undefined || this.map === undefined || cell < 0 || cell >= this.map.length) return;
    this.#selected = cell;
    this.redraw();
    this.#tell(cell);
    const at = this.map.cell(cell);
    if (open && at?.state !== undefined) this.open(at, false);
  }

  /** Selects the cell that covers an address, and moves the keyboard to it; false where none does. */
  protected goTo(address: number): boolean {
    const cell = this.map?.at(address);
    this.#select(cell, true);
    if (cell !== undefined) this.canvas.focus();
    return cell !== undefined;
  }

  #selectedCell(): Cell<State> | undefined {
    return this.#selected === undefined ? undefined : this.map?.cell(this.#selected);
  }

  /** Into a cell of several pages; to what a single one leads to. */
  #enter(): void {
    const cell = this.#selectedCell();
    if (cell === undefined || this.map === undefined) return;
    if (cell.pages > 1) this.ask({ ...this.kept, parts: [...this.kept.parts, this.map.rangeOf(cell)] });
    else if (cell.state !== undefined) this.open(cell, true);
  }

  #zoomOut(): void {
    if (this.kept.parts.length > 0) this.ask({ ...this.kept, parts: this.kept.parts.slice(0, -1) });
  }

  protected table(): readonly (readonly string[])[] {
    return [['pages', 'state'], ...(this.map?.runs(Number.POSITIVE_INFINITY) ?? [])];
  }

  protected keys(): Keys {
    const { map } = this;
    if (map === undefined || this.#layout === undefined) return {};
    const at = this.#selected ?? 0;
    const area = map.areaOf(at);
    const first = (of: number): number => map.firsts[Math.max(0, Math.min(of, map.cells.length - 1))] ?? 0;
    const { columns } = this.#layout;
    const cell = this.#selectedCell();
    return {
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
      ...(cell === undefined ? {} : this.moreKeys(cell)),
    };
  }
}
