import { describe, expect, it } from 'vitest';
import { Vm } from '../../src/engine/machine/address-spaces';
import { Pg } from '../../src/engine/machine/pages';
import { PTE_PROTNONE, PTE_WRITE, Pte } from '../../src/engine/machine/pte';
import { linux414 } from '../../src/engine/profiles/linux-4.14';
import { Bench, RW } from './bench';

const A = 0x1000000;

describe('VMAs split and merge', () => {
  it('a mapping next to an equal one that nobody wrote to becomes part of it', () => {
    const bench = new Bench();
    bench.mmap(A, 4);
    bench.mmap(A + 4, 4);
    expect(bench.vmas(A)).toEqual(['0+8 rwp']);
  });

  it('an anon_vma on one side only is taken over if that side has inherited nothing', () => {
    const bench = new Bench();
    bench.mmap(A, 4);
    bench.write(A, 1);
    bench.mmap(A + 4, 4);
    expect(bench.vmas(A)).toEqual(['0+8 rwp anon']);
  });

  it('two anon_vmas of their own keep equal neighbours apart', () => {
    const bench = new Bench();
    bench.mmap(A, 2);
    bench.mmap(A + 4, 2);
    bench.write(A, 1);
    bench.write(A + 4, 1);
    bench.mmap(A + 2, 2);
    expect(bench.vmas(A)).toEqual(['0+4 rwp anon', '4+2 rwp anon']);
  });

  it('mprotect cuts out the range, and joins it again when the protection is the same again', () => {
    const bench = new Bench();
    bench.mmap(A, 8);
    bench.write(A, 1);
    bench.mprotect(A + 2, 3, Vm.Read);
    expect(bench.vmas(A)).toEqual(['0+2 rwp anon', '2+3 r-p anon', '5+3 rwp anon']);
    bench.mprotect(A + 2, 3, RW);
    expect(bench.vmas(A)).toEqual(['0+8 rwp anon']);
  });

  it('munmap in the middle leaves both ends', () => {
    const bench = new Bench();
    bench.mmap(A, 8);
    expect(bench.munmap(A + 2, 3)).toBe(0);
    expect(bench.vmas(A)).toEqual(['0+2 rwp', '5+3 rwp']);
  });
});

describe('mmap chooses addresses', () => {
  it('from the top down, and neighbours grow downwards', () => {
    const bench = new Bench();
    const first = bench.mmap(0, 4);
    expect(first).toBe(0x7ffff7fff - 4);
    expect(bench.mmap(0, 2)).toBe(first - 2);
    expect(bench.vmas(first - 2)).toEqual(['0+6 rwp']);
  });

  it('refuses what can never be: no pages, beyond user space, more than memory and swap', () => {
    const bench = new Bench();
    expect(bench.mmap(A, 0)).toBe(-22);
    expect(bench.mmap(2 ** 35 - 1, 2)).toBe(-12);
    expect(bench.mmap(0, 2 ** 20)).toBe(-12);
    expect(bench.munmap(A, 0)).toBe(-22);
  });
});

describe('munmap', () => {
  it('frees pages and page tables, and tells the mirrors once for the whole range', () => {
    const bench = new Bench();
    bench.open(1);
    const before = bench.free;
    bench.mmap(A, 4);
    for (let i = 0; i < 4; i++) bench.write(A + i, i);
    expect(bench.free).toBe(before - 4 - 3);
    const since = bench.kernel.time;
    bench.munmap(A - 1, 6);
    expect(bench.invalidations(since, A)).toEqual(['1:UNMAP -1+6']);
    expect(bench.free).toBe(before);
    expect(bench.kernel.mm.rssAnon.get(bench.mm)).toBe(0);
    expect(bench.hasTable(A)).toBe(false);
  });

  it('keeps a page table that another VMA of the same 2 MiB needs', () => {
    const bench = new Bench();
    bench.mmap(A, 2);
    bench.mmap(A + 100, 2);
    bench.write(A, 1);
    bench.munmap(A, 2);
    expect(bench.hasTable(A)).toBe(true);
    bench.munmap(A + 100, 2);
    expect(bench.hasTable(A)).toBe(false);
  });

  it('tells nobody about a range that is not mapped', () => {
    const bench = new Bench();
    bench.open(1);
    const since = bench.kernel.time;
    expect(bench.munmap(A, 2)).toBe(0);
    expect(bench.invalidations(since, A)).toEqual([]);
  });
});

