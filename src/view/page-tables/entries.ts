/** Going over the entries of a range, tables that don't exist left out. */

import type { EntryRow, NodeRow } from '../../engine/machine/ids';
import { ENTRIES, LEVEL_PTE } from '../../engine/machine/radix';
import type { World } from '../environment';

/** A table: its level, and the page that its first entry maps. */
export interface TableAt {
  readonly node: NodeRow;
  readonly level: number;
  readonly base: number;
}

/** Told of an entry, and of the pages [start, end) of the range that it maps. */
export type Visit = (entry: EntryRow, start: number, end: number) => void;

/** Visits the leaf entries of the pages [from, to) below a table that are not empty, in rising order. */
export function eachEntry(world: World, table: TableAt, from: number, to: number, visit: Visit): void {
  const { tables } = world.kernel;
  const into = (node: NodeRow, level: number, base: number): void => {
    const span = ENTRIES ** level;
    if (tables.used.get(node) === 0) return;
    for (let index = Math.max(0, Math.floor((from - base) / span)); index < ENTRIES; index++) {
      const start = base + index * span;
      if (start >= to) return;
      const entry = tables.entry(node, index);
      const lo = tables.lo.get(entry);
      if (lo === 0) continue;
      if (lo === 1 && level > LEVEL_PTE) into(tables.child(entry), level - 1, start);
      else visit(entry, Math.max(start, from), Math.min(start + span, to));
    }
  };
  into(table.node, table.level, table.base);
}
