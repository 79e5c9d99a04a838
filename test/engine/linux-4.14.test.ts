/** What the 4.14 profile must do: one test for each expectation about that kernel. */

import { describe, expect, it } from 'vitest';
import { dmirror } from '../../src/engine/drivers/dmirror';
import { dmirror_migrate_to_device } from '../../src/engine/drivers/dmirror/migrate';
import { pte_val } from '../../src/engine/kernel/arch/x86/mm/pte_bits';
import { Errno, VmFault } from '../../src/engine/kernel/constants';
import { pin_user_pages } from '../../src/engine/kernel/mm/gup/pin';
import { pte_offset } from '../../src/engine/kernel/mm/pgtable';
import { sys_swapon } from '../../src/engine/kernel/mm/swapfile/swapfile';
import { Vm } from '../../src/engine/machine/address-spaces';
import type { DeviceRow, PageRow, PinRow, Vpn } from '../../src/engine/machine/ids';
import { kindOf, PTE_WRITE, Pte } from '../../src/engine/machine/pte';
import { ZoneType } from '../../src/engine/machine/zones';
import type { Profile } from '../../src/engine/profiles';
import { linux414 } from '../../src/engine/profiles/linux-4.14';
import type { Event } from '../../src/engine/routine/events';
import { Bench, RW } from './bench';

const A = 0x1000000;

class Bench414 extends Bench {
  readonly mirror: number;

  constructor(profile: Profile = linux414) {
    super(profile);
    this.mirror = this.open(1);
  }

  migrate(vpn: number, pages: number): number {
    return this.call(dmirror_migrate_to_device, this.mirror, vpn, pages);
  }

  /** Maps `pages` pages, writes all of them and migrates them. */
  onDevice(pages: number): void {
    this.mmap(A, pages);
    for (let i = 0; i < pages; i++) this.write(A + i, 0x10 + i);
    expect(this.migrate(A, pages)).toBe(0);
  }

  counts(page: PageRow): [refcount: number, mapcount: number] {
    return [this.kernel.pages.refcount.get(page), this.kernel.pages.mapcount.get(page)];
  }

  since(time: number): Event[] {
    return [...this.kernel.events.between(time, this.kernel.time + 1)];
  }

  /** Counts of one page as the log shows them. */
  history(page: number, since: number): number[] {
    return this.since(since)
      .filter((event) => event.name === 'refcount' && event.args[0] === page)
      .map((event) => event.args[2] ?? -1);
  }

  failNext(fault: number): void {
    dmirror.failures.arm(this.kernel, 1 as DeviceRow, { point: 'migrate_to_ram', times: 1, result: fault });
  }

  bits(vpn: number): bigint {
    return pte_val(this.kernel, pte_offset(this.kernel, this.mm, vpn as Vpn));
  }

  type(vpn: number): number {
    return Number((this.bits(vpn) >> 9n) & 31n);
  }
}

const named = (events: readonly Event[], names: readonly string[]): string[] =>
  events
    .filter((event) => names.includes(event.name))
    .map((event) => (event.leave ? `/${event.name}` : event.name));

