/** The history in its webview: what was asked about all that has run, as a table. Each row goes to its time. */

import type { HistoryTable } from '../../protocol/history';
import type { FromHistory, ToPicture } from '../../protocol/picture';
import { csvOf } from '../kit/csv';
import { Host } from '../kit/host';
import { element } from '../kit/page';
import { columnsOf, type Moment, momentsOf, type Order } from './model';

/** What is shown; the page lives on while it is hidden. */
interface Shown {
  readonly table?: HistoryTable;
  readonly filter: string;
  readonly order: Order;
}

const BY_TIME: Order = { column: 0, down: false };

class HistoryView {
  readonly #host = new Host<ToPicture<HistoryTable>, FromHistory, never>((message) => this.#receive(message));
  readonly #query = element<HTMLInputElement>('query');
  readonly #filter = element<HTMLInputElement>('filter');
  readonly #head = element<HTMLTableRowElement>('head');
  readonly #rows = element<HTMLTableSectionElement>('rows');
  #shown: Shown = { filter: '', order: BY_TIME };
  #moments: readonly Moment[] = [];

  constructor() {
    element<HTMLFormElement>('ask').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#ask();
    });
    this.#filter.addEventListener('input', () => this.#change({ filter: this.#filter.value }));
    element('copy').addEventListener('click', () => this.#copy());
    this.#rows.addEventListener('keydown', (event) => this.#key(event));
    this.#query.focus();
    this.#host.send({ type: 'ready' });
  }

  #ask(): void {
    this.#say('Going through the run again…');
    this.#host.send({ type: 'ask', args: { query: this.#query.value } });
  }

  #receive(message: ToPicture<HistoryTable>): void {
    if (message.type === 'answer') {
      // A filter that was meant for another answer would hide what is told now.
      this.#filter.value = '';
      this.#change({ table: message.answer, order: BY_TIME, filter: '' });
      this.#say(message.answer.note ?? '');
    } else if (message.type !== 'save') this.#say(message.text);
  }

  #change(part: Partial<Shown>): void {
    this.#shown = { ...this.#shown, ...part };
    this.#show();
  }

  #say(text: string): void {
    element('message').textContent = text;
  }

  #show(): void {
    const { table, filter, order } = this.#shown;
    element('result').hidden = table === undefined;
    if (table === undefined) return;
    this.#moments = momentsOf(table, filter, order);
    const all = table.rows.length;
    const count = this.#moments.length === all ? `${all}` : `${this.#moments.length} of ${all}`;
    element('caption').textContent = `${table.title}: ${count} moment${all === 1 ? '' : 's'}`;
    this.#head.replaceChildren(...columnsOf(table).map((name, column) => this.#heading(name, column)));
    this.#rows.replaceChildren(...this.#moments.map((moment) => this.#row(moment)));
    const [first] = this.#rows.rows;
    if (first) first.tabIndex = 0;
  }

  #heading(name: string, column: number): HTMLTableCellElement {
    const { order } = this.#shown;
    const heading = document.createElement('th');
    const button = document.createElement('button');
    const isOrder = order.column === column;
    heading.scope = 'col';
    heading.ariaSort = isOrder ? (order.down ? 'descending' : 'ascending') : 'none';
    button.textContent = isOrder ? `${name} ${order.down ? '▾' : '▴'}` : name;
    button.ariaLabel = `Order by ${name}`;
    button.addEventListener('click', () => {
      this.#change({ order: { column, down: isOrder && !order.down } });
      this.#head.querySelectorAll('button')[column]?.focus();
    });
    heading.append(button);
    return heading;
  }

  #row(moment: Moment): HTMLTableRowElement {
    const row = document.createElement('tr');
    row.tabIndex = -1;
    row.title = `Go to time ${moment.time}`;
    for (const text of moment.cells) row.insertCell().textContent = text;
    row.addEventListener('click', () => this.#go(row, moment));
    return row;
  }

  /** Goes to the time of a row; it stays marked as the one where the session is. */
  #go(row: HTMLTableRowElement, { time }: Moment): void {
    for (const other of this.#rows.rows) other.ariaCurrent = other === row ? 'time' : null;
    this.#host.send({ type: 'link', link: { to: 'time', time } });
  }

  #key(event: KeyboardEvent): void {
    const rows = [...this.#rows.rows];
    const at = rows.indexOf(event.target as HTMLTableRowElement);
    const row = rows[at];
    const moment = this.#moments[at];
    if (row === undefined || moment === undefined) return;
    if (event.key === 'Enter' || event.key === ' ') this.#go(row, moment);
    else {
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
      const next = to === undefined ? undefined : rows[to];
      if (to === undefined) return;
      if (next) {
        row.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      }
    }
    event.preventDefault();
  }

  #copy(): void {
    const { table } = this.#shown;
    if (table === undefined) return;
    const base64 = csvOf([columnsOf(table), ...this.#moments.map(({ cells }) => cells)]);
    this.#host.send({ type: 'file', file: { kind: 'csv', base64 } });
  }
}

new HistoryView();
