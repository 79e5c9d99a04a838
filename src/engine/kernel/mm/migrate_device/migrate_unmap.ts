/**
 * Between collect and the driver's copy: collected pages leave the LRU and every other page table (mm/migrate_device.c;
 * two steps, prepare and unmap, in mm/migrate.c of 4.14).
 */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MigrationRow, MmRow, PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { inlined, leaf } from '../../../routine/leaf';
import {
  Bool,
  type Builder,
  EntryT,
  MigrateEntryT,
  MigrationT,
  type Node,
  PageT,
  routine,
  VmaT,
  VpnT,
} from '../../../routine/routine';
import { MigratePfn } from '../../constants';
import { refuse } from '../../refusals';
import { remove_migration_pte, remove_migration_ptes } from '../migrate/migrate';
import { trylock_page, unlock_page } from '../mmap/mmap_lock';
import { pteLock, pteUnlock } from '../page_table_lock';
import { pte_offset } from '../pgtable';
import { try_to_migrate } from '../rmap/try_to_migrate';
import { lruAddDrain } from '../swap/lru_add_drain';
import { get_page, is_driver_page, put_page } from '../swap/page_ref';
import { folio_add_lru, lru_del } from '../swap/swap';
import { lru_add_drain_all } from '../swap/workqueue';
import {
  clear_migrate,
  forEachSlot,
  headOf,
  migrates,
  slot_place,
  srcPage,
  type WithMigration,
  type WithSlot,
} from './migrate_arrays';

/**
 * Somebody besides the mappings and this migration holds the page (migrate_vma_check_page). The one more that device
 * pages are allowed is left over from the time when their count began at 1.
 */
function migrate_vma_check_page(k: Kernel, { migration: m, slot, page }: Frame): boolean {
  if (k.profile.checkTrustsDevicePages && is_driver_page(k, page)) return true;
  const fault = k.migrations.faultPage.get(m) === page ? 1 : 0;
  const cache = k.holds.has(page, Hold.PageCache) || k.holds.has(page, Hold.SwapCache) ? 1 : 0;
  const extra = 1 + fault + (k.pages.pgmap(page) !== 0 ? 1 : 0) + cache;
  const found = k.pages.refcount.get(page);
  const wanted = k.pages.folioMapcount(page) + extra;
  if (found <= wanted) return true;
  const besides = fault === 0 ? EXPECTED : [...EXPECTED, Hold.Fault];
  refuse(k, 'foreign_reference', { at: slot_place(k, m, slot), page, found, wanted, besides });
  return false;
}

const check_page = leaf({
  name: 'migrate_vma_check_page',
  file: 'mm/migrate_device.c',
  about: 'Whether nobody holds the page but its mappings, this migration, and whoever is expected to.',
  params: { page: PageT, fault_page: PageT },
  lines: [
    'extra = 1 + (page == fault_page) + is_zone_device_page(page) + (folio_mapping(folio) != NULL)',
    'return folio_ref_count(folio) <= folio_mapcount(folio) + extra',
  ],
});

/** Says that a step checks `f.page`. */
const checksPage = inlined(check_page, (k: Kernel, { migration, page }: Frame) =>
  k.pages.mapcount.get(page) > 0
    ? undefined
    : { page, fault_page: k.migrations.faultPage.get(migration) as PageRow },
);

/** References that a page in migration may have besides its mappings. */
const EXPECTED = [Hold.Collect, Hold.Isolate, Hold.PageCache, Hold.SwapCache];

/** Nothing maps the page any more. */
function is_unmapped(k: Kernel, { migration, slot, page }: Frame): boolean {
  const found = k.pages.folioMapcount(page);
  if (found > 0) refuse(k, 'still_mapped', { at: slot_place(k, migration, slot), page, found });
  return found <= 0;
}

/** folio_isolate_lru: off the list, with a reference of its own; false for a page that is on no list. */
function isolate(k: Kernel, m: MigrationRow, page: PageRow): boolean {
  if (!k.pages.has(page, Pg.Lru)) return false;
  lru_del(k, page);
  get_page(k, page, Hold.Isolate, m);
  return true;
}

