/**
 * What the machine is after every bundled scenario, in a form that outlives renamed and moved tables:
 *
 *     tsx test/tools/state-digests.ts > before.txt
 *     tsx test/tools/state-digests.ts --against before.txt
 *
 * A scenario's line has the steps it took and one digest for each column that holds something, sorted. Names, numbers and
 * order of the columns do not count, nor do places in the code (stacks, step numbers). Exit code 1 where a line differs.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILES } from '../../src/engine/profiles';
import type { Kernel } from '../../src/engine/routine/kernel';
import { buildRun, compileScenario } from '../../src/program';
import { inProject } from './project';

/** Steps after which a scenario that never ends is looked at. */
const MOST_STEPS = 1_000_000;

/** Millions of steps of migration, device access and faults. */
const LONG = `device gpu0 private 64MiB
process app {
    buf = mmap 256KiB anon rw
    write buf = 0x11
    repeat 900 {
        migrate buf to gpu0
        gpu0 read buf
        write buf = 0x22
        gpu0 write buf[0..8] = 0x30
    }
}
`;

/** FNV-1a over the numbers' digits: the same for the same numbers, on every machine. */
function digest(numbers: Iterable<number>): string {
  let sum = 0x811c9dc5;
  for (const number of numbers)
    for (const char of `${number},`) sum = Math.imul(sum ^ char.charCodeAt(0), 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, '0');
}

function* rowsOf(data: ArrayLike<number>): Iterable<number> {
  for (let row = 0; row < data.length; row++) {
    const value = data[row] ?? 0;
    if (value === 0) continue;
    yield row;
    yield value;
  }
}

/** Columns that hold places in the code. */
const IS_CODE = /(^|\.)(stack|pc)$/;

function stateOf({ store }: Kernel): string {
  const digests: string[] = [];
  for (const column of store.columns) {
    if (IS_CODE.test(column.name)) continue;
    const values =
      column === store.scalars ? Array.from(column.data).filter(Boolean).sort() : [...rowsOf(column.data)];
    if (values.length > 0) digests.push(digest(values));
  }
  return digests.sort().join(' ');
}

function lineOf(name: string, text: string, profile: string, steps: number): string | undefined {
  const { program } = compileScenario(text, name, { profile });
  if (program === undefined) return undefined;
  const { interpreter, kernel } = buildRun(program);
  const stop = interpreter.run(steps, false);
  return `${profile} ${name}: ${kernel.time} ${stop} ${stateOf(kernel)}`;
}

function lines(): string[] {
  const folder = inProject('scenarios');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.hmm'),
  );
  const found = PROFILES.flatMap(({ name: profile }) => [
    ...files
      .sort()
      .map((name) => lineOf(name, readFileSync(join(folder, name), 'utf8'), profile, MOST_STEPS)),
    lineOf('long run', LONG, profile, Number.POSITIVE_INFINITY),
  ]);
  return found.filter((line) => line !== undefined);
}

/** Digests of `other` that `one` has not. */
function more(one: readonly string[], other: readonly string[]): number {
  const left = [...one];
  return other.filter((digest) => {
    const at = left.indexOf(digest);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  }).length;
}

function compare(before: readonly string[], now: readonly string[]): string[] {
  const known = new Map(before.map((line) => [line.split(': ')[0], line]));
  return now.flatMap((line) => {
    const [name = '', rest = ''] = line.split(': ');
    const old = known.get(name)?.split(': ')[1];
    if (old === undefined || old === rest) return [];
    const [oldSteps, , ...oldDigests] = old.split(' ');
    const [steps, , ...digests] = rest.split(' ');
    const gone = more(digests, oldDigests);
    const fresh = more(oldDigests, digests);
    return [`${name}: ${oldSteps} steps, now ${steps}; ${gone} columns gone, ${fresh} new`];
  });
}

const [option, file] = process.argv.slice(2);
const now = lines();
if (option === '--against' && file !== undefined) {
  const differences = compare(readFileSync(file, 'utf8').trimEnd().split('\n'), now);
  for (const difference of differences) console.log(difference);
  console.log(`${now.length} runs, ${differences.length} differ`);
  if (differences.length > 0) process.exitCode = 1;
} else for (const line of now) console.log(line);
