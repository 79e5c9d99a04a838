/** Finds the handler of a request, and answers it: the answer first, then the events it causes. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { didYouMean } from '../language';
import type { Adapter } from './adapter';
import { RequestError } from './errors';
import type { Family } from './family';
import { breakpointRequests } from './requests/breakpoints';
import { dataRequests } from './requests/data';
import { evaluateRequests } from './requests/evaluate';
import { hmmRequests } from './requests/hmm';
import { lifecycleRequests } from './requests/lifecycle';
import { pageTableRequests } from './requests/page-tables';
import { runRequests } from './requests/run';
import { sourceRequests } from './requests/sources';

const FAMILIES: readonly Family[] = [
  lifecycleRequests,
  breakpointRequests,
  runRequests,
  dataRequests,
  evaluateRequests,
  sourceRequests,
  hmmRequests,
  pageTableRequests,
];

type AnyHandler = (adapter: Adapter, args: unknown) => unknown;
const HANDLERS = new Map<string, AnyHandler>(
  FAMILIES.flatMap(({ handlers }) => Object.entries(handlers) as [string, AnyHandler][]),
);

/** Everything the adapter can do, as its families say. */
export const CAPABILITIES: Dap.Capabilities = Object.assign(
  {},
  ...FAMILIES.map(({ capabilities }) => capabilities),
);

function problemOf(error: unknown, command: string): { message: string; showUser: boolean } {
  if (error instanceof RequestError) return { message: error.message, showUser: error.showUser };
  const reason = error instanceof Error ? error.message : String(error);
  return { message: `The request ${command} could not be carried out: ${reason}`, showUser: false };
}

/** Requests are carried out one after the other, each to its answer. */
const queues = new WeakMap<Adapter, Promise<void>>();

export async function dispatch(adapter: Adapter, request: Dap.Request): Promise<void> {
  const before = queues.get(adapter) ?? Promise.resolve();
  const mine = before.then(() => answer(adapter, request));
  queues.set(adapter, mine);
  await mine;
}

async function answer(adapter: Adapter, { command, seq, arguments: args }: Dap.Request): Promise<void> {
  const head = { request_seq: seq, command };
  try {
    const handler = HANDLERS.get(command);
    if (!handler)
      throw new RequestError(`There is no request ${command}${didYouMean(command, HANDLERS.keys())}.`);
    const body = await handler(adapter, args ?? {});
    adapter.respond({ ...head, success: true, ...(body === undefined ? {} : { body }) });
  } catch (error) {
    const { message, showUser } = problemOf(error, command);
    adapter.respond({
      ...head,
      success: false,
      message,
      body: { error: { id: 1, format: message, showUser } },
    });
  }
}
