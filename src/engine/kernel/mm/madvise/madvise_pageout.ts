/** MADV_PAGEOUT (mm/madvise.c): pages of one process are swapped out on its own advice. */

import type { PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { FolioListT, routine, VmaT, VpnT } from '../../../routine/routine';
import { mmOf } from '../memory/vmf';
import { next_entry, pte_table_end } from '../pagewalk';
import { leaf_offset, pte_page, ptep_get } from '../pgtable';
import { lruAddDrain } from '../swap/lru_add_drain';
import { is_driver_page } from '../swap/page_ref';
import {
  asksEvictable,
  folio_list,
  isolate_folio,
  putback_lru_folios,
  shrink_folio_list,
} from '../vmscan/vmscan';
import { advised_entries, after_entries, madvise_split } from './madvise_split';

/** It is system memory, and nobody maps the page but these entries: the advice may touch it. */
export function is_own_page(k: Kernel, page: PageRow, entries: number): boolean {
  return page !== 0 && !is_driver_page(k, page) && k.pages.folioMapcount(page) === entries;
}

/** Pages that nobody else maps leave the LRU for reclaim. */
function isolate_own_pages(k: Kernel, f: { vma: VmaRow; start: Vpn; end: Vpn; list: SlotRow }): void {
  const mm = mmOf(k, f);
  for (let at = next_entry(k, mm, f.start, f.end); at < f.end; ) {
    const entry = leaf_offset(k, mm, at);
    const place = { ...f, at, entry };
    const entries = advised_entries(k, place);
    if (entries === 0 && !k.profile.advisesWholeFolios) return;
    const page = isPresent(ptep_get(k, entry)) ? pte_page(k, entry) : (0 as PageRow);
    if (is_own_page(k, page, entries)) {
      k.pages.clearFlag(page, Pg.Referenced);
      isolate_folio(k, f.list, page);
    }
    at = next_entry(k, mm, after_entries(k, place, entries), f.end);
  }
}

export const madvise_pageout = routine({
  name: 'madvise_pageout',
  file: 'mm/madvise.c',
  about: 'Swap the pages out now. Shared pages and pages of devices are left alone.',
  params: { vma: VmaT, start: VpnT, end: VpnT },
  locals: { at: VpnT, list: FolioListT },
  body: (r) => [
    lruAddDrain(r),
    r.step('addr = start', (_, f) => {
      f.at = f.start;
    }),
    r.loop('(addr < end)', (_, f) => f.at < f.end, [
      r.call('split_folio(folio) of which a part is in the range', madvise_split, (_, f, callee) => {
        callee.vma = f.vma;
        callee.start = f.at;
        callee.end = pte_table_end(f.at, f.end);
        callee.waits = 1;
      }),
      r.inlines(
        [asksEvictable],
        r.step('isolate the pages of one table that nobody else maps', (k, f) => {
          const end = pte_table_end(f.at, f.end);
          f.list = folio_list(k);
          isolate_own_pages(k, { vma: f.vma, start: f.at, end, list: f.list });
          f.at = end;
        }),
      ),
      r.call(
        'reclaim_pages(folio_list)',
        shrink_folio_list,
        (_, f, callee) => {
          callee.list = f.list;
        },
        (k, f) => putback_lru_folios(k, f.list),
      ),
    ]),
  ],
});
