/** Compares the records of a directory in as many processes as there are CPUs. */

import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Level } from './divergence';
import type { Verdict } from './verdict';

const SHARD = fileURLToPath(new URL('./shard.ts', import.meta.url));
const MOST_PROCESSES = 8;

function runShard(args: readonly string[], onVerdict: (verdict: Verdict) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(SHARD, args, { serialization: 'advanced' });
    child.on('message', (verdict) => onVerdict(verdict as Verdict));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a part of the comparison ended with code ${code}`));
    });
  });
}

/** Every record's verdict, in the order of the records. `onVerdict` is told of each as it comes. */
export async function compareInParallel(
  records: string,
  level: Level,
  onVerdict: (verdict: Verdict) => void,
): Promise<Verdict[]> {
  const count = Math.min(availableParallelism(), MOST_PROCESSES);
  const verdicts: Verdict[] = [];
  const take = (verdict: Verdict): void => {
    verdicts.push(verdict);
    onVerdict(verdict);
  };
  const shards = Array.from({ length: count }, (_, index) =>
    runShard([records, level, String(index), String(count)], take),
  );
  await Promise.all(shards);
  return verdicts.sort((a, b) => a.order - b.order);
}
