/** Runs of one scenario under many seeds, looked at after each step. */

import { expect } from 'vitest';
import type { TaskRow } from '../../src/engine/machine/ids';
import { TaskState, type WaitKind } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import { MOST_STEPS, runOf } from '../properties/machine';

/** Runs under each seed from 1 on, put in place of SEED; `look` is asked after each step, with the tasks by name. Returns how often it said yes. */
export function count(
  text: string,
  look: (k: Kernel, named: (name: string) => TaskRow) => boolean,
  seeds = 40,
): number {
  let found = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const { interpreter, kernel, world } = runOf(text.replace('SEED', String(seed)));
    const named = (name: string): TaskRow =>
      ([...kernel.tasks.tasks.rows()].find(
        (task) => world.names.tasks[kernel.tasks.taskName.get(task)] === name,
      ) ?? 0) as TaskRow;
    let failed = false;
    kernel.events.observer = (_, name) => {
      failed ||= name === 'expect_failed';
    };
    let stop = 'time';
    while (stop === 'time' && kernel.time < MOST_STEPS) {
      stop = interpreter.run(kernel.time + 1, false);
      if (look(kernel, named)) found++;
    }
    expect({ seed, stop, failed }).toEqual({ seed, stop: 'end', failed: false });
  }
  return found;
}

/** The task sleeps for this reason. */
export const blockedOn = (k: Kernel, task: TaskRow, wait: WaitKind): boolean =>
  k.tasks.state.get(task) === TaskState.Blocked && k.tasks.wait.get(task) === wait;
