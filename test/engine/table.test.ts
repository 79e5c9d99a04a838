import { describe, expect, it } from 'vitest';
import { Store } from '../../src/engine/machine/store';
import { Table } from '../../src/engine/machine/table';

function thing(): { table: Table; size: ReturnType<Table['int']>; start: ReturnType<Table['wide']> } {
  const table = new Table(new Store(), 'thing');
  return { table, size: table.int('size'), start: table.wide('start') };
}

describe('a table', () => {
  it('hands out freed rows again, empty', () => {
    const { table, size } = thing();
    const rows = [table.alloc(), table.alloc(), table.alloc()];
    expect(rows).toEqual([1, 2, 3]);
    size.set(2, 7);
    table.free(2);
    table.free(1);
    expect([table.alloc(), table.alloc(), table.alloc()]).toEqual([1, 2, 4]);
    expect(size.get(2)).toBe(0);
  });

  it.each([
    ['was freed already', 1],
    ['was never handed out', 2],
    ['means "none"', 0],
    ['is no row', -1],
  ])('takes no row back that %s', (_, row) => {
    const { table } = thing();
    table.free(table.alloc());
    expect(() => table.free(row)).toThrow(`row ${row} of thing is freed, and is not in use`);
    expect([table.alloc(), table.alloc()]).toEqual([1, 2]);
  });

  it('has no row 0 to write to', () => {
    const { size, start } = thing();
    for (const row of [0, -1, Number.NaN]) {
      expect(() => size.set(row, 1)).toThrow(`row ${row} of thing.size is written, and is none`);
      expect(() => start.set(row, 1)).toThrow(`row ${row} of thing.start is written, and is none`);
      expect(() => size.add(row, 1)).toThrow(/is none/);
    }
    expect([size.get(0), start.get(0)]).toEqual([0, 0]);
  });
});
