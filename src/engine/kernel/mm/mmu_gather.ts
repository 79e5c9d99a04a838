/** Pages taken out of page tables are freed only after the TLB was flushed (mm/mmu_gather.c). */

import { Hold } from '../../machine/holds';
import type { EntryRow, MmRow, PageRow, SlotRow } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import { GatherT, MmT, routine } from '../../routine/routine';
import {
  dec_tlb_flush_pending,
  flush_tlb_mm,
  inc_tlb_flush_pending,
  mm_tlb_flush_nested,
} from '../arch/x86/mm/tlbflush';
import { set_pte_unflushed } from './pgtable';
import { lruAddDrain } from './swap/lru_add_drain';
import { put_page, rename_hold } from './swap/page_ref';
import { free_swap_cache } from './swapfile/swap_state';

/** What a gather holds besides pages; kept in srcFlags of its head slot. */
const Gathers = {
  /** Entries were cleared that CPUs may have cached (cleared_ptes). */
  Entries: 1,
  /** Page tables are to be freed, in the same batches as pages. */
  Tables: 2,
} as const;

/** An empty gather: a head slot whose `next` will be the first page's slot and whose dstPage the last one's row. */
export function tlb_gather_mmu(k: Kernel, mm: MmRow): SlotRow {
  inc_tlb_flush_pending(k, mm);
  return k.slots.table.alloc() as SlotRow;
}

function add(k: Kernel, tlb: SlotRow, what: number): void {
  k.slots.srcFlags.set(tlb, k.slots.srcFlags.get(tlb) | what);
}

const has = (k: Kernel, tlb: SlotRow, what: number): boolean => (k.slots.srcFlags.get(tlb) & what) !== 0;

/** Clears a present entry: CPUs may go on by what they have cached until the next flush (tlb_remove_tlb_entry). */
export function tlb_clear_entry(k: Kernel, tlb: SlotRow, entry: EntryRow): void {
  set_pte_unflushed(k, entry, 0, 0);
  add(k, tlb, Gathers.Entries);
}

/** Page tables were taken out of the tree; where they join the pages, they count as gathered (pte_free_tlb). */
export function tlb_remove_tables(k: Kernel, tlb: SlotRow): void {
  if (k.profile.gatherTakesTables) add(k, tlb, Gathers.Tables);
}

/** Flushes if entries were cleared, or if another gather may have cleared what this one found empty. */
export function tlb_flush_mmu_tlbonly(k: Kernel, mm: MmRow, tlb: SlotRow): void {
  if (has(k, tlb, Gathers.Entries) || mm_tlb_flush_nested(k, mm)) flush_tlb_mm(k, mm);
  k.slots.srcFlags.set(tlb, k.slots.srcFlags.get(tlb) & ~Gathers.Entries);
}

/** Keeps the reference of an entry that was just cleared until the flush. */
export function tlb_remove_page(k: Kernel, tlb: SlotRow, page: PageRow): void {
  const { slots } = k;
  const slot = slots.table.alloc() as SlotRow;
  slots.srcPage.set(slot, page);
  const last = slots.dstPage.get(tlb);
  slots.next.set(last === 0 ? tlb : last, slot);
  slots.dstPage.set(tlb, slot);
  rename_hold(k, page, Hold.Pte, Hold.TlbGather);
}

function take_page(k: Kernel, tlb: SlotRow): PageRow {
  const { slots } = k;
  const slot = slots.next.get(tlb);
  const page = slots.srcPage.get(slot) as PageRow;
  slots.next.set(tlb, slots.next.get(slot));
  slots.table.free(slot);
  free_swap_cache(k, page);
  return page;
}

/** Pages or tables wait to be freed. */
const has_batch = (k: Kernel, { tlb }: { tlb: SlotRow }): boolean =>
  k.slots.next.get(tlb) !== 0 || has(k, tlb, Gathers.Tables);

/** Frees what was gathered, after the flush; the gather can be used on. */
export const tlb_flush_mmu_free = routine({
  name: 'tlb_batch_pages_flush',
  file: 'mm/mmu_gather.c',
  about: 'No CPU can reach the gathered pages any more: drop their references.',
  aliases: ['tlb_flush_mmu_free'],
  params: { tlb: GatherT },
  body: (r) => [
    r.only(
      (profile) => profile.gatherDrains,
      [r.when('free_pages_and_swap_cache() has pages or page tables', has_batch, [lruAddDrain(r)])],
    ),
    r.loop('there is a gathered page', (k, f) => k.slots.next.get(f.tlb) !== 0, [
      r.call('put_page(page)', put_page, (k, f, callee) => {
        callee.page = take_page(k, f.tlb);
        callee.hold = Hold.TlbGather;
        callee.who = k.task;
      }),
    ]),
    r.step('the batches are empty', (k, f) => {
      k.slots.dstPage.set(f.tlb, 0);
      k.slots.srcFlags.set(f.tlb, k.slots.srcFlags.get(f.tlb) & ~Gathers.Tables);
    }),
  ],
});

export const tlb_finish_mmu = routine({
  name: 'tlb_finish_mmu',
  file: 'mm/mmu_gather.c',
  about:
    'CPUs may have used the cleared entries until now. Flush the TLB; nobody can reach the gathered pages any more: drop their references.',
  params: { mm: MmT, tlb: GatherT },

  body: (r) => [
    r.yield('Y5'),
    r.step('tlb_flush_mmu_tlbonly(tlb): no CPU knows the cleared entries any more', (k, f) => {
      tlb_flush_mmu_tlbonly(k, f.mm, f.tlb);
    }),
    r.call('tlb_flush_mmu_free(tlb)', tlb_flush_mmu_free, (_, f, callee) => {
      callee.tlb = f.tlb;
    }),
    r.step('the gather is empty; dec_tlb_flush_pending(tlb->mm)', (k, f) => {
      k.slots.table.free(f.tlb);
      dec_tlb_flush_pending(k, f.mm);
    }),
  ],
});
