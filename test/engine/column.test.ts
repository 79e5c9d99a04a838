import { describe, expect, it } from 'vitest';
import { CHUNK_ROWS, WideColumn } from '../../src/engine/machine/column';

/** A column that is full of numbers and frozen, and what its journal is told from then on. */
function written(): { column: WideColumn; noted: number[] } {
  const column = new WideColumn('c', 0);
  for (let row = 0; row < 3 * CHUNK_ROWS; row++) column.set(row, row + 1);
  column.freeze();
  const noted: number[] = [];
  column.journal = { note: (_, row) => noted.push(row) };
  return { column, noted };
}

describe('a column', () => {
  it.each([
    ['inside a chunk', 10, 20],
    ['over a border', CHUNK_ROWS - 3, CHUNK_ROWS + 4],
    ['up to a border', CHUNK_ROWS - 3, CHUNK_ROWS],
    ['a whole chunk and more', CHUNK_ROWS - 1, 2 * CHUNK_ROWS + 1],
    ['nothing', 30, 30],
    ['past what there is', 5 * CHUNK_ROWS - 2, 5 * CHUNK_ROWS + 2],
  ])('is filled as if each row were set: %s', (_, first, end) => {
    const filled = written();
    filled.column.fill(first, end, 7);
    const set = written();
    for (let row = first; row < end; row++) set.column.set(row, 7);
    expect(filled.column.data).toEqual(set.column.data);
    expect(filled.column.dirty).toEqual(set.column.dirty);
    expect(filled.noted).toEqual(set.noted);
  });

  it('reads 0 where nothing was written, also past its end', () => {
    const { column } = written();
    expect(column.get(3 * CHUNK_ROWS)).toBe(0);
    expect(column.get(2 ** 30)).toBe(0);
  });
});
