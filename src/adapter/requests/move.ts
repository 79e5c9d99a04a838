/** Moving in time. Each request is answered at once; the `stopped` event follows. */

import type { DebugSession } from '../../debugger/session';
import { whyNotRun } from '../../debugger/who-runs';
import type { TaskRow } from '../../engine/machine/ids';
import { RequestError } from '../errors';
import { request, type Stopped } from '../request';

/** The task of a thread id; throws for one that is not there. */
export function taskOf(session: DebugSession, threadId: number): TaskRow {
  const { tasks } = session.debuggee.world.kernel.tasks;
  if (!Number.isInteger(threadId) || !tasks.isLive(threadId))
    throw new RequestError(`There is no thread ${threadId}.`);
  return threadId as TaskRow;
}

/** The task that the user has chosen to run alone; throws with those that can where it can't. */
function chosenTask(session: DebugSession, threadId: number): TaskRow {
  const task = taskOf(session, threadId);
  const problem = whyNotRun(session.debuggee, task);
  if (problem !== undefined) throw new RequestError(problem);
  return task;
}

/** Runs one task alone until it blocks or ends. */
export function runAlone(adapter: Stopped, threadId: number): undefined {
  const { session } = adapter;
  return adapter.go(session.continue(chosenTask(session, threadId)));
}

interface StepArguments {
  readonly threadId: number;
  readonly singleThread?: boolean;
}

/** A step of one task; at the end of the run there is none, and the session ends. */
const step =
  (move: 'next' | 'stepIn' | 'stepOut') =>
  (adapter: Stopped, { threadId, singleThread = false }: StepArguments): undefined => {
    const { session } = adapter;
    if (session.atEnd) return adapter.finish();
    const task = singleThread ? chosenTask(session, threadId) : taskOf(session, threadId);
    return adapter.go(session[move](task, singleThread));
  };

const stopped = { needs: 'stopped' } as const;
const backwards = { needs: 'stopped', capabilities: { supportsStepBack: true } } as const;

export const moveRequests = [
  request(
    'continue',
    { ...stopped, capabilities: { supportsSingleThreadExecutionRequests: true } },
    (adapter, { threadId, singleThread = false }) => {
      if (adapter.session.atEnd) adapter.finish();
      else if (singleThread) runAlone(adapter, threadId);
      else adapter.go(adapter.session.continue());
      return { allThreadsContinued: !singleThread };
    },
  ),
  request('next', stopped, step('next')),
  request('stepIn', stopped, step('stepIn')),
  request('stepOut', stopped, step('stepOut')),

  request('stepBack', backwards, (adapter, { threadId }) => {
    const { session } = adapter;
    return adapter.go(session.stepBack(taskOf(session, threadId)), 'backwards');
  }),
  request('reverseContinue', backwards, (adapter) =>
    adapter.go(adapter.session.reverseContinue(), 'backwards'),
  ),
];
