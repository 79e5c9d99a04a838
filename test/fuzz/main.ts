/** Hostile use, for long: `npm run fuzz [-- KIND…] [-- --seed N] [-- --cases N]`. Exit 0: nothing wrong; 1: something is. */

import { parseArgs } from 'node:util';
import { KINDS } from './kinds';

const DEFAULT_SEED = 1;
/** Faults of a kind that are shown in full. */
const MOST_SHOWN = 5;

function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`${text} is not a whole number of at least 1`);
  return number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, cases: { type: 'string' } },
});
const seed = wholeNumber(values.seed, DEFAULT_SEED);
const unknown = positionals.filter((name) => !KINDS.some((kind) => kind.name === name));
if (unknown.length > 0)
  throw new Error(
    `there is no kind ${unknown.join(', ')}; there are ${KINDS.map(({ name }) => name).join(', ')}`,
  );

for (const kind of KINDS) {
  if (positionals.length > 0 && !positionals.includes(kind.name)) continue;
  const cases = wholeNumber(values.cases, kind.many);
  const start = performance.now();
  const wrong = await kind.run(cases, seed);
  const seconds = Math.round((performance.now() - start) / 1000);
  for (const sentence of wrong.slice(0, MOST_SHOWN)) console.log(`${kind.name}: ${sentence}`);
  console.log(`${kind.name}: ${cases} ${kind.about}, ${wrong.length} wrong, ${seconds} s (seed ${seed})`);
  if (wrong.length > 0) process.exitCode = 1;
}
