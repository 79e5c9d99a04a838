import { describe, expect, it } from 'vitest';
import { Watch } from '../../src/cli/watch';
import { Checker, invariantOf, type Violation } from '../../src/engine/invariants';
import type { Loss } from '../../src/engine/profiles/breaks';
import { buildRun, type Run } from '../../src/program';
import { causeOf } from '../../src/view/cause';
import { Client } from '../adapter/client';
import { programOf } from '../scenario/run-scenario';

/** A page goes back and forth between a CPU thread and a device that both want it. */
const pingPong = (more: string): string => `profile 6.12
machine { cpus 2 }
device gpu0 private 64MiB
schedule seed 5
${more}
process app {
    buf = mmap 4KiB
    write buf = 1
    thread cpu_user cpu 1 { repeat 20 { read buf } }
    context gpu_user on gpu0 { repeat 20 { write buf = 2 } }
    repeat 20 { migrate buf to gpu0 }
    join cpu_user
    join gpu_user
}`;

const PAGES = 300;
const SOUND = `process app {
    buf = mmap ${PAGES} pages
    write buf = 1
    drain lru
    repeat 90 { read buf[0] }
}`;

const runOf = (text: string, profile?: string): Run => buildRun(programOf(text, profile));

/** What is told of a run to its end. */
function toldOf(run: Run): Violation[] {
  const told: Violation[] = [];
  new Checker(run.interpreter).onBroken = (violation) => told.push(violation);
  run.interpreter.run(200_000, false);
  return told;
}

/** Runs until every page is there, and adds a reference to each that nobody holds. */
function plant(run: Run): void {
  while (run.kernel.mm.rssAnon.get(1) < PAGES) run.interpreter.run(run.kernel.time + 1, false);
  run.interpreter.run(run.kernel.time + 200, false);
  for (const row of run.kernel.pages.rows())
    if (run.kernel.pages.isAnon(row)) run.kernel.holds.adjust(row, 1);
}

describe('a ping-pong between a CPU and a device', () => {
  it('trips over a race of the test driver, and is told so', () => {
    const run = runOf(pingPong(''));
    const told = toldOf(run);
    expect(told.length).toBeGreaterThan(0);
    for (const violation of told)
      expect(causeOf(run.kernel, violation).sentence).toMatch(
        /^A known mistake of the test driver: .*; see switch driver-faults-after-migration\.$/,
      );
  });

  it('runs to its end with a driver that asks afterwards', () => {
    const run = runOf(pingPong('switch driver-faults-after-migration on'));
    expect(toldOf(run)).toEqual([]);
  });
});

describe('whose a broken invariant is', () => {
  const about = (invariant: number, profile: string, switches = '', loss?: Loss) => {
    const found = invariantOf(invariant);
    if (!found) throw new Error(`no invariant ${invariant}`);
    const run = runOf(`profile ${profile}\n${switches}\nprocess app { exit }`, profile);
    return causeOf(run.kernel, { invariant: found, ...(loss === undefined ? {} : { loss }) });
  };

  it('is the driver’s where the scenario has switched a mistake on', () => {
    const cause = about(27, '6.12', 'switch driver-skips-read-retry on');
    expect(cause.isDefect).toBe(false);
    expect(cause.sentence).toMatch(/^A mistake of the driver that the scenario has switched on: /);
    expect(about(27, '6.12').isDefect).toBe(true);
  });

  it('may be the kernel’s where a fix is missing', () => {
    expect(about(39, '4.14').sentence).toContain('see switch fix-16ce101db85d');
    expect(about(39, '4.14', 'switch fix-16ce101db85d on').isDefect).toBe(true);
  });

  it('is what the scenario has switched, where it can be that, and else all that is known', () => {
    const fixes = { 'fix-60bae7370896': 'replaced', 'fix-fd35ca3d12cc': 'swap-copy' } as const;
    for (const [fix, loss] of Object.entries(fixes)) {
      expect(about(18, '6.12', '', loss).sentence).toMatch(/^A known mistake of the test driver: /);
      const { sentence } = about(18, '6.12', `switch ${fix} off`, loss);
      expect(sentence).toContain(`see switch ${fix}`);
      expect(sentence).not.toContain('test driver');
    }
  });

  it('is what can lose a write in the way it was lost, and nothing else', () => {
    const run = runOf(`profile 6.12
machine { cpus 1 swap 64MiB }
device gpu0 private 64MiB
process app {
    buf = mmap 4KiB
    write buf = 12
    madvise buf pageout
    gpu0 read buf
    gpu0 write buf = 13
}`);
    const told = toldOf(run).map((violation) => causeOf(run.kernel, violation).sentence);
    expect(told).toEqual([
      'A known mistake of the test driver: what its device writes to a clean page of the swap cache is lost when the page is reclaimed; see switch driver-dirties-pages.',
    ]);
    expect(about(18, '6.12', '', 'takeover').sentence).toMatch(
      /; see switch driver-faults-after-migration\.$/,
    );
    expect(about(18, '6.12', '', 'stale-write').isDefect).toBe(true);
    expect(about(18, '4.14', '', 'stale-write').sentence).toMatch(
      /see switch fix-60bae7370896, which mends it/,
    );
  });

  it('is this program’s where nothing explains it, whatever the kernel', () => {
    for (const profile of ['4.14', '6.12'])
      expect(about(5, profile)).toMatchObject({
        isDefect: true,
        sentence: expect.stringContaining('a defect of this program, not of Linux'),
      });
  });
});

describe('a defect of ours', () => {
  it('that breaks hundreds of objects at once is one finding, with its objects', () => {
    const run = runOf(SOUND);
    const told: Violation[] = [];
    new Checker(run.interpreter).onBroken = (violation) => told.push(violation);
    plant(run);
    run.interpreter.run(run.kernel.time + 500, false);
    const counts = told.filter(({ invariant }) => invariant.number === 5);
    expect(counts).toHaveLength(1);
    expect(counts[0]?.detail).toMatch(/refcount.*refcount.*; and \d+ more$/s);
    expect(told.length).toBeLessThan(5);
  });

  it('stops the command line at once', () => {
    const run = runOf(SOUND);
    const watch = new Watch(run, () => {});
    plant(run);
    const planted = run.kernel.time;
    expect(run.interpreter.run(200_000, false)).toBe('interrupt');
    expect(watch.hasDefect).toBe(true);
    expect(run.kernel.time).toBeLessThan(planted + 500);
    expect(watch.sentences[0]).toContain('a defect of this program, not of Linux');
  });
});

describe('a race of the test driver', () => {
  it('stops the debugger with its objects and its reason, and can be stepped back from', async () => {
    const client = new Client(new Map([['/a.hmm', pingPong('')]]));
    const stop = await client.start({ stopAtFirstFault: false });
    expect(stop.text).toMatch(
      /^I24 .* Broken since step \d+, in \w+: .* A known mistake of the test driver: /,
    );
    const { time } = await client.request('hmm/position', {});
    await client.move('stepBack', { threadId: stop.threadId ?? 1 });
    expect((await client.request('hmm/position', {})).time).toBeLessThan(time);
  });
});
