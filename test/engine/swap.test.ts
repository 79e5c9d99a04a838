import { describe, expect, it } from 'vitest';
import { dmirror_migrate_to_device } from '../../src/engine/drivers/dmirror/migrate';
import { pte_val } from '../../src/engine/kernel/arch/x86/mm/pte_bits';
import { meminfo } from '../../src/engine/kernel/fs/proc/meminfo';
import { mincore_page, pagemap_entry } from '../../src/engine/kernel/fs/proc/pagemap';
import { smaps_rollup, statm } from '../../src/engine/kernel/fs/proc/smaps';
import { Advice, sys_madvise } from '../../src/engine/kernel/mm/madvise/madvise';
import { pte_offset } from '../../src/engine/kernel/mm/pgtable';
import { sys_swapon } from '../../src/engine/kernel/mm/swapfile/swapfile';
import { sys_swapoff } from '../../src/engine/kernel/mm/swapfile/swapoff';
import { reclaim_range } from '../../src/engine/kernel/mm/vmscan/vmscan';
import { Hold } from '../../src/engine/machine/holds';
import type { Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { PTE_DIRTY, PTE_EXCLUSIVE, PTE_KIND, PTE_WRITE, PTE_YOUNG, Pte } from '../../src/engine/machine/pte';
import type { Profile } from '../../src/engine/profiles';
import { linux414 } from '../../src/engine/profiles/linux-4.14';
import { linux612 } from '../../src/engine/profiles/linux-6.12';
import { Bench } from './bench';

const A = 0x1000000;
const kind = (bench: Bench, vpn: number): number => bench.pte(vpn) & PTE_KIND;

function swapped(profile: Profile = linux612, pages = 4): Bench {
  const bench = new Bench(profile);
  bench.call(sys_swapon, 64);
  bench.mmap(A, pages);
  for (let i = 0; i < pages; i++) bench.write(A + i, i + 1);
  return bench;
}

const used = (bench: Bench): number => meminfo(bench.kernel).swapTotal - meminfo(bench.kernel).swapFree;

describe.each([linux414, linux612])('swap under $name', (profile) => {
  it('pages go out and come back with what they had', () => {
    const bench = swapped(profile);
    const before = meminfo(bench.kernel).memFree;
    expect(bench.call(reclaim_range, A, 4)).toBe(4);
    expect(kind(bench, A)).toBe(Pte.Swap);
    expect(meminfo(bench.kernel).memFree).toBe(before + 4);
    expect(used(bench)).toBe(4);
    expect(statm(bench.kernel, bench.mm)).toMatchObject({ rssAnon: 0, swap: 4 });
    for (let i = 0; i < 4; i++) expect(bench.read(A + i)).toBe(i + 1);
    expect(statm(bench.kernel, bench.mm)).toMatchObject({ rssAnon: 4, swap: 0 });
  });

  it('a page that was only read keeps its slot and is dropped without being written again', () => {
    const bench = swapped(profile);
    bench.call(reclaim_range, A, 1);
    bench.read(A);
    const page = bench.page(A);
    expect(bench.kernel.pages.has(page, Pg.SwapCache)).toBe(true);
    expect(bench.kernel.pages.refcount.get(page)).toBe(2);
    expect(bench.kernel.pages.has(page, Pg.Dirty)).toBe(false);
    expect(bench.call(reclaim_range, A, 1)).toBe(1);
    expect(bench.read(A)).toBe(1);
  });

  it('a write gives the slot back, and the next reclaim writes the new contents', () => {
    const bench = swapped(profile);
    bench.call(reclaim_range, A, 1);
    bench.write(A, 9);
    expect(used(bench)).toBe(0);
    expect(bench.pte(A) & (PTE_WRITE | PTE_DIRTY)).toBe(PTE_WRITE | PTE_DIRTY);
    bench.call(reclaim_range, A, 1);
    expect(bench.read(A)).toBe(9);
  });

  it('fork shares the slot; a write of the child is a copy', () => {
    const bench = swapped(profile);
    bench.call(reclaim_range, A, 1);
    const child = bench.fork();
    bench.as(child, () => bench.write(A, 7));
    expect(bench.read(A)).toBe(1);
    expect(bench.as(child, () => bench.read(A))).toBe(7);
    bench.as(child, () => bench.exit());
    bench.munmap(A, 4);
    expect(used(bench)).toBe(0);
  });

  it('munmap and exit free slots', () => {
    const bench = swapped(profile);
    bench.call(reclaim_range, A, 4);
    bench.read(A + 1);
    bench.munmap(A, 2);
    expect(used(bench)).toBe(2);
    bench.exit();
    expect(used(bench)).toBe(0);
  });

  it('swapoff brings pages back old and read-only', () => {
    const bench = swapped(profile);
    bench.call(reclaim_range, A, 4);
    const child = bench.fork();
    expect(bench.call(sys_swapoff, 1)).toBe(0);
    expect(bench.pte(A) & (PTE_KIND | PTE_WRITE | PTE_DIRTY | PTE_YOUNG)).toBe(Pte.Present);
    expect(bench.as(child, () => bench.page(A))).toBe(bench.page(A));
    expect(bench.kernel.pages.mapcount.get(bench.page(A))).toBe(2);
    expect(bench.as(child, () => bench.read(A + 3))).toBe(4);
    expect([...bench.kernel.swap.areas.rows()]).toEqual([]);
  });

  it('with the area full, pages stay', () => {
    const bench = new Bench(profile);
    bench.call(sys_swapon, 2);
    bench.mmap(A, 4);
    for (let i = 0; i < 4; i++) bench.write(A + i, i);
    expect(bench.call(reclaim_range, A, 4)).toBe(2);
    expect([0, 1, 2, 3].map((i) => kind(bench, A + i))).toEqual([
      Pte.Swap,
      Pte.Swap,
      Pte.Present,
      Pte.Present,
    ]);
  });

  it('swapped pages are not migrated, and a page on the device is not reclaimed', () => {
    const bench = swapped(profile);
    const mirror = bench.open(1);
    bench.call(dmirror_migrate_to_device, mirror, A, 1);
    expect(bench.call(reclaim_range, A, 2)).toBe(1);
    expect(kind(bench, A)).toBe(Pte.DevicePrivate);
    bench.call(dmirror_migrate_to_device, mirror, A, 4);
    expect([0, 1, 2, 3].map((i) => kind(bench, A + i))).toEqual([
      Pte.DevicePrivate,
      Pte.Swap,
      Pte.DevicePrivate,
      Pte.DevicePrivate,
    ]);
  });
});

describe('the swap cache', () => {
  it('is left on the way to the device since 6.5; before, the page stays', () => {
    for (const [profile, expected] of [
      [linux612, Pte.DevicePrivate],
      [linux414, Pte.Present],
    ] as const) {
      const bench = swapped(profile);
      const mirror = bench.open(1);
      bench.call(reclaim_range, A, 1);
      bench.read(A);
      bench.call(dmirror_migrate_to_device, mirror, A, 1);
      expect(kind(bench, A)).toBe(expected);
    }
  });

  it('a page that somebody else holds is unmapped, not freed', () => {
    const bench = swapped();
    const page = bench.page(A);
    bench.kernel.holds.take(page, Hold.Driver, 0);
    expect(bench.call(reclaim_range, A, 1)).toBe(0);
    expect(kind(bench, A)).toBe(Pte.Swap);
    expect(bench.kernel.pages.has(page, Pg.SwapCache)).toBe(true);
    bench.read(A);
    expect(bench.page(A)).toBe(page);
  });
});

describe('swap entries', () => {
  it('remember that the page was exclusive, until fork', () => {
    const bench = swapped();
    bench.call(reclaim_range, A, 1);
    expect(bench.pte(A) & PTE_EXCLUSIVE).not.toBe(0);
    bench.fork();
    expect(bench.pte(A) & PTE_EXCLUSIVE).toBe(0);
  });

  it('have type 0, an inverted offset of 1 and the exclusive bit', () => {
    const bench = swapped();
    bench.call(reclaim_range, A, 1);
    const entry = pte_offset(bench.kernel, bench.mm, A as Vpn);
    expect(pte_val(bench.kernel, entry)).toBe(((~1n & ((1n << 50n) - 1n)) << 9n) | (1n << 3n));
  });
});

describe('MADV_PAGEOUT', () => {
  it('leaves shared pages, device pages and locked VMAs alone; one invalidation a page', () => {
    const bench = swapped();
    const mirror = bench.open(1);
    bench.call(dmirror_migrate_to_device, mirror, A, 1);
    const since = bench.kernel.time;
    expect(bench.call(sys_madvise, A, 4, Advice.PAGEOUT)).toBe(0);
    expect(bench.invalidations(since, A)).toEqual(['1:CLEAR 1+1', '1:CLEAR 2+1', '1:CLEAR 3+1']);
    expect(kind(bench, A)).toBe(Pte.DevicePrivate);
    bench.read(A + 1);
    bench.fork();
    bench.call(sys_madvise, A, 4, Advice.PAGEOUT);
    expect(kind(bench, A + 1)).toBe(Pte.Present);
  });

  it('is unknown to 4.14', () => {
    expect(swapped(linux414).call(sys_madvise, A, 4, Advice.PAGEOUT)).toBe(-22);
  });
});

describe('the views in /proc', () => {
  it('count a device page as memory, and only a swapped one as swap', () => {
    const bench = swapped();
    const mirror = bench.open(1);
    bench.call(dmirror_migrate_to_device, mirror, A, 1);
    bench.call(reclaim_range, A + 1, 1);
    const rollup = smaps_rollup(bench.kernel, bench.mm);
    expect(rollup).toMatchObject({ rss: 3 * 4096, anonymous: 3 * 4096, swap: 4096, swapPss: 4096 });
    const seen = [0, 1, 2].map((i) => pagemap_entry(bench.kernel, bench.mm, (A + i) as Vpn));
    expect(seen[0]).toMatchObject({ present: false, swap: true, swapType: 27, exclusive: false });
    expect(seen[1]).toMatchObject({ present: false, swap: true, swapType: 0, offset: 1 });
    expect(seen[2]).toMatchObject({ present: true, swap: false, exclusive: true, file: false });
    expect([0, 1, 2].map((i) => mincore_page(bench.kernel, bench.mm, (A + i) as Vpn))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('divide what is shared', () => {
    const bench = swapped();
    bench.call(reclaim_range, A, 1);
    bench.fork();
    const rollup = smaps_rollup(bench.kernel, bench.mm);
    expect(rollup).toMatchObject({ rss: 3 * 4096, pss: 3 * 2048, sharedDirty: 3 * 4096, swapPss: 2048 });
  });
});
