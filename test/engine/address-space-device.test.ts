import { describe, expect, it } from 'vitest';
import { pages_in_use } from '../../src/engine/drivers/device_memory';
import { dmirror } from '../../src/engine/drivers/dmirror';
import { Advice } from '../../src/engine/kernel/mm/madvise/madvise';
import { sys_mlock } from '../../src/engine/kernel/mm/mlock/mlock';
import { mremap_anywhere, sys_mremap } from '../../src/engine/kernel/mm/mremap/mremap';
import { Vm } from '../../src/engine/machine/address-spaces';
import type { DeviceRow } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { kindOf, PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITE, PTE_YOUNG, Pte } from '../../src/engine/machine/pte';
import { linux414 } from '../../src/engine/profiles/linux-4.14';
import { Bench, RW } from './bench';

const A = 0x1000000;
const B = 0x1800000;

/** Two written pages on device 1. */
function onDevice(profile?: ConstructorParameters<typeof Bench>[0]): { bench: Bench; mirror: number } {
  const bench = new Bench(profile);
  const mirror = bench.open(1);
  bench.mmap(A, 2);
  bench.write(A, 1);
  bench.write(A + 1, 2);
  expect(bench.toDevice(mirror, A, 2)).toBe(0);
  expect(kindOf(bench.pte(A))).toBe(Pte.DevicePrivate);
  return { bench, mirror };
}

const used = (bench: Bench): number => pages_in_use(bench.kernel, dmirror, 1 as DeviceRow);

/** Calls of page_free since `time`, and of the fault callback. */
function callbacks(bench: Bench, since: number): string[] {
  return [...bench.kernel.events.between(since, bench.kernel.time + 1)]
    .filter(({ name, leave }) => !leave && (name === 'page_free' || name === 'migrate_to_ram'))
    .map(({ name }) => name);
}

describe('device pages and unmapping', () => {
  it.each([
    ['6.12', undefined],
    ['4.14', linux414],
  ] as const)('%s: munmap frees them, one page_free a page, no callback', (_, profile) => {
    const { bench } = onDevice(profile);
    const since = bench.kernel.time;
    bench.munmap(A, 2);
    expect(callbacks(bench, since)).toEqual(['page_free', 'page_free']);
    expect(used(bench)).toBe(0);
  });

  it('exit frees them; the file is released after the address space is gone', () => {
    const { bench } = onDevice();
    const since = bench.kernel.time;
    bench.exit();
    expect(callbacks(bench, since)).toEqual(['page_free', 'page_free']);
    expect(used(bench)).toBe(0);
    expect([...bench.kernel.devices.mirrors.rows()]).toEqual([]);
  });

  it('MADV_DONTNEED frees them and keeps VMA and page table; MADV_FREE leaves them alone', () => {
    const { bench } = onDevice();
    const since = bench.kernel.time;
    expect(bench.madvise(A, 2, Advice.FREE)).toBe(0);
    expect(bench.invalidations(since, A)).toEqual(['1:CLEAR 0+2']);
    expect(used(bench)).toBe(2);
    expect(bench.madvise(A, 1, Advice.DONTNEED)).toBe(0);
    expect(used(bench)).toBe(1);
    expect(bench.hasTable(A)).toBe(true);
    expect(bench.vmas(A)).toEqual(['0+2 rwp anon']);
  });
});

describe('device pages and fork', () => {
  it('6.12: both sides read-only, refcount 2, nobody exclusive; the child’s exit leaves the entry read-only', () => {
    const { bench } = onDevice();
    const page = bench.page(A);
    const child = bench.fork();
    expect(bench.refcount(A)).toBe(2);
    expect(bench.pte(A) & PTE_WRITE).toBe(0);
    expect(bench.kernel.pages.has(page, Pg.AnonExclusive)).toBe(false);
    bench.as(child, () => {
      expect(kindOf(bench.pte(A))).toBe(Pte.DevicePrivate);
      expect(bench.pte(A) & PTE_WRITE).toBe(0);
      bench.exit();
    });
    expect(bench.refcount(A)).toBe(1);
    expect(bench.pte(A) & PTE_WRITE).toBe(0);
    expect(bench.write(A, 9)).toBe(9);
  });

  it('4.14: page at 3 references and 2 mappings, soft-dirty not kept', () => {
    const { bench } = onDevice(linux414);
    const page = bench.page(A);
    bench.fork();
    expect(bench.kernel.pages.refcount.get(page)).toBe(3);
    expect(bench.kernel.pages.mapcount.get(page)).toBe(2);
    expect(bench.pte(A) & (PTE_WRITE | PTE_SOFT_DIRTY)).toBe(0);
  });

  it('a child’s read brings the page home for both', () => {
    const { bench } = onDevice();
    const child = bench.fork();
    bench.as(child, () => expect(bench.read(A)).toBe(1));
    expect(kindOf(bench.pte(A))).toBe(Pte.Present);
    expect(bench.pte(A) & PTE_YOUNG).toBe(0);
    expect(bench.refcount(A)).toBe(2);
  });
});

