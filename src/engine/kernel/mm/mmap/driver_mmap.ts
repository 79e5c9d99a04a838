/** Mapping the file of a driver: its pages are there from the start (lib/test_hmm.c, dmirror_fops_mmap). */

import { Vm } from '../../../machine/address-spaces';
import { MemoryType } from '../../../machine/devices';
import { Hold } from '../../../machine/holds';
import type { DeviceRow, EntryRow, MmRow, VmaRow, Vpn } from '../../../machine/ids';
import { PTE_WRITE, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { alloc_page } from '../page_alloc/page_alloc';
import { pte_alloc, set_pte } from '../pgtable';
import { folio_add_rmap, mm_counter_add } from '../rmap/rmap';
import { rename_hold } from '../swap/page_ref';

/** Persistent memory is mapped page by page as it is touched; a driver's file has its pages from the start. */
export function maps_driver_file(k: Kernel, device: DeviceRow): boolean {
  return device !== 0 && k.devices.type.get(device) !== MemoryType.Host;
}

/** A mixed map: fresh pages of the kernel's, mapped and counted, that migration leaves alone. */
export function insert_driver_pages(k: Kernel, vma: VmaRow): void {
  const mm = k.mm.mm.get(vma) as MmRow;
  k.mm.flags.set(vma, k.mm.flags.get(vma) | Vm.MixedMap);
  for (let vpn = k.mm.start.get(vma); vpn < k.mm.end.get(vma); vpn++) {
    const page = alloc_page(k);
    const entry = page === 0 ? (0 as EntryRow) : pte_alloc(k, mm, vpn as Vpn);
    if (entry === 0) return;
    rename_hold(k, page, Hold.Alloc, Hold.Pte);
    folio_add_rmap(k, page);
    mm_counter_add(k, mm, page, 1);
    set_pte(k, entry, Pte.Present | (k.mm.has(vma, Vm.Write) ? PTE_WRITE : 0), page);
  }
}
