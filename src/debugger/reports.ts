/** Why a session stands where it stands, in words. */

import { wait_cycle } from '../engine/detect/deadlock';
import type { ProcessRow, TaskRow } from '../engine/machine/ids';
import { signalName } from '../language/signals';
import { processName, taskName, type World } from '../view/environment';
import { isIdleWorker, showWaiting, waitingOf, waitsFor } from '../view/waits';
import type { ExceptionHit } from './exceptions';

type StopReason =
  | 'entry'
  | 'step'
  | 'breakpoint'
  | 'function breakpoint'
  | 'data breakpoint'
  | 'exception'
  | 'pause'
  | 'goto'
  /** The run has come to its end. */
  | 'end';

export interface StopReport {
  readonly reason: StopReason;
  readonly task: TaskRow;
  /** One sentence for the user where the reason alone doesn't say enough. */
  readonly text?: string;
  readonly breakpoints?: readonly number[];
  /** Nobody has asked for this stop: it is the one at the first page_fault. */
  readonly automatic?: boolean;
  readonly exception?: ExceptionHit;
}

/** Why a task that was being stepped can't go on. */
export function whyLeft(world: World, task: TaskRow): string {
  const waiting = waitingOf(world, task);
  const name = taskName(world, task);
  return waiting ? `${name} waits for ${showWaiting(waiting)}.` : `${name} has ended.`;
}

/** Why no task can run any more, with what each of them waits for: tasks that wait in a circle, or in vain. */
export function standstill(world: World): {
  readonly id: 'deadlock' | 'never_wakes';
  readonly text: string;
  /** One that waits: where there is a circle, a part of it. */
  readonly task: TaskRow;
} {
  const rows = [...world.kernel.tasks.tasks.rows()] as TaskRow[];
  const waiting = rows.filter((task) => waitingOf(world, task) && !isIdleWorker(world, task));
  const circle = waiting.find((task) => wait_cycle(world.kernel, task).length > 0);
  const who = waiting.map((task) => waitsFor(world, task)).join('; ');
  const text =
    circle !== undefined
      ? who
      : `${who}; nobody is left who could end ${waiting.length === 1 ? 'this wait' : 'these waits'}`;
  return {
    id: circle === undefined ? 'never_wakes' : 'deadlock',
    text: `No task can run: ${text}.`,
    task: circle ?? waiting[0] ?? world.kernel.task,
  };
}

/** What became of the run, in a line. */
export function summary(world: World): string {
  const { tasks, time } = world.kernel;
  const ends: string[] = [];
  for (const row of tasks.processes.rows()) {
    const signal = tasks.exitSignal.get(row);
    const end =
      signal === 0 ? `exited with ${tasks.exitCode.get(row)}` : `was killed by ${signalName(signal)}`;
    ends.push(`${processName(world, row as ProcessRow)} ${end}`);
  }
  return `The scenario has ended after ${time} steps${ends.length > 0 ? `: ${ends.join(', ')}` : ''}.`;
}
