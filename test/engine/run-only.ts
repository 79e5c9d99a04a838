/** Runs in which the test says who runs, and how far. */

import type { TaskRow } from '../../src/engine/machine/ids';
import type { Run } from '../../src/scenario/program';

function choose({ kernel, schedule }: Run, task: TaskRow): void {
  for (const { column, row, value } of schedule.runOnly(task)) kernel.store.columns[column]?.set(row, value);
}

/** Lets only this task run, until something is the case. */
export function runOnly(run: Run, task: TaskRow, until: () => boolean): void {
  const { interpreter, kernel } = run;
  choose(run, task);
  for (let steps = 0; !until(); steps++) {
    if (steps > 500_000) throw new Error('it never came to that');
    interpreter.run(kernel.time + 1, false);
  }
}

/** From here on the scenario's own order decides again. */
export function runAll(run: Run): void {
  choose(run, 0 as TaskRow);
}
