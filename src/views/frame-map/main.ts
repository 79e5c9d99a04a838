/** The frame map in its webview: one cell a page frame, or a group of them, of each zone and device. */

import type { CellArea } from '../../protocol/cells';
import type { FrameColour, FrameMapArguments, FrameMapResult, FrameState } from '../../protocol/frame-map';
import type { Cell } from '../kit/cells/cells';
import type { Look } from '../kit/cells/draw';
import type { Range } from '../kit/cells/selection';
import { CellsView, type Zoomed } from '../kit/cells/view';
import { element } from '../kit/page';
import type { Keys } from '../kit/picture';
import type { Theme } from '../kit/theme';
import { FrameMap, pfnOf } from './model';

interface Kept extends Zoomed {
  readonly colour?: FrameColour;
}

const LETTERS = { free: '', anonymous: 'A', file: 'F', 'page table': 'T', kernel: 'K' } as const;

function lookOf(theme: Theme, { use, number, pinned, locked }: FrameState): Look {
  const letter = pinned ? 'P' : locked ? 'L' : use === 'owned' ? `${number}` : LETTERS[use];
  return { colour: colourOf(theme, use, number), half: pinned || locked, letter };
}

function colourOf(theme: Theme, use: FrameState['use'], number: number): string {
  switch (use) {
    case 'free':
      return theme.colour('tree.indentGuidesStroke', '#a9a9a9');
    case 'anonymous':
      return theme.colour('charts.blue', '#1a85ff');
    case 'file':
      return theme.colour('charts.green', '#388a34');
    case 'page table':
      return theme.colour('charts.purple', '#652d90');
    case 'kernel':
      return theme.colour('charts.orange', '#d18616');
    case 'owned':
      return theme.series(number);
  }
}

class FrameMapView extends CellsView<FrameMapArguments, FrameState, CellArea, FrameMapResult, Kept> {
  readonly #colour = element<HTMLSelectElement>('colour');
  readonly #find = element<HTMLInputElement>('find');
  /** What is to be found once the whole map is there. */
  #wanted: string | undefined;

  constructor() {
    super({ parts: [] });
    this.#colour.addEventListener('change', () =>
      this.ask({ ...this.kept, colour: this.#colour.value as FrameColour }),
    );
    this.#find.addEventListener('keydown', ({ key }) => {
      if (key === 'Enter') this.#goTo(this.#find.value);
    });
  }

  protected argsOf(most: number, part: Range | undefined): FrameMapArguments {
    const { colour } = this.kept;
    return { most, ...(colour === undefined ? {} : { colour }), ...part };
  }

  protected decode(result: FrameMapResult): FrameMap {
    return new FrameMap(result);
  }

  protected looks(states: readonly FrameState[], theme: Theme): readonly Look[] {
    return states.map((state) => lookOf(theme, state));
  }

  protected override controls({ colour }: FrameMapResult): void {
    this.#colour.value = colour;
  }

  protected open(cell: Cell<FrameState>, focus: boolean): void {
    if (cell.pages > 1 || this.map === undefined) return;
    this.link({ to: 'frame', pfn: pfnOf(this.map.rangeOf(cell).from), focus });
  }

  protected override moreKeys(cell: Cell<FrameState>): Keys {
    const { map } = this;
    if (cell.pages > 1 || map === undefined) return {};
    const expression = `pfn(${pfnOf(map.rangeOf(cell).from)})`;
    return { b: () => this.link({ to: 'biography', of: { expression } }) };
  }

  /** Selects the cell with a page frame number, hexadecimal as the kernel writes them, also outside of the part shown. */
  #goTo(text: string): void {
    const pfn = Number(`0x${text.trim().replace(/^0x/i, '')}`);
    if (Number.isSafeInteger(pfn) && this.goTo(pfn * 4096)) return;
    if (this.kept.parts.length === 0) {
      this.say(`No part of the map has a page frame ${text}.`);
      return;
    }
    this.#wanted = text;
    this.ask({ ...this.kept, parts: [] });
  }

  protected override shown(result: FrameMapResult): void {
    super.shown(result);
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted !== undefined) this.#goTo(wanted);
  }
}

new FrameMapView();
