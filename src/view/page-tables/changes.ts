/** What of the page tables differs from the stop before. */

import type { EntryRow, NodeRow } from '../../engine/machine/ids';
import { ENTRIES, LEVEL_PTE } from '../../engine/machine/radix';
import type { Snapshot } from '../../engine/machine/store';
import type { World } from '../environment';
import { before, changed } from '../inspect/previous';

export function entryChanged(
  { kernel: { tables } }: World,
  previous: Snapshot | undefined,
  entry: EntryRow,
): boolean {
  return changed(previous, tables.lo, entry) || changed(previous, tables.hi, entry);
}

/** Whether an entry of a table, or of one below it, differs, within the pages [from, to). `base` is the table's first page. */
export function tableChanged(
  world: World,
  previous: Snapshot | undefined,
  node: NodeRow,
  level: number,
  base: number,
  from: number,
  to: number,
): boolean {
  const { tables } = world.kernel;
  if (previous === undefined || node === 0) return false;
  const span = ENTRIES ** level;
  for (let index = 0; index < ENTRIES; index++) {
    const start = base + index * span;
    if (start >= to) return false;
    if (start + span <= from) continue;
    const entry = tables.entry(node, index);
    if (before(previous, tables.lo, entry) !== tables.lo.get(entry)) return true;
    if (before(previous, tables.hi, entry) !== tables.hi.get(entry)) return true;
    const below = level > LEVEL_PTE && tables.lo.get(entry) === 1;
    if (below && tableChanged(world, previous, tables.child(entry), level - 1, start, from, to)) return true;
  }
  return false;
}
