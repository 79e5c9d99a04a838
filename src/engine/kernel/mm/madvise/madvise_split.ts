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
import { after_entry, next_entry } from '../pagewalk';
import { leaf_offset, pte_page, ptep_get } from '../pgtable';
import { getPage, put_page } from '../swap/page_ref';

/** Guesses by the first page whether somebody else maps a large folio too (folio_likely_mapped_shared). */
function folio_likely_mapped_shared(k: Kernel, folio: PageRow): boolean {
  const mapcount = k.pages.folioMapcount(folio);
  if (mapcount <= 1) return false;
  if (k.pages.entireMapcount.get(folio) > 0 || mapcount > k.pages.count(folio)) return true;
  return k.pages.mapcount.get(folio) > 1;
}

interface Part {
  vma: VmaRow;
  at: Vpn;
  end: Vpn;
  entry: EntryRow;
  folio: PageRow;
}

/** All of the folio is mapped from here on, in its order and before the end. */
function is_whole(k: Kernel, f: Part, page: PageRow): boolean {
  if (is_huge(ptep_get(k, f.entry))) return covers_huge(f.at, f.end);
  if (page !== f.folio || f.at + HUGE_PAGES > f.end) return false;
  for (let i = 1; i < HUGE_PAGES; i++)
    if (pte_page(k, leaf_offset(k, mmOf(k, f), (f.at + i) as Vpn)) !== k.pages.nth(page, i)) return false;
  return true;
}

/** Goes to the next large folio of which only a part lies in [f.at, f.end); `folio` 0 when there is none. */
function find_part(k: Kernel, f: Part): void {
  const mm = mmOf(k, f);
  f.at = next_entry(k, mm, f.at, f.end);
  for (; f.at < f.end; f.at = next_entry(k, mm, after_entry(k, f.entry, f.at), f.end)) {
    f.entry = leaf_offset(k, mm, f.at);
    const page = isPresent(ptep_get(k, f.entry)) ? pte_page(k, f.entry) : (0 as PageRow);
    f.folio = k.pages.folio(page);
    if (!k.pages.has(f.folio, Pg.Head) || k.pages.has(f.folio, Pg.HugeTlb)) continue;
    if (!is_whole(k, f, page) && !folio_likely_mapped_shared(k, f.folio)) return;
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
        if (f.ret !== 0) f.at = after_entry(k, leaf_offset(k, mmOf(k, f), f.at), f.at);
        find_part(k, f);
      }),
    ]),
    r.step('the splitting is over', (k, f) => migration_free(k, f.migration)),
  ],
});
