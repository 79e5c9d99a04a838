/** Advice for a part of a huge page splits it, so that only that part is advised (mm/madvise.c, mm/huge_memory.c). */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MigrationRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { Bool, EntryT, ErrnoT, MigrationT, PageT, routine, VmaT, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { is_huge } from '../huge_memory/huge_memory';
import { covers_huge } from '../huge_memory/huge_pmd';
import { splitAndUnlock } from '../huge_memory/split_huge_page';
import { mmOf } from '../memory/vmf';
import { migration_free } from '../migrate_device/migrate_arrays';
import { lockPage, trylock_page } from '../mmap/mmap_lock';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { after_entry, next_entry, pte_table_end } from '../pagewalk';
import { leaf_offset, pte_page, ptep_get } from '../pgtable';
import { getPage, put_page } from '../swap/page_ref';

/**
 * Somebody else may map the folio too: until 6.9 by how often this page of it is mapped (page_mapcount), since by a guess
 * from the first page (folio_likely_mapped_shared).
 */
function is_shared(k: Kernel, folio: PageRow, page: PageRow): boolean {
  if (!k.profile.advisesWholeFolios)
    return k.pages.mapcount.get(page) + k.pages.entireMapcount.get(folio) !== 1;
  const mapcount = k.pages.folioMapcount(folio);
  if (mapcount <= 1) return false;
  if (k.pages.entireMapcount.get(folio) > 0 || mapcount > k.pages.count(folio)) return true;
  return k.pages.mapcount.get(folio) > 1;
}

/** An entry of a range that is advised. */
export interface Place {
  vma: VmaRow;
  at: Vpn;
  end: Vpn;
  entry: EntryRow;
}

const present_page = (k: Kernel, entry: EntryRow): PageRow =>
  isPresent(ptep_get(k, entry)) ? pte_page(k, entry) : (0 as PageRow);

/**
 * How many entries from here on map one page of the folio after the other, in one table and before the end
 * (folio_pte_batch).
 */
function pte_batch(k: Kernel, f: Pick<Place, 'vma' | 'at' | 'end'>, page: PageRow): number {
  const folio = k.pages.folio(page);
  const first = k.pages.offset(page) - k.pages.offset(folio);
  const most = Math.min(k.pages.count(folio) - first, pte_table_end(f.at, f.end) - f.at);
  const follows = (i: number): boolean =>
    present_page(k, leaf_offset(k, mmOf(k, f), (f.at + i) as Vpn)) === k.pages.nth(folio, first + i);
  let entries = 1;
  while (entries < most && follows(entries)) entries++;
  return entries;
}

/** How many entries from here on the advice is for: those of a whole huge page are taken together. 0: the page stays as it is. */
export function advised_entries(k: Kernel, f: Place): number {
  if (is_huge(ptep_get(k, f.entry))) return covers_huge(f.at, f.end) ? 1 : 0;
  const page = present_page(k, f.entry);
  if (!k.pages.has(page, Pg.Head | Pg.Tail)) return 1;
  const isWhole = k.pages.has(page, Pg.Head) && pte_batch(k, f, page) === HUGE_PAGES;
  return k.profile.advisesWholeFolios && isWhole ? HUGE_PAGES : 0;
}

/** Behind the entries that the advice is for, or behind the one that it is not for. */
export const after_entries = (k: Kernel, f: Place, entries: number): Vpn =>
  after_entry(k, f.entry, (f.at + Math.max(entries, 1) - 1) as Vpn);

/** Where the walk goes on behind a large folio that stays as it is: since 6.10 behind what maps it in one piece. */
function after_part(k: Kernel, f: Place): Vpn {
  if (!k.profile.advisesWholeFolios) return pte_table_end(f.at, f.end);
  const entry = leaf_offset(k, mmOf(k, f), f.at);
  const page = present_page(k, entry);
  if (page === 0 || is_huge(ptep_get(k, entry))) return after_entry(k, entry, f.at);
  return (f.at + pte_batch(k, f, page)) as Vpn;
}

interface Part extends Place {
  folio: PageRow;
}

/** Goes to the next large folio of which only a part lies in [f.at, f.end); `folio` 0 when there is none. */
function find_part(k: Kernel, f: Part): void {
  const mm = mmOf(k, f);
  f.at = next_entry(k, mm, f.at, f.end);
  let next = f.at;
  for (; f.at < f.end; f.at = next_entry(k, mm, next, f.end)) {
    f.entry = leaf_offset(k, mm, f.at);
    const page = present_page(k, f.entry);
    f.folio = k.pages.folio(page);
    const entries = advised_entries(k, f);
    next = after_entries(k, f, entries);
    if (entries > 0 || k.pages.has(f.folio, Pg.HugeTlb)) continue;
    if (!is_shared(k, f.folio, page)) return;
    next = after_part(k, f);
  }
  f.folio = 0 as PageRow;
}

/** Splits every large folio of which only a part lies in the range. One that can't be split is left as it is. */
export const madvise_split = routine({
  name: 'madvise_split_folio',
  file: 'mm/madvise.c',
  about: 'Split the huge pages that are not wholly in the range, unless somebody else maps or holds them.',
  params: { vma: VmaT, start: VpnT, end: VpnT, waits: Bool },
  locals: { at: VpnT, entry: EntryT, folio: PageT, migration: MigrationT, locked: Bool, ret: ErrnoT },
  body: (r) => [
    r.step('find the first huge page of which only a part is in the range', (k, f) => {
      f.at = f.start;
      find_part(k, f);
    }),
    r.when('(!folio)', (_, f) => f.folio === 0, [r.ret('return')]),
    r.step('folio_get(folio) comes first from here on', (k, f) => {
      f.migration = k.migrations.table.alloc() as MigrationRow;
      k.migrations.task.set(f.migration, k.task);
    }),
    r.loop('(folio)', (_, f) => f.folio !== 0, [
      getPage(r, 'folio_get(folio)', (_, f) => ({ page: f.folio, hold: Hold.Collect, who: f.migration })),
      r.when(
        'the entry is huge, for MADV_COLD and MADV_PAGEOUT',
        (k, f) => f.waits !== 0 && is_huge(ptep_get(k, f.entry)),
        [
          lockPage(r, (_, f) => f.folio),
          r.step('folio_lock(folio) has worked', (_, f) => {
            f.locked = 1;
          }),
        ],
        [
          r.step('folio_trylock(folio)', (k, f) => {
            f.locked = trylock_page(k, f.folio) ? 1 : 0;
            f.ret = -Errno.EBUSY;
          }),
        ],
      ),
      r.when('it is locked', (_, f) => f.locked !== 0, [...splitAndUnlock(r, 'err')]),
      r.call('folio_put(folio)', put_page, (_, f, callee) => {
        callee.page = f.folio;
        callee.hold = Hold.Collect;
        callee.who = f.migration;
      }),
      r.step('go on behind it, or where it was if it is split', (k, f) => {
        if (f.ret !== 0) f.at = after_part(k, f);
        find_part(k, f);
      }),
    ]),
    r.step('the splitting is over', (k, f) => migration_free(k, f.migration)),
  ],
});
