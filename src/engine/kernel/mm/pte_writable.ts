/** Whether an entry may become writable without a fault (can_change_pte_writable, mm/mprotect.c). */

import { Vm } from '../../machine/address-spaces';
import type { EntryRow, VmaRow } from '../../machine/ids';
import { Pg } from '../../machine/pages';
import { PTE_DIRTY, PTE_HUGE, PTE_PROTNONE } from '../../machine/pte';
import type { Kernel } from '../../routine/kernel';
import { pte_page } from './pgtable';

/**
 * A present entry may become writable at once: nobody has to be told of the next write (can_change_pte_writable). Known
 * only since anonymous pages tell whether they are exclusive.
 */
export function can_change_pte_writable(k: Kernel, vma: VmaRow, entry: EntryRow, pte: number): boolean {
  if (!k.profile.anonExclusive || !k.mm.has(vma, Vm.Write) || (pte & PTE_PROTNONE) !== 0) return false;
  if (!k.profile.mprotectTrustsClean && (pte & (PTE_DIRTY | PTE_HUGE)) !== PTE_DIRTY) return false;
  if (k.mm.has(vma, Vm.Shared | Vm.HugeTlb)) return !k.mm.has(vma, Vm.HugeTlb) && (pte & PTE_DIRTY) !== 0;
  const page = pte_page(k, entry);
  return page !== 0 && k.pages.isAnon(page) && k.pages.has(page, Pg.AnonExclusive);
}
