/** New tasks of a scenario, and finding them by their names. */

import type { TaskRow } from '../engine/machine/ids';
import { TaskState } from '../engine/machine/tasks';
import type { Kernel } from '../engine/routine/kernel';
import type { AnyRoutine } from '../engine/routine/routine';
import type { RunContext } from './context';
import { type AnyFrame, setSlot, slot } from './frame';

export interface NewTask {
  /** Number of its name in the program. */
  readonly name: number;
  /** Where it runs; undefined: where the kernel put it. */
  readonly cpu: number | undefined;
  readonly routine: AnyRoutine;
  /** It has no text of its own, and is told what to do. */
  readonly idle: boolean;
  /** Slots of the counters of the loops around its start: its own first slots begin with their values. */
  readonly captured: readonly number[];
}

/** Gives a task its text; `from` is the frame that the captured counters are read in. */
export function startTask(ctx: RunContext, row: TaskRow, task: NewTask, from?: AnyFrame): void {
  const { kernel: k, state } = ctx;
  if (task.cpu !== undefined) k.tasks.cpu.set(row, task.cpu);
  state.taskNamed.set(task.name, row);
  state.idle.set(row, task.idle ? 1 : 0);
  if (!task.idle) state.begins();
  k.start(row, task.routine, (frame) => {
    if (from !== undefined)
      task.captured.forEach((counter, i) => void setSlot(frame, i, slot(from, counter)));
  });
}

/** The latest task of a name, or 0 where none was started yet. */
export const taskNamed = (ctx: RunContext, name: number): TaskRow => ctx.state.taskNamed.get(name) as TaskRow;

export const hasExited = (k: Kernel, task: TaskRow): boolean => k.tasks.state.get(task) === TaskState.Exited;
