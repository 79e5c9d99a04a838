/** The gallery of races: each scenario shows its bug, and with the fix the same schedule does no harm. */

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Checker } from '../../src/engine/invariants';
import type { TaskRow } from '../../src/engine/machine/ids';
import type { EventName } from '../../src/engine/routine/event-schema';
import { buildRun, compileScenario } from '../../src/program';
import { RACES } from './race-gallery';

const LIMIT = 2_000_000;
const DETECTORS: readonly EventName[] = ['deadlock', 'never_wakes', 'livelock', 'starvation', 'oops'];

interface Found {
  /** `I39`, the name of a detector, or `expect_failed`. */
  readonly what: string;
  /** The routine of the step that broke it. */
  readonly routine: string;
  /** Who it was found in. */
  readonly task: string;
}

interface Outcome {
  readonly found: readonly Found[];
  readonly stop: string;
  readonly log: string;
}

function run(text: string): Outcome {
  const { program, diagnostics } = compileScenario(text, 'race.hmm');
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const { interpreter, kernel, linked, world } = buildRun(program);
  const checker = new Checker(interpreter);
  const found: Found[] = [];
  const log: string[] = [];
  const nameOf = (task: TaskRow): string => world.names.tasks[kernel.tasks.taskName.get(task)] ?? '';
  const routineOf = (pc: number): string => linked.routines[linked.routineOf[pc] ?? -1]?.routine.name ?? '';
  kernel.events.observer = (task, name, leave, args) => {
    log.push(`${kernel.time} ${task} ${name} ${leave} ${args.join(' ')}`);
    const detected = DETECTORS.includes(name);
    if (detected) interpreter.interrupt();
    // Starvation is that of a worker; the step is that of the task that spins.
    if (detected || name === 'expect_failed')
      found.push({ what: name, routine: routineOf(interpreter.running), task: nameOf(task) });
  };
  checker.onBroken = ({ invariant, step }) => {
    found.push({ what: invariant.id, routine: routineOf(step.pc), task: nameOf(kernel.task) });
  };
  const stop = interpreter.run(LIMIT, false);
  return { found, stop, log: log.join('\n') };
}

describe('races', () => {
  it('are all in the gallery', () => {
    const files = readdirSync(new URL('../../scenarios/races', import.meta.url));
    expect(files.sort()).toEqual(RACES.map(({ name }) => `${name}.hmm`).sort());
  });

  it.each(RACES)('$name: $caughtAs is found first, at the step its header names', (race) => {
    const [first] = run(race.text).found;
    expect(first).toMatchObject({ what: race.caughtAs, routine: race.routine });
    expect(race.tasks).toContain(first?.task);
  });

  it.each(RACES)('$name: the same schedule survives the fix', ({ fixed }) => {
    expect(run(fixed)).toMatchObject({ found: [], stop: 'end' });
  });

  it('memunmap: before it waited for the leaked page, the memory went away under it', () => {
    const leaks = RACES.find(({ name }) => name === 'memunmap-waits-for-ever')?.text ?? '';
    expect(leaks).toContain('0dc45ca1ce18 on');
    const { stop, found } = run(leaks.replace('0dc45ca1ce18 on', '0dc45ca1ce18 off'));
    expect(stop).toBe('end');
    expect(found).toMatchObject([{ what: 'I2', routine: 'memunmap_pages', task: 'app' }]);
  });

  it.each(RACES)('$name: the same schedule gives the same log', ({ text }) => {
    expect(run(text).log).toBe(run(text).log);
  });
});