describe('mprotect', () => {
  it('6.12: a page exclusive to the process is writable again at once', () => {
    const bench = new Bench();
    bench.mmap(A, 2);
    bench.write(A, 7);
    bench.mprotect(A, 2, Vm.Read);
    expect(bench.pte(A) & PTE_WRITE).toBe(0);
    bench.mprotect(A, 2, RW);
    expect(bench.pte(A) & PTE_WRITE).not.toBe(0);
  });

  it('4.14: the entry stays read-only until a write fault', () => {
    const bench = new Bench(linux414);
    bench.mmap(A, 2);
    bench.write(A, 7);
    bench.mprotect(A, 2, Vm.Read);
    bench.mprotect(A, 2, RW);
    expect(bench.pte(A) & PTE_WRITE).toBe(0);
    expect(bench.write(A, 8)).toBe(8);
    expect(bench.pte(A) & PTE_WRITE).not.toBe(0);
  });

  it('none: entries become protnone and the access is refused', () => {
    const bench = new Bench();
    bench.mmap(A, 1);
    bench.write(A, 7);
    bench.mprotect(A, 1, 0);
    expect(bench.pte(A) & PTE_PROTNONE).not.toBe(0);
    expect(bench.read(A)).toBe(-1);
    expect(bench.kernel.tasks.signal.get(bench.task)).toBe(11);
    expect(bench.kernel.tasks.signalCode.get(bench.task)).toBe(2);
  });

  it('a hole: what lies before it is changed, then ENOMEM', () => {
    const bench = new Bench();
    bench.mmap(A, 2);
    expect(bench.mprotect(A, 4, Vm.Read)).toBe(-12);
    expect(bench.vmas(A)).toEqual(['0+2 r-p']);
  });

  it('tells mirrors where tables exist, and not when nothing changes', () => {
    const bench = new Bench();
    bench.open(1);
    bench.mmap(A, 2);
    const since = bench.kernel.time;
    bench.mprotect(A, 2, Vm.Read);
    expect(bench.invalidations(since, A)).toEqual([]);
    bench.read(A);
    bench.mprotect(A, 2, Vm.Read);
    expect(bench.invalidations(since, A)).toEqual([]);
    bench.mprotect(A, 2, RW);
    expect(bench.invalidations(since, A)).toEqual(['1:PROTECTION_VMA 0+2']);
  });
});

describe('fork and exit', () => {
  it('shares pages read-only; the write copies, the last one reuses', () => {
    const bench = new Bench();
    bench.mmap(A, 2);
    bench.write(A, 7);
    const page = bench.page(A);
    const child = bench.fork();
    expect(bench.kernel.pages.refcount.get(page)).toBe(2);
    expect(bench.kernel.pages.mapcount.get(page)).toBe(2);
    expect(bench.kernel.pages.has(page, Pg.AnonExclusive)).toBe(false);
    expect(bench.pte(A) & PTE_WRITE).toBe(0);
    bench.as(child, () => {
      expect(bench.pte(A) & PTE_WRITE).toBe(0);
      bench.write(A, 9);
      expect(bench.page(A)).not.toBe(page);
    });
    expect(bench.read(A)).toBe(7);
    bench.write(A, 8);
    expect(bench.page(A)).toBe(page);
    bench.as(child, () => expect(bench.read(A)).toBe(9));
  });

  it('tells the parent’s mirrors, VMA by VMA, only where pages are copied on write', () => {
    const bench = new Bench();
    bench.open(1);
    bench.mmap(A, 2);
    bench.mmap(A + 512, 2);
    bench.mmap(A + 1024, 2, RW | Vm.Shared);
    bench.write(A, 1);
    bench.write(A + 1024, 1);
    const since = bench.kernel.time;
    bench.fork();
    expect(bench.invalidations(since, A)).toEqual(['1:PROTECTION_PAGE 0+2']);
  });

  it('the child gets no entry for shared memory; it faults the same page in', () => {
    const bench = new Bench();
    bench.mmap(A, 2, RW | Vm.Shared);
    bench.write(A, 5);
    const page = bench.page(A);
    const child = bench.fork();
    bench.as(child, () => {
      expect(bench.pte(A)).toBe(Pte.None);
      expect(bench.read(A)).toBe(5);
      expect(bench.page(A)).toBe(page);
      bench.exit();
    });
    expect(bench.kernel.pages.mapcount.get(page)).toBe(1);
  });

  it('the last process of a shared mapping takes the pages along', () => {
    const bench = new Bench();
    const before = bench.free;
    bench.mmap(A, 4, RW | Vm.Shared);
    bench.mmap(A + 512, 4);
    bench.write(A, 5);
    bench.write(A + 512, 5);
    const child = bench.fork();
    bench.as(child, () => {
      bench.write(A + 1, 5);
      bench.write(A + 512, 6);
    });
    bench.exit();
    bench.as(child, () => bench.exit());
    expect(bench.free).toBe(before + 1);
    expect([...bench.kernel.files.files.rows()]).toEqual([]);
    expect([...bench.kernel.mm.anonVmas.rows()]).toEqual([]);
    expect([...bench.kernel.mm.vmas.rows()]).toEqual([]);
    expect([...bench.kernel.mm.mms.rows()]).toEqual([]);
  });

  it('exit: release, then unmap, both for all addresses', () => {
    const bench = new Bench();
    bench.open(1);
    bench.open(2);
    const since = bench.kernel.time;
    bench.exit();
    expect(bench.invalidations(since, A)).toEqual([
      '1:RELEASE all',
      '2:RELEASE all',
      '1:UNMAP all',
      '2:UNMAP all',
    ]);
    expect(bench.kernel.tasks.exited.get(bench.process)).toBe(1);
  });
});
