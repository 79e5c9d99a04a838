/** The gallery of races: each scenario shows its bug, and with the fix the same schedule does no harm. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Checker } from '../../src/engine/invariants';
import { buildRun, compileScenario } from '../../src/scenario/program';
import { FIXES } from './race-fixes';

const LIMIT = 2_000_000;

interface Outcome {
  /** Names of the detectors' events, failed expectations and broken invariants. */
  readonly found: ReadonlySet<string>;
  readonly stop: string;
  readonly log: string;
}

function textOf(name: string, swap?: readonly [from: string, to: string]): string {
  const text = readFileSync(new URL(`../../scenarios/races/${name}.hmm`, import.meta.url), 'utf8');
  if (!swap) return text;
  expect(text).toContain(swap[0]);
  return text.replace(swap[0], swap[1]);
}

function run(text: string): Outcome {
  const { program, diagnostics } = compileScenario(text, 'race.hmm');
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const { interpreter, kernel } = buildRun(program);
  const checker = new Checker(interpreter);
  const found = new Set<string>();
  const log: string[] = [];
  kernel.events.observer = (task, name, leave, args) => {
    log.push(`${kernel.time} ${task} ${name} ${leave} ${args.join(' ')}`);
    if (!['deadlock', 'livelock', 'starvation', 'expect_failed'].includes(name)) return;
    found.add(name);
    if (name !== 'expect_failed') interpreter.interrupt();
  };
  const stop = interpreter.run(LIMIT, false);
  for (const { invariant } of checker.violations) found.add(invariant.id);
  return { found, stop, log: log.join('\n') };
}

const RACES: readonly [name: string, shows: string][] = [
  ['livelock-of-two-threads', 'livelock'],
  ['fault-on-a-freed-page', 'I39'],
  ['lost-write-after-late-flush', 'expect_failed'],
  ['lost-dirty-bit', 'expect_failed'],
  ['drain-starvation', 'starvation'],
  ['recursive-driver-lock', 'deadlock'],
  ['stale-device-mapping', 'I24'],
  ['device-write-during-migration', 'I18'],
  ['mapped-after-it-was-thrown-away', 'I24'],
  ['invalidation-before-update', 'I27'],
];

describe('races', () => {
  it.each(RACES)('%s: the bug shows, and the same schedule survives the fix', (name, shows) => {
    expect([...run(textOf(name)).found]).toContain(shows);
    expect(FIXES.has(name)).toBe(true);
    const fixed = run(textOf(name, FIXES.get(name)));
    expect([...fixed.found]).toEqual([]);
    expect(fixed.stop).toBe('end');
  });

  it('memunmap waits for ever on a leaked page; before the fix the memory goes away under it', () => {
    expect(run(textOf('memunmap-waits-for-ever')).stop).toBe('deadlock');
    const before = run(textOf('memunmap-waits-for-ever', ['0dc45ca1ce18 on', '0dc45ca1ce18 off']));
    expect(before.stop).toBe('end');
  });

  it.each(RACES.map(([name]) => name))('%s: the same schedule gives the same log', (name) => {
    expect(run(textOf(name)).log).toBe(run(textOf(name)).log);
  });
});
