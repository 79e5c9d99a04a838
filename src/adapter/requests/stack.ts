/** What the client shows of a stop: threads, their frames, and the variables in them. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { type StackFrame, threadsOf } from '../../debugger/stack';
import type { Referenced } from '../../debugger/variables/tree';
import type { TaskRow } from '../../engine/machine/ids';
import type { World } from '../../view/environment';
import { RequestError } from '../errors';
import { request, type Stopped } from '../request';
import { memoryReference } from './memory';
import { taskOf } from './move';

/** Frames that are sent where the client doesn't say how many it wants. */
const MOST_FRAMES = 1000;

function shownFrame({ session, view, sources, dialect }: Stopped, frame: StackFrame): Dap.StackFrame {
  const { map } = session;
  const listing = map.listing(map.pathOf(frame.routine));
  return {
    id: view.frameId(frame.task, frame),
    name: frame.routine.routine.name,
    line: dialect.toLine(frame.line),
    column: dialect.toColumn(frame.column),
    source: listing ? sources.listing(listing) : sources.scenario(),
  };
}

/** A task that has ended has no frame; this one lets the client look at the machine all the same. */
function endFrame({ session, view, sources, dialect }: Stopped, task: TaskRow): Dap.StackFrame {
  const { names, kernel } = session.debuggee.world;
  const name = names.tasks[kernel.tasks.taskName.get(task)] ?? '';
  return {
    id: view.frameId(task, undefined),
    name: 'ended',
    line: dialect.toLine(session.map.lastLineOf(name)),
    column: dialect.toColumn(1),
    source: sources.scenario(),
    presentationHint: 'subtle',
  };
}

function shownVariable(world: World, variable: Referenced): Dap.Variable {
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

const stopped = { needs: 'stopped' } as const;

export const stackRequests = [
  request('threads', { needs: 'launched' }, ({ session, previousStop }) => ({
    threads: threadsOf(session.debuggee.world, previousStop),
  })),

  request('stackTrace', stopped, (adapter, { threadId, startFrame = 0, levels = 0 }) => {
    const task = taskOf(adapter.session, threadId);
    const frames = adapter.view.frames(task);
    if (frames.length === 0) return { stackFrames: [endFrame(adapter, task)], totalFrames: 1 };
    const end = startFrame + (levels === 0 ? MOST_FRAMES : levels);
    const stackFrames = frames.slice(startFrame, end).map((frame) => shownFrame(adapter, frame));
    return { stackFrames, totalFrames: frames.length };
  }),

  request('scopes', stopped, ({ view, dialect }, { frameId }) => ({
    scopes: view.scopes(frameId, !dialect.hasExtension).map(({ name, reference, expensive, hint }) => ({
      name,
      expensive,
      variablesReference: reference,
      ...(hint === undefined ? {} : { presentationHint: hint }),
    })),
  })),

  request('variables', stopped, ({ session, view }, { variablesReference, start, count, filter }) => {
    const found = view.tree.children(variablesReference, start, count);
    if (!found) throw new RequestError(`There are no variables with reference ${variablesReference}.`);
    const indexed = view.tree.isIndexed(variablesReference);
    if ((filter === 'named' && indexed) || (filter === 'indexed' && !indexed)) return { variables: [] };
    return { variables: found.map((variable) => shownVariable(session.debuggee.world, variable)) };
  }),
];
