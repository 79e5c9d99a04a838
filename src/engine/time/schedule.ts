/** Who runs next at a yield. What it remembers lies in the machine's scalars, so that going back takes it along. */

import { can_run } from '../kernel/kernel/sched';
import { runnable_kswapd } from '../kernel/mm/vmscan/kswapd';
import type { TaskRow } from '../machine/ids';
import type { Kernel } from '../routine/kernel';
import type { CellWrite } from './timeline';

/** One entry of an explicit order: the task with this name runs to its next yield, `times` times. */
export interface ScheduleEntry {
  /** Index of the task's name in the program, as in the task's `name` column. */
  readonly name: number;
  readonly times: number;
}

export type Order =
  /**
   * A task runs until it blocks, or comes back from a fault that it has to take again because nothing has changed; then
   * the next one that can, in the order of their creation. Only kswapd does not wait for its turn: it has slept long, so
   * that a kernel lets it run as soon as its CPU is free.
   */
  | { readonly kind: 'round-robin' }
  /** At each yield any task that can run, as the seed says. */
  | { readonly kind: 'seed'; readonly seed: number }
  /** As listed, then `loop` again and again, or round robin where it is empty. Entries whose task can't run are passed over. */
  | {
      readonly kind: 'list';
      readonly entries: readonly ScheduleEntry[];
      readonly loop: readonly ScheduleEntry[];
    };

/** Asked by the run loop. */
export interface Scheduler {
  /**
   * The task to run at a yield, or 0 to let the current one go on. It may be asked again at the same time (after a
   * stop there) and must then give the same answer. `inKernel`: the current task is not about to run in user mode.
   */
  choose(inKernel: boolean): TaskRow;
  /** A task has blocked or exited. */
  left(task: TaskRow): void;
}

function mix(seed: number, time: number): number {
  let h = Math.imul(seed ^ 0x9e3779b1, 0x85ebca6b) ^ Math.imul(time + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

export class Schedule implements Scheduler {
  /** The one task that may run until it blocks, or 0. */
  readonly #only: number;
  /** Entries of the list that have been used up, and how often the next one has run. */
  readonly #entry: number;
  readonly #turn: number;
  /** Time of the last yield that used the list, plus 1. */
  readonly #asked: number;
  readonly #kernel: Kernel;
  /** Told of each decision at a yield: for writing down the schedule that ran. */
  onChoice: ((task: TaskRow) => void) | undefined;
  /** Told of each entry of the list, not of its loop, whose task (by its name's number) can't run when its turn comes. */
  onPassedOver: ((name: number) => void) | undefined;

  constructor(
    kernel: Kernel,
    readonly order: Order,
  ) {
    this.#kernel = kernel;
    this.#only = kernel.store.scalar('schedule.only');
    this.#entry = kernel.store.scalar('schedule.entry');
    this.#turn = kernel.store.scalar('schedule.turn');
    this.#asked = kernel.store.scalar('schedule.asked');
  }

  choose(inKernel: boolean): TaskRow {
    const chosen = this.#chosen(inKernel);
    this.onChoice?.(chosen === 0 ? this.#kernel.task : chosen);
    return chosen;
  }

  left(task: TaskRow): void {
    const { scalars } = this.#kernel.store;
    if (scalars.get(this.#only) === task) scalars.set(this.#only, 0);
  }

  /** The task that alone may run until it blocks or exits; 0 where the order decides. */
  get only(): TaskRow {
    return this.#kernel.store.scalars.get(this.#only) as TaskRow;
  }

  /** What to put into the machine so that only `task` runs until it blocks or exits; with 0, as the order says. */
  runOnly(task: TaskRow): CellWrite[] {
    return [{ column: this.#kernel.store.scalars.id, row: this.#only, value: task }];
  }

  #chosen(inKernel: boolean): TaskRow {
    const { only } = this;
    if (only !== 0) return this.#canRun(only) ? only : (0 as TaskRow);
    switch (this.order.kind) {
      case 'round-robin':
        return this.#listed([], [], inKernel);
      case 'seed':
        return this.#random(this.order.seed);
      case 'list':
        return this.#listed(this.order.entries, this.order.loop, inKernel);
    }
  }

  #canRun(task: number): boolean {
    return task === this.#kernel.task || can_run(this.#kernel, task as TaskRow);
  }

  #random(seed: number): TaskRow {
    const { length } = this.#kernel.tasks.tasks;
    const runnable: number[] = [];
    for (let task = 1; task <= length; task++) if (this.#canRun(task)) runnable.push(task);
    return (runnable[mix(seed, this.#kernel.time) % Math.max(1, runnable.length)] ?? 0) as TaskRow;
  }

  #listed(first: readonly ScheduleEntry[], loop: readonly ScheduleEntry[], inKernel: boolean): TaskRow {
    const { scalars } = this.#kernel.store;
    if (scalars.get(this.#asked) === this.#kernel.time + 1) return 0 as TaskRow;
    const begin = scalars.get(this.#entry);
    // Once around the loop without a task that can run, and the current one goes on.
    const end = loop.length === 0 ? first.length : Math.max(begin, first.length) + loop.length + 1;
    for (let e = begin; e < end; e++) {
      const entry = e < first.length ? first[e] : loop[(e - first.length) % loop.length];
      const task = entry ? this.#named(entry.name) : (0 as TaskRow);
      if (!entry || !this.#canRun(task)) {
        if (entry && e < first.length && scalars.get(this.#turn) === 0) this.onPassedOver?.(entry.name);
        scalars.set(this.#entry, e + 1);
        scalars.set(this.#turn, 0);
        continue;
      }
      const turn = scalars.get(this.#turn) + 1;
      scalars.set(this.#entry, turn >= entry.times ? e + 1 : e);
      scalars.set(this.#turn, turn >= entry.times ? 0 : turn);
      scalars.set(this.#asked, this.#kernel.time + 1);
      return task;
    }
    const next = this.#inTurn(inKernel);
    // Asked again after a stop here, no more entries may be passed over, and nobody else's turn come.
    if (end > begin || next !== 0) scalars.set(this.#asked, this.#kernel.time + 1);
    return next;
  }

  /** Whose turn it is, without a list: 0 = the current task goes on. */
  #inTurn(inKernel: boolean): TaskRow {
    const kswapd = runnable_kswapd(this.#kernel);
    const { task, tasks } = this.#kernel;
    if (kswapd !== 0 || inKernel || tasks.sameFaults.get(task) === 0) return kswapd;
    const { length } = tasks.tasks;
    for (let i = 1; i < length; i++) {
      const other = (((task - 1 + i) % length) + 1) as TaskRow;
      if (can_run(this.#kernel, other)) return other;
    }
    return 0 as TaskRow;
  }

  #named(name: number): TaskRow {
    const { tasks } = this.#kernel;
    for (const task of tasks.tasks.rows())
      if (tasks.taskName.get(task) === name && this.#canRun(task)) return task as TaskRow;
    return 0 as TaskRow;
  }
}
