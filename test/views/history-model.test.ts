import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryTable } from '../../src/protocol';
import { columnsOf, momentsOf } from '../../src/views/history/model';

const table: HistoryTable = {
  title: 'calls page_fault',
  columns: ['page.refcount', 'page'],
  rows: [
    { time: 9, line: 8, task: 'app', what: 'page_fault', values: ['10', 'pfn 0x2'] },
    { time: 80, line: 0, task: 'kswapd', what: 'page_fault', values: ['2', 'pfn 0x10'] },
    { time: 700, line: 10, task: 'app', what: 'page_fault', values: ['2', 'none'] },
  ],
};
const times = (filter: string, column: number, down = false): number[] =>
  momentsOf(table, filter, { column, down }).map(({ time }) => time);

describe('what has happened, as a table', () => {
  it('has a cell in each row for each of its columns', () => {
    expect(columnsOf(table)).toEqual(['Time', 'Line', 'Task', 'page.refcount', 'page', 'What']);
    for (const { cells } of momentsOf(table, '', { column: 0, down: false }))
      expect(cells).toHaveLength(columnsOf(table).length);
  });

  it('is ordered by numbers as numbers, and what is alike by time', () => {
    expect(times('', 0)).toEqual([9, 80, 700]);
    expect(times('', 0, true)).toEqual([700, 80, 9]);
    expect(times('', 1)).toEqual([80, 9, 700]);
    expect(times('', 3)).toEqual([80, 700, 9]);
    expect(times('', 3, true)).toEqual([9, 80, 700]);
  });

  it('has the rows in which the filter stands, in any of their cells', () => {
    expect(times('KSWAPD', 0)).toEqual([80]);
    expect(times('0x10', 0)).toEqual([80]);
    expect(times('  page_fault ', 0)).toEqual([9, 80, 700]);
    expect(times('nowhere', 0)).toEqual([]);
  });

  it('loses and makes no row, whatever it is ordered by', () => {
    const text = fc.string({ maxLength: 6 });
    const row = fc.record({
      time: fc.nat(),
      line: fc.nat(99),
      task: text,
      what: text,
      values: fc.tuple(fc.oneof(text, fc.nat().map(String)), text),
    });
    fc.assert(
      fc.property(fc.array(row), fc.nat(5), fc.boolean(), (rows, column, down) => {
        const moments = momentsOf({ ...table, rows }, '', { column, down });
        const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b);
        expect(sorted(moments.map(({ time }) => time))).toEqual(sorted(rows.map(({ time }) => time)));
      }),
    );
  });
});