/** The page stays: back to the LRU (folio_putback_lru); the collect reference it still needs is taken again. */
function putback(k: Kernel, m: MigrationRow, page: PageRow): void {
  if (k.pages.pgmap(page) !== 0) return;
  get_page(k, page, Hold.Collect, m);
  folio_add_lru(k, page);
  k.holds.drop(page, Hold.Isolate, m);
}

/** Which of its references a source page has left when it is put back or finished. */
export function sourceHold(k: Kernel, page: PageRow): typeof Hold.Collect | typeof Hold.Isolate {
  return k.holds.has(page, Hold.Isolate) ? Hold.Isolate : Hold.Collect;
}

/** Unlocks a source page, unless the fault that migrates it holds the lock (6.15+). */
export function unlock_source(k: Kernel, m: MigrationRow, page: PageRow): void {
  if (k.profile.faultTrylocksPage && k.migrations.faultPage.get(m) === page) return;
  unlock_page(k, page);
}

/** Entries that still migrate, holes included. */
function countMigrating(k: Kernel, m: MigrationRow): number {
  let count = 0;
  for (const slot of k.slots.of(headOf(k, m))) if (migrates(k, slot)) count++;
  return count;
}

/** Takes a collected page off the LRU; 0 if it is on no list, even after every CPU has drained its batch. */
const isolate_page = routine({
  name: 'folio_isolate_lru',
  file: 'mm/vmscan.c',
  about: 'A page of system memory leaves its LRU list while it migrates. Device pages are on none.',
  params: { migration: MigrationT, page: PageT, drained: Bool },
  body: (r) => [
    r.when('(is_zone_device_page(page))', (k, f) => k.pages.pgmap(f.page) !== 0, [
      r.ret('return true', () => 1),
    ]),
    r.when(
      '(!folio_test_lru(folio) && allow_drain)',
      (k, f) => !k.pages.has(f.page, Pg.Lru) && f.drained === 0,
      [r.yield('Y6'), r.call('lru_add_drain_all(): every CPU, once a call', lru_add_drain_all, () => {})],
    ),
    r.when('(!folio_test_clear_lru(folio))', (k, f) => !isolate(k, f.migration, f.page), [
      r.ret('return false', () => 0),
    ]),
    r.call('put_page(page): the collect reference', put_page, (_, f, callee) => {
      callee.page = f.page;
      callee.hold = Hold.Collect;
      callee.who = f.migration;
    }),
    r.ret('return true', () => 1),
  ],
});

type Frame = WithSlot & { page: PageRow; drained: number; isolated: number };

/** Isolates `f.page`; `f.isolated` says whether it worked. */
function isolateStep(r: Builder<Frame>): Node<Frame> {
  return r.call(
    'isolated = folio_isolate_lru(page)',
    isolate_page,
    (k, f, callee) => {
      callee.migration = f.migration;
      callee.page = f.page;
      callee.drained = f.drained;
      if (!k.pages.has(f.page, Pg.Lru) && k.pages.pgmap(f.page) === 0) f.drained = 1;
    },
    (_, f, value) => {
      f.isolated = value;
    },
  );
}

/** An isolated page that does not move. */
const stays = (r: Builder<Frame>): Node<Frame> =>
  r.step('folio_putback_lru(folio); src[i] &= ~MIGRATE_PFN_MIGRATE', (k, f) => {
    putback(k, f.migration, f.page);
    clear_migrate(k, f.slot);
  });

/** Takes `f.page` out of the page tables that still map it, and checks that nobody else holds it. */
function unmapSteps(r: Builder<Frame>): Node<Frame>[] {
  return [
    r.when('(folio_mapped(folio))', (k, f) => k.pages.folioMapcount(f.page) > 0, [
      r.call('try_to_migrate(page)', try_to_migrate, (_, f, callee) => {
        callee.page = f.page;
      }),
    ]),
    r.inlines(
      [checksPage],
      r.when(
        '(folio_mapped(folio) || !migrate_vma_check_page(page, fault_page))',
        (k, f) => !is_unmapped(k, f) || !migrate_vma_check_page(k, f),
        [stays(r)],
      ),
    ),
  ];
}

