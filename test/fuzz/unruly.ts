/**
 * Unruly scenarios (unruly/*.hmm) in an adapter of their own with little memory: each goes on for ever or asks for far
 * more than there is. It is paused again and again, stepped back and let go on, and must answer soon and stay small.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DebugClient } from '@vscode/debugadapter-testsupport';
import { inProject } from '../tools/project';
import { inAdapter, memoryOf, stop, withBundle } from './adapter-process';
import type { FuzzKind } from './kind';

/** What an adapter's heap may take. It ends where it would take more. */
const HEAP_MIB = 512;
/** What the whole process may take at its peak: the heap, machines and histories in typed arrays, and Node itself. */
const PROCESS_MIB = 1024;
/** Milliseconds within which 99 of 100 pauses are to be answered. */
const PAUSE_MS = 100;
/** Where fewer were tried, the 99th of 100 says nothing. */
const ENOUGH = 100;
/** Longest time that the scenario runs before a pause, in milliseconds. */
const LONGEST_RUN = 50;
/** Every so many pauses the session does something else than going on. */
const EVERY = 10;

const FOLDER = inProject('test/fuzz/unruly');
const each = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

/** The scenarios by name, with what is too long to be written down put in. */
function scenarios(): Map<string, string> {
  const threads = each(
    4000,
    (i) => `    thread T${i} { loop { read buf[${i % 16}]; write buf[${(i * 7) % 16}] = 2 } }`,
  );
  const children = each(1000, (i) => `    fork C${i} { loop { read buf[${i % 256}] } }`);
  const files = readdirSync(FOLDER).sort();
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(FOLDER, file), 'utf8');
      return [file, text.replace('THREADS', threads).replace('CHILDREN', children)];
    }),
  );
}

/**
 * Milliseconds that a process has stood ready to run while other programs had the CPUs; 0 where the system doesn't tell.
 * On a busy machine that is most of what an answer takes, and nobody's fault here.
 */
function waitedForCpu(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** What a session with an unruly scenario was like. */
interface Behaviour {
  readonly name: string;
  /** Milliseconds from each pause to its stop, the shortest first: as the clock says. */
  readonly clock: readonly number[];
  /** The same without the time in which the adapter waited for a CPU. */
  readonly pauses: readonly number[];
  readonly peakMiB: number | undefined;
}

/** Looks at what a user looks at, and moves in time, between two pauses. */
async function lookAround(client: DebugClient, turn: number): Promise<void> {
  const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
  const frameId = stackFrames[0]?.id ?? 0;
  const { scopes } = (await client.scopesRequest({ frameId })).body;
  for (const { variablesReference } of scopes) await client.variablesRequest({ variablesReference });
  for (const expression of [
    'buf[0..60000]',
    'buf[0..99999999]',
    'sum(buf[0..16].page.mapcount)',
    'why buf[1]',
  ])
    await client.evaluateRequest({ expression, frameId, context: 'watch' }).catch(() => {});
  if (turn % 2 === 0) await stop(client, () => client.stepBackRequest({ threadId: 1 }));
  else {
    const schedule = client.evaluateRequest({ expression: 'schedule', context: 'repl' }).catch(() => {});
    await client.pauseRequest({ threadId: 1 });
    await schedule;
  }
}

async function pauses(
  client: DebugClient,
  pid: number | undefined,
  count: number,
  seed: number,
): Promise<Pick<Behaviour, 'clock' | 'pauses'>> {
  const clock: number[] = [];
  const own: number[] = [];
  let random = seed;
  for (let i = 0; i < count; i++) {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    await sleep(random % LONGEST_RUN);
    const [before, waited] = [performance.now(), waitedForCpu(pid)];
    await stop(client, () => client.pauseRequest({ threadId: 1 }));
    const took = performance.now() - before;
    clock.push(took);
    own.push(Math.max(0, took - (waitedForCpu(pid) - waited)));
    if (i % EVERY === EVERY - 1) await lookAround(client, Math.floor(i / EVERY));
    await client.continueRequest({ threadId: 1 });
  }
  const sorted = (times: number[]): number[] => times.sort((a, b) => a - b);
  return { clock: sorted(clock), pauses: sorted(own) };
}

/** Runs one scenario in the adapter of a bundle and pauses it so many times. Throws where the adapter ends before. */
const behave = (
  bundle: string,
  name: string,
  text: string,
  count: number,
  seed: number,
): Promise<Behaviour> =>
  inAdapter(bundle, { name, text, stopOnEntry: false }, HEAP_MIB, async ({ client, pid }) => ({
    name,
    ...(await pauses(client, pid, count, seed)),
    peakMiB: memoryOf(pid, 'VmHWM'),
  }));

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

/** One line on a behaviour. */
function described({ name, pauses, clock, peakMiB }: Behaviour): string {
  const [half, most, worst] = [0.5, 0.99, 1].map((part) => percentile(pauses, part).toFixed(0));
  return `${name}: ${pauses.length} pauses, median ${half} ms, p99 ${most} ms, slowest ${worst} ms (by the clock p99 ${percentile(clock, 0.99).toFixed(0)} ms), peak ${peakMiB?.toFixed(0) ?? '?'} MiB`;
}

/** What is wrong with a behaviour. Times count only where there are enough of them. */
function faults(behaviour: Behaviour): string[] {
  const { pauses, peakMiB = 0 } = behaviour;
  const late = pauses.length >= ENOUGH && percentile(pauses, 0.99) > PAUSE_MS;
  return late || peakMiB > PROCESS_MIB ? [described(behaviour)] : [];
}

export const unruly: FuzzKind = {
  name: 'unruly',
  about: 'pauses of each unruly scenario',
  few: 2,
  many: 200,
  run: (cases, seed) =>
    withBundle(async (bundle) => {
      const wrong: string[] = [];
      for (const [name, text] of scenarios()) {
        try {
          const behaviour = await behave(bundle, name, text, cases, seed);
          if (cases >= ENOUGH) console.log(described(behaviour));
          wrong.push(...faults(behaviour));
        } catch (error) {
          wrong.push(`${name}: ${error instanceof Error ? error.message : error}`);
        }
      }
      return wrong;
    }),
};
