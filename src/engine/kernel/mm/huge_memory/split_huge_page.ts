/** Splits a folio of 512 pages into pages of their own (split_huge_page_to_list_to_order, mm/huge_memory.c). */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, MigrationRow, MmRow, PageRow } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { PTE_SPECIAL, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, ErrnoT, Int, MigrationT, type Node, PageT, routine } from '../../../routine/routine';
import { Errno } from '../../constants';
import { remove_migration_pte } from '../migrate/migrate';
import { lock_tail, unlock_page } from '../mmap/mmap_lock';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { protnone, set_pte } from '../pgtable';
import { type Mapping, migration_entry, mm_counter_add, rmap_walk } from '../rmap/rmap';
import { try_to_migrate } from '../rmap/try_to_migrate';
import { list_add_beside } from '../swap/lru_list';
import { folio_put_final, is_device_private, put_page, put_page_testzero } from '../swap/page_ref';

/** Somebody besides the mappings and the caller holds the folio (can_split_folio). */
function can_split(k: Kernel, folio: PageRow): boolean {
  return k.pages.folioMapcount(folio) === k.pages.refcount.get(folio) - 1;
}

/** Flags that every page takes over from the folio. */
const INHERITED =
  Pg.Uptodate |
  Pg.Reserved |
  Pg.SwapBacked |
  Pg.Dirty |
  Pg.Referenced |
  Pg.Active |
  Pg.Unevictable |
  Pg.Lru |
  Pg.Locked;

/** Nothing maps the folio: each page becomes a page of its own, with one reference, the splitter's (__split_huge_page). */
function split_pages(k: Kernel, folio: PageRow, m: MigrationRow): void {
  const { pages } = k;
  const mapping = pages.mapping.get(folio);
  const index = pages.index.get(folio);
  const flags = pages.flags.get(folio) & INHERITED;
  for (let i = 1; i < HUGE_PAGES; i++) {
    const tail = pages.nth(folio, i);
    pages.flags.set(tail, flags);
    pages.link.set(tail, 0);
    pages.mapping.set(tail, mapping);
    pages.index.set(tail, index + i);
    lock_tail(k, tail, folio);
    k.holds.first(tail, Hold.Collect, m);
  }
  pages.clearFlag(folio, Pg.Head);
  pages.order.set(folio, 0);
  if ((flags & (Pg.Lru | Pg.Unevictable)) !== Pg.Lru) return;
  for (let i = HUGE_PAGES - 1; i > 0; i--) list_add_beside(k, pages.nth(folio, i), folio);
}

/** A page of zeroes is not needed: the shared zero page takes its place (try_to_map_unused_to_zeropage). */
function map_zero_page(k: Kernel, page: PageRow, entry: EntryRow, at: Mapping): void {
  set_pte(k, entry, Pte.Present | PTE_SPECIAL | PTE_YOUNG | protnone(k, at.vma), k.zeroPage);
  mm_counter_add(k, k.mm.mm.get(at.vma) as MmRow, page, -1);
}

function is_unused(k: Kernel, page: PageRow, at: Mapping): boolean {
  return (
    k.profile.splitMapsZeroPages &&
    !k.pages.has(page, Pg.Head | Pg.Tail) &&
    k.pages.pgmap(page) === 0 &&
    !k.mm.has(at.vma, Vm.Locked) &&
    k.contents.digest(page) === 0
  );
}

/** Wherever page `n` was mapped it is mapped again; false if only the shared zero page took its place. */
function remap_page(k: Kernel, page: PageRow): void {
  for (const at of rmap_walk(k, page)) {
    const entry = migration_entry(k, page, at);
    if (entry !== 0 && is_unused(k, page, at)) map_zero_page(k, page, entry, at);
    else remove_migration_pte(k, page, page, at);
  }
}

/** Whether it can't be split; the event of the attempt begins. */
function cannot_split(k: Kernel, folio: PageRow): boolean {
  k.emit('split_folio', folio, ...countsOf(k, folio));
  return !can_split(k, folio);
}

function countsOf(k: Kernel, folio: PageRow): [refcount: number, mapcount: number, locked: number] {
  const { pages } = k;
  return [pages.refcount.get(folio), pages.folioMapcount(folio), pages.has(folio, Pg.Locked) ? 1 : 0];
}

function split_done(k: Kernel, ret: number): number {
  k.leave('split_folio', ret);
  return ret;
}

/** The driver of a device folio that has become single pages hears of it, before anybody can reach them. */
function folioSplit<F>(r: Builder<F>, folio: (f: F) => PageRow): Node<F> {
  return r.only(
    (profile) => profile.collectsHuge,
    [
      r.when('(folio_is_device_private(folio))', (k, f) => is_device_private(k, folio(f)), [
        r.callback(
          'pgmap->ops->folio_split(folio, new_folio), for each of them, and for the first page at the end',
          'folio_split',
          (k, f) => k.devices.driver.get(k.devices.pgmapDevice.get(k.pages.pgmap(folio(f)))),
          (_, f, callee) => {
            callee.folio = folio(f);
          },
        ),
      ]),
    ],
  );
}

/**
 * Returns 0, or -EAGAIN if somebody besides the migration holds the folio, which then stays whole. Its mappings are
 * migration entries; whoever asked for the split deals with them.
 */
