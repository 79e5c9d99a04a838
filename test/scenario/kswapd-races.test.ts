/** Kswapd and a migration that want the same pages, in the order that the test chooses. */

import { describe, expect, it } from 'vitest';
import { Checker } from '../../src/engine/invariants';
import { pte_offset, pte_page } from '../../src/engine/kernel/mm/pgtable';
import { Hold } from '../../src/engine/machine/holds';
import type { PageRow, TaskRow, Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { TaskState } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import { buildRun, type Run } from '../../src/program';
import { taskName } from '../../src/view/environment';
import { runAll, runOnly } from '../engine/staged';
import { programOf } from './run-scenario';

/**
 * 1280 pages, of which 20 hold struct pages of the zone and 512 those of the device; min, low and high are 70, 87 and 104. So
 * kswapd is woken by one of the last pages of `big`, and the pages of `old` are the oldest it finds.
 */
const TEXT = `machine { node 0 { normal 5MiB } cpus 2 swap 4MiB }
device gpu0 private 2MiB
process app cpu 1 {
    old = mmap 8 pages at 0x1000000000
    write old = 0x10 rising
    big = mmap 650 pages
    write big = 0x20
    migrate old to gpu0
    print gpu0.used
    read big expect 0x20
    read old expect 0x10 rising
    munmap big
    munmap old
    expect gpu0.used == 0 and app.swap_entries == 0
}`;
const OLD = 0x1000000;
const APP = 1 as TaskRow;

class Race {
  readonly run: Run;
  readonly #checker: Checker;
  readonly #failed: string[] = [];
  /** What stood on the device after the migration; undefined until it has ended. */
  used: number | undefined;

  constructor(profile: string) {
    this.run = buildRun(programOf(TEXT, profile));
    this.#checker = new Checker(this.run.interpreter);
    const { kernel, report } = this.run;
    kernel.events.observer = (_, name) => {
      if (name === 'expect_failed') this.#failed.push(report.failure?.message() ?? name);
      if (name === 'print') this.used = Number(report.printed().split(' ').at(-1));
    };
  }

  get kswapd(): TaskRow {
    return this.run.kernel.kswapd.task.get(0) as TaskRow;
  }

  /** Page `index` of `old`, where it is present. */
  page(index: number): PageRow {
    const { kernel: k } = this.run;
    return pte_page(k, pte_offset(k, k.tasks.mmOf(APP), (OLD + index) as Vpn));
  }

  only(task: TaskRow, until: () => boolean): void {
    runOnly(this.run, task, until);
  }

  /** Kswapd has just been woken, and has not run. */
  untilWoken(): void {
    this.only(APP, () => this.kswapd !== 0);
  }

  /** Runs to the end, where every byte must have been right and every invariant must have held. */
  finish(): void {
    const { interpreter, kernel } = this.run;
    runAll(this.run);
    expect(interpreter.run(kernel.time + 1_000_000, false)).toBe('end');
    this.#checker.finish();
    expect(this.#checker.violations).toEqual([]);
    expect(this.#failed).toEqual([]);
  }
}

describe.each(['6.12', '4.14'])('kswapd and a migration under %s', (profile) => {
  it('what kswapd has isolated can not be migrated', () => {
    const race = new Race(profile);
    const { kernel: k } = race.run;
    race.untilWoken();
    const page = race.page(0);
    race.only(race.kswapd, () => k.holds.has(page, Hold.Reclaim));
    expect(k.pages.has(page, Pg.Lru | Pg.Locked)).toBe(false);
    race.only(APP, () => race.used !== undefined);
    expect(race.used).toBe(0);
    race.finish();
  });

  it('what a migration has locked is not swapped out, and still migrates', () => {
    const race = new Race(profile);
    const { kernel: k } = race.run;
    race.untilWoken();
    const page = race.page(7);
    race.only(APP, () => k.pages.has(page, Pg.Locked));
    expect(k.pages.lockOwner.get(page)).toBe(APP);
    race.only(race.kswapd, () => k.holds.has(page, Hold.Reclaim));
    race.only(race.kswapd, () => k.tasks.state.get(race.kswapd) === TaskState.Blocked);
    expect(k.zones.isolatedAnon.get(k.pages.zone(page))).toBe(0);
    race.only(APP, () => race.used !== undefined);
    expect(race.used).toBe(8);
    race.finish();
  });

  it('a page that is on its way out is left alone by a migration, and comes back as it was', () => {
    const race = new Race(profile);
    const { kernel: k } = race.run;
    race.untilWoken();
    const page = race.page(3);
    race.only(race.kswapd, () => k.pages.lockOwner.get(page) === race.kswapd);
    expect(k.pages.has(page, Pg.SwapCache)).toBe(false);
    race.only(race.kswapd, () => k.pages.has(page, Pg.SwapCache));
    race.finish();
    expect(race.used).toBeLessThan(8);
  });
});

const locks = (k: Kernel, task: TaskRow): boolean =>
  [...k.pages.rows()].some((page) => k.pages.lockOwner.get(page) === task);

describe('a kswapd that can not run', () => {
  /** The child's device access spins in the kernel on CPU 0, where it can not lock a page that its parent brings home. */
  const SPIN = `switch fix-1afaeb8293c9 on
switch fix-b570f37a2ce4 off
machine { cpus 2 }
device gpu0 private 64MiB
device gpu1 private 64MiB
process app cpu 1 {
    buf = mmap 4KiB
    write buf = 0x11
    migrate buf to gpu0
    fork child cpu 0 {
        open gpu1
        gpu1 read buf
    }
    read buf
    wait child
}`;

  it.each([true, false])(
    'is told from a livelock in which nobody else wants the CPU (woken: %s)',
    (woken) => {
      const run = buildRun(programOf(SPIN));
      const { kernel: k } = run;
      const found: (readonly [string, number | undefined])[] = [];
      k.events.observer = (_, name, __, args) => {
        if (name === 'starvation' || name === 'livelock') found.push([name, args[0]]);
      };
      // Its parent has locked the page for its fault.
      runOnly(run, APP, () => k.tasks.fault.get(APP) !== 0 && locks(k, APP));
      if (woken) k.wakeKswapd?.(0);
      const child = [...k.tasks.tasks.rows()].find((row) => taskName(run.world, row as TaskRow) === 'child');
      runOnly(run, (child ?? 0) as TaskRow, () => found.length > 0);
      expect(found).toEqual([
        woken ? ['starvation', k.kswapd.task.get(0)] : ['livelock', k.tasks.process.get(child ?? 0)],
      ]);
    },
  );
});
