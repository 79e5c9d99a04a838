/** Mapping the file of a driver: its pages are there from the start (lib/test_hmm.c, dmirror_fops_mmap). */

import { alloc_page } from '../../kernel/mm/page_alloc/page_alloc';
import { protnone, pte_alloc, set_pte } from '../../kernel/mm/pgtable';
import { folio_add_rmap, mm_counter_add } from '../../kernel/mm/rmap/rmap';
import { rename_hold } from '../../kernel/mm/swap/page_ref';
import { Vm } from '../../machine/address-spaces';
import { Hold } from '../../machine/holds';
import type { EntryRow, MmRow, VmaRow, Vpn } from '../../machine/ids';
import { PTE_WRITE, Pte } from '../../machine/pte';
import type { Kernel } from '../../routine/kernel';

/** A mixed map: fresh pages of the kernel's, mapped and counted, that migration leaves alone. */
export function dmirror_fops_mmap(k: Kernel, vma: VmaRow): void {
  const mm = k.mm.mm.get(vma) as MmRow;
  k.mm.flags.set(vma, k.mm.flags.get(vma) | Vm.MixedMap);
  for (let vpn = k.mm.start.get(vma); vpn < k.mm.end.get(vma); vpn++) {
    const page = alloc_page(k);
    const entry = page === 0 ? (0 as EntryRow) : pte_alloc(k, mm, vpn as Vpn);
    if (entry === 0) return;
    rename_hold(k, page, Hold.Alloc, Hold.Pte);
    folio_add_rmap(k, page);
    mm_counter_add(k, mm, page, 1);
    set_pte(k, entry, Pte.Present | (k.mm.has(vma, Vm.Write) ? PTE_WRITE : protnone(k, vma)), page);
  }
}
