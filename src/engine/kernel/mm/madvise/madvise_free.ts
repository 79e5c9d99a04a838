/** What MADV_FREE and MADV_COLD do to each entry (mm/madvise.c). */

import type { PageRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent, kindOf, PTE_DIRTY, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { routine, VmaT, VpnT } from '../../../routine/routine';
import { Errno, Notify } from '../../constants';
import { forEachEntry, walkLocals } from '../locked_walk';
import { mmOf } from '../memory/vmf';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { pte_table_end } from '../pagewalk';
import { leaf_offset, pte_clear, pte_page, ptep_get, set_pte_bits } from '../pgtable';
import { lruAddDrain } from '../swap/lru_add_drain';
import { is_driver_page } from '../swap/page_ref';
import { lru_del, lru_insert } from '../swap/swap';
import { folio_free_swap, free_swap_and_cache } from '../swapfile/swap_state';
import { is_own_page } from './madvise_pageout';
import { advised_entries, madvise_split, type Place } from './madvise_split';

/** The page may be dropped instead of swapped out, unless it is written again (folio_mark_lazyfree). */
function mark_lazyfree(k: Kernel, page: PageRow): void {
  if (!k.pages.isAnon(page) || !k.pages.has(page, Pg.SwapBacked) || !k.pages.has(page, Pg.Lru)) return;
  lru_del(k, page);
  k.pages.clearFlag(page, Pg.SwapBacked | Pg.Active | Pg.Referenced);
  lru_insert(k, page);
}

/** Takes bits out of the entries of a batch, and goes to its last. */
function clear_bits(k: Kernel, f: Place, entries: number, bits: number): void {
  const last = (f.at + entries - 1) as Vpn;
  for (; ; f.at++) {
    set_pte_bits(k, f.entry, ptep_get(k, f.entry) & ~bits);
    if (f.at === last) return;
    f.entry = leaf_offset(k, mmOf(k, f), (f.at + 1) as Vpn);
  }
}

/** Where a huge page stays as it is, the work on this table ended there until 6.9. */
function pass_over(k: Kernel, f: Place): void {
  if (!k.profile.advisesWholeFolios) f.at = (pte_table_end(f.at, f.end) - 1) as Vpn;
}

/** Entries under MADV_FREE: a page nobody else maps becomes clean and lazily free; device entries are left alone. */
function free_ptes(k: Kernel, f: Place, entries: number): void {
  const pte = ptep_get(k, f.entry);
  if (kindOf(pte) === Pte.Swap) {
    k.mm.swapEntries.add(mmOf(k, f), -1);
    free_swap_and_cache(k, k.tables.hi.get(f.entry));
    pte_clear(k, f.entry);
    return;
  }
  const page = isPresent(pte) ? pte_page(k, f.entry) : (0 as PageRow);
  if (page === 0 || is_driver_page(k, page)) return;
  if (k.pages.has(page, Pg.Dirty | Pg.SwapCache)) {
    if (k.pages.has(page, Pg.Locked) || k.pages.folioMapcount(page) !== entries) return;
    if (k.pages.has(page, Pg.SwapCache) && !folio_free_swap(k, page)) return;
    k.pages.clearFlag(page, Pg.Dirty);
  }
  clear_bits(k, f, entries, PTE_YOUNG | PTE_DIRTY);
  mark_lazyfree(k, page);
}

/** Entries under MADV_COLD: their page is old and goes to the end of the inactive list. */
function cold_ptes(k: Kernel, f: Place, entries: number): void {
  const pte = ptep_get(k, f.entry);
  const page = isPresent(pte) ? pte_page(k, f.entry) : (0 as PageRow);
  if (!is_own_page(k, page, entries) || !k.pages.has(page, Pg.Lru)) return;
  clear_bits(k, f, entries, PTE_YOUNG);
  lru_del(k, page);
  k.pages.clearFlag(page, Pg.Active | Pg.Referenced);
  lru_insert(k, page);
}

export const range = { vma: VmaT, start: VpnT, end: VpnT } as const;

export const madvise_free_single_vma = routine({
  name: 'madvise_free_single_vma',
  file: 'mm/madvise.c',
  about:
    'The contents may be dropped when memory is short. Only anonymous memory; pages on a device stay there.',
  params: range,
  locals: walkLocals,
  body: (r) => [
    r.when('(!vma_is_anonymous(vma))', (k, f) => !k.mm.isAnonymous(f.vma), [
      r.ret('return -EINVAL', () => -Errno.EINVAL),
    ]),
    lruAddDrain(r),
    r.call(
      'mmu_notifier_invalidate_range_start(CLEAR, range)',
      mmu_notifier_invalidate_range_start,
      (k, f, callee) => {
        callee.mm = mmOf(k, f);
        callee.start = f.start;
        callee.end = f.end;
        callee.event = Notify.CLEAR;
      },
    ),
    r.call('split_folio(folio) of which a part is in the range', madvise_split, (_, f, callee) => {
      callee.vma = f.vma;
      callee.start = f.start;
      callee.end = f.end;
    }),
    r.step('addr = start', (_, f) => {
      f.at = f.start;
    }),
    ...forEachEntry(r, [
      r.step('make a present page that nobody else maps clean, old and lazily free', (k, f) => {
        const entries = advised_entries(k, f);
        if (entries > 0) free_ptes(k, f, entries);
        else pass_over(k, f);
      }),
    ]),
    r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, (k, f, callee) => {
      callee.mm = mmOf(k, f);
      callee.start = f.start;
      callee.end = f.end;
      callee.event = Notify.CLEAR;
    }),
    r.ret('return 0'),
  ],
});

export const madvise_cold = routine({
  name: 'madvise_cold',
  file: 'mm/madvise.c',
  about: 'The pages are not needed soon: mark them old. Nobody is told, nothing is unmapped.',
  params: range,
  locals: walkLocals,
  body: (r) => [
    lruAddDrain(r),
    r.call('split_folio(folio) of which a part is in the range', madvise_split, (_, f, callee) => {
      callee.vma = f.vma;
      callee.start = f.start;
      callee.end = f.end;
      callee.waits = 1;
    }),
    r.step('addr = start', (_, f) => {
      f.at = f.start;
    }),
    ...forEachEntry(r, [
      r.step('make a present page that nobody else maps old and inactive', (k, f) => {
        const entries = advised_entries(k, f);
        if (entries > 0) cold_ptes(k, f, entries);
        else pass_over(k, f);
      }),
    ]),
  ],
});
