/** How many pages of a table are in which state. */

import type { NodeRow } from '../../engine/machine/ids';
import { ENTRIES, LEVEL_PTE } from '../../engine/machine/radix';
import type { World } from '../environment';
import { type EntryState, showState, stateOf } from './state';

/** Pages by the state of the entry that maps them, empty ones not counted. */
export type Summary = ReadonlyMap<EntryState, number>;

/** Counts the pages [from, to) below a table whose first entry maps page `base`. Gaps cost nothing. */
export function summarise(
  world: World,
  table: { readonly node: NodeRow; readonly level: number; readonly base: number },
  from: number,
  to: number,
): Summary {
  const counts = new Map<EntryState, number>();
  const { tables } = world.kernel;
  const add = (state: EntryState, pages: number) => counts.set(state, (counts.get(state) ?? 0) + pages);
  const visit = (node: NodeRow, level: number, base: number): void => {
    const span = ENTRIES ** level;
    const first = Math.max(0, Math.floor((from - base) / span));
    for (let index = first; index < ENTRIES && tables.used.get(node) > 0; index++) {
      const start = base + index * span;
      if (start >= to) return;
      const entry = tables.entry(node, index);
      const lo = tables.lo.get(entry);
      if (lo === 0) continue;
      if (lo === 1 && level > LEVEL_PTE) visit(tables.child(entry), level - 1, start);
      else add(stateOf(world, entry), Math.min(start + span, to) - Math.max(start, from));
    }
  };
  visit(table.node, table.level, table.base);
  return counts;
}

/** The one state of all `pages` of a summary; undefined where there are several, or gaps. */
export function uniform(summary: Summary, pages: number): EntryState | undefined {
  for (const [state, count] of summary) return count === pages ? state : undefined;
  return undefined;
}

/** `4 gpu0 rw, 2 RAM r-, 10 none`: the most frequent first. */
export function showSummary(world: World, summary: Summary, pages: number): string {
  const counts = [...summary].sort(([, a], [, b]) => b - a);
  const used = counts.reduce((sum, [, count]) => sum + count, 0);
  const parts = counts.map(([state, count]) => `${count} ${showState(world, state)}`);
  if (used < pages) parts.push(`${pages - used} none`);
  return parts.join(', ');
}
