/**
 * One session for long: random moves in time and looks at what a user looks at, in an adapter with a small heap. Histories
 * are cut and answers are forgotten, so that its memory stays where it was after a quarter of the moves.
 */

import { readFileSync } from 'node:fs';
import type { DebugClient } from '@vscode/debugadapter-testsupport';
import { inProject } from '../tools/project';
import { type AdapterProcess, inAdapter, memoryOf, stop, withBundle } from './adapter-process';
import type { FuzzKind } from './kind';

/** A session that keeps what it need not keep comes to the end of this. */
const HEAP_MIB = 256;
/** How much more memory the process may have at the end than after a quarter: what garbage may lie about. */
const GROWTH_MIB = 128;
const QUARTER = 4;
/** Where fewer moves were made, memory says nothing. */
const ENOUGH = 1000;
const SCENARIO = 'scenarios/two-devices.hmm';

/** A whole number below `most` each time. */
type Dice = (most: number) => number;

function dice(seed: number): Dice {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

const custom = (client: DebugClient, name: string, args: object): Promise<unknown> =>
  client.customRequest(name, args);

/** What is done at the place that was sought; each ends with a stop, for nothing has ended there. */
const MOVES: readonly ((client: DebugClient) => Promise<unknown>)[] = [
  (client) => client.nextRequest({ threadId: 1 }),
  (client) => client.stepInRequest({ threadId: 1 }),
  (client) => client.stepBackRequest({ threadId: 1 }),
  (client) => client.continueRequest({ threadId: 1 }),
  (client) => client.reverseContinueRequest({ threadId: 1 }),
];

/** Looks that leave the session where it is. */
async function look(client: DebugClient): Promise<void> {
  const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
  const frameId = stackFrames[0]?.id ?? 0;
  const { scopes } = (await client.scopesRequest({ frameId })).body;
  for (const { variablesReference } of scopes) await client.variablesRequest({ variablesReference });
  await client.evaluateRequest({ expression: 'buf[0..4]', frameId, context: 'watch' }).catch(() => {});
  for (const name of ['hmm/zones', 'hmm/devices', 'hmm/events', 'hmm/pendingFaults'])
    await custom(client, name, {});
}

/** Makes the moves; the memory of the process after each quarter of them, in MiB. */
async function wander({ client, pid }: AdapterProcess, moves: number, seed: number): Promise<number[]> {
  const roll = dice(seed);
  await stop(client, () => client.continueRequest({ threadId: 1 }));
  const { body } = await client.customRequest('hmm/position', {});
  const sizes: number[] = [];
  for (let i = 1; i <= moves; i++) {
    const time = 1 + roll(Math.floor(body.last / 2));
    await stop(client, () => custom(client, 'hmm/seek', { time }));
    await look(client);
    const move = MOVES[roll(MOVES.length)];
    if (move !== undefined) await stop(client, () => move(client));
    if (i % Math.ceil(moves / QUARTER) === 0) sizes.push(memoryOf(pid, 'VmRSS') ?? 0);
  }
  return sizes;
}

export const sessions: FuzzKind = {
  name: 'sessions',
  about: 'random moves of one session, whose memory does not grow',
  few: 40,
  many: 20_000,
  run: (cases, seed) =>
    withBundle(async (bundle) => {
      const text = readFileSync(inProject(SCENARIO), 'utf8');
      const scenario = { name: 'session.hmm', text, stopOnEntry: true };
      try {
        const sizes = await inAdapter(bundle, scenario, HEAP_MIB, (adapter) => wander(adapter, cases, seed));
        const told = `MiB after each quarter: ${sizes.map((size) => size.toFixed(0)).join(', ')}`;
        if (cases >= ENOUGH) console.log(`sessions: ${told}`);
        const [first = 0, last = 0] = [sizes[0], sizes.at(-1)];
        return cases >= ENOUGH && last > first + GROWTH_MIB ? [`the session has grown, ${told}`] : [];
      } catch (error) {
        return [error instanceof Error ? error.message : String(error)];
      }
    }),
};
