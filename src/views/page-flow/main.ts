/** Page Flow in its webview: places with arrows between them, and a table that is sorted by any of its columns. */

import type { FlowBlock, PageFlowResult } from '../../protocol/page-flow';
import { DiagramView } from '../kit/diagram/view';
import { element } from '../kit/page';
import { COLUMNS, type Column, type Order, sorted } from './columns';

/** Rows that are asked for. */
const MOST = 500;

function partOf<E extends Element>(of: HTMLElement, selector: string): E {
  const part = of.querySelector<E>(selector);
  if (part === null) throw new Error(`the table has no ${selector}`);
  return part;
}

function buttonOf(text: string, title: string, act: () => void): HTMLButtonElement {
  const button = document.createElement('button');
  button.textContent = text;
  button.title = title;
  button.addEventListener('click', act);
  return button;
}

class PageFlowView extends DiagramView<PageFlowResult> {
  readonly #blocks = element('blocks');
  readonly #left = element('left');
  #order: Order | undefined;

  protected override argsFor(): { most: number } {
    return { most: MOST };
  }

  protected override shown(answer: PageFlowResult): void {
    super.shown(answer);
    this.#blocks.hidden = answer.blocks.length === 0;
    this.#left.textContent =
      answer.left === 0 ? '' : `${answer.left} more, with fewer events, are not listed.`;
    this.#fill(answer);
  }

  /** What is saved is the table of blocks. */
  protected override table({ blocks }: PageFlowResult): readonly (readonly string[])[] {
    const rows = this.#rows(blocks).map((block) => COLUMNS.map(({ text }) => text(block)));
    return [COLUMNS.map(({ title }) => title), ...rows];
  }

  #rows(blocks: readonly FlowBlock[]): readonly FlowBlock[] {
    return this.#order === undefined ? blocks : sorted(blocks, this.#order);
  }

  #fill({ blocks }: PageFlowResult): void {
    const row = document.createElement('tr');
    row.append(...COLUMNS.map((column) => this.#head(column)));
    partOf(this.#blocks, 'thead').replaceChildren(row);
    partOf(this.#blocks, 'tbody').replaceChildren(...this.#rows(blocks).map((block) => this.#row(block)));
  }

  #head(column: Column): HTMLTableCellElement {
    const cell = document.createElement('th');
    cell.scope = 'col';
    const order = this.#order?.by === column ? this.#order : undefined;
    if (order !== undefined) cell.setAttribute('aria-sort', order.isReversed ? 'ascending' : 'descending');
    const mark = order === undefined ? '' : order.isReversed ? ' ▲' : ' ▼';
    cell.append(buttonOf(`${column.title}${mark}`, column.about, () => this.#sort(column)));
    return cell;
  }

  #sort(by: Column): void {
    this.#order = { by, isReversed: this.#order?.by === by && !this.#order.isReversed };
    if (this.answer === undefined) return;
    this.#fill(this.answer);
    const button = `th:nth-child(${COLUMNS.indexOf(by) + 1}) button`;
    partOf<HTMLButtonElement>(this.#blocks, button).focus();
  }

  /** The name leads to the entry of the first page. */
  #row(block: FlowBlock): HTMLTableRowElement {
    const row = document.createElement('tr');
    const { process, address } = block;
    for (const { text } of COLUMNS) row.insertCell().textContent = text(block);
    const open = () => this.link({ to: 'entry', process, address, focus: true });
    const [name] = row.cells;
    name?.replaceChildren(buttonOf(name.textContent ?? '', 'Show its first page in Page Tables', open));
    return row;
  }
}

new PageFlowView();
