/** Pages taken out of page tables are freed only after the TLB was flushed (mm/mmu_gather.c). */

import { Hold } from '../machine/holds';
import type { PageRow, SlotRow } from '../machine/ids';
import type { Kernel } from './kernel';
import { put_page, rename_hold } from './page_ref';
import { routine, SlotT } from './routine';
import { lru_add_drain } from './swap';
import { free_swap_cache } from './swap_state';

/** An empty gather: a head slot whose `next` will be the first page's slot and whose dstPage the last one's row. */
export function tlb_gather_mmu(k: Kernel): SlotRow {
  return k.slots.table.alloc() as SlotRow;
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

export const tlb_finish_mmu = routine({
  name: 'tlb_finish_mmu',
  file: 'mm/mmu_gather.c',
  about: 'Flush the TLB; nobody can reach the gathered pages any more: drop their references.',
  params: { tlb: SlotT },

  body: (r) => [
    r.step('flush the TLB', (k, f) => {
      if (k.slots.next.get(f.tlb) !== 0) lru_add_drain(k);
    }),
    r.loop('there is a gathered page', (k, f) => k.slots.next.get(f.tlb) !== 0, [
      r.call('put_page(page)', put_page, (k, f, callee) => {
        callee.page = take_page(k, f.tlb);
        callee.hold = Hold.TlbGather;
        callee.who = k.task;
      }),
    ]),
    r.step('the gather is empty', (k, f) => k.slots.table.free(f.tlb)),
  ],
});
