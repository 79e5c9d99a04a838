/** What has happened as a table: its columns, and its rows in the order and with the words that the user has asked for. */

import type { HistoryRow, HistoryTable } from '../../protocol/history';

/** The column by which rows are ordered, from 0, and whether the greatest comes first. */
export interface Order {
  readonly column: number;
  readonly down: boolean;
}

/** A row with its cells, as they stand in the columns. */
export interface Moment {
  readonly time: number;
  readonly cells: readonly string[];
}

export const columnsOf = ({ columns }: Pick<HistoryTable, 'columns'>): string[] => [
  'Time',
  'Line',
  'Task',
  ...columns,
  'What',
];

const cellsOf = ({ time, line, task, what, values }: HistoryRow): string[] => [
  String(time),
  line === 0 ? '' : String(line),
  task,
  ...values,
  what,
];

/** Numbers by their size, also within texts, hexadecimal ones too; else by letters. */
function before(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (a !== '' && b !== '' && Number.isFinite(x) && Number.isFinite(y)) return x - y;
  return a.localeCompare(b, 'en', { numeric: true });
}

/** The rows that have a text in one of their cells, in an order; those that are alike in it stay in the order of time. */
export function momentsOf({ rows }: HistoryTable, filter: string, { column, down }: Order): Moment[] {
  const wanted = filter.trim().toLowerCase();
  const moments = rows
    .map((row) => ({ time: row.time, cells: cellsOf(row) }))
    .filter(({ cells }) => cells.some((cell) => cell.toLowerCase().includes(wanted)));
  const sign = down ? -1 : 1;
  return moments.sort((a, b) => sign * before(a.cells[column] ?? '', b.cells[column] ?? ''));
}