describe('pins', () => {
  it('a pin on a device page brings it home first: 1024 references', () => {
    const { bench } = onDevice();
    const pin = bench.pin(A, 2, false);
    expect(kindOf(bench.pte(A))).toBe(Pte.Present);
    expect(bench.refcount(A)).toBe(1025);
    expect(bench.unpin(pin)).toBe(2);
    expect(bench.refcount(A)).toBe(1);
  });

  it('a pinned page stays in RAM while its neighbour goes to the device', () => {
    const { bench, mirror } = onDevice();
    const pin = bench.pin(A, 1, true);
    bench.toDevice(mirror, A, 2);
    expect(kindOf(bench.pte(A))).toBe(Pte.Present);
    expect(kindOf(bench.pte(A + 1))).toBe(Pte.DevicePrivate);
    bench.unpin(pin);
  });

  it('a read pin of memory nobody wrote to gets an anonymous page of its own, not the zero page', () => {
    const bench = new Bench();
    bench.mmap(A, 1);
    const pin = bench.pin(A, 1, false);
    expect(bench.refcount(A)).toBe(1025);
    expect(bench.kernel.pages.isAnon(bench.page(A))).toBe(true);
    bench.unpin(pin);
  });

  it('fork copies a pinned page for the child at once; the parent keeps its page writable', () => {
    const bench = new Bench();
    bench.mmap(A, 1);
    bench.write(A, 5);
    const pin = bench.pin(A, 1, true);
    const page = bench.page(A);
    const child = bench.fork();
    expect(bench.pte(A) & PTE_WRITE).not.toBe(0);
    bench.as(child, () => {
      expect(bench.page(A)).not.toBe(page);
      expect(bench.refcount(A)).toBe(1);
      expect(bench.read(A)).toBe(5);
    });
    bench.unpin(pin);
  });

  it('nothing mapped, or not readable: EFAULT, and nothing stays pinned', () => {
    const bench = new Bench();
    bench.mmap(A, 1);
    bench.write(A, 1);
    expect(bench.pin(A, 2, true)).toBe(-14);
    expect(bench.refcount(A)).toBe(1);
    bench.mprotect(A, 1, Vm.Read);
    expect(bench.pin(A, 1, true)).toBe(-14);
  });
});

describe('mremap', () => {
  it('moves device entries as they are, tells UNMAP twice, and the page comes home at the new address', () => {
    const { bench } = onDevice();
    const page = bench.page(A);
    const since = bench.kernel.time;
    expect(bench.call(sys_mremap, A, 2, 2, B)).toBe(B);
    expect(bench.invalidations(since, A)).toEqual(['1:UNMAP 0+2', '1:UNMAP 0+2']);
    expect(bench.page(B)).toBe(page);
    expect(bench.pte(B) & PTE_WRITE).not.toBe(0);
    expect(bench.hasTable(A)).toBe(false);
    expect(bench.read(B)).toBe(1);
    expect(bench.vmas(B)).toEqual(['0+2 rwp anon']);
  });

  it('4.14: what moves is soft-dirty', () => {
    const { bench } = onDevice(linux414);
    bench.call(sys_mremap, A, 2, 2, B);
    expect(bench.pte(B) & PTE_SOFT_DIRTY).not.toBe(0);
  });

  it('refuses a range that is several VMAs, or nothing', () => {
    const bench = new Bench();
    bench.mmap(A, 4);
    bench.mprotect(A + 1, 1, Vm.Read);
    expect(bench.call(sys_mremap, A, 4, 4, B)).toBe(-14);
    expect(bench.call(sys_mremap, A + 100, 1, 1, B)).toBe(-14);
    expect(bench.call(sys_mremap, A, 4, 4, A + 2)).toBe(-22);
  });

  it('without a target: shrinks in place, grows in place, moves when there is no room', () => {
    const bench = new Bench();
    bench.mmap(A, 4);
    bench.write(A, 7);
    expect(bench.call(mremap_anywhere, A, 4, 2)).toBe(A);
    expect(bench.vmas(A)).toEqual(['0+2 rwp anon']);
    expect(bench.call(mremap_anywhere, A, 2, 6)).toBe(A);
    expect(bench.vmas(A)).toEqual(['0+6 rwp anon']);
    bench.mmap(A + 6, 1, Vm.Read);
    const moved = bench.call(mremap_anywhere, A, 6, 8);
    expect(moved).toBe(0x7ffff7fff - 8);
    expect(bench.read(moved)).toBe(7);
  });
});

