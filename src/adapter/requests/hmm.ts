/** The requests that DAP doesn't have: the sidebar's trees, and the other ways of moving in time. */

import { runnableTasks } from '../../debugger/who-runs';
import { deviceDetails } from '../../view/inspect/device-details';
import { devicesOf } from '../../view/inspect/devices';
import { pendingFaults } from '../../view/inspect/faults';
import { zoneNodes } from '../../view/inspect/zones';
import { waitsText } from '../../view/wait-graph';
import { RequestError } from '../errors';
import { request } from '../request';
import { runAlone, taskOf } from './move';

const stopped = { needs: 'stopped' } as const;

export const hmmRequests = [
  request('hmm/zones', stopped, ({ session, previousStop }) => ({
    nodes: zoneNodes(session.debuggee.world, previousStop),
  })),

  request('hmm/pendingFaults', stopped, ({ session }) => ({
    faults: pendingFaults(session.debuggee.world),
  })),

  request('hmm/waits', stopped, ({ session }, { threadId }) => {
    const wanted = threadId === undefined ? undefined : taskOf(session, threadId);
    return { text: waitsText(session.debuggee.world, wanted) };
  }),

  request('hmm/runnable', stopped, ({ session }) => ({
    tasks: runnableTasks(session.debuggee, session.map),
  })),

  request('hmm/devices', stopped, ({ session, previousStop }) => ({
    devices: devicesOf(session.debuggee.world, previousStop),
  })),

  request('hmm/device', stopped, ({ session }, { device }) => {
    const details = deviceDetails(session.debuggee.world, device);
    if (details === undefined) throw new RequestError(`There is no device ${device} with a driver.`);
    return details;
  }),

  request('hmm/position', stopped, ({ session, session: { engine } }) => ({
    time: engine.time,
    profile: session.debuggee.world.kernel.profile.name,
    timeline: engine.timeline.id,
    first: 0,
    last: engine.frontier,
    ended: engine.ending !== undefined,
  })),

  request('hmm/events', stopped, ({ session: { trace } }) => ({
    events: trace.recorded.map(({ time, text }) => ({ time, text })),
    earlier: trace.forgotten,
  })),

  request('hmm/schedule', stopped, async (adapter) => ({
    schedule: await adapter.ask(adapter.session.scheduleThatRan()),
  })),

  request('hmm/trace', stopped, async (adapter) => {
    const { events, until } = await adapter.ask(adapter.session.runAsTrace());
    const text = `{"displayTimeUnit":"ns","traceEvents":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`;
    return { text, until, last: adapter.session.engine.frontier };
  }),

  request('hmm/seek', stopped, (adapter, { time, timeline }) => {
    const { session } = adapter;
    if (timeline !== undefined && session.engine.timelines[timeline] === undefined)
      throw new RequestError(`There is no timeline ${timeline}.`);
    return adapter.go(session.seek(time, timeline), 'backwards');
  }),

  request('hmm/stepBackOne', stopped, (adapter) => adapter.go(adapter.session.stepBackOne(), 'backwards')),

  request('hmm/reverseStepOut', stopped, (adapter, { threadId }) => {
    const { session } = adapter;
    return adapter.go(session.reverseStepOut(taskOf(session, threadId)), 'backwards');
  }),

  request('hmm/runUntilBlocks', stopped, (adapter, { threadId }) => runAlone(adapter, threadId)),
];
