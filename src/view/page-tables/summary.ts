/** How many pages of a table are in which state. */

import type { World } from '../environment';
import { eachEntry, type TableAt } from './entries';
import { type EntryState, showState, stateOf } from './state';

/** Pages by the state of the entry that maps them, empty ones not counted. */
export type Summary = ReadonlyMap<EntryState, number>;

/** Counts the pages [from, to) below a table. */
export function summarise(world: World, table: TableAt, from: number, to: number): Summary {
  const counts = new Map<EntryState, number>();
  eachEntry(world, table, from, to, (entry, start, end) => {
    const state = stateOf(world, entry);
    counts.set(state, (counts.get(state) ?? 0) + end - start);
  });
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