describe('madvise', () => {
  it('DONTNEED passes over holes and reports them', () => {
    const bench = new Bench();
    bench.mmap(A, 1);
    bench.mmap(A + 2, 1);
    bench.write(A, 1);
    bench.write(A + 2, 1);
    expect(bench.madvise(A, 3, Advice.DONTNEED)).toBe(-12);
    expect(bench.pte(A)).toBe(0);
    expect(bench.pte(A + 2)).toBe(0);
  });

  it('FREE makes a page clean, old and lazily free; not for file pages', () => {
    const bench = new Bench();
    bench.mmap(A, 1);
    bench.write(A, 1);
    expect(bench.madvise(A, 1, Advice.FREE)).toBe(0);
    expect(bench.pte(A) & (PTE_DIRTY | PTE_YOUNG)).toBe(0);
    expect(bench.kernel.pages.has(bench.page(A), Pg.SwapBacked)).toBe(false);
    bench.mmap(B, 1, RW | Vm.Shared);
    expect(bench.madvise(B, 1, Advice.FREE)).toBe(-22);
  });

  it('POPULATE: pages come in; a hole is ENOMEM, a forbidden write EINVAL', () => {
    const bench = new Bench();
    bench.mmap(A, 2);
    expect(bench.madvise(A, 2, Advice.POPULATE_WRITE)).toBe(0);
    expect(bench.refcount(A + 1)).toBe(1);
    expect(bench.madvise(A, 3, Advice.POPULATE_READ)).toBe(-12);
    bench.mprotect(A, 1, Vm.Read);
    expect(bench.madvise(A, 1, Advice.POPULATE_WRITE)).toBe(-22);
  });

  it('advice of later kernels is EINVAL under 4.14', () => {
    const bench = new Bench(linux414);
    bench.mmap(A, 1);
    expect(bench.madvise(A, 1, Advice.COLD)).toBe(-22);
    expect(bench.madvise(A, 1, Advice.POPULATE_READ)).toBe(-22);
    expect(bench.madvise(A, 1, Advice.DONTNEED)).toBe(0);
  });

  it('WIPEONFORK gives the child an empty VMA, DONTFORK none', () => {
    const bench = new Bench();
    bench.mmap(A, 2);
    bench.write(A, 1);
    bench.write(A + 1, 2);
    bench.madvise(A, 1, Advice.WIPEONFORK);
    bench.madvise(A + 1, 1, Advice.DONTFORK);
    const child = bench.fork();
    bench.as(child, () => {
      expect(bench.vmas(A)).toEqual(['0+1 rwp']);
      expect(bench.read(A)).toBe(0);
    });
    expect(bench.pte(A) & PTE_WRITE).not.toBe(0);
  });
});

describe('mlock', () => {
  it('brings pages in, also from the device, and takes them off the lists that reclaim looks at', () => {
    const { bench } = onDevice();
    const since = bench.kernel.time;
    expect(bench.call(sys_mlock, A, 2)).toBe(0);
    expect(callbacks(bench, since)).toEqual(['migrate_to_ram', 'page_free', 'migrate_to_ram', 'page_free']);
    expect(bench.kernel.pages.has(bench.page(A), Pg.Unevictable)).toBe(true);
    expect(bench.call(sys_mlock, A, 3)).toBe(-12);
    expect(bench.madvise(A, 1, Advice.DONTNEED)).toBe(-22);
  });
});
