/** Translations that CPUs remember (I35). */

import { vpn_of_entry } from '../kernel/pgtable';
import type { EntryRow, MmRow, PageRow } from '../machine/ids';
import { isPresent, PTE_WRITE } from '../machine/pte';
import { TLB_SLOTS } from '../machine/tlb';
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

/** Where the flush comes after the page-table lock (before 6.0), nobody can tell a stale translation from a late flush. */
export function checkTranslations(s: CheckState): void {
  if (!s.kernel.profile.flushUnderLock) return;
  const { tlb: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    s.at('tlb', marks.at(i), marks.writer(i));
    checkTranslation(s, marks.at(i));
  }
}

function checkTranslation(s: CheckState, slot: number): void {
  const { tlb, tables } = s.kernel;
  const entry = tlb.entry.get(slot) as EntryRow;
  if (entry === 0) return;
  const lo = tables.lo.get(entry);
  const page = tables.hi.get(entry) as PageRow;
  const cached = tlb.page.get(slot) as PageRow;
  const gone = !isPresent(lo) || page !== cached;
  const weaker = (tlb.bits.get(slot) & PTE_WRITE) !== 0 && (lo & PTE_WRITE) === 0;
  if (!gone && !weaker) return;
  const cpu = Math.floor(slot / TLB_SLOTS);
  const mm = s.entries.owner.get(tables.nodeOf(entry));
  const involved = mm > 0 ? s.place(mm as MmRow, vpn_of_entry(s.kernel, entry), cached) : s.page(cached);
  const right = weaker && !gone ? 'a writable translation' : 'a translation';
  s.broken(
    35,
    involved,
    `CPU ${cpu} remembers ${right} to ${pageName(s.kernel, cached)}; the page table has: ${entryName(s.kernel, lo, isPresent(lo) ? page : 0)}`,
  );
}
