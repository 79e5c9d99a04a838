/** Puts a page straight into an empty entry or in place of the zero page (migrate_vma_insert_page, mm/migrate_device.c). */

import { Vm } from '../machine/address-spaces';
import { Hold } from '../machine/holds';
import type { MigrationRow, MmRow, PageRow, SlotRow, VmaRow, Vpn } from '../machine/ids';
import { isZeroPage, PTE_DIRTY, PTE_WRITE, PTE_YOUNG, Pte } from '../machine/pte';
import type { Kernel } from './kernel';
import { memcg_charge } from './memcontrol';
import { get_page, is_device_private, is_driver_page } from './page_ref';
import { pte_alloc, ptep_get, set_pte } from './pgtable';
import { anon_vma_prepare, folio_add_new_anon_rmap } from './rmap';
import { folio_add_lru } from './swap';

/** What the new entry is: device-private or present, writable exactly where the VMA is. */
function new_entry(k: Kernel, vma: VmaRow, page: PageRow): number {
  const writable = k.mm.has(vma, Vm.Write);
  if (is_device_private(k, page)) return Pte.DevicePrivate | (writable ? PTE_WRITE : 0);
  return Pte.Present | PTE_YOUNG | (writable ? PTE_WRITE | PTE_DIRTY : 0);
}

/** False, with nothing mapped, when the VMA is not anonymous, memory is out, or the entry is no hole any more. */
export function insert_page(k: Kernel, m: MigrationRow, slot: SlotRow): boolean {
  const vma = k.migrations.vma.get(m) as VmaRow;
  const page = k.slots.dstPage.get(slot) as PageRow;
  const vpn = k.slots.vpn.get(slot) as Vpn;
  const mm = k.mm.mm.get(vma) as MmRow;
  if (!k.mm.isAnonymous(vma)) return false;
  if (k.pages.pgmap(page) !== 0 && !is_driver_page(k, page)) return false;
  const entry = pte_alloc(k, mm, vpn);
  if (entry === 0) return false;
  anon_vma_prepare(k, vma);
  const pte = ptep_get(k, entry);
  if (pte !== 0 && !isZeroPage(pte)) return false;
  if (!memcg_charge(k, page, mm)) return false;
  k.mm.rssAnon.add(mm, 1);
  folio_add_new_anon_rmap(k, page, vma, vpn);
  if (k.pages.pgmap(page) === 0) folio_add_lru(k, page);
  get_page(k, page, Hold.Pte);
  set_pte(k, entry, new_entry(k, vma, page), page);
  // A filled hole keeps MIGRATE without a page: finalize has nothing to replace there.
  return true;
}
