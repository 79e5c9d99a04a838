/** What a step has changed, in words. */

import { taskName, type World } from '../../view/environment';
import type { CodeMap } from '../code-map';
import { scenarioLine } from '../stack';
import type { Change } from './change-watch';

/** Who has written: `app in folio_add_lru: take a reference for the batch`, or `app on line 7`. */
export function writer(world: World, { linked }: CodeMap, { task, pc }: Change): string {
  const name = taskName(world, task);
  const routine = linked.routines[linked.routineOf[pc] ?? -1]?.routine;
  if (routine === undefined) return name;
  return routine.scenario
    ? `${name} on line ${linked.line[pc]}`
    : `${name} in ${routine.name}: ${linked.text[pc]}`;
}

/** Line of the scenario that the writer of changes was working on; 0 for none. */
export function changeLine(world: World, map: CodeMap, [first]: readonly Change[]): number {
  if (first === undefined) return 0;
  const own = map.routineAt(first.pc)?.routine.scenario === true;
  return own ? (map.linked.line[first.pc] ?? 0) : scenarioLine(world, map, first.task);
}

/** `gpu0.free changed from 16384 to 16383. (app in …)`, for each of the changes of one step. */
export function changeWords(world: World, map: CodeMap, changes: readonly Change[]): string {
  const [first] = changes;
  if (first === undefined) return '';
  const each = changes.map(
    ({ watched, before, after }) =>
      `${watched.text} changed from ${watched.show(before)} to ${watched.show(after)}`,
  );
  return `${each.join('; ')} (${writer(world, map, first)}).`;
}
