/** An event in one line, also one that is not told in the Debug Console as it happens. */

import { RULES } from '../../engine/kernel/refusals';
import type { TaskRow } from '../../engine/machine/ids';
import type { EventName } from '../../engine/routine/event-schema';
import { refusalOf, refusalWords, type World } from '../../view/environment';
import { beginWords } from '../../view/event-words';

export function eventLine(world: World, name: EventName, task: TaskRow, args: readonly number[]): string {
  if (name !== 'refused') return beginWords(world, name, task, args) || name;
  const refusal = refusalOf(args);
  return `it stays (${RULES[refusal.rule]}): ${refusalWords(world, refusal)}`;
}
