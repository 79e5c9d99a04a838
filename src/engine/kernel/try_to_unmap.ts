/** Takes a page out of every page table for reclaim, leaving swap entries (try_to_unmap, mm/rmap.c). */

import { Vm } from '../machine/address-spaces';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../machine/ids';
import { Pg } from '../machine/pages';
import { PTE_DIRTY, PTE_SOFT_DIRTY, PTE_UFFD_WP } from '../machine/pte';
import { Notify } from './constants';
import type { Kernel } from './kernel';
import { folio_try_share_anon_rmap } from './migrate_collect';
import { mmu_notifier_invalidate_range_end, mmu_notifier_invalidate_range_start } from './mmu_notifier';
import { pteLock, pteUnlock } from './page_table_lock';
import { pte_clear, ptep_get, set_pte } from './pgtable';
import { folio_remove_rmap, mapped_entry, rmap_walk } from './rmap';
import { rmapWalk } from './rmap_lock';
import { Bool, EntryT, Int, PageT, routine, VmaT, VpnT } from './routine';
import { swap_slot_of } from './swap_state';
import { swap_duplicate, swp_entry } from './swapfile';

/** The mapping goes, and its reference. Whoever reclaims holds another one. */
function drop_mapping(k: Kernel, page: PageRow, vma: VmaRow): void {
  k.mm.rssAnon.add(k.mm.mm.get(vma), -1);
  folio_remove_rmap(k, page);
  k.pages.refcount.add(page, -1);
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

/** One mapping becomes a swap entry; false (nothing changed) where the VMA is locked or the page may be pinned. */
function unmap_entry(k: Kernel, page: PageRow, vma: VmaRow, entry: EntryRow): boolean {
  if (k.mm.has(vma, Vm.Locked)) return false;
  const pte = ptep_get(k, entry);
  if ((pte & PTE_DIRTY) !== 0) k.pages.setFlag(page, Pg.Dirty);
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

export const try_to_unmap = routine({
  name: 'try_to_unmap',
  file: 'mm/rmap.c',
  about: 'Walk the reverse map until nothing maps the page any more: each mapping becomes a swap entry.',
  params: { page: PageT },
  locals: { at: Int, vma: VmaT, vpn: VpnT, entry: EntryT, failed: Bool },
  body: (r) => [
    ...rmapWalk(r, (f) => f.page, [
      r.loop(
        'the page is mapped and the reverse map has another VMA',
        (k, f) => f.failed === 0 && k.pages.mapcount.get(f.page) > 0 && f.at < rmap_walk(k, f.page).length,
        [
          r.yield('Y6'),
          r.step('the next VMA', (k, f) => {
            const place = rmap_walk(k, f.page)[f.at];
            f.at++;
            if (!place) return;
            f.vma = place.vma;
            f.vpn = place.vpn;
          }),
          r.call(
            'mmu_notifier_invalidate_range_start(CLEAR, page)',
            mmu_notifier_invalidate_range_start,
            (k, f, callee) => {
              callee.mm = k.mm.mm.get(f.vma) as MmRow;
              callee.start = f.vpn;
              callee.end = (f.vpn + 1) as Vpn;
              callee.event = Notify.CLEAR;
            },
          ),
          r.step('page_vma_mapped_walk: the entry that maps the page here, if any', (k, f) => {
            f.entry = mapped_entry(k, f.page, f);
          }),
          r.when('there is one', (_, f) => f.entry !== 0, [
            pteLock(r),
            r.step('clear and flush it; its dirty bit goes to the page; set a swap entry', (k, f) => {
              if (!unmap_entry(k, f.page, f.vma, f.entry)) f.failed = 1;
            }),
            pteUnlock(r),
          ]),
          r.call(
            'mmu_notifier_invalidate_range_end(range)',
            mmu_notifier_invalidate_range_end,
            (k, f, callee) => {
              callee.mm = k.mm.mm.get(f.vma) as MmRow;
              callee.start = f.vpn;
              callee.end = (f.vpn + 1) as Vpn;
              callee.event = Notify.CLEAR;
            },
          ),
        ],
      ),
    ]),
  ],
});
