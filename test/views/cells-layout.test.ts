import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellAt, layout, placeOf, roomFor } from '../../src/views/kit/cells/layout';

/** Numbers of the first cells of areas of these sizes. */
function firstsOf(sizes: readonly number[]): number[] {
  const firsts = [0];
  for (const size of sizes) firsts.push((firsts.at(-1) ?? 0) + size);
  return firsts;
}

const maps = fc.record({
  firsts: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }).map(firstsOf),
  width: fc.integer({ min: 40, max: 1200 }),
  height: fc.integer({ min: 40, max: 1200 }),
});

describe('the layout of a map of cells', () => {
  it('finds at the place of each cell that cell, and no two cells in one place', () => {
    fc.assert(
      fc.property(maps, ({ firsts, width, height }) => {
        const arranged = layout(firsts, width, height);
        const cells = Array.from({ length: firsts.at(-1) ?? 0 }, (_, cell) => cell);
        const places = cells.map((cell) => placeOf(arranged, cell));
        const corner = arranged.size - 1;
        expect(places.map(({ x, y }) => cellAt(arranged, x, y))).toEqual(cells);
        expect(places.map(({ x, y }) => cellAt(arranged, x + corner, y + corner))).toEqual(cells);
        expect(places.filter(({ x }) => x + arranged.size > width)).toEqual([]);
        expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(cells.length);
      }),
      { numRuns: 30 },
    );
  });

  it('has nothing in the names, below the last cell and beside the columns', () => {
    const arranged = layout([0, 3, 5], 100, 300);
    expect(cellAt(arranged, 1, 1)).toBeUndefined();
    expect(cellAt(arranged, 1, arranged.height + 1)).toBeUndefined();
    expect(cellAt(arranged, -1, 25)).toBeUndefined();
    expect(cellAt(arranged, 1000, 25)).toBeUndefined();
    expect(cellAt(arranged, arranged.size * 4, 25)).toBeUndefined();
  });

  it('takes the largest cells that fit', () => {
    expect(layout([0, 4], 200, 200).size).toBe(20);
    const many = layout([0, 5000], 300, 300);
    expect(many.size).toBeLessThan(20);
    expect(many.size === 4 || many.height <= 300).toBe(true);
  });

  it('asks for no more cells than there is room for, and within the bounds of the request', () => {
    expect(roomFor(0, 0)).toBe(64);
    expect(roomFor(400, 400)).toBe(10_000);
    expect(roomFor(1e6, 1e6)).toBe(65_536);
  });
});
