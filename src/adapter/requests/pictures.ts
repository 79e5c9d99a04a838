/** The requests of the pictures: an answer for what can be seen, bounded by the number of cells asked for. */

import type { DebugSession } from '../../debugger/session';
import { TASK_SIZE_PAGES, type TaskRow, vpnOf } from '../../engine/machine/ids';
import {
  type AddressMapArguments,
  type Diagram,
  type DiagramArguments,
  type FrameMapArguments,
  MOST_BLOCKS,
  MOST_BOXES,
  MOST_CELLS,
  MOST_COLUMNS,
  MOST_LANES,
  type PageFlowArguments,
  type TimelineArguments,
} from '../../protocol';
import type { World } from '../../view/environment';
import { addressMap, mapProcess, type Part } from '../../view/pictures/address-map';
import { faultPath } from '../../view/pictures/fault-path';
import { frameMap } from '../../view/pictures/frame-map';
import { pageFlow } from '../../view/pictures/page-flow';
import { timeline } from '../../view/pictures/timeline';
import { waitGraph } from '../../view/pictures/wait-graph';
import { RequestError } from '../errors';
import { request, type Stopped } from '../request';
import { taskOf } from './move';

function partOf({ from, to }: { readonly from?: string; readonly to?: string }): Part {
  const page = (address: string | undefined, otherwise: number): number => {
    if (address === undefined) return otherwise;
    const va = Number(address);
    if (!Number.isSafeInteger(va) || va < 0) throw new RequestError(`${address} is no address.`);
    return vpnOf(va);
  };
  return { from: page(from, 0), to: page(to, TASK_SIZE_PAGES) };
}

const taskMeant = (session: DebugSession, { threadId }: { readonly threadId?: number }): TaskRow =>
  threadId === undefined ? session.debuggee.world.kernel.task : taskOf(session, threadId);

function addressMapOf({ session, previousStop }: Stopped, args: AddressMapArguments) {
  const { world } = session.debuggee;
  check('A map has cells from', args.most, 1, MOST_CELLS);
  const task = taskMeant(session, args);
  const process = mapProcess(world, args.process, task);
  if (process === undefined)
    throw new RequestError(
      args.process === undefined
        ? 'No process has memory.'
        : `There is no process ${args.process} with memory.`,
    );
  return addressMap(world, previousStop, process, partOf(args), args);
}

/** Throws where a number is not a whole one from `least` to `most`. */
function check(what: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new RequestError(`${what} ${least} to ${most}, not ${value}.`);
}

function frameMapOf({ session, previousStop }: Stopped, args: FrameMapArguments) {
  check('A map has cells from', args.most, 1, MOST_CELLS);
  return frameMap(session.debuggee.world, previousStop, partOf(args), args);
}

function timelineOf({ session }: Stopped, args: TimelineArguments) {
  const last = session.engine.frontier;
  check('A timeline has columns from', args.most, 1, MOST_COLUMNS);
  check('A timeline shows lanes from', args.lanes, 1, MOST_LANES);
  check('The first lane is', args.firstLane, 0, Number.MAX_SAFE_INTEGER);
  check('A part of time begins at', args.from ?? 0, 0, last);
  const { from = 0, to = last + 1 } = args;
  if (!Number.isSafeInteger(to) || to <= from)
    throw new RequestError(`A part of time ends after it begins: ${to} is not after ${from}.`);
  const { tasks, stops } = session.past;
  return timeline(session.debuggee.world, { tasks, stops, last }, args);
}

function pageFlowOf({ session }: Stopped, { most }: PageFlowArguments) {
  check('A table has rows from', most, 1, MOST_BLOCKS);
  return pageFlow(session.debuggee.world, session.past.movesUntil(session.time), most);
}

/** A diagram around the task that is meant. */
function diagramOf(draw: (world: World, task: TaskRow, most: number) => Diagram) {
  return ({ session }: Stopped, args: DiagramArguments): Diagram => {
    check('A diagram has boxes from', args.most, 1, MOST_BOXES);
    return draw(session.debuggee.world, taskMeant(session, args), args.most);
  };
}

export const pictureRequests = [
  request('hmm/addressMap', { needs: 'stopped' }, addressMapOf),
  request('hmm/frameMap', { needs: 'stopped' }, frameMapOf),
  request('hmm/timeline', { needs: 'stopped' }, timelineOf),
  request('hmm/faultPath', { needs: 'stopped' }, diagramOf(faultPath)),
  request('hmm/waitGraph', { needs: 'stopped' }, diagramOf(waitGraph)),
  request('hmm/pageFlow', { needs: 'stopped' }, pageFlowOf),
];
