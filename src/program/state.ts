/** What the tasks of a running scenario tell each other. It lies in the machine, so that going back takes it along. */

import type { IntColumn, WideColumn } from '../engine/machine/column';
import type { TaskRow } from '../engine/machine/ids';
import { TaskState, Wait } from '../engine/machine/tasks';
import type { Kernel } from '../engine/routine/kernel';

export class RunState {
  /** By name of the program: the latest task, and the latest process, that was started under it. */
  readonly taskNamed: IntColumn;
  readonly processNamed: IntColumn;
  /** By task: the block that an idle task is to execute (its number + 1), 0 = none; and who told it. */
  readonly work: IntColumn;
  readonly teller: IntColumn;
  /** By task: 1 for one that is told what to do. */
  readonly idle: IntColumn;
  /** By barrier: how many have come, and how often it has opened. */
  readonly arrived: IntColumn;
  readonly opened: IntColumn;
  /** By pin: when it was taken. */
  readonly pinnedAt: WideColumn;
  /** By statement: how often it has begun, and how many of its expectations did not hold. */
  readonly begun: IntColumn;
  readonly failed: IntColumn;
  /** Tasks that follow their own text and have not ended. */
  readonly #busy: number;

  constructor(readonly kernel: Kernel) {
    const { store } = kernel;
    this.taskNamed = store.int('scenario.taskNamed');
    this.processNamed = store.int('scenario.processNamed');
    this.work = store.int('scenario.work');
    this.teller = store.int('scenario.teller');
    this.idle = store.int('scenario.idle');
    this.arrived = store.int('scenario.arrived');
    this.opened = store.int('scenario.opened');
    this.pinnedAt = store.wide('scenario.pinnedAt');
    this.begun = store.int('scenario.begun');
    this.failed = store.int('scenario.failed');
    this.#busy = store.scalar('scenario.busy');
  }

  /** A task that follows its own text begins. */
  begins(): void {
    this.kernel.store.scalars.add(this.#busy, 1);
  }

  /** The task is gone. With the last that follows its own text, nobody is left to tell the idle ones what to do. */
  ends(task: TaskRow): void {
    const { scalars } = this.kernel.store;
    this.work.set(task, 0);
    if (this.idle.get(task) === 0 && scalars.add(this.#busy, -1) === 0) this.#wakeIdle();
  }

  /** Whether an idle task has nothing left to wait for. */
  get over(): boolean {
    return this.kernel.store.scalars.get(this.#busy) === 0;
  }

  #wakeIdle(): void {
    const { tasks } = this.kernel;
    for (const task of tasks.tasks.rows())
      if (this.idle.get(task) !== 0 && tasks.state.get(task) === TaskState.Blocked)
        tasks.wake(Wait.Work, task);
  }
}
