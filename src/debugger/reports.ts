/** Why a session stands where it stands, in words. */

import type { ProcessRow, TaskRow } from '../engine/machine/ids';
import { processName, taskName, type World } from '../scenario/environment';
import { type ExceptionHit, signalName } from './exceptions';
import { isIdleWorker, showWaiting, waitingOf } from './waits';

export type StopReason =
  | 'entry'
  | 'step'
  | 'breakpoint'
  | 'function breakpoint'
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
  readonly exception?: ExceptionHit;
}

/** Why a task that was being stepped can't go on. */
export function whyLeft(world: World, task: TaskRow): string {
  const waiting = waitingOf(world, task);
  const name = taskName(world, task);
  return waiting ? `${name} waits for ${showWaiting(waiting)}.` : `${name} has ended.`;
}

/** The tasks that can't run, each with what it waits for. */
export function deadlockText(world: World): string {
  const { tasks } = world.kernel;
  const waiting: string[] = [];
  for (const row of tasks.tasks.rows()) {
    const what = waitingOf(world, row as TaskRow);
    if (what && !isIdleWorker(world, row as TaskRow))
      waiting.push(`${taskName(world, row as TaskRow)} waits for ${showWaiting(what)}`);
  }
  return `No task can run: ${waiting.join('; ')}.`;
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
