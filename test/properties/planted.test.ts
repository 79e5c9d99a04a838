import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IntColumn } from '../../src/engine/machine/column';
import { Hold } from '../../src/engine/machine/holds';
import type { Frame } from '../../src/engine/routine/frame';
import type { Kernel } from '../../src/engine/routine/kernel';
import { Engine } from '../../src/engine/time/engine';
import { finish } from '../../src/engine/time/work';
import type { Run } from '../../src/program';
import { replaceStep } from '../invariants/plant';
import { freeAtStart, leaks, MOST_STEPS, runChecked, runOf, starves } from './machine';
import { randomScenario } from './random-scenario';

/** Runs something whose writes to some columns go past the write path. */
function bypassing(columns: readonly IntColumn[], run: () => unknown): unknown {
  for (const column of columns)
    column.set = (row, value) => {
      column.grow(row);
      column.data[row] = value;
    };
  try {
    return run();
  } finally {
    for (const column of columns) Reflect.deleteProperty(column, 'set');
  }
}

/** The step that maps a fresh anonymous page writes behind the machine's back. */
const plantBypass =
  (columnsOf: (k: Kernel) => readonly IntColumn[]) =>
  (run: Run): void =>
    replaceStep(
      run,
      'do_anonymous_page',
      'rss, reverse map',
      (original) => (k, f, callee) => bypassing(columnsOf(k), () => original(k, f, callee)),
    );

/** put_page forgets the reference of the fault: the page that came home is never given back. */
function plantMissingPut(run: Run): void {
  replaceStep(run, 'put_page', 'if (folio_put_testzero(folio))', (original) => (k, f, callee) => {
    const { page, hold } = f as Frame & { page: number; hold: number };
    const forgets = hold === Hold.Fault && k.pages.pgmap(page as never) !== 0;
    return forgets ? false : original(k, f, callee);
  });
}

/** The same, but the name of the holder goes while its reference stays. */
function plantUnnamedReference(run: Run): void {
  replaceStep(run, 'put_page', 'if (folio_put_testzero(folio))', (original) => (k, f, callee) => {
    const { page, hold } = f as Frame & { page: number; hold: number };
    if (hold === Hold.Fault && k.pages.pgmap(page as never) !== 0) k.holds.adjust(page as never, 1);
    return original(k, f, callee);
  });
}

/** A process whose page goes to the device and comes home, before whatever else the scenario does. */
const withDeviceFault = (text: string): string =>
  text.replace('process p1 {', 'process p1 {\nz = mmap 4 pages\nwrite z = 1\nmigrate z to gpu0\nread z');

const scenario = randomScenario('6.12').map(({ text }) => withDeviceFault(text));

/** One thread has the device look at a page again and again, the other throws it away. */
const racing = (profile: string, readRetry: 'on' | 'off'): fc.Arbitrary<string> =>
  fc.nat(10_000).map(
    (seed) => `profile ${profile}
switch driver-skips-read-retry ${readRetry === 'on' ? 'off' : 'on'}
machine { cpus 2 }
device gpu0 private 16 pages
schedule seed ${seed}
process p {
    a = mmap 4KiB
    thread A cpu 0 { repeat 40 { gpu0 read a } }
    thread B cpu 1 { repeat 40 { write a = 1; madvise a dontneed } }
    join A
    join B
}`,
  );

/** Cases in which a property is tried that should hold; and the most for one that a planted bug must break in some case. */
const SOME = 8;
const MANY = 300;

/** Whether a property fails in one of so many cases. */
function fails(numRuns: number, property: (text: string) => boolean, of = scenario): boolean {
  const { failed } = fc.check(fc.property(of, property), { numRuns, endOnFailure: true });
  return failed;
}

/** Going back to earlier times, the latest first, shows the machine as it was there. */
function returnsTheSame(text: string, plant: (run: Run) => void): boolean {
  const run = runOf(text);
  plant(run);
  const engine = new Engine(run.interpreter, { interval: 61 });
  const seen: [time: number, hash: number][] = [];
  for (let until = 30; engine.ending === undefined && until < 1500; until += 50) {
    finish(engine.forward(until));
    seen.push([engine.time, run.kernel.store.hash()]);
  }
  return seen.reverse().every(([time, hash]) => {
    finish(engine.seek(time));
    return run.kernel.store.hash() === hash;
  });
}

const keepsInvariants = (text: string, plant: (run: Run) => void): boolean =>
  runChecked(text, plant).broken.length === 0;

function givesEverythingBack(text: string, plant: (run: Run) => void): boolean {
  const free = freeAtStart(runOf(text));
  const run = runOf(text);
  plant(run);
  const stop = run.interpreter.run(MOST_STEPS, false);
  return starves(run) || (stop === 'end' && leaks(run, free).length === 0);
}

const nothing = (): void => {};

describe('the properties', () => {
  it('hold where nothing is planted', () => {
    expect(fails(SOME, (text) => returnsTheSame(text, nothing))).toBe(false);
    expect(fails(SOME, (text) => keepsInvariants(text, nothing))).toBe(false);
    expect(fails(SOME, (text) => givesEverythingBack(text, nothing))).toBe(false);
  });

  it('fail when a step writes past the write path', () => {
    expect(
      fails(MANY, (text) =>
        returnsTheSame(
          text,
          plantBypass((k) => [k.mm.rssAnon]),
        ),
      ),
    ).toBe(true);
    expect(
      fails(MANY, (text) =>
        keepsInvariants(
          text,
          plantBypass((k) => [k.tables.lo, k.tables.hi]),
        ),
      ),
    ).toBe(true);
  });

  it('fail when a put is missing', () => {
    expect(fails(MANY, (text) => keepsInvariants(text, plantMissingPut))).toBe(true);
    expect(fails(MANY, (text) => givesEverythingBack(text, plantMissingPut))).toBe(true);
    expect(fails(MANY, (text) => keepsInvariants(text, plantUnnamedReference))).toBe(true);
  });
});

describe.each(['4.14', '6.1', '6.12', '7.2'])(
  'a driver of %s that does not ask whether an answer still holds',
  (profile) => {
    const keepsI27 = (text: string): boolean =>
      !runChecked(text).broken.some((line) => line.includes(' I27 '));

    it('breaks I27 under some schedule; one that asks under none', () => {
      expect(fails(MANY, keepsI27, racing(profile, 'off'))).toBe(true);
      expect(fails(SOME, keepsI27, racing(profile, 'on'))).toBe(false);
    });
  },
);

describe('a finding', () => {
  it('names the invariant, the page and the step that broke it', () => {
    const text = withDeviceFault('profile 6.12\ndevice gpu0 private 16 pages\nprocess p1 {\n}');
    const { run, broken } = runChecked(text, plantUnnamedReference);
    expect(broken[0]).toMatch(
      /^\d+ I5 \(refcount\): refcount of page 0x[0-9a-f]+ should be \d+ \(.*\); it is \d+\.$/,
    );
    expect(run.kernel.time).toBeGreaterThan(0);
  });
});