describe('4.14', () => {
  it('1. a device page counts 1 when free, 2 for its driver, 3 when mapped, 2 at rest, and never 0', () => {
    const bench = new Bench414();
    bench.mmap(A, 1);
    bench.write(A, 1);
    const before = bench.kernel.time;
    bench.migrate(A, 1);
    const page = bench.page(A);
    expect(bench.history(page, before)).toEqual([2, 3, 2]);
    expect(bench.counts(page)).toEqual([2, 1]);
    bench.read(A);
    expect(bench.kernel.pages.refcount.get(page)).toBe(1);
    expect(Math.min(...bench.history(page, 0))).toBe(1);
  });

  it('2. a CPU fault brings it home: 3, 2, 1, and page_free at 1 inside the finalize phase', () => {
    const bench = new Bench414();
    bench.onDevice(1);
    const page = bench.page(A);
    const before = bench.kernel.time;
    expect(bench.read(A)).toBe(0x10);
    expect(bench.history(page, before)).toEqual([3, 2, 1]);
    const free = bench.since(before).find((event) => event.name === 'page_free');
    expect(free?.args.slice(2, 4)).toEqual([1, 0]);
    const order = named(bench.since(before), ['migrate_vma_finalize', 'page_free', 'migrate_to_ram']);
    expect(order).toEqual([
      'migrate_to_ram',
      'migrate_vma_finalize',
      'page_free',
      '/page_free',
      '/migrate_vma_finalize',
      '/migrate_to_ram',
    ]);
  });

  it('3. page_fault is entered at refcount 2 with 1 mapping, 3 with 2 after a fork, unlocked, mmap_sem held', () => {
    const bench = new Bench414();
    bench.onDevice(1);
    const before = bench.kernel.time;
    bench.read(A);
    const alone = bench.since(before).find((event) => event.name === 'migrate_to_ram');
    expect(alone?.args.slice(3, 6)).toEqual([2, 1, 0]);
    const forked = new Bench414();
    forked.onDevice(1);
    forked.fork();
    const afterFork = forked.kernel.time;
    // Without an error it would be entered for ever: the page can't come home while both map it.
    forked.failNext(VmFault.SIGBUS);
    forked.read(A);
    const shared = forked.since(afterFork).find((event) => event.name === 'migrate_to_ram');
    expect(shared?.args.slice(3, 6)).toEqual([3, 2, 0]);
  });

  it('4. one pass through handle_mm_fault, and the phases in their order', () => {
    const bench = new Bench414();
    bench.onDevice(1);
    const before = bench.kernel.time;
    bench.read(A);
    const phases = [
      'handle_mm_fault',
      'do_swap_page',
      'migrate_to_ram',
      'migrate_vma_collect',
      'migrate_vma_prepare',
      'migrate_vma_unmap',
      'alloc_and_copy',
      'migrate_vma_pages',
      'finalize_and_map',
      'migrate_vma_finalize',
      'page_free',
    ];
    const entered = named(bench.since(before), phases).filter((name) => !name.startsWith('/'));
    expect(entered).toEqual(phases);
  });

  it('5. special types 27 to 31; the offset is the frame number, not inverted; the 28th swapon fails', () => {
    const bench = new Bench414();
    bench.onDevice(1);
    const pfn = BigInt(bench.kernel.pages.pfn(bench.page(A)));
    expect(bench.bits(A)).toBe((30n << 9n) | (pfn << 14n));
    expect(bench.profile.swapTypes).toMatchObject({
      hwpoison: 27,
      migrationRead: 28,
      migrationWrite: 29,
      deviceRead: 31,
    });
    for (let area = 1; area <= 27; area++) expect(bench.call(sys_swapon, 16)).toBeGreaterThanOrEqual(0);
    expect(bench.call(sys_swapon, 16)).toBe(-Errno.EPERM);
  });

  it('6. one invalidation a migration; a second one from the first hole to the end', () => {
    const bench = new Bench414();
    bench.mmap(A, 4);
    for (const i of [0, 1, 2, 3]) bench.write(A + i, 1);
    const full = bench.kernel.time;
    bench.migrate(A, 4);
    expect(bench.since(full).filter((event) => event.name === 'invalidate' && !event.leave)).toHaveLength(1);
    bench.mmap(A + 0x1000, 4);
    bench.write(A + 0x1000, 1);
    const holes = bench.kernel.time;
    bench.migrate(A + 0x1000, 4);
    const ranges = bench
      .since(holes)
      .filter((event) => event.name === 'invalidate' && !event.leave)
      .map((event) => [(event.args[3] ?? 0) - A - 0x1000, (event.args[4] ?? 0) - A - 0x1000]);
    expect(ranges).toEqual([
      [0, 4],
      [1, 4],
    ]);
  });

  it('7. a hole gets its page straight into the table: 2, 3, 2; writable exactly where the VMA is', () => {
    const bench = new Bench414();
    bench.mmap(A, 1);
    const before = bench.kernel.time;
    bench.migrate(A, 1);
    expect(bench.history(bench.page(A), before)).toEqual([2, 3, 2]);
    expect(bench.type(A)).toBe(30);
    bench.mmap(A + 16, 1, Vm.Read);
    bench.migrate(A + 16, 1);
    expect(bench.type(A + 16)).toBe(31);
  });

  it('8. fork: 3 with 2 mappings, both entries read-only, the child counts one page more, no callback', () => {
    const bench = new Bench414();
    bench.onDevice(1);
    const before = bench.kernel.time;
    const child = bench.fork();
    expect(bench.counts(bench.page(A))).toEqual([3, 2]);
    expect(bench.type(A)).toBe(31);
    bench.as(child, () => {
      expect(bench.type(A)).toBe(31);
      expect(bench.kernel.mm.rssAnon.get(bench.mm)).toBe(1);
    });
    expect(named(bench.since(before), ['migrate_to_ram', 'page_free'])).toEqual([]);
  });

  it('9. mprotect makes 30 a 31 for good; a RAM page is writable again only after a write fault reuses it', () => {
    const bench = new Bench414();
    bench.onDevice(1);
    bench.mprotect(A, 1, Vm.Read);
    expect(bench.type(A)).toBe(31);
    bench.mprotect(A, 1, RW);
    expect(bench.type(A)).toBe(31);
    bench.mmap(A + 16, 1);
    bench.write(A + 16, 1);
    const page = bench.page(A + 16);
    bench.mprotect(A + 16, 1, Vm.Read);
    bench.mprotect(A + 16, 1, RW);
    expect(bench.pte(A + 16) & PTE_WRITE).toBe(0);
    bench.write(A + 16, 2);
    expect(bench.page(A + 16)).toBe(page);
    expect(bench.pte(A + 16) & PTE_WRITE).toBe(PTE_WRITE);
  });

  it('10. a writable device page comes home read-only, so that a write faults twice; the fix is a switch', () => {
    const bench = new Bench414();
    bench.onDevice(1);
    const before = bench.kernel.time;
    bench.write(A, 9);
    expect(named(bench.since(before), ['migrate_to_ram', 'do_wp_page', 'wp_page_copy'])).toEqual([
      'migrate_to_ram',
      '/migrate_to_ram',
      'do_wp_page',
      '/do_wp_page',
    ]);
    const fixed = new Bench414({ ...linux414, collectMisreadsWrite: false });
    fixed.onDevice(1);
    const afterFix = fixed.kernel.time;
    fixed.write(A, 9);
    expect(named(fixed.since(afterFix), ['do_wp_page'])).toEqual([]);
  });

  it('11. SIGBUS, ADRERR, at the page; the entry stays bit for bit; GUP gets EFAULT; later it works', () => {
    const bench = new Bench414();
    bench.onDevice(1);
    const entry = bench.bits(A);
    const page = bench.page(A);
    bench.failNext(VmFault.SIGBUS);
    expect(bench.read(A)).toBe(-1);
    const { tasks } = bench.kernel;
    expect([tasks.signal.get(bench.task), tasks.signalCode.get(bench.task)]).toEqual([7, 2]);
    expect(tasks.signalVa.get(bench.task)).toBe(A * 4096);
    expect(bench.bits(A)).toBe(entry);
    expect(bench.counts(page)).toEqual([2, 1]);
    bench.failNext(VmFault.SIGBUS);
    const pin = bench.kernel.pins.table.alloc() as PinRow;
    expect(bench.call(pin_user_pages, A, 1, 0, 0, 1, pin)).toBe(-Errno.EFAULT);
    expect(bench.read(A)).toBe(0x10);
  });

  it('11b. no memory in the callback is VM_FAULT_OOM: the access is tried again', () => {
    const bench = new Bench414();
    bench.onDevice(1);
    bench.failNext(VmFault.OOM);
    const before = bench.kernel.time;
    expect(bench.read(A)).toBe(0x10);
    expect(named(bench.since(before), ['migrate_to_ram', 'oom'])).toEqual([
      'migrate_to_ram',
      '/migrate_to_ram',
      'oom',
      'migrate_to_ram',
      '/migrate_to_ram',
    ]);
  });

  it('12. munmap frees in address order without page_fault; a device page is faulted home before it is pinned', () => {
    const bench = new Bench414();
    bench.onDevice(3);
    const pages = [0, 1, 2].map((i) => bench.page(A + i));
    const before = bench.kernel.time;
    bench.munmap(A, 3);
    const events = bench.since(before);
    const freed = events.filter((event) => event.name === 'page_free' && !event.leave);
    expect(freed.map((event) => event.args[0])).toEqual(pages);
    expect(freed.map((event) => event.args[2])).toEqual([1, 1, 1]);
    expect(named(events, ['migrate_to_ram'])).toEqual([]);
  });

  it('12b. a pin brings the page home; a pinned page of system memory stays while the rest moves', () => {
    const bench = new Bench414();
    bench.onDevice(3);
    const pin = bench.kernel.pins.table.alloc() as PinRow;
    expect(bench.call(pin_user_pages, A + 1, 1, 0, 0, 1, pin)).toBe(1);
    expect(bench.kernel.zones.typeOf(bench.kernel.pages.zone(bench.page(A + 1)))).not.toBe(ZoneType.Device);
    bench.read(A);
    bench.migrate(A, 3);
    expect([0, 1, 2].map((i) => kindOf(bench.pte(A + i)))).toEqual([
      Pte.DevicePrivate,
      Pte.Present,
      Pte.DevicePrivate,
    ]);
  });
});