export const folio_split_unmapped = routine({
  name: 'folio_split_unmapped',
  file: 'mm/huge_memory.c',
  about: 'Make single pages of a folio in migration: nothing maps it, and nothing is mapped again.',
  params: { folio: PageT, migration: MigrationT },
  body: (r) => [
    r.step('folio_expected_ref_count(folio)', (k, f) => {
      k.emit('folio_split_unmapped', f.folio, ...countsOf(k, f.folio));
    }),
    r.when(
      '(folio_ref_count(folio) != folio_expected_ref_count(folio) + 1)',
      (k, f) => k.pages.refcount.get(f.folio) !== 1,
      [
        r.ret('return -EAGAIN', (k) => {
          k.leave('folio_split_unmapped', -Errno.EAGAIN);
          return -Errno.EAGAIN;
        }),
      ],
    ),
    r.step('__folio_freeze_and_split_unmapped(): every page gets its own flags, mapping and count', (k, f) =>
      split_pages(k, f.folio, f.migration),
    ),
    folioSplit(r, (f) => f.folio),
    r.ret('return 0', (k) => {
      k.leave('folio_split_unmapped', 0);
      return 0;
    }),
  ],
});

interface Putting {
  i: number;
  page: PageRow;
  readonly folio: PageRow;
  readonly migration: MigrationRow;
}

/** The splitter lets go of every page but the first one: those that nothing maps are free. */
function putSplitPages<F extends Putting>(r: Builder<F>): Node<F>[] {
  const inSystem = r.step('folio_unlock(new_folio); free_page_and_swap_cache(subpage)', (k, f: F) => {
    put_split_page(k, k.pages.nth(f.folio, f.i), f.migration);
    f.i++;
  });
  return [
    r.loop('(i < nr)', (_, f) => f.i < HUGE_PAGES, [
      r.only(
        (profile) => profile.collectsHuge,
        [
          r.when(
            '(folio_is_device_private(folio))',
            (k, f) => k.pages.pgmap(f.folio) !== 0,
            [
              r.step('folio_unlock(new_folio)', (k, f) => {
                f.page = k.pages.nth(f.folio, f.i);
                f.i++;
                unlock_page(k, f.page);
              }),
              r.call('folio_put(new_folio)', put_page, (_, f, callee) => {
                callee.page = f.page;
                callee.hold = Hold.Collect;
                callee.who = f.migration;
              }),
            ],
            [inSystem],
          ),
        ],
        [inSystem],
      ),
    ]),
  ];
}

/** The splitter's reference of a page that is its own now; with the last one the page is free. */
function put_split_page(k: Kernel, page: PageRow, m: MigrationRow): void {
  unlock_page(k, page);
  if (put_page_testzero(k, page, Hold.Collect, m)) folio_put_final(k, page);
}

/**
 * Returns 0, or -EAGAIN if somebody else holds the folio, which stays whole then. The caller has locked it and holds one
 * reference, in the name of the migration.
 */
export const split_folio = routine({
  name: 'split_huge_page_to_list_to_order',
  file: 'mm/huge_memory.c',
  about: 'Unmap the folio everywhere, make 512 pages of it, and map them again one by one.',
  aliases: ['split_folio', 'split_huge_page'],
  params: { folio: PageT, migration: MigrationT },
  locals: { i: Int, page: PageT, ret: ErrnoT },
  body: (r) => [
    r.when(
      '(!can_split_folio(folio, 1, &extra_pins)): somebody else holds the folio',
      (k, f) => cannot_split(k, f.folio),
      [r.ret('return -EAGAIN', (k) => split_done(k, -Errno.EAGAIN))],
    ),
    r.call('unmap_folio(folio): try_to_migrate, splitting huge entries', try_to_migrate, (_, f, callee) => {
      callee.page = f.folio;
      callee.split = 1;
    }),
    r.when(
      '(folio_ref_freeze(folio, 1 + extra_pins)): nothing maps it any more, and nobody else holds it',
      (k, f) => k.pages.folioMapcount(f.folio) === 0 && k.pages.refcount.get(f.folio) === 1,
      [
        r.step('__split_huge_page(): give every page its own flags, mapping and count', (k, f) =>
          split_pages(k, f.folio, f.migration),
        ),
        folioSplit(r, (f) => f.folio),
        r.loop('(i < nr): remap_page()', (_, f) => f.i < HUGE_PAGES, [
          r.step('set entries for it; where it is all zeroes, for the shared zero page', (k, f) => {
            remap_page(k, k.pages.nth(f.folio, f.i));
            f.i++;
          }),
        ]),
        r.yield('Y9'),
        r.step('i = 1: the first page is the caller’s', (_, f) => {
          f.i = 1;
        }),
        ...putSplitPages(r),
        r.ret('return 0', (k) => split_done(k, 0)),
      ],
    ),
    r.loop('(i < nr): remap_page(), as it stays whole', (_, f) => f.i < HUGE_PAGES, [
      r.step('set its entries again', (k, f) => {
        remap_page(k, k.pages.nth(f.folio, f.i));
        f.i++;
      }),
    ]),
    r.yield('Y9'),
    r.ret('return -EAGAIN', (k) => split_done(k, -Errno.EAGAIN)),
  ],
});

interface Split {
  folio: PageRow;
  migration: MigrationRow;
  ret: number;
}

/** Splits the folio that the frame has locked and lets go of its lock; `ret` is what came of it. */
export function splitAndUnlock<F extends Split>(r: Builder<F>, name: 'ret' | 'err'): Node<F>[] {
  return [
    r.call(
      `${name} = split_folio(folio)`,
      split_folio,
      (_, f, callee) => {
        callee.folio = f.folio;
        callee.migration = f.migration;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.step('folio_unlock(folio)', (k, f) => unlock_page(k, f.folio)),
  ];
}
