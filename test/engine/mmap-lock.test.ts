/** Who may have mmap_lock and the VMAs' own locks together, and who waits for whom. */

import { describe, expect, it } from 'vitest';
import { waits_for } from '../../src/engine/detect/waits_for';
import { Wait } from '../../src/engine/machine/tasks';
import { blockedOn, count } from './under-seeds';

/** A touches `a` for the first time while B changes the address space. */
const touchedWhile = (change: string): string => `
  profile 6.12
  machine { cpus 2 }
  schedule seed SEED
  process p {
    a = mmap 4KiB anon rw
    b = mmap 4KiB shmem rw
    thread A cpu 0 { barrier go; write a[0] = 1 }
    thread B cpu 1 { barrier go; ${change} }
    barrier go
    join A
    join B
  }`;

describe("a fault under its VMA's own lock", () => {
  it('lets another VMA be unmapped meanwhile', () => {
    const together = count(touchedWhile('munmap b'), (k, named) => {
      const reads = k.tasks.readsVma.get(named('A')) !== 0;
      return reads && named('B') !== 0 && k.mm.lockWriter.get(1) === named('B');
    });
    expect(together).toBeGreaterThan(0);
  });

  it('is waited for by whoever changes that VMA', () => {
    const waits = count(touchedWhile('mprotect a r; mprotect a rw'), (k, named) => {
      const [A, B] = [named('A'), named('B')];
      if (B === 0 || !blockedOn(k, B, Wait.VmaWrite)) return false;
      expect(waits_for(k, Wait.VmaWrite, k.tasks.waitFor.get(B))).toEqual({ tasks: [A], needs: 'all' });
      return true;
    });
    expect(waits).toBeGreaterThan(0);
  });
});

const QUEUE = `
  profile 4.14
  machine { cpus 3 }
  device gpu0 private 1MiB
  schedule seed SEED
  process p {
    a = mmap 4KiB anon rw
    b = mmap 4KiB anon rw
    write a = 1
    migrate a to gpu0
    thread A cpu 0 { barrier go; read a[0] expect 1 }
    thread W cpu 1 { barrier go; mprotect b r; mprotect b rw }
    thread R cpu 2 { barrier go; read b[0] expect 0 }
    barrier go
    join A
    join W
    join R
  }`;

describe('mmap_lock', () => {
  it('is not taken by a reader while readers have it and a writer waits', () => {
    const queued = count(QUEUE, (k, named) => {
      const [W, R] = [named('W'), named('R')];
      if (R === 0 || !blockedOn(k, R, Wait.MmapRead) || !blockedOn(k, W, Wait.MmapWrite)) return false;
      if (k.mm.lockWriter.get(1) !== 0) return false;
      expect(k.mm.lockReaders.get(1)).toBeGreaterThan(0);
      expect(waits_for(k, Wait.MmapRead, 1)?.tasks).toEqual([W]);
      expect(waits_for(k, Wait.MmapWrite, 1)?.tasks).toContain(named('A'));
      return true;
    });
    expect(queued).toBeGreaterThan(0);
  });
});
