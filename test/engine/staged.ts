/** Runs in which the test says who runs, and how far. */

import { Checker } from '../../src/engine/invariants';
import { pte_offset, ptep_get } from '../../src/engine/kernel/mm/pgtable';
import type { EntryRow, TaskRow, Vpn } from '../../src/engine/machine/ids';
import { kindOf, type PteKind } from '../../src/engine/machine/pte';
import { TaskState } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import type { YieldName } from '../../src/engine/routine/routine';
import type { Run } from '../../src/program';
import { MOST_STEPS, runOf } from '../properties/machine';

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

/** A scenario whose process `p` starts two threads `A` and `B` and waits for them; the test lets one run at a time. */
export class Staged {
  readonly run: Run;
  readonly #checker: Checker;
  readonly #failed: string[] = [];

  /** Runs until the threads have been started. */
  constructor(text: string) {
    this.run = runOf(text);
    this.#checker = new Checker(this.run.interpreter);
    const { events } = this.kernel;
    const { observer } = events;
    events.observer = (task, name, leave, args) => {
      observer?.(task, name, leave, args);
      if (name === 'expect_failed') this.#failed.push(name);
    };
    this.only('p', () => this.task('B') !== 0);
  }

  get kernel(): Kernel {
    return this.run.kernel;
  }

  task(name: string): TaskRow {
    const { tasks } = this.kernel;
    const is = (row: number): boolean => this.run.world.names.tasks[tasks.taskName.get(row)] === name;
    return ([...tasks.tasks.rows()].find(is) ?? 0) as TaskRow;
  }

  only(name: string, until: () => boolean): void {
    runOnly(this.run, this.task(name), until);
  }

  /** Lets this task run to its end. */
  end(name: string): void {
    this.only(name, () => this.kernel.tasks.state.get(this.task(name)) === TaskState.Exited);
  }

  /** The task's next step is one of this routine. */
  isIn(name: string, routine: string): boolean {
    const { linked } = this.run;
    const pc = this.kernel.tasks.pc.get(this.task(name));
    return linked.routines[linked.routineOf[pc] ?? -1]?.routine.name === routine;
  }

  /** It is in this routine, at this yield. */
  standsAt(name: string, routine: string, at: YieldName): boolean {
    const pc = this.kernel.tasks.pc.get(this.task(name));
    return this.isIn(name, routine) && this.run.linked.yieldBefore[pc] === at;
  }

  /** The entry of the process's page table. */
  entry(vpn: Vpn): EntryRow {
    return pte_offset(this.kernel, this.kernel.tasks.mmOf(this.task('p')), vpn);
  }

  kind(vpn: Vpn): PteKind {
    return kindOf(ptep_get(this.kernel, this.entry(vpn)));
  }

  /** Runs to the end in the scenario's own order. Returns what was broken. */
  finish(): string[] {
    runAll(this.run);
    const stop = this.run.interpreter.run(MOST_STEPS, false);
    this.#checker.finish();
    const broken = this.#checker.violations.map(({ invariant, detail }) => `${invariant.id} ${detail}`);
    return [...(stop === 'end' ? [] : [stop]), ...this.#failed, ...broken];
  }
}
