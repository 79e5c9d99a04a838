/**
 * Moving pages of system memory to other frames, wherever they are mapped (migrate_pages of mm/migrate.c). A list of what
 * is to move is a migration without a range: its src array holds the folios that have not moved yet.
 */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MigrationRow, NodeRow, PageRow, SlotRow, Vpn } from '../../../machine/ids';
import { MAPPING_FILE, Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { Bool, ErrnoT, Int, MigrateEntryT, MigrationT, PageT, routine } from '../../../routine/routine';
import { Errno } from '../../constants';
import { split_folio } from '../huge_memory/split_huge_page';
import { migration_free } from '../migrate_device/migrate_arrays';
import { lockPage, trylock_page, unlock_page } from '../mmap/mmap_lock';
import { alloc_page } from '../page_alloc/page_alloc';
import { try_to_migrate } from '../rmap/try_to_migrate';
import { get_page, put_page, rename_hold } from '../swap/page_ref';
import { folio_add_lru, lru_del } from '../swap/swap';
import { swap_slot_of } from '../swapfile/swap_state';
import { folio_migrate, remove_migration_ptes } from './migrate';

/** How often a page that somebody else holds is tried (NR_MAX_MIGRATE_SYNC_RETRY). */
const MOST_TRIES = 10;

/** An empty list. */
export function movable_folios(k: Kernel): MigrationRow {
  const m = k.migrations.table.alloc() as MigrationRow;
  k.migrations.task.set(m, k.task);
  return m;
}

/** `isolated`: it has left its LRU list. */
function append_folio(k: Kernel, m: MigrationRow, folio: PageRow, isolated: boolean): void {
  const slot = k.slots.table.alloc() as SlotRow;
  k.slots.srcFlags.set(slot, 0);
  k.slots.dstFlags.set(slot, isolated ? 1 : 0);
  k.slots.srcPage.set(slot, folio);
  k.slots.next.set(slot, k.migrations.head.get(m));
  k.migrations.head.set(m, slot);
}

/**
 * Puts a folio on the list: off its LRU list, with a reference of its own. A large one stays on the LRU, as it has to be split
 * first. One that is on no LRU list stays away.
 */
export function isolate_for_migration(k: Kernel, m: MigrationRow, folio: PageRow): void {
  const large = k.pages.has(folio, Pg.Head);
  if (!large) {
    if (!k.pages.has(folio, Pg.Lru)) return;
    lru_del(k, folio);
    k.zones.isolatedAnon.add(k.pages.zone(folio), 1);
  }
  get_page(k, folio, Hold.ToMove, m);
  append_folio(k, m, folio, !large);
}

/** The new frame takes the old one's place in the swap cache. */
function replace_in_swap_cache(k: Kernel, from: PageRow, to: PageRow): void {
  const slot = swap_slot_of(k, from);
  if (slot === 0) return;
  get_page(k, to, Hold.SwapCache, slot);
  k.pages.setFlag(to, Pg.SwapCache);
  k.swap.slotCached.set(slot, to);
  k.pages.clearFlag(from, Pg.SwapCache);
  k.holds.drop(from, Hold.SwapCache, slot);
}

/** The new frame takes the old one's place in the page cache of its file. */
function replace_in_page_cache(k: Kernel, from: PageRow, to: PageRow): void {
  const { pages, zones, files } = k;
  const mapping = pages.mapping.get(from);
  if ((mapping & MAPPING_FILE) === 0) return;
  const file = mapping >> 2;
  get_page(k, to, Hold.PageCache, file);
  const cache = files.cache.get(file) as NodeRow;
  const entry = k.tables.find(cache, pages.index.get(from) as Vpn, 0) as EntryRow;
  k.tables.set(entry, k.tables.lo.get(entry), to);
  pages.mapping.set(from, 0);
  k.holds.drop(from, Hold.PageCache, file);
  for (const [page, change] of [
    [from, -1],
    [to, 1],
  ] as const) {
    zones.filePages.add(pages.zone(page), change);
    if (files.shmem.get(file) !== 0) zones.shmem.add(pages.zone(page), change);
  }
}

/** Moves the page's identity and contents if nobody else holds it (migrate_folio). */
function migrate_folio(k: Kernel, from: PageRow, to: PageRow): boolean {
  if (k.pages.mapcount.get(from) > 0 || !folio_migrate(k, from, to, 0)) return false;
  replace_in_swap_cache(k, from, to);
  replace_in_page_cache(k, from, to);
  k.contents.copy(from, to);
  folio_add_lru(k, to);
  return true;
}

/** Moves one isolated and locked page, which is unlocked afterwards. Returns 0, -EAGAIN if somebody holds it, -ENOMEM. */
const unmap_and_move = routine({
  name: 'migrate_folio_unmap',
  file: 'mm/migrate.c',
  about: 'A new frame for the page; migration entries wherever it is mapped; then entries for the new frame.',
  aliases: ['migrate_folio_move', 'unmap_and_move'],
  params: { from: PageT, migration: MigrationT },
  locals: { to: PageT, moved: Bool, tries: Int },
  body: (r) => [
    r.step('dst = alloc_migration_target(src); folio_lock(dst)', (k, f) => {
      rename_hold(k, f.from, Hold.ToMove, Hold.Isolate, f.migration);
      f.to = alloc_page(k);
      if (f.to !== 0) trylock_page(k, f.to);
    }),
    r.when('(!dst)', (_, f) => f.to === 0, [
      r.ret('folio_unlock(src); return -ENOMEM', (k, f) => {
        rename_hold(k, f.from, Hold.Isolate, Hold.ToMove, f.migration);
        unlock_page(k, f.from);
        return -Errno.ENOMEM;
      }),
    ]),
    r.loop('(pass < nr_pass && retry)', (_, f) => f.moved === 0 && f.tries < MOST_TRIES, [
      r.call('try_to_migrate(src)', try_to_migrate, (_, f, callee) => {
        callee.page = f.from;
      }),
      r.step('migrate_folio(dst, src): if nobody else holds it', (k, f) => {
        f.moved = migrate_folio(k, f.from, f.to) ? 1 : 0;
        f.tries++;
      }),
      r.call('remove_migration_ptes(src, dst, or src if it stays)', remove_migration_ptes, (_, f, callee) => {
        callee.from = f.from;
        callee.to = f.moved !== 0 ? f.to : f.from;
      }),
      r.yield('Y9'),
    ]),
    r.step('folio_unlock(dst); folio_unlock(src)', (k, f) => {
      rename_hold(k, f.from, Hold.Isolate, Hold.ToMove, f.migration);
      unlock_page(k, f.to);
      unlock_page(k, f.from);
    }),
    r.call('folio_put(dst)', put_page, (k, f, callee) => {
      callee.page = f.to;
      callee.hold = Hold.Alloc;
      callee.who = k.task;
    }),
    r.ret('return 0, or -EAGAIN', (_, f) => (f.moved !== 0 ? 0 : -Errno.EAGAIN)),
  ],
});

/** The folio at `f.slot` is done with: its reference goes. */
function passDone(
  k: Kernel,
  f: { slot: SlotRow; migration: MigrationRow; page: PageRow },
  callee: { page: PageRow; hold: number; who: number },
): void {
  if (k.slots.dstFlags.get(f.slot) !== 0) k.zones.isolatedAnon.add(k.pages.zone(f.page), -1);
  k.slots.srcPage.set(f.slot, 0);
  callee.page = f.page;
  callee.hold = Hold.ToMove;
  callee.who = f.migration;
}

/**
 * Moves the folios of a list to memory that is not in ZONE_MOVABLE. A large folio is split instead: its pages move when they
 * are asked for again. Returns how many could not be moved; they are on the list still.
 */
export const migrate_pages = routine({
  name: 'migrate_pages',
  file: 'mm/migrate.c',
  about: 'Move each page of the list to another frame, wherever it is mapped.',
  params: { migration: MigrationT },
  locals: { slot: MigrateEntryT, page: PageT, ret: ErrnoT, failed: Int },
  body: (r) => [
    r.step('begin with the first folio', (k, f) => {
      f.slot = k.migrations.head.get(f.migration) as SlotRow;
    }),
    r.loop('a folio is left', (_, f) => f.slot !== 0, [
      r.step('folio = the next one of the list', (k, f) => {
        f.page = k.slots.srcPage.get(f.slot) as PageRow;
      }),
      lockPage(r, (_, f) => f.page),
      r.when(
        '(folio_test_large(folio))',
        (k, f) => k.pages.has(f.page, Pg.Head),
        [
          r.call(
            'ret = try_split_folio(folio)',
            split_folio,
            (k, f, callee) => {
              rename_hold(k, f.page, Hold.ToMove, Hold.Collect, f.migration);
              callee.folio = f.page;
              callee.migration = f.migration;
            },
            (_, f, value) => {
              f.ret = value;
            },
          ),
          r.step('folio_unlock(folio)', (k, f) => {
            rename_hold(k, f.page, Hold.Collect, Hold.ToMove, f.migration);
            unlock_page(k, f.page);
          }),
        ],
        [
          r.call(
            'ret = migrate_folio_unmap(src), migrate_folio_move(src)',
            unmap_and_move,
            (_, f, callee) => {
              callee.from = f.page;
              callee.migration = f.migration;
            },
            (_, f, value) => {
              f.ret = value;
            },
          ),
        ],
      ),
      r.when(
        '(!ret)',
        (_, f) => f.ret === 0,
        [r.call('folio_put(src)', put_page, passDone)],
        [
          r.step('it stays on the list', (_, f) => {
            f.failed++;
          }),
        ],
      ),
      r.step('go on to the next one', (k, f) => {
        f.slot = k.slots.next.get(f.slot) as SlotRow;
      }),
    ]),
    r.ret('return nr_failed', (_, f) => f.failed),
  ],
});

/** What is left on the list goes back to the LRU; the list is gone. */
export const putback_movable_pages = routine({
  name: 'putback_movable_pages',
  file: 'mm/migrate.c',
  about: 'Pages that could not move go back to the LRU.',
  params: { migration: MigrationT },
  locals: { slot: MigrateEntryT, page: PageT },
  body: (r) => [
    r.step('begin with the first folio', (k, f) => {
      f.slot = k.migrations.head.get(f.migration) as SlotRow;
    }),
    r.loop('a folio is left', (_, f) => f.slot !== 0, [
      r.when('it has not moved', (k, f) => k.slots.srcPage.get(f.slot) !== 0, [
        r.step('folio_putback_lru(folio)', (k, f) => {
          f.page = k.slots.srcPage.get(f.slot) as PageRow;
          if (k.slots.dstFlags.get(f.slot) !== 0) folio_add_lru(k, f.page);
        }),
        r.call('folio_put(folio)', put_page, passDone),
      ]),
      r.step('go on to the next one', (k, f) => {
        f.slot = k.slots.next.get(f.slot) as SlotRow;
      }),
    ]),
    r.ret('return', (k, f) => {
      migration_free(k, f.migration);
      return 0;
    }),
  ],
});
