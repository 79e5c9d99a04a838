/** Which events are open in each task, so that what happens inside another thing is shown inside it. */

import type { TaskRow } from '../engine/machine/ids';
import { EVENT_SCHEMA, type EventName } from '../engine/routine/event-schema';

/** Events that a reader follows by their nesting. */
export const opens = (name: EventName): boolean => 'leave' in EVENT_SCHEMA[name];

/** An event's numbers by their names. */
export function named(name: EventName, leave: boolean, args: readonly number[]): Record<string, number> {
  const schema: { readonly enter: readonly string[]; readonly leave?: readonly string[] } =
    EVENT_SCHEMA[name];
  const names = leave ? (schema.leave ?? []) : schema.enter;
  return Object.fromEntries(names.map((key, i) => [key, args[i] ?? 0]));
}

/** Open events of each task; `T` is what is remembered of one. */
export class Nesting<T> {
  readonly #open = new Map<TaskRow, T[]>();

  depth(task: TaskRow): number {
    return this.#open.get(task)?.length ?? 0;
  }

  enter(task: TaskRow, what: T): void {
    const open = this.#open.get(task);
    if (open === undefined) this.#open.set(task, [what]);
    else open.push(what);
  }

  leave(task: TaskRow): T | undefined {
    return this.#open.get(task)?.pop();
  }

  innermost(task: TaskRow): T | undefined {
    return this.#open.get(task)?.at(-1);
  }
}
