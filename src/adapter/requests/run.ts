/** Moving in time. Each request is answered at once; the `stopped` event follows. */

import type { StopReport } from '../../debugger/reports';
import type { DebugSession } from '../../debugger/session';
import { whyNotRun } from '../../debugger/who-runs';
import type { TaskRow } from '../../engine/machine/ids';
import type { Work } from '../../engine/time/work';
import type { Adapter } from '../adapter';
import { RequestError } from '../errors';
import type { Family } from '../family';

/** The task of a thread id; throws for one that is not there. */
export function taskOf(session: DebugSession, threadId: number): TaskRow {
  const { tasks } = session.debuggee.world.kernel.tasks;
  if (!Number.isInteger(threadId) || !tasks.isLive(threadId))
    throw new RequestError(`There is no thread ${threadId}.`);
  return threadId as TaskRow;
}

/** Runs once the answer is out. At the end of the run, going forwards ends the session. */
export function go(adapter: Adapter, work: Work<StopReport>, backwards = false): undefined {
  adapter.after(() => {
    adapter.continued();
    adapter.run(work, backwards);
  });
  return undefined;
}

/** The task that the user has chosen to run alone; throws with those that can where it can't. */
function chosenTask(session: DebugSession, threadId: number): TaskRow {
  const task = taskOf(session, threadId);
  const problem = whyNotRun(session.debuggee, task);
  if (problem !== undefined) throw new RequestError(problem);
  return task;
}

/** Runs one task alone until it blocks or ends. */
export function runAlone(adapter: Adapter, threadId: number): undefined {
  const session = adapter.stopped;
  return go(adapter, session.continue(chosenTask(session, threadId)));
}

interface StepArguments {
  readonly threadId: number;
  readonly singleThread?: boolean;
}

/** A step of one task; at the end of the run there is none. */
function step(
  adapter: Adapter,
  { threadId, singleThread = false }: StepArguments,
  move: 'next' | 'stepIn' | 'stepOut',
): undefined {
  const session = adapter.stopped;
  if (session.atEnd) {
    adapter.after(() => adapter.end());
    return undefined;
  }
  const task = singleThread ? chosenTask(session, threadId) : taskOf(session, threadId);
  return go(adapter, session[move](task, singleThread));
}

export const runRequests: Family = {
  capabilities: { supportsStepBack: true, supportsSingleThreadExecutionRequests: true },
  handlers: {
    continue: (adapter, { threadId, singleThread }) => {
      const session = adapter.stopped;
      if (session.atEnd) adapter.after(() => adapter.end());
      else if (singleThread === true) runAlone(adapter, threadId);
      else go(adapter, session.continue());
      return { allThreadsContinued: singleThread !== true };
    },
    next: (adapter, args) => step(adapter, args, 'next'),
    stepIn: (adapter, args) => step(adapter, args, 'stepIn'),
    stepOut: (adapter, args) => step(adapter, args, 'stepOut'),
    stepBack: (adapter, { threadId }) => {
      const session = adapter.stopped;
      return go(adapter, session.stepBack(taskOf(session, threadId)), true);
    },
    reverseContinue: (adapter) => go(adapter, adapter.stopped.reverseContinue(), true),
    pause: (adapter) => {
      if (!adapter.session) return undefined;
      adapter.after(() => adapter.pause());
      return undefined;
    },
  },
};
