/**
 * Locals of the kernel's and the drivers' routines at many stops of every bundled scenario, under every kernel: what
 * they name is said in words, and no row of a table and no number of an enumeration is shown as such.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CodeMap } from '../../src/debugger/code-map';
import { framesOf } from '../../src/debugger/stack';
import { sceneAt, scopesOf } from '../../src/debugger/variables/scopes';
import type { Variable } from '../../src/debugger/variables/tree';
import type { TaskRow } from '../../src/engine/machine/ids';
import { findProfile, PROFILES } from '../../src/engine/profiles';
import type { Shown } from '../../src/engine/routine/routine';
import { buildRun, compileScenario, type Run } from '../../src/program';
import { isSet } from '../../src/view/environment';
import { inProject } from '../tools/project';

/** Counts, lengths and places in a file: what is a number to the kernel too. Whoever adds a name here has seen what it counts. */
const NUMBERS = new Set([
  'at', // mappings visited, pages looked at
  'code',
  'collected',
  'copied',
  'count',
  'cpu',
  'done',
  'fixups',
  'found',
  'freed',
  'had',
  'mapped',
  'pages',
  'seq',
  'traps',
  'until', // which page of the device is not looked at any more
]);

/** Kinds whose values may be plain numbers; an errno where a count came in its place. */
const MAY_BE_NUMBERS: readonly Shown[] = ['int', 'index', 'bool', 'errno'];

/** Steps from one stop to the next. */
const STRIDE = 7;
/** Of an endless scenario, too, the beginning is enough. */
const MOST_STEPS = 2500;

const scenarios = readdirSync(inProject('scenarios'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.hmm'))
  .sort();

function runUnder(profile: string, name: string): Run | undefined {
  const { program } = compileScenario(readFileSync(inProject('scenarios', name), 'utf8'), name, { profile });
  // A scenario that asks for another kernel, or only with a switch, is met under that kernel's name or not at all.
  return program === undefined || program.profile !== findProfile(profile) ? undefined : buildRun(program);
}

interface Local {
  readonly routine: string;
  readonly name: string;
  readonly shown: Shown;
  readonly value: string;
}

/** The locals that are set, of every frame of every task. */
function locals({ world, kernel }: Run, map: CodeMap): Local[] {
  const tasks = [...kernel.tasks.tasks.rows()] as TaskRow[];
  return tasks.flatMap((task) =>
    framesOf(world, map, task).flatMap((frame) => {
      const { routine, slots } = frame.routine;
      if (routine.scenario) return [];
      const shown = scopesOf(world, task, frame)[0]?.children.named?.() ?? [];
      const scene = sceneAt(world, task, frame);
      return slots
        .filter(({ name }) => isSet(frame.routine, name, scene))
        .map((slot) => ({
          routine: routine.name,
          name: slot.name,
          shown: slot.shown,
          value: shown.find(({ name }) => name === slot.name)?.value ?? 'missing',
        }));
    }),
  );
}

function atManyStops(profile: string): Local[] {
  const found = new Map<string, Local>();
  for (const name of scenarios) {
    const run = runUnder(profile, name);
    if (run === undefined) continue;
    const map = new CodeMap(run.linked, name);
    for (let time = STRIDE; time < MOST_STEPS; time += STRIDE) {
      for (const local of locals(run, map)) found.set(Object.values(local).join(' '), local);
      if (run.interpreter.run(time, false) !== 'time') break;
    }
  }
  return [...found.values()];
}

const words = ({ routine, name, shown, value }: Local): string => `${routine}: ${name} (${shown}) = ${value}`;

describe.each(PROFILES.map(({ name }) => name))('locals under Linux %s', (profile) => {
  const all = atManyStops(profile);

  it('are many', () => expect(all.length).toBeGreaterThan(1000));

  it.each<[Shown, RegExp]>([
    ['migration', /^migration of buf\[0\.\.4\]$/],
    ['migrate-entry', /^buf\[1\]: pfn 0x\w+ \(\w+\) MIGRATE_PFN_VALID\|MIGRATE_PFN_MIGRATE/],
    ['pfn-array', /^\d+ entries from buf\[\d\] on$/],
    ['pfn-entry', /^buf\[\d\]: HMM_PFN_VALID/],
    ['gather', /^[1-9]\d* pages? waits? for the flush$/],
    ['holder', /^unmap, waiting for the TLB flush by app$/],
    ['vma-flags', /^VM_READ\|VM_WRITE$/],
    ['advice', /^MADV_[A-Z]+$/],
  ])('show a %s as %s', (shown, looks) => {
    const values = all.filter((local) => local.shown === shown).map(({ value }) => value);
    expect(values.filter((value) => looks.test(value))).not.toEqual([]);
  });

  it('name what they stand for', () => {
    const bare = all.filter(
      ({ shown, value }) => !MAY_BE_NUMBERS.includes(shown) && /^-?[1-9]\d*$/.test(value),
    );
    expect(bare.map(words)).toEqual([]);
  });

  it('have names for all that they name', () => {
    const nameless = all.filter(({ value }) =>
      /undefined|NaN|missing|\b(process|task|device) \d/.test(value),
    );
    expect(nameless.map(words)).toEqual([]);
  });

  it('are plain numbers only where they count', () => {
    const numbers = all.filter(
      ({ shown, name }) => (shown === 'int' || shown === 'hex') && !NUMBERS.has(name),
    );
    expect([...new Set(numbers.map(({ routine, name }) => `${routine}: ${name}`))]).toEqual([]);
  });

  it('are no negative numbers but for errors', () => {
    const negative = all.filter(({ value }) => /^-\d/.test(value));
    expect(negative.map(words)).toEqual([]);
  });
});

/** What a variable unfolds to below these names. */
function unfolded(variable: Variable | undefined, ...path: readonly string[]): Variable | undefined {
  const [name, ...rest] = path;
  if (name === undefined || variable === undefined) return variable;
  const { named, slice, indexed = 0 } = variable.children ?? {};
  const children = named?.() ?? slice?.(0, indexed) ?? [];
  return unfolded(
    children.find((child) => child.name === name),
    ...rest,
  );
}

it('leads from a migration to its entries, and from these to their pages', () => {
  const run = runUnder('6.12', 'page-comes-home.hmm');
  if (run === undefined) throw new Error('it runs there');
  const map = new CodeMap(run.linked, 'page-comes-home.hmm');
  const migration = (): Variable | undefined => {
    const [frame] = framesOf(run.world, map, run.kernel.task);
    const shown = frame && scopesOf(run.world, run.kernel.task, frame)[0]?.children.named?.();
    return shown?.find(({ name }) => name === 'migration');
  };
  for (let time = 1; unfolded(migration(), 'entries', '[1]', 'src', 'pfn') === undefined; time++)
    expect(run.interpreter.run(time, false)).toBe('time');
  expect(unfolded(migration(), 'entries', '[1]', 'address')?.value).toMatch(/^0x0000/);
  expect(unfolded(migration(), 'entries', '[1]', 'src', 'pfn')?.value).toMatch(/^0x/);
});
