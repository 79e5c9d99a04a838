/** Changes of what is watched: data breakpoints, and going to the last or next change. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { fixed } from '../../debugger/changes/fixed';
import { partsOf, type Watched, watched } from '../../debugger/changes/watched';
import { processNamed } from '../../view/page-tables/place';
import { RequestError } from '../errors';
import { request, type Stopped } from '../request';
import { sceneOfFrame } from '../scene';

/** Bytes that one data breakpoint watches. */
const MOST_BYTES = 64;

/** What an expression means in a frame, said so that it means that everywhere; throws where it can't be watched. */
export function watchable(adapter: Stopped, text: string, frameId: number | undefined): Watched {
  const { scene, routine } = sceneOfFrame(adapter, frameId);
  const { world } = scene;
  const { process, expression: own } = partsOf(text);
  if (process !== undefined) {
    const row = processNamed(world, process);
    if (row === 0) throw new RequestError(`There is no process ${process} with memory.`);
    scene.process = row;
  }
  const expression = fixed(own, scene, routine);
  const made = expression.ok ? watched(world, expression.value) : expression;
  if (!made.ok) throw new RequestError(made.message);
  return made.value;
}

/** The expression that a variable, an address or an expression of the client stands for, and the frame it is of. */
function askedFor(
  { view }: Stopped,
  { name, variablesReference = 0, frameId, asAddress = false, bytes = 1 }: Dap.DataBreakpointInfoArguments,
): { text: string; frame: number | undefined } {
  if (asAddress) return { text: bytesAt(name, bytes), frame: frameId };
  if (variablesReference === 0) return { text: name, frame: frameId };
  const list = view.tree.children(variablesReference) ?? [];
  const text = list.find((variable) => variable.name === name)?.evaluateName;
  if (text === undefined) throw new RequestError(`${name} can’t be watched: no expression gives it.`);
  return { text, frame: view.tree.frameOf(variablesReference) };
}

function bytesAt(address: string, count: number): string {
  const va = Number(address.trim());
  if (address.trim() === '' || !Number.isSafeInteger(va) || va < 0)
    throw new RequestError(`${address} is no address.`);
  if (count > MOST_BYTES) throw new RequestError(`A data breakpoint watches ${MOST_BYTES} bytes at most.`);
  if ((va % 4096) + count > 4096) throw new RequestError('These bytes lie in two pages; watch each part.');
  const at = `0x${va.toString(16)}`;
  return count <= 1 ? `byte(${at})` : `bytes(${at}, ${count})`;
}

export const changeRequests = [
  request(
    'dataBreakpointInfo',
    {
      needs: 'stopped',
      capabilities: { supportsDataBreakpoints: true, supportsDataBreakpointBytes: true },
    },
    (adapter, args): Dap.DataBreakpointInfoResponse['body'] => {
      try {
        const { text, frame } = askedFor(adapter, args);
        const { text: dataId } = watchable(adapter, text, frame);
        return { dataId, description: dataId, accessTypes: ['write'], canPersist: true };
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        return { dataId: null, description: error.message };
      }
    },
  ),

  request('setDataBreakpoints', { needs: 'launched' }, (adapter, { breakpoints }) => {
    const requests = breakpoints.map(({ dataId, accessType = 'write', condition, hitCondition }) => ({
      expression: dataId,
      reads: accessType !== 'write',
      ...(condition === undefined ? {} : { condition }),
      ...(hitCondition === undefined ? {} : { hitCondition }),
    }));
    return { breakpoints: adapter.breakpoints.setData(adapter, requests) };
  }),

  request('hmm/watchable', { needs: 'stopped' }, (adapter, { expression, frameId }) => ({
    expression: watchable(adapter, expression, frameId).text,
  })),

  request('hmm/lastWrite', { needs: 'stopped' }, (adapter, { expression, frameId }) =>
    adapter.go(adapter.session.lastWrite(watchable(adapter, expression, frameId)), 'backwards'),
  ),

  request('hmm/nextWrite', { needs: 'stopped' }, (adapter, { expression, frameId }) =>
    adapter.go(adapter.session.nextWrite(watchable(adapter, expression, frameId))),
  ),
];
