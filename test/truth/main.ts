/** Compares the engine with records of real kernels: `npm run truth`. Exit 0: all agree; 1: not all; 2: can't be done. */

import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareRecords, scenarioOf } from './compare-records';
import { compareInParallel } from './in-parallel';
import { BadOption, type Options, readOptions, USAGE } from './options';
import { KEPT_RECORDS } from './records';
import { causes, details, summary, verdictLine } from './report';
import { NotConvertible } from './statements';
import type { Verdict } from './verdict';

/** The whole collection, where it lies beside the project. */
const COLLECTION = fileURLToPath(new URL('../../../shared/kernel-truth', import.meta.url));

function writeScenario(options: Options, file: string): void {
  const text = scenarioOf(options.records, options.record ?? '');
  if (text === undefined) throw new BadOption(`there is no record ${options.record} in ${options.records}`);
  writeFileSync(file, text);
}

function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** Tells what became of a record, unless it agrees or causes are asked for. */
function tell(options: Options, verdict: Verdict): void {
  const line = verdictLine(verdict);
  if (options.show) print(details(verdict));
  else if (line !== undefined && !options.byCause) print([line]);
}

function compareOne(options: Options, id: string): Verdict[] {
  const verdicts = [...compareRecords(options.records, options.level, { id })];
  if (verdicts.length === 0) throw new BadOption(`there is no record ${id} in ${options.records}`);
  for (const verdict of verdicts) tell(options, verdict);
  return verdicts;
}

async function compare(options: Options): Promise<number> {
  const start = performance.now();
  const verdicts =
    options.record === undefined
      ? await compareInParallel(options.records, options.level, (verdict) => tell(options, verdict))
      : compareOne(options, options.record);
  if (options.byCause) print(causes(verdicts));
  print(summary(verdicts, (performance.now() - start) / 1000));
  return verdicts.every(({ kind }) => kind === 'agree' || kind === 'known') ? 0 : 1;
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, existsSync(COLLECTION) ? COLLECTION : KEPT_RECORDS);
  if (!existsSync(options.records)) throw new BadOption(`there is no directory ${options.records}`);
  if (options.scenario === undefined) return compare(options);
  writeScenario(options, options.scenario);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BadOption || error instanceof NotConvertible)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}\n`);
  process.exitCode = 2;
}