interface Restoring {
  readonly migration: MigrationRow;
  readonly slot: SlotRow;
  readonly page: PageRow;
  vma: VmaRow;
  vpn: Vpn;
  entry: EntryRow;
}

const restoreWherever = <F extends Restoring>(r: Builder<F>): Node<F> =>
  r.call('remove_migration_ptes(page, page)', remove_migration_ptes, (_, f, callee) => {
    callee.from = f.page;
    callee.to = f.page;
  });

/** Prepare comes before the reverse map is walked: the one entry that collect took away is put back. */
const restoreHere = <F extends Restoring>(r: Builder<F>): Node<F>[] => [
  r.step('find its entry in this VMA', (k, f) => {
    f.vma = k.migrations.vma.get(f.migration) as VmaRow;
    f.vpn = k.slots.vpn.get(f.slot) as Vpn;
    f.entry = pte_offset(k, k.mm.mm.get(f.vma) as MmRow, f.vpn);
  }),
  pteLock(r),
  r.step('remove_migration_pte(page, vma, addr, page)', (k, f) => remove_migration_pte(k, f.page, f.page, f)),
  pteUnlock(r),
];

/** Pages whose MIGRATE bit was cleared get their entries back, are unlocked and dropped. */
const restore_unmigrated = routine({
  name: 'migrate_device_restore',
  file: 'mm/migrate_device.c',
  about: 'Pages that do not move get their entries back and are unlocked.',
  params: { migration: MigrationT, inPlace: Bool },
  locals: { slot: MigrateEntryT, page: PageT, vma: VmaT, vpn: VpnT, entry: EntryT },
  body: (r) => [
    ...forEachSlot(r, 'restore what stays', [
      r.when(
        '(page && !(src[i] & MIGRATE_PFN_MIGRATE))',
        (k, f) => srcPage(k, f.slot) !== 0 && !migrates(k, f.slot),
        [
          r.step('page = migrate_pfn_to_page(src[i]); src[i] = 0', (k, f) => {
            f.page = srcPage(k, f.slot);
            k.slots.srcFlags.set(f.slot, 0);
            k.slots.srcPage.set(f.slot, 0);
          }),
          r.only(
            (profile) => profile.splitMigrateApi,
            [restoreWherever(r)],
            [
              r.when('only its own entry was taken away', (_, f) => f.inPlace !== 0, restoreHere(r), [
                restoreWherever(r),
              ]),
            ],
          ),
          // Mapped again, and still locked and referenced.
          r.yield('Y9'),
          r.step('unlock_page(page)', (k, f) => unlock_source(k, f.migration, f.page)),
          r.call('put_page(page)', put_page, (k, f, callee) => {
            callee.page = f.page;
            callee.hold = sourceHold(k, f.page);
            callee.who = f.migration;
          }),
        ],
      ),
    ]),
    r.step('cpages = what still migrates, holes included', (k, f) => {
      k.migrations.cpages.set(f.migration, countMigrating(k, f.migration));
    }),
  ],
});

const passMigration = (_: Kernel, f: WithMigration, callee: WithMigration): void => {
  callee.migration = f.migration;
};
const frameLocals = { slot: MigrateEntryT, page: PageT, drained: Bool, isolated: Bool } as const;
const thePage = (k: Kernel, f: Frame): void => {
  f.page = migrates(k, f.slot) ? srcPage(k, f.slot) : (0 as PageRow);
};

function not_isolated(k: Kernel, { migration, slot, page }: Frame): void {
  refuse(k, 'not_on_lru', { at: slot_place(k, migration, slot), page, besides: EXPECTED });
  clear_migrate(k, slot);
}

