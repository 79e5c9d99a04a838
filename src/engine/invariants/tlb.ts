/** Translations that CPUs remember (I35). */

import { vpn_of_entry } from '../kernel/mm/pgtable';
import type { EntryRow, MmRow, PageRow } from '../machine/ids';
import { Pg } from '../machine/pages';
import { isPresent, PTE_PROTNONE, PTE_WRITE } from '../machine/pte';
import { TLB_SLOTS } from '../machine/tlb';
import type { Marks } from './marks';
import type { CheckState } from './state';
import { entryName, pageName } from './words';

/** An entry of a page table has changed: what CPUs remember of it is looked at again. */
export function followTranslations(s: CheckState): void {
  const { tlb, cpus, profile } = s.kernel;
  if (!profile.flushUnderLock) return;
  const { entry: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++)
    for (let cpu = 0; cpu < cpus; cpu++) {
      const slot = tlb.find(cpu, marks.at(i) as EntryRow);
      if (slot !== -1) s.marks.tlb.follow(slot, marks.writer(i));
    }
}

/**
 * A gather, mprotect and fork change entries first and flush at their end, all of the address space at once. While one of
 * them is at work in an address space, its translations may name pages that their entries have lost, and rights that they
 * have lost; which of them it changed is not asked. Even then no translation may name a free page: the flush comes before
 * the free. Translations that are let pass are looked at again at the next check. Where migration flushes after the
 * page-table lock (before 6.0), nobody can tell a stale translation from a late flush, and nothing is checked.
 */
export function checkTranslations(s: CheckState, later: Marks): void {
  if (!s.kernel.profile.flushUnderLock) return;
  const { tlb: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    s.at('tlb', marks.at(i), marks.writer(i));
    if (!checkTranslation(s, marks.at(i))) later.follow(marks.at(i), marks.writer(i));
  }
}

/** False if its flush may still come. */
function checkTranslation(s: CheckState, slot: number): boolean {
  const { pages, tlb, tables } = s.kernel;
  const entry = tlb.entry.get(slot) as EntryRow;
  if (entry === 0) return true;
  const lo = tables.lo.get(entry);
  const page = tables.hi.get(entry) as PageRow;
  const cached = tlb.page.get(slot) as PageRow;
  const gone = !isPresent(lo) || (lo & PTE_PROTNONE) !== 0 || page !== cached;
  const weaker = (tlb.bits.get(slot) & PTE_WRITE) !== 0 && (lo & PTE_WRITE) === 0;
  if (!gone && !weaker) return true;
  const mm = tlb.mm.get(slot) as MmRow;
  if (s.kernel.mm.tlbFlushPending.get(mm) !== 0 && !pages.has(cached, Pg.Free)) return false;
  const cpu = Math.floor(slot / TLB_SLOTS);
  const mapped = s.entries.owner.get(tables.nodeOf(entry)) === mm;
  const involved = mapped ? s.place(mm, vpn_of_entry(s.kernel, entry), cached) : s.page(cached);
  const right = weaker && !gone ? 'a writable translation' : 'a translation';
  s.broken(
    35,
    involved,
    `CPU ${cpu} remembers ${right} to ${pageName(s.kernel, cached)}; the page table has: ${entryName(s.kernel, lo, isPresent(lo) ? page : 0)}`,
  );
  return true;
}
