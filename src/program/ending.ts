/** How tasks and processes of a scenario end. */

import { do_exit } from '../engine/kernel/kernel/exit';
import { fatal_signal_pending, signal_wake_up } from '../engine/kernel/kernel/signal';
import type { ProcessRow, TaskRow } from '../engine/machine/ids';
import { TaskState } from '../engine/machine/tasks';
import type { Kernel } from '../engine/routine/kernel';
import type { Place } from '../engine/routine/routine';
import type { RunContext } from './context';
import { placed, r, type ScenarioNode } from './frame';

/** What a block of statements returns when its task has ended in it. */
export const ENDED = 1;

/** The process is to end (do_group_exit): each of its tasks does at its next statement. The first reason counts. */
export function endProcess(k: Kernel, process: ProcessRow, code: number, signal: number): void {
  const { tasks } = k;
  const own = [...tasks.tasks.rows()].filter(
    (task) => tasks.process.get(task) === process && tasks.state.get(task) !== TaskState.Exited,
  );
  if (own.some((task) => tasks.killed.get(task) !== 0)) return;
  tasks.exitCode.set(process, code);
  tasks.exitSignal.set(process, signal);
  for (const task of own) signal_wake_up(k, task as TaskRow);
}

/** Whether the task that runs has been told to end. */
export const mustEnd = fatal_signal_pending;

/** The task that runs ends: its process's code or signal has been set, or it is a thread that is done. */
export function endNodes(ctx: RunContext): ScenarioNode[] {
  return [
    r.call('do_exit(code)', do_exit, (k, _, callee) => {
      const process = k.tasks.processOf(k.task);
      callee.code = k.tasks.exitCode.get(process);
      callee.signal = k.tasks.exitSignal.get(process);
    }),
    r.ret('the task is gone', (k) => {
      ctx.state.ends(k.task as TaskRow);
      return ENDED;
    }),
  ];
}

/** At the end of a process's text: exit(0), with all its threads. */
export function exitNodes(ctx: RunContext, at: Place): ScenarioNode[] {
  return placed(
    [r.step('the end of the process: exit(0)', (k) => endProcess(k, ctx.process(), 0, 0)), ...endNodes(ctx)],
    at,
  );
}
