/** What the editor shows of a stop. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { type StackFrame, threadsOf } from '../../debugger/stack';
import type { Referenced } from '../../debugger/variables/tree';
import type { PageRow, Pfn, TaskRow } from '../../engine/machine/ids';
import type { World } from '../../view/environment';
import type { Adapter } from '../adapter';
import { RequestError } from '../errors';
import type { Family } from '../family';
import { taskOf } from './run';
import { listingSource } from './sources';

/** Frames that are sent where the editor doesn't say how many it wants. */
const MOST_FRAMES = 1000;
const PAGE_BYTES = 4096;

function shownFrame(adapter: Adapter, frame: StackFrame): Dap.StackFrame {
  const { map } = adapter.session;
  const listing = map.listing(map.pathOf(frame.routine));
  return {
    id: adapter.view.frameId(frame.task, frame),
    name: frame.routine.routine.name,
    line: frame.line,
    column: frame.column,
    source: listing ? listingSource(adapter, listing) : adapter.scenarioSource(),
  };
}

/** A task that has ended has no frame; this one lets the editor look at the machine all the same. */
function endFrame(adapter: Adapter, task: TaskRow): Dap.StackFrame {
  const lines = adapter.session.map.statementLines(1, Number.POSITIVE_INFINITY);
  return {
    id: adapter.view.frameId(task, undefined),
    name: 'ended',
    line: lines.at(-1) ?? 1,
    column: 1,
    source: adapter.scenarioSource(),
    presentationHint: 'subtle',
  };
}

/** A page's address by which its contents are read. */
export const memoryReference = (world: World, page: number): string =>
  `0x${(world.kernel.pages.pfn(page as PageRow) * PAGE_BYTES).toString(16)}`;

export function shownVariable(world: World, variable: Referenced): Dap.Variable {
  const { name, value, type, evaluateName, reference, page, children } = variable;
  return {
    name,
    value,
    variablesReference: reference,
    ...(type === undefined ? {} : { type }),
    ...(evaluateName === undefined ? {} : { evaluateName }),
    ...(children?.indexed === undefined ? {} : { indexedVariables: children.indexed }),
    ...(page === undefined ? {} : { memoryReference: memoryReference(world, page) }),
  };
}

function bytesAt(world: World, address: number, count: number): Uint8Array {
  const { pages, contents } = world.kernel;
  const chunks: number[] = [];
  while (chunks.length < count) {
    const at = address + chunks.length;
    const page = pages.find(Math.floor(at / PAGE_BYTES) as Pfn);
    if (page === 0) break;
    const from = at % PAGE_BYTES;
    chunks.push(...contents.bytes(page).subarray(from, from + count - chunks.length));
  }
  return Uint8Array.from(chunks);
}

/** Bytes that are read at most in one request. */
const MOST_BYTES = 1 << 20;

export const dataRequests: Family = {
  capabilities: { supportsReadMemoryRequest: true },
  handlers: {
    threads: (adapter) => ({
      threads: threadsOf(adapter.session.debuggee.world).map(({ id, name }) => ({ id, name })),
    }),

    stackTrace: (adapter, { threadId, startFrame = 0, levels }) => {
      const session = adapter.stopped;
      const task = taskOf(session, threadId);
      const frames = adapter.view.frames(task);
      if (frames.length === 0) return { stackFrames: [endFrame(adapter, task)], totalFrames: 1 };
      const end = startFrame + (levels === undefined || levels === 0 ? MOST_FRAMES : levels);
      const stackFrames = frames.slice(startFrame, end).map((frame) => shownFrame(adapter, frame));
      return { stackFrames, totalFrames: frames.length };
    },

    scopes: (adapter, { frameId }) => ({
      scopes: adapter.view.scopes(frameId).map(({ name, reference, expensive, hint }) => ({
        name,
        expensive,
        variablesReference: reference,
        ...(hint === undefined ? {} : { presentationHint: hint }),
      })),
    }),

    variables: (adapter, { variablesReference, start, count, filter }) => {
      const { world } = adapter.stopped.debuggee;
      const found = adapter.view.tree.children(variablesReference, start, count);
      if (!found) throw new RequestError(`There are no variables with reference ${variablesReference}.`);
      const indexed = adapter.view.tree.isIndexed(variablesReference);
      if ((filter === 'named' && indexed) || (filter === 'indexed' && !indexed)) return { variables: [] };
      return { variables: found.map((variable) => shownVariable(world, variable)) };
    },

    readMemory: (adapter, { memoryReference: reference, offset = 0, count }) => {
      const { world } = adapter.stopped.debuggee;
      const address = Number(reference) + offset;
      if (!Number.isSafeInteger(address) || address < 0)
        throw new RequestError(`${reference} is not an address of physical memory.`);
      const wanted = Math.min(Math.max(0, count), MOST_BYTES);
      const bytes = bytesAt(world, address, wanted);
      const data = btoa(String.fromCharCode(...bytes));
      return { address: `0x${address.toString(16)}`, data, unreadableBytes: count - bytes.length };
    },
  },
};
