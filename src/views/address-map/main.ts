/** The address map in its webview: one cell a page, or a group of pages, of a process's memory. */

import type { AddressMapArguments, AddressMapResult, MapArea, MapState } from '../../protocol/address-map';
import type { Cell } from '../kit/cells/cells';
import type { Look } from '../kit/cells/draw';
import type { Range } from '../kit/cells/selection';
import { CellsView, type Zoomed } from '../kit/cells/view';
import { element } from '../kit/page';
import type { Keys } from '../kit/picture';
import type { Theme } from '../kit/theme';
import { looksOf } from './looks';
import { AddressMap } from './model';

interface Kept extends Zoomed {
  readonly process?: string;
  readonly mirrors?: boolean;
}

class AddressMapView extends CellsView<AddressMapArguments, MapState, MapArea, AddressMapResult, Kept> {
  readonly #process = element<HTMLSelectElement>('process');
  readonly #mirrors = element<HTMLButtonElement>('mirrors');

  constructor() {
    super({ parts: [] });
    this.#process.addEventListener('change', () =>
      this.ask({ ...this.kept, process: this.#process.value, parts: [] }),
    );
    this.#mirrors.addEventListener('click', () => this.#showMirrors());
  }

  #showMirrors(): void {
    this.ask({ ...this.kept, mirrors: !this.kept.mirrors });
  }

  protected argsOf(most: number, part: Range | undefined): AddressMapArguments {
    const { process, mirrors = false } = this.kept;
    return { most, mirrors, ...(process === undefined ? {} : { process }), ...part };
  }

  protected decode(result: AddressMapResult): AddressMap {
    return new AddressMap(result);
  }

  protected looks(states: readonly MapState[], theme: Theme): readonly Look[] {
    return looksOf(states, theme);
  }

  protected override controls({ process, processes }: AddressMapResult): void {
    this.#process.replaceChildren(
      ...processes.map((name) => new Option(name, name, false, name === process)),
    );
    this.#process.hidden = processes.length < 2;
    this.#mirrors.ariaPressed = String(this.kept.mirrors ?? false);
  }

  #place(cell: Cell<MapState>): { process: string; address: string } | undefined {
    return this.map && { process: this.map.result.process, address: this.map.rangeOf(cell).from };
  }

  protected open(cell: Cell<MapState>, focus: boolean): void {
    const place = this.#place(cell);
    if (place !== undefined) this.link({ to: 'entry', ...place, focus });
  }

  protected override moreKeys(cell: Cell<MapState>): Keys {
    const place = this.#place(cell);
    return {
      m: () => this.#showMirrors(),
      ...(place === undefined
        ? {}
        : {
            w: () => this.link({ to: 'why', ...place }),
            b: () => this.link({ to: 'biography', of: place }),
          }),
    };
  }
}

new AddressMapView();
