/** The gallery of races: what each is caught as, and where, as its header says; and what mends it. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** A text of the scenario, and what to put there so that it is mended. */
type Fix = readonly [from: string, to: string];

const FIXES: readonly [name: string, fix: Fix][] = [
  ['livelock-of-two-threads', ['fix-1afaeb8293c9 off', 'fix-1afaeb8293c9 on']],
  ['fault-on-a-freed-page', ['fix-16ce101db85d off', 'fix-16ce101db85d on']],
  ['lost-write-after-late-flush', ['fix-60bae7370896 off', 'fix-60bae7370896 on']],
  ['lost-dirty-bit', ['fix-fd35ca3d12cc off', 'fix-fd35ca3d12cc on']],
  ['drain-starvation', ['fix-b570f37a2ce4 off', 'fix-b570f37a2ce4 on']],
  ['recursive-driver-lock', ['faulting-task-guard off', 'faulting-task-guard on']],
  ['stale-device-mapping', ['keeps-own-entries on', 'keeps-own-entries off']],
  ['device-write-during-migration', ['after-migration off', 'after-migration on']],
  ['mapped-after-it-was-thrown-away', ['after-migration off', 'after-migration on']],
  ['invalidation-before-update', ['skips-read-retry on', 'skips-read-retry off']],
  ['device-write-to-a-clean-page', ['dirties-pages off', 'dirties-pages on']],
  ['shared-page-never-comes-home', ['fix-aab8d0520e6e off', 'fix-aab8d0520e6e on']],
  ['oops-of-half-a-fix', ['fix-1de13ee59225 off', 'fix-1de13ee59225 on']],
  ['device-write-to-read-only-memory', ['fix-c18ce674d548 off', 'fix-c18ce674d548 on']],
  ['shared-page-becomes-writable', ['fix-write-attribute off', 'fix-write-attribute on']],
  // Whoever took the reference gives it back.
  ['memunmap-waits-for-ever', ['get_page buf[1]', 'get_page buf[1]\n    put_page buf[1]']],
];

export interface Race {
  readonly name: string;
  readonly text: string;
  readonly fixed: string;
  /** `I39`, or the name of a detector. */
  readonly caughtAs: string;
  /** Where the step is that breaks it; several where the two sides of the race are the same. */
  readonly lines: readonly number[];
  readonly routine: string;
  readonly tasks: readonly string[];
}

const textOf = (name: string): string =>
  readFileSync(new URL(`../../scenarios/races/${name}.hmm`, import.meta.url), 'utf8');

const NAMED_STEP = /^# It breaks at line ([\d or]+), in (\w+) of ([\w ]+): (\w+)\.$/m;

function race([name, [from, to]]: readonly [name: string, fix: Fix]): Race {
  const text = textOf(name);
  expect(text).toContain(from);
  const [, lines = '', routine = '', tasks = '', caughtAs = ''] = NAMED_STEP.exec(text) ?? [];
  expect(caughtAs, `the named step of ${name}`).not.toBe('');
  return {
    name,
    text,
    fixed: text.replace(from, to),
    caughtAs,
    lines: lines.split(' or ').map(Number),
    routine,
    tasks: tasks.split(' or '),
  };
}

export const RACES: readonly Race[] = FIXES.map(race);
