/** Prints the hashes of scenarios at given times, as JSON; a process of its own, which has run nothing before. */

import { readFileSync } from 'node:fs';
import { hashesStraight } from './machine';

interface Wanted {
  readonly text: string;
  readonly times: readonly number[];
}

const wanted = JSON.parse(readFileSync(0, 'utf8')) as readonly Wanted[];
process.stdout.write(JSON.stringify(wanted.map(({ text, times }) => [...hashesStraight(text, times)])));
