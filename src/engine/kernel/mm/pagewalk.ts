/** Walks over the page tables of a range (mm/pagewalk.c): what exists is visited, gaps cost nothing. */

import type { EntryRow, MmRow, NodeRow, VmaRow, Vpn } from '../../machine/ids';
import { ENTRIES, LEVEL_PGD, LEVEL_PMD, LEVEL_PUD } from '../../machine/radix';
import type { Kernel } from '../../routine/kernel';
import { pmd_offset } from './pgtable';

/** First page at or after `from` whose entry of the table `level` says that there is a table below it, or `end`. */
function next_table(k: Kernel, mm: MmRow, from: Vpn, end: Vpn, to: number): Vpn {
  const root = k.mm.pgd.get(mm) as NodeRow;
  let at: number = from;
  while (at < end) {
    let gap = 0;
    for (let level = LEVEL_PGD; level >= to && gap === 0; level--) {
      const entry: EntryRow = k.tables.find(root, at as Vpn, level);
      if (entry === 0 || k.tables.lo.get(entry) === 0) gap = ENTRIES ** level;
    }
    if (gap === 0) return at as Vpn;
    at = (Math.floor(at / gap) + 1) * gap;
  }
  return end;
}

/** First page at or after `from` that has a PTE table or a huge entry, or `end`. */
export function next_pte_table(k: Kernel, mm: MmRow, from: Vpn, end: Vpn): Vpn {
  return next_table(k, mm, from, end, LEVEL_PMD);
}

/** First page at or after `from` that has a PMD table, or `end`. */
export function next_pmd_table(k: Kernel, mm: MmRow, from: Vpn, end: Vpn): Vpn {
  return next_table(k, mm, from, end, LEVEL_PUD);
}

/** First page at or after `from` whose entry is in use, or `end`; for a huge entry it may be any of its pages. */
export function next_entry(k: Kernel, mm: MmRow, from: Vpn, end: Vpn): Vpn {
  const at = k.tables.next(k.mm.pgd.get(mm) as NodeRow, from, end);
  return at < 0 ? end : at;
}

/** The first page after those that the entry for `vpn` maps. */
export function after_entry(k: Kernel, entry: EntryRow, vpn: Vpn): Vpn {
  const huge = k.tables.level.get(k.tables.nodeOf(entry)) === LEVEL_PMD;
  return (huge ? (Math.floor(vpn / ENTRIES) + 1) * ENTRIES : vpn + 1) as Vpn;
}

/** End of the PTE table that maps `vpn`, or `end` if that comes first (pmd_addr_end). */
export function pte_table_end(vpn: Vpn, end: Vpn): Vpn {
  return Math.min(end, (Math.floor(vpn / ENTRIES) + 1) * ENTRIES) as Vpn;
}

/**
 * End of the step of a walk that contains `vpn`: where one page of a step must be faulted for a device, others are too. A
 * step ends with the VMA, with the request, and with the page table (or the lowest missing table's span).
 */
export function step_end(k: Kernel, vma: VmaRow, vpn: Vpn, end: Vpn): Vpn {
  const mm = k.mm.mm.get(vma) as MmRow;
  const level = pmd_offset(k, mm, vpn) !== 0 ? LEVEL_PMD : LEVEL_PUD;
  const span = 512 ** level;
  const tableEnd = (Math.floor(vpn / span) + 1) * span;
  return Math.min(end, k.mm.end.get(vma), tableEnd) as Vpn;
}
