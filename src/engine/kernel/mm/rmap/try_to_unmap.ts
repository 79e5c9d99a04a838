/** Takes a page out of every page table for reclaim, leaving swap entries (try_to_unmap, mm/rmap.c). */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, VmaRow } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { PTE_DIRTY, PTE_SOFT_DIRTY, PTE_UFFD_WP } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { PageT, routine } from '../../../routine/routine';
import { Notify } from '../../constants';
import { folio_try_share_anon_rmap, sharesAnon } from '../migrate_device/migrate_collect';
import { mlock_drain_for, mlock_vma_folio } from '../mlock/mlock_folio';
import { pte_clear, ptep_get, set_pte } from '../pgtable';
import { swap_slot_of } from '../swapfile/swap_state';
import { swap_duplicate, swp_entry } from '../swapfile/swapfile';
import { folio_remove_rmap, mm_counter_add } from './rmap';
import { takesEntry, type Unmapping, unmapLocals, unmapWalk } from './rmap_unmap';

/** The mapping goes, and its reference. Whoever reclaims holds another one. */
function drop_mapping(k: Kernel, page: PageRow, vma: VmaRow): void {
  mm_counter_add(k, k.mm.mm.get(vma) as MmRow, page, -1);
  folio_remove_rmap(k, page, vma);
  mlock_drain_for(k, vma);
  k.holds.drop(page, Hold.Pte, 0);
}

/** A page that MADV_FREE gave up is discarded if nobody wrote to it since; else it must be swapped like any other. */
function discard_lazyfree(k: Kernel, page: PageRow, vma: VmaRow, entry: EntryRow): boolean {
  const held = k.pages.refcount.get(page) !== 1 + k.pages.mapcount.get(page);
  if (held || k.pages.has(page, Pg.Dirty)) {
    k.pages.setFlag(page, Pg.SwapBacked);
    return false;
  }
  pte_clear(k, entry);
  drop_mapping(k, page, vma);
  return true;
}

/** One mapping becomes a swap entry, or none of a page of a file; false (nothing changed) where the VMA is locked or the page may be pinned. */
function unmap_entry(k: Kernel, page: PageRow, vma: VmaRow, entry: EntryRow): boolean {
  if (k.mm.has(vma, Vm.Locked)) {
    mlock_vma_folio(k, page, vma);
    return false;
  }
  const pte = ptep_get(k, entry);
  if ((pte & PTE_DIRTY) !== 0) k.pages.setFlag(page, Pg.Dirty);
  if (!k.pages.isAnon(page)) {
    pte_clear(k, entry);
    drop_mapping(k, page, vma);
    return true;
  }
  if (!k.pages.has(page, Pg.SwapBacked)) return discard_lazyfree(k, page, vma, entry);
  const exclusive = k.pages.has(page, Pg.AnonExclusive);
  if (exclusive && !folio_try_share_anon_rmap(k, page)) return false;
  const slot = swap_slot_of(k, page);
  swap_duplicate(k, slot);
  k.mm.swapEntries.add(k.mm.mm.get(vma), 1);
  set_pte(k, entry, swp_entry(k, slot, exclusive) | (pte & (PTE_SOFT_DIRTY | PTE_UFFD_WP)), slot);
  drop_mapping(k, page, vma);
  return true;
}

const unmapsEntry = takesEntry(
  'try_to_unmap_one',
  'One mapping of the page becomes a swap entry, or none of a page of a file.',
  [
    'if (vma->vm_flags & VM_LOCKED)',
    '    mlock_vma_folio(folio, vma), return false',
    'pteval = ptep_clear_flush(vma, address, pvmw.pte)',
    'if (pte_dirty(pteval))',
    '    folio_mark_dirty(folio)',
    'if (folio_test_anon(folio) && !folio_test_swapbacked(folio))',
    '    discard it, if it is clean and nobody holds it',
    'if (anon_exclusive && folio_try_share_anon_rmap_pte(folio, subpage))',
    '    put it back, return false',
    'set_pte_at(mm, address, pvmw.pte, swp_entry_to_pte(entry))',
    'folio_remove_rmap_pte(folio, subpage, vma)',
    'folio_put(folio)',
  ],
);

/** The page of a mapping that is to become a swap entry; 0 for any other. */
const swapped_page = (k: Kernel, { page, vma }: Unmapping): PageRow =>
  !k.mm.has(vma, Vm.Locked) && k.pages.has(page, Pg.SwapBacked) ? page : (0 as PageRow);

export const try_to_unmap = routine({
  name: 'try_to_unmap',
  file: 'mm/rmap.c',
  about: 'Walk the reverse map until nothing maps the page any more: each mapping becomes a swap entry.',
  params: { page: PageT },
  locals: unmapLocals,
  body: (r) => [
    ...unmapWalk(r, {
      notify: ['CLEAR, page', Notify.CLEAR],
      one: [
        'clear and flush it; its dirty bit goes to the page; set a swap entry',
        (k, f) => unmap_entry(k, f.page, f.vma, f.entry),
        [unmapsEntry, sharesAnon(swapped_page)],
      ],
    }),
  ],
});
