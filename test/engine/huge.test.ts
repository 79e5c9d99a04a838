import { beforeEach, describe, expect, it } from 'vitest';
import { memory } from '../../src/engine/drivers/dmirror/tables';
import { hugetlb_grow } from '../../src/engine/kernel/mm/hugetlb/hugetlb_pool';
import { Advice } from '../../src/engine/kernel/mm/madvise/madvise';
import { sys_mremap } from '../../src/engine/kernel/mm/mremap/mremap';
import { leaf_offset, ptep_get, subpage } from '../../src/engine/kernel/mm/pgtable';
import { Vm } from '../../src/engine/machine/address-spaces';
import type { PageRow, Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { isPresent, kindOf, PTE_HUGE, PTE_WRITE, Pte } from '../../src/engine/machine/pte';
import { linux414 } from '../../src/engine/profiles/linux-4.14';
import { runChecked } from '../properties/machine';
import { Bench, RW } from './bench';

/** On a boundary of 2 MiB. */
const A = 0x1000000;
const B = 0x1800000;

/** The entry that maps a page, of whichever table. */
const leaf = (bench: Bench, vpn: number): number =>
  ptep_get(bench.kernel, leaf_offset(bench.kernel, bench.mm, vpn as Vpn));

const pageAt = (bench: Bench, vpn: number): PageRow => {
  const entry = leaf_offset(bench.kernel, bench.mm, vpn as Vpn);
  return subpage(bench.kernel, entry, bench.kernel.tables.hi.get(entry) as PageRow, vpn as Vpn);
};

const isHuge = (bench: Bench, vpn: number): boolean => (leaf(bench, vpn) & PTE_HUGE) !== 0;

/** Events of some kinds since `time`, with the page they are about counted from A. */
function events(bench: Bench, since: number, ...kinds: string[]): string[] {
  return [...bench.kernel.events.between(since, bench.kernel.time + 1)]
    .filter(({ name, leave }) => !leave && kinds.includes(name))
    .map(({ name, args }) => `${name} ${(args[name === 'split_huge_pmd' ? 1 : 0] ?? 0) - A}`);
}

const rss = (bench: Bench): number => bench.kernel.mm.rssAnon.get(bench.mm);

describe('transparent huge pages', () => {
  let bench: Bench;
  let free: number;

  beforeEach(() => {
    bench = new Bench();
    bench.mmap(A, 1024);
    bench.madvise(A, 512, Advice.HUGEPAGE);
    free = bench.free;
  });

  it('a first write maps 2 MiB: as the record of thp shows, one reference, on the LRU, exclusive, young and dirty', () => {
    const since = bench.kernel.time;
    bench.write(A + 5, 7);
    expect(events(bench, since, 'do_huge_pmd_anonymous_page', 'do_anonymous_page')).toEqual([
      'do_huge_pmd_anonymous_page 5',
    ]);
    const { pages, zones, memcgUsage } = bench.kernel;
    const head = pageAt(bench, A);
    expect(isPresent(leaf(bench, A)) && isHuge(bench, A + 511)).toBe(true);
    expect(leaf(bench, A) & PTE_WRITE).not.toBe(0);
    expect(pages.pfn(head) % 512).toBe(0);
    expect([pages.refcount.get(head), pages.order.get(head), pages.folioMapcount(head)]).toEqual([1, 9, 1]);
    expect(pages.has(head, Pg.Lru) && pages.has(head, Pg.AnonExclusive) && pages.has(head, Pg.Head)).toBe(
      true,
    );
    expect(pages.folio(pageAt(bench, A + 5))).toBe(head);
    expect(rss(bench)).toBe(512);
    expect(zones.inactiveAnon.get(pages.zone(head))).toBe(512);
    expect(memcgUsage.get(1)).toBe(512);
    expect(bench.read(A + 5)).toBe(7);
    expect(bench.read(A + 6)).toBe(0);
  });

  it('outside the advised part, and where 2 MiB don’t fit, pages stay small', () => {
    bench.write(A + 600, 1);
    expect(isHuge(bench, A + 600)).toBe(false);
    bench.mmap(B + 1, 511);
    bench.madvise(B + 1, 511, Advice.HUGEPAGE);
    bench.write(B + 3, 1);
    expect(isHuge(bench, B + 3)).toBe(false);
  });

  it('a first read maps the huge zero page, counted by nobody; a write to it splits and gives one page', () => {
    expect(bench.read(A + 3)).toBe(0);
    expect(isHuge(bench, A)).toBe(true);
    expect(rss(bench)).toBe(0);
    const since = bench.kernel.time;
    bench.write(A + 3, 9);
    expect(events(bench, since, 'split_huge_pmd', 'do_wp_page')).toEqual([
      'split_huge_pmd 3',
      'do_wp_page 3',
    ]);
    expect(isHuge(bench, A)).toBe(false);
    expect(rss(bench)).toBe(1);
    expect(bench.read(A + 3)).toBe(9);
    expect(bench.read(A + 4)).toBe(0);
  });

  it('migration to a device splits the folio; pages of zeroes go as holes; each page comes home alone', () => {
    const mirror = bench.open(1);
    bench.write(A + 1, 11);
    bench.write(A + 2, 22);
    const since = bench.kernel.time;
    expect(bench.toDevice(mirror, A, 64)).toBe(0);
    // As recorded: the migration, the split of the entry, the walk of the reverse map, the holes.
    expect(bench.invalidations(since, A)).toEqual([
      '1:MIGRATE 0+64',
      '1:CLEAR 0+512',
      '1:CLEAR 0+512',
      '1:MIGRATE 0+64',
    ]);
    expect(events(bench, since, 'split_huge_pmd')).toEqual(['split_huge_pmd 0']);
    expect(kindOf(leaf(bench, A + 1))).toBe(Pte.DevicePrivate);
    expect(memory.of(bench.kernel).calloc.get(1)).toBe(64);
    // What was all zeroes and did not move is the shared zero page now.
    expect(pageAt(bench, A + 100)).toBe(bench.kernel.zeroPage);
    expect(rss(bench)).toBe(64);
    expect(bench.read(A + 2)).toBe(22);
    expect(kindOf(leaf(bench, A + 2))).toBe(Pte.Present);
    expect(kindOf(leaf(bench, A + 1))).toBe(Pte.DevicePrivate);
  });

  it('a folio that somebody else holds is not split: its pages stay', () => {
    const mirror = bench.open(1);
    bench.write(A, 1);
    const pin = bench.pin(A + 7, 1, true);
    const head = pageAt(bench, A);
    expect([bench.kernel.pages.refcount.get(head), bench.kernel.pages.pins.get(head)]).toEqual([2, 1]);
    bench.toDevice(mirror, A, 4);
    expect(isHuge(bench, A)).toBe(true);
    expect(memory.of(bench.kernel).calloc.get(1)).toBe(0);
    expect(bench.kernel.pages.has(head, Pg.Locked)).toBe(false);
    bench.unpin(pin);
    expect(bench.toDevice(mirror, A, 4)).toBe(0);
  });

  it('munmap of all gives back 512 pages and the table that was kept', () => {
    bench.write(A, 1);
    bench.munmap(A, 1024);
    expect(bench.free).toBe(free);
    expect(rss(bench)).toBe(0);
  });

  it('munmap of a part splits the entry, tells it, and keeps the folio until its last page goes', () => {
    bench.open(1);
    bench.write(A + 20, 5);
    const since = bench.kernel.time;
    bench.munmap(A + 8, 4);
    expect(bench.invalidations(since, A)).toEqual(['1:CLEAR 0+512', '1:UNMAP 8+4']);
    expect(rss(bench)).toBe(508);
    const head = pageAt(bench, A);
    expect([bench.kernel.pages.refcount.get(head), bench.kernel.pages.folioMapcount(head)]).toEqual([
      508, 508,
    ]);
    expect(bench.read(A + 20)).toBe(5);
    bench.munmap(A, 1024);
    expect(bench.free).toBe(free);
  });

  it('MADV_DONTNEED of a part splits the entry where the walk comes to it', () => {
    bench.write(A + 20, 5);
    const since = bench.kernel.time;
    bench.madvise(A + 16, 8, Advice.DONTNEED);
    expect(events(bench, since, 'split_huge_pmd')).toEqual(['split_huge_pmd 16']);
    expect(rss(bench)).toBe(504);
    expect(bench.read(A + 20)).toBe(0);
  });

  it('mprotect of all keeps the entry, read-only and back; of a part splits it', () => {
    bench.write(A, 1);
    bench.mprotect(A, 512, Vm.Read);
    expect(isHuge(bench, A)).toBe(true);
    expect(leaf(bench, A) & PTE_WRITE).toBe(0);
    bench.mprotect(A, 512, RW);
    expect(leaf(bench, A) & PTE_WRITE).not.toBe(0);
    bench.mprotect(A, 100, Vm.Read);
    expect(isHuge(bench, A)).toBe(false);
    expect(leaf(bench, A + 99) & PTE_WRITE).toBe(0);
    expect(leaf(bench, A + 100) & PTE_WRITE).not.toBe(0);
  });

  it('mremap moves the entry between boundaries of 2 MiB, else page by page', () => {
    bench.write(A + 3, 33);
    const page = pageAt(bench, A + 3);
    expect(bench.call(sys_mremap, A, 512, 512, B)).toBe(B);
    expect(isHuge(bench, B)).toBe(true);
    expect(pageAt(bench, B + 3)).toBe(page);
    expect(bench.call(sys_mremap, B, 512, 512, A + 4)).toBe(A + 4);
    expect(isHuge(bench, A + 4)).toBe(false);
    expect(pageAt(bench, A + 7)).toBe(page);
    expect(bench.read(A + 7)).toBe(33);
    bench.munmap(A, 1024);
    expect(bench.free).toBe(free);
  });

  it('fork shares the folio read-only; the first write after it splits and copies one page', () => {
    bench.write(A + 3, 33);
    const head = pageAt(bench, A);
    const child = bench.fork();
    expect([bench.kernel.pages.refcount.get(head), bench.kernel.pages.folioMapcount(head)]).toEqual([2, 2]);
    expect(leaf(bench, A) & PTE_WRITE).toBe(0);
    bench.write(A + 3, 44);
    expect(isHuge(bench, A)).toBe(false);
    expect(bench.as(child, () => isHuge(bench, A))).toBe(true);
    expect(bench.as(child, () => bench.read(A + 3))).toBe(33);
    expect(bench.read(A + 3)).toBe(44);
    // 511 entries of the parent and the child's one.
    expect([bench.kernel.pages.refcount.get(head), bench.kernel.pages.folioMapcount(head)]).toEqual([
      512, 512,
    ]);
    bench.as(child, () => bench.exit());
    bench.munmap(A, 1024);
    expect(bench.free).toBe(free);
  });

  it('a folio that two processes map is unmapped from both when it is split', () => {
    const mirror = bench.open(1);
    bench.write(A + 1, 11);
    const child = bench.fork();
    const since = bench.kernel.time;
    expect(bench.toDevice(mirror, A + 1, 1)).toBe(0);
    expect(events(bench, since, 'split_huge_pmd')).toHaveLength(2);
    expect(kindOf(leaf(bench, A + 1))).toBe(Pte.DevicePrivate);
    expect(bench.as(child, () => kindOf(leaf(bench, A + 1)))).toBe(Pte.DevicePrivate);
    expect(bench.as(child, () => bench.read(A + 1))).toBe(11);
    expect(bench.read(A + 1)).toBe(11);
  });

  it('without 512 pages together the fault takes a small page', () => {
    const small = new Bench(undefined, 2600);
    small.mmap(A, 512);
    small.madvise(A, 512, Advice.HUGEPAGE);
    small.mmap(B, 700);
    for (let i = 0; i < 700; i++) small.write(B + i, 1);
    small.write(A, 1);
    expect(isHuge(small, A)).toBe(false);
    expect(small.read(A)).toBe(1);
  });

  it('pages that were split and freed one by one make huge pages again', () => {
    const small = new Bench(undefined, 2600);
    const mirror = small.open(1);
    for (let round = 0; round < 5; round++) {
      small.mmap(A, 512);
      small.madvise(A, 512, Advice.HUGEPAGE);
      small.write(A + 9, round + 1);
      expect(isHuge(small, A)).toBe(true);
      expect(small.toDevice(mirror, A, 16)).toBe(0);
      expect(small.read(A + 9)).toBe(round + 1);
      small.munmap(A, 512);
    }
  });

  it('4.14: the split keeps pages of zeroes', () => {
    const old = new Bench(linux414);
    const mirror = old.open(1);
    old.mmap(A, 512);
    old.madvise(A, 512, Advice.HUGEPAGE);
    old.write(A + 1, 1);
    expect(isHuge(old, A)).toBe(true);
    old.toDevice(mirror, A, 2);
    expect(kindOf(leaf(old, A + 1))).toBe(Pte.DevicePrivate);
    expect(rss(old)).toBe(512);
    expect(pageAt(old, A + 100)).not.toBe(old.kernel.zeroPage);
  });
});

describe.each(['6.12', '4.14'])('a huge page that fork has shared, under %s', (profile) => {
  it.each([
    ['parent', 'write h[5] = 2; write h[6] = 3', ''],
    ['child', '', 'write h[5] = 2; write h[6] = 3'],
  ])('is copied where the %s writes to it', (writer, inParent, inChild) => {
    const seen = (who: string): string => (who === writer ? 'read h[5] expect 2' : 'read h[5] expect 1');
    const { stop, broken, run } = runChecked(`profile ${profile}
process app {
    h = mmap 2MiB huge
    write h[5] = 1
    fork child { ${inChild}; barrier done; ${seen('child')} }
    ${inParent}
    barrier done
    ${seen('parent')}
    wait child expect 0
}`);
    expect({ stop, broken, failure: run.report.failure?.message() }).toEqual({
      stop: 'end',
      broken: [],
      failure: undefined,
    });
  });
});

describe('hugetlb', () => {
  const HUGE = RW | Vm.HugeTlb;
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
    expect(hugetlb_grow(bench.kernel, 2)).toBe(2);
  });

  it('mmap reserves, a fault takes from the pool, munmap gives back', () => {
    const { hugetlb } = bench.kernel;
    expect(bench.mmap(A, 512, HUGE)).toBe(A);
    expect([hugetlb.free, hugetlb.reserved]).toEqual([2, 1]);
    expect(bench.mmap(B, 1024, HUGE)).toBe(-12);
    bench.write(A + 3, 7);
    expect([hugetlb.free, hugetlb.reserved]).toEqual([1, 0]);
    expect(isHuge(bench, A)).toBe(true);
    expect(rss(bench)).toBe(0);
    expect(bench.read(A + 3)).toBe(7);
    bench.munmap(A, 512);
    expect([hugetlb.free, hugetlb.reserved]).toEqual([2, 0]);
    bench.mmap(A, 512, HUGE);
    expect(bench.read(A + 3)).toBe(0);
  });

  it('an unused reservation ends with its mapping; nothing cuts a huge page', () => {
    bench.mmap(A, 1024, HUGE);
    expect(bench.munmap(A + 1, 512)).toBe(-22);
    expect(bench.munmap(A, 512)).toBe(0);
    expect(bench.kernel.hugetlb.reserved).toBe(1);
    bench.munmap(A + 512, 512);
    expect(bench.kernel.hugetlb.reserved).toBe(0);
  });

  it('is never migrated: setup returns -EINVAL (record of ranges)', () => {
    const mirror = bench.open(1);
    bench.mmap(A, 512, HUGE);
    bench.write(A, 1);
    expect(bench.toDevice(mirror, A, 4)).toBe(-22);
    expect(isHuge(bench, A)).toBe(true);
  });

  it('fork shares it; a write copies while the pool has pages, else SIGBUS', () => {
    bench.mmap(A, 512, HUGE);
    bench.write(A, 1);
    const child = bench.fork();
    bench.as(child, () => bench.write(A, 2));
    expect(bench.as(child, () => bench.read(A))).toBe(2);
    expect(bench.read(A)).toBe(1);
    const other = bench.fork();
    expect(bench.as(other, () => bench.write(A, 3))).toBe(-1);
    expect(bench.read(A)).toBe(1);
  });
});
