/**
 * When CPUs forget translations (arch/x86/mm/tlb.c), and the count of changes whose flush is still to come
 * (include/linux/mm_types.h). With one CPU there are no translations, and nothing is counted.
 */

import type { EntryRow, MmRow, NodeRow } from '../../../../machine/ids';
import { ENTRIES } from '../../../../machine/radix';
import type { Kernel } from '../../../../routine/kernel';

/** Flushes one entry on every CPU (flush_tlb_page). */
export function flush_tlb_entry(k: Kernel, entry: EntryRow): void {
  if (k.cpus > 1) k.tlb.flush(k.cpus, entry);
}

/** Flushes all translations of an address space on every CPU. */
export function flush_tlb_mm(k: Kernel, mm: MmRow): void {
  if (k.cpus > 1) k.tlb.flushMm(k.cpus, mm);
}

/** Flushes what was cached from one table, which is about to be freed: its entries may be another table's next. */
export function flush_tlb_table(k: Kernel, table: NodeRow): void {
  if (k.cpus > 1) k.tlb.flushEntries(k.cpus, k.tables.entry(table, 0), ENTRIES);
}

/** Entries of the address space change from now on without a flush; it comes before dec_tlb_flush_pending. */
export function inc_tlb_flush_pending(k: Kernel, mm: MmRow): void {
  if (k.cpus > 1) k.mm.tlbFlushPending.add(mm, 1);
}

export function dec_tlb_flush_pending(k: Kernel, mm: MmRow): void {
  if (k.cpus > 1) k.mm.tlbFlushPending.add(mm, -1);
}

/**
 * Somebody else has changes to flush too (mm_tlb_flush_nested): entries that one found empty may be cached still, as the
 * other one has emptied them.
 */
export function mm_tlb_flush_nested(k: Kernel, mm: MmRow): boolean {
  return k.mm.tlbFlushPending.get(mm) > 1;
}
