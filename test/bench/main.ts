/**
 * `npm run bench -- [ROW…] [--rounds N] [--compare DIR] [--profile]`: speed beside something run at the same time on the same machine.
 *
 * Each round measures every row once, in a process of its own, with `--compare` in turn with the bench of another checkout; a
 * figure is the median of the rounds. So a machine that others use too doesn't decide. Times are processor time, except where
 * processes wait for each other. With `--profile` no figures, but where each row spends its time.
 */

import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'rolldown';
import { root, run } from '../tools/project';
import { type Finding, median, show } from './figure';
import { profileOf } from './profile';
import { ROWS } from './rows';

const WIDTH = 84;
/** Files that a profile lists. */
const MOST_FILES = 16;

/** Builds a checkout and its bench; the bench is a file that Node runs. */
async function benchOf(checkout: string): Promise<string> {
  await run('npm', ['run', '--silent', 'build'], { cwd: checkout });
  const outfile = join(checkout, 'dist', 'bench', 'row.mjs');
  await build({
    cwd: checkout,
    input: 'test/bench/row.ts',
    external: ['esbuild', '@vscode/debugadapter-testsupport'],
    platform: 'node',
    output: { file: outfile, format: 'esm', codeSplitting: false },
    logLevel: 'warn',
  });
  return outfile;
}

/** The middle of what several rounds have found of one thing. */
function middle(what: string, rounds: readonly Finding[][]): number | undefined {
  const values = rounds
    .flat()
    .flatMap((found) => ('value' in found && found.what === what ? [found.value] : []));
  return values.length === 0 ? undefined : median(values);
}

function line(found: Finding, own: readonly Finding[][], other: readonly Finding[][]): string {
  if ('leftOut' in found) return `left out: ${found.leftOut}`;
  const value = middle(found.what, own) ?? 0;
  const there = middle(found.what, other);
  if (there === undefined) return show(value, found.unit);
  return `${show(value, found.unit)}, there ${show(there, found.unit)}: ${(value / there).toFixed(3)} times that`;
}

async function measure(rows: readonly string[], rounds: number, compare: string | undefined): Promise<void> {
  const own = await benchOf(root);
  const other = compare === undefined ? undefined : await benchOf(resolve(compare));
  const measured = async (bench: string, row: string): Promise<Finding[]> =>
    JSON.parse(await run(process.execPath, [bench, row])) as Finding[];
  console.log(`load of the machine: ${(loadavg()[0] ?? 0).toFixed(1)}; medians of ${rounds} rounds`);
  for (const row of rows) {
    const here: Finding[][] = [];
    const there: Finding[][] = [];
    for (let i = 0; i < rounds; i++) {
      here.push(await measured(own, row));
      if (other !== undefined) there.push(await measured(other, row));
    }
    for (const found of here[0] ?? []) console.log(`${found.what.padEnd(WIDTH)} ${line(found, here, there)}`);
  }
}

async function profile(rows: readonly string[]): Promise<void> {
  const bench = await benchOf(root);
  for (const row of rows) {
    console.log(`${row}: share of its own time`);
    for (const { where, share } of (await profileOf(bench, row)).slice(0, MOST_FILES))
      console.log(`${`${(100 * share).toFixed(1)} %`.padStart(8)}  ${where}`);
  }
}

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    compare: { type: 'string' },
    profile: { type: 'boolean' },
  },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const unknown = positionals.find((name) => !ROWS.has(name));
if (unknown !== undefined || !(rounds >= 1)) {
  const wrong = unknown === undefined ? '--rounds takes a number' : `there is no row ${unknown}`;
  console.error(
    `${wrong}\nnpm run bench -- [ROW…] [--rounds N] [--compare DIR] [--profile]\nrows: ${[...ROWS.keys()].join(', ')}`,
  );
  process.exitCode = 2;
} else {
  const rows = positionals.length > 0 ? positionals : [...ROWS.keys()];
  await (values.profile ? profile(rows) : measure(rows, rounds, values.compare));
}
