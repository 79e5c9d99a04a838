/** The requests that DAP doesn't have: the sidebar's trees, and the other ways of moving in time. */

import { runnableTasks } from '../../debugger/who-runs';
import { finish } from '../../engine/time/work';
import { devicesOf } from '../../view/inspect/devices';
import { pendingFaults } from '../../view/inspect/faults';
import { zoneNodes } from '../../view/inspect/zones';
import { waitsText } from '../../view/wait-graph';
import { RequestError } from '../errors';
import type { Family } from '../family';
import { go, runAlone, taskOf } from './run';

export const hmmRequests: Family = {
  capabilities: {},
  handlers: {
    'hmm/zones': (adapter) => ({ nodes: zoneNodes(adapter.stopped.debuggee.world, adapter.previousStop) }),
    'hmm/pendingFaults': (adapter) => ({ faults: pendingFaults(adapter.stopped.debuggee.world) }),
    'hmm/waits': (adapter, { threadId }) => {
      const session = adapter.stopped;
      const wanted = threadId === undefined ? undefined : taskOf(session, threadId);
      return { text: waitsText(session.debuggee.world, wanted) };
    },
    'hmm/runnable': (adapter) => {
      const { debuggee, map } = adapter.stopped;
      return { tasks: runnableTasks(debuggee, map) };
    },
    'hmm/devices': (adapter) => ({
      devices: devicesOf(adapter.stopped.debuggee.world, adapter.previousStop),
    }),
    'hmm/position': (adapter) => {
      const { engine } = adapter.stopped;
      return {
        time: engine.time,
        timeline: engine.timeline.id,
        first: 0,
        last: engine.frontier,
        ended: engine.ending !== undefined,
      };
    },
    'hmm/schedule': (adapter) => ({ schedule: finish(adapter.stopped.scheduleThatRan()) }),
    'hmm/seek': (adapter, { time, timeline }) => {
      const session = adapter.stopped;
      if (!Number.isFinite(time)) throw new RequestError('A time is a number of steps since the start.');
      if (timeline !== undefined && session.engine.timelines[timeline] === undefined)
        throw new RequestError(`There is no timeline ${timeline}.`);
      return go(adapter, session.seek(Math.floor(time), timeline), true);
    },
    'hmm/stepBackOne': (adapter) => go(adapter, adapter.stopped.stepBackOne(), true),
    'hmm/reverseStepOut': (adapter, { threadId }) => {
      const session = adapter.stopped;
      return go(adapter, session.reverseStepOut(taskOf(session, threadId)), true);
    },
    'hmm/runUntilBlocks': (adapter, { threadId }) => runAlone(adapter, threadId),
  },
};
