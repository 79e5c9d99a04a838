/** Moving in time. Each request is answered at once; the `stopped` event follows. */

import type { StopReport } from '../../debugger/reports';
import type { DebugSession } from '../../debugger/session';
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
  adapter.after(() => adapter.run(work, backwards));
  return undefined;
}

/** A step of one task; at the end of the run there is none. */
function step(adapter: Adapter, threadId: number, move: 'next' | 'stepIn' | 'stepOut'): undefined {
  const session = adapter.stopped;
  if (session.atEnd) {
    adapter.after(() => adapter.end());
    return undefined;
  }
  return go(adapter, session[move](taskOf(session, threadId)));
}

export const runRequests: Family = {
  capabilities: { supportsStepBack: true },
  handlers: {
    continue: (adapter) => {
      const session = adapter.stopped;
      if (session.atEnd) adapter.after(() => adapter.end());
      else go(adapter, session.continue());
      return { allThreadsContinued: true };
    },
    next: (adapter, { threadId }) => step(adapter, threadId, 'next'),
    stepIn: (adapter, { threadId }) => step(adapter, threadId, 'stepIn'),
    stepOut: (adapter, { threadId }) => step(adapter, threadId, 'stepOut'),
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
