import { describe, expect, it } from 'vitest';
import { sys_swapon } from '../../src/engine/kernel/mm/swapfile/swapfile';
import { sys_swapoff } from '../../src/engine/kernel/mm/swapfile/swapoff';
import { reclaim_range } from '../../src/engine/kernel/mm/vmscan/vmscan';
import type { MmRow, PageRow, ProcessRow, Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { PTE_KIND, Pte } from '../../src/engine/machine/pte';
import { linux414 } from '../../src/engine/profiles/linux-4.14';
import { linux612 } from '../../src/engine/profiles/linux-6.12';
import { Bench } from './bench';

const A = 0x1000000;
const PAGES = 6;
const STEPS = 120;

/** A small generator of pseudo-random numbers: the same seed gives the same run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Known {
  readonly process: ProcessRow;
  readonly mirror: number;
  readonly bytes: number[];
}

/** Swap entries of all processes, by slot. */
function entriesBySlot(bench: Bench, all: readonly Known[]): Map<number, number> {
  const { kernel: k } = bench;
  const found = new Map<number, number>();
  for (const { process } of all) {
    const mm = k.tasks.mm.get(process) as MmRow;
    for (let i = 0; i < PAGES; i++) {
      const entry = k.tables.leaf(k.mm.pgd.get(mm) as Parameters<typeof k.tables.leaf>[0], (A + i) as Vpn);
      if (entry === 0 || (k.tables.lo.get(entry) & PTE_KIND) !== Pte.Swap) continue;
      const slot = k.tables.hi.get(entry);
      found.set(slot, (found.get(slot) ?? 0) + 1);
    }
  }
  return found;
}

function checkSlots(bench: Bench, all: readonly Known[]): void {
  const { kernel: k } = bench;
  const entries = entriesBySlot(bench, all);
  let used = 0;
  for (const slot of k.swap.slots.rows()) {
    used++;
    expect(k.swap.slotCount.get(slot)).toBe(entries.get(slot) ?? 0);
    const page = k.swap.slotCached.get(slot) as PageRow;
    if (page !== 0) expect(k.pages.has(page, Pg.SwapCache)).toBe(true);
    else expect(k.swap.slotCount.get(slot)).toBeGreaterThan(0);
  }
  for (const slot of entries.keys()) expect(k.swap.slots.isLive(slot)).toBe(true);
  for (const area of k.swap.areas.rows()) expect(k.swap.used.get(area)).toBe(used);
}

describe.each([linux414, linux612])('random use of swap under $name', (profile) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('keeps contents and slots, seed %i', (seed) => {
    const random = randomFrom(seed);
    const bench = new Bench(profile);
    bench.mmap(A, PAGES);
    const all: Known[] = [{ process: bench.process, mirror: bench.open(1), bytes: Array(PAGES).fill(0) }];
    bench.call(sys_swapon, 16);
    for (let step = 0; step < STEPS; step++) {
      const known = all[random(all.length)] as Known;
      const page = random(PAGES);
      bench.as(known.process, () => {
        switch (random(8)) {
          case 0:
          case 1: {
            known.bytes[page] = random(255) + 1;
            bench.write(A + page, known.bytes[page]);
            break;
          }
          case 2:
            expect(bench.read(A + page)).toBe(known.bytes[page]);
            break;
          case 3:
          case 4:
            bench.call(reclaim_range, A + page, random(PAGES - page) + 1);
            break;
          case 5:
            if (known.mirror !== 0) bench.toDevice(known.mirror, A + page, 1);
            break;
          case 6:
            if (all.length < 4) all.push({ process: bench.fork(), mirror: 0, bytes: [...known.bytes] });
            else if (known.mirror === 0) {
              bench.exit();
              all.splice(all.indexOf(known), 1);
            }
            break;
          default:
            expect(bench.call(sys_swapoff, 1)).toBe(0);
            expect([...bench.kernel.swap.slots.rows()]).toEqual([]);
            bench.call(sys_swapon, 16);
        }
      });
      checkSlots(bench, all);
    }
    for (const { process, bytes } of all)
      bench.as(process, () => {
        for (const [i, byte] of bytes.entries()) expect(bench.read(A + i)).toBe(byte);
      });
  });
});
