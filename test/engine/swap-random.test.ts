import { describe, expect, it } from 'vitest';
import { backing_page } from '../../src/engine/drivers/dmirror/memory';
import { pte_offset } from '../../src/engine/kernel/mm/pgtable';
import { sys_swapon } from '../../src/engine/kernel/mm/swapfile/swapfile';
import { sys_swapoff } from '../../src/engine/kernel/mm/swapfile/swapoff';
import { reclaim_range } from '../../src/engine/kernel/mm/vmscan/vmscan';
import type { MmRow, PageRow, ProcessRow, Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { kindOf, PTE_KIND, Pte } from '../../src/engine/machine/pte';
import type { Profile } from '../../src/engine/profiles';
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

/** 4.14 with the two fixes after which a device page comes home although several processes map it: every access can run. */
const fixed414: Profile = {
  ...linux414,
  name: '4.14 with fix-aab8d0520e6e and fix-1de13ee59225',
  rmapFindsDeviceEntries: true,
  unmapMisreadsSubpage: false,
};

/**
 * The device page at `vpn` that the CPU can't reach: 4.14's walk of the reverse map passes over device entries, so a page
 * that several processes map never comes home and an access faults for ever (test/scenario/endless-414.test.ts). Else 0.
 */
function stranded(bench: Bench, vpn: number): PageRow {
  if (bench.profile.rmapFindsDeviceEntries) return 0 as PageRow;
  const { kernel: k } = bench;
  const entry = pte_offset(k, bench.mm, vpn as Vpn);
  if (entry === 0 || kindOf(k.tables.lo.get(entry)) !== Pte.DevicePrivate) return 0 as PageRow;
  const page = bench.page(vpn);
  return k.pages.mapcount.get(page) > 1 ? page : (0 as PageRow);
}

/** The byte at `vpn`, read by the CPU; of a stranded page, what the device has of it. */
function byteAt(bench: Bench, vpn: number): number {
  const page = stranded(bench, vpn);
  if (page === 0) return bench.read(vpn);
  return bench.kernel.contents.read(backing_page(bench.kernel, page), 0);
}

describe.each([linux414, fixed414, linux612])('random use of swap under $name', (profile) => {
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
            const byte = random(255) + 1;
            if (stranded(bench, A + page) !== 0) break;
            known.bytes[page] = byte;
            bench.write(A + page, byte);
            break;
          }
          case 2:
            expect(byteAt(bench, A + page)).toBe(known.bytes[page]);
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
        for (const [i, byte] of bytes.entries()) expect(byteAt(bench, A + i)).toBe(byte);
      });
  });
});