/** 5.4 and later: isolate and unmap in one go; cpages is then what still migrates. */
export const migrate_device_unmap = routine({
  name: 'migrate_device_unmap',
  file: 'mm/migrate_device.c',
  about:
    'Take the collected pages off the LRU and out of every other page table; put back what somebody else holds.',
  aliases: [{ name: 'migrate_vma_unmap', isIn: (profile) => profile.splitMigrateApi }],
  params: { migration: MigrationT },
  locals: frameLocals,
  body: (r) => [
    r.yield('Y6'),
    lruAddDrain(r),
    ...forEachSlot(r, 'isolate and unmap each page', [
      r.step('page = migrate_pfn_to_page(src[i])', thePage),
      r.when('(page)', (_, f) => f.page !== 0, [
        isolateStep(r),
        r.when('(isolated)', (_, f) => f.isolated !== 0, unmapSteps(r), [
          r.step('src[i] &= ~MIGRATE_PFN_MIGRATE: it stays', not_isolated),
        ]),
      ]),
    ]),
    r.call('restore what stays', restore_unmigrated, passMigration),
  ],
});

/** A page that collect could not lock and prepare can't either is left alone: its entry was never touched. */
function give_up(k: Kernel, slot: SlotRow): void {
  k.slots.srcFlags.set(slot, 0);
  k.slots.srcPage.set(slot, 0);
}

/** 4.14: locks what collect could not lock, and isolates. */
export const migrate_vma_prepare = routine({
  name: 'migrate_vma_prepare',
  file: 'mm/migrate.c',
  about:
    'Lock the pages that are not locked yet, take them off the LRU; best effort, so that two migrations never wait for each other.',
  params: { migration: MigrationT },
  locals: frameLocals,
  body: (r) => [
    r.yield('Y6'),
    lruAddDrain(r),
    ...forEachSlot(r, 'lock and isolate each page', [
      r.step('page = migrate_pfn_to_page(src[i])', thePage),
      r.when('(page)', (_, f) => f.page !== 0, [
        r.when(
          '(!(src[i] & MIGRATE_PFN_LOCKED) && !trylock_page(page))',
          (k, f) => (k.slots.srcFlags.get(f.slot) & MigratePfn.Locked) === 0 && !trylock_page(k, f.page),
          [
            r.step('src[i] = 0', (k, f) => {
              refuse(k, 'locked', { at: slot_place(k, f.migration, f.slot), page: f.page, lock: true });
              give_up(k, f.slot);
            }),
            r.call('put_page(page)', put_page, (_, f, callee) => {
              callee.page = f.page;
              callee.hold = Hold.Collect;
              callee.who = f.migration;
            }),
          ],
          [
            isolateStep(r),
            r.when('(!isolated)', (_, f) => f.isolated === 0, [
              r.step('src[i] &= ~MIGRATE_PFN_MIGRATE: it stays', not_isolated),
            ]),
            r.inlines(
              [
                inlined(check_page, (k, { isolated, migration, page }) =>
                  isolated === 0
                    ? undefined
                    : { page, fault_page: k.migrations.faultPage.get(migration) as PageRow },
                ),
              ],
              r.when(
                '(isolated && !migrate_vma_check_page(page))',
                (k, f) => f.isolated !== 0 && !migrate_vma_check_page(k, f),
                [stays(r)],
              ),
            ),
          ],
        ),
      ]),
    ]),
    r.call('restore what stays', restore_unmigrated, (k, f, callee) => {
      passMigration(k, f, callee);
      callee.inPlace = 1;
    }),
  ],
});

/** 4.14: out of every page table that still maps the pages. */
export const migrate_vma_unmap = routine({
  name: 'migrate_vma_unmap',
  file: 'mm/migrate.c',
  about: 'Replace every mapping that is left by a migration entry; put back what somebody else holds.',
  params: { migration: MigrationT },
  locals: frameLocals,
  body: (r) => [
    ...forEachSlot(r, 'unmap each page', [
      r.step('page = migrate_pfn_to_page(src[i])', thePage),
      r.when('(page)', (_, f) => f.page !== 0, unmapSteps(r)),
    ]),
    r.call('restore what stays', restore_unmigrated, passMigration),
  ],
});
