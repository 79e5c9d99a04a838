/** Kswapd and a migration that want the same pages, in the order that the test chooses. */

import { describe, expect, it } from 'vitest';
import { Checker } from '../../src/engine/invariants';
import { pte_offset, pte_page } from '../../src/engine/kernel/pgtable';
import { Hold } from '../../src/engine/machine/holds';
import type { MmRow, PageRow, TaskRow, Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { TaskState } from '../../src/engine/machine/tasks';
import { buildRun, type Run } from '../../src/scenario/program';
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
    return pte_page(k, pte_offset(k, k.tasks.mmOf(APP) as MmRow, (OLD + index) as Vpn));
  }

  /** Lets only this task run, until something is the case. */
  only(task: TaskRow, until: () => boolean): void {
    const { interpreter, kernel, schedule } = this.run;
    for (const { column, row, value } of schedule.runOnly(task))
      kernel.store.columns[column]?.set(row, value);
    for (let steps = 0; !until(); steps++) {
      if (steps > 500_000) throw new Error('it never came to that');
      interpreter.run(kernel.time + 1, false);
    }
  }

  /** Kswapd has just been woken, and has not run. */
  untilWoken(): void {
    this.only(APP, () => this.kswapd !== 0);
  }

  /** Runs to the end, where every byte must have been right and every invariant must have held. */
  finish(): void {
    const { interpreter, kernel, schedule } = this.run;
    for (const { column, row } of schedule.runOnly(APP)) kernel.store.columns[column]?.set(row, 0);
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
