/** The collect step of a migration (migrate_vma_collect, mm/migrate_device.c; mm/migrate.c in 4.14). */

import { type EntryRow, type MmRow, type PageRow, TASK_SIZE_PAGES, type Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  type Builder,
  EntryT,
  MigrateEntryT,
  MigrationT,
  type Node,
  PageT,
  routine,
  VpnT,
} from '../../../routine/routine';
import { flush_tlb_entry } from '../../arch/x86/mm/tlbflush';
import { is_huge_at } from '../huge_memory/huge_memory';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { pteLock, pteUnlock } from '../page_table_lock';
import { pte_table_end } from '../pagewalk';
import { pte_offset, pte_page } from '../pgtable';
import { has_no_ptes, migrate_vma_collect_huge_pmd } from './collect_huge';
import { forEachSlot, headOf, nextSlot, notifierRange, type WithSlot } from './migrate_arrays';
import { collectsEntry, maps_large_folio, migrate_vma_collect_entry } from './migrate_collect';
import { behind_table, collect_huge_pmd, migrate_vma_split_folio, skip_table } from './migrate_huge';

interface Collecting extends WithSlot {
  end: Vpn;
  entry: EntryRow;
  failed: number;
  done: number;
  faultFolio: PageRow;
}

const LAST_PAGE = TASK_SIZE_PAGES as Vpn;

const mmOf = (k: Kernel, f: WithSlot): MmRow => k.mm.mm.get(k.migrations.vma.get(f.migration)) as MmRow;

const at_huge_entry = (k: Kernel, f: WithSlot): boolean =>
  is_huge_at(k, mmOf(k, f), k.slots.vpn.get(f.slot) as Vpn);

/** The PTE of the slot's address, or 0 where there is no table for it. */
const entry_of = (k: Kernel, f: WithSlot): EntryRow =>
  pte_offset(k, mmOf(k, f), k.slots.vpn.get(f.slot) as Vpn);

/** Until 6.18: a huge entry is split first. */
const collectHugeEntry = <F extends Collecting>(r: Builder<F>): Node<F> =>
  r.when('(pmd_trans_huge(*pmdp))', at_huge_entry, [
    r.call(
      'split it; the folio too, if there is one',
      collect_huge_pmd,
      (k, f, callee) => {
        callee.migration = f.migration;
        callee.vpn = k.slots.vpn.get(f.slot) as Vpn;
      },
      (_, f, value) => {
        f.failed = value === 0 ? 0 : 1;
      },
    ),
    r.when('(ret): that failed, migrate_vma_collect_skip(addr, end)', (_, f) => f.failed !== 0, [
      r.step('src[i] = 0 for all of them', (k, f) => {
        f.slot = skip_table(k, f.slot);
      }),
    ]),
  ]);

/** From 6.19 on: where there is no table of PTEs, be it a huge entry or a hole. */
const collectWithoutPtes = <F extends Collecting>(r: Builder<F>): Node<F>[] => [
  r.step('pmd = *pmdp', (_, f) => {
    f.done = 0;
  }),
  r.when('(pmd_trans_huge(*pmdp) || !pmd_present(*pmdp))', has_no_ptes, [
    r.call(
      'migrate_vma_collect_huge_pmd(pmdp, start, end)',
      migrate_vma_collect_huge_pmd,
      (_, f, callee) => {
        callee.migration = f.migration;
        callee.slot = f.slot;
      },
      (_, f, value) => {
        f.done = value;
      },
    ),
  ]),
];

/** From 6.19 on a large folio that is mapped page by page is split, and the entry looked at again. */
const splitLarge = <F extends Collecting>(r: Builder<F>): Node<F> =>
  r.when('(folio_test_large(folio))', (k, f) => maps_large_folio(k, f.migration, entry_of(k, f)), [
    pteUnlock(r),
    r.call(
      'ret = migrate_vma_split_folio(folio, fault_page)',
      migrate_vma_split_folio,
      (k, f, callee) => {
        callee.migration = f.migration;
        callee.folio = k.pages.folio(pte_page(k, entry_of(k, f)));
      },
      (_, f, value) => {
        f.failed = value === 0 ? 0 : 1;
      },
    ),
    r.when('(ret): that failed, migrate_vma_collect_skip(addr, end)', (_, f) => f.failed !== 0, [
      r.step('src[i] = 0 for all that are left of the table', (k, f) => {
        f.slot = skip_table(k, f.slot);
      }),
    ]),
    pteLock(r),
  ]);

const collectOne = <F extends Collecting>(r: Builder<F>): Node<F>[] => [
  r.inlines(
    collectsEntry(),
    r.step('folio_get(); folio_trylock(); set_pte_at(migration entry); src[i] = migrate_pfn(pfn)', (k, f) => {
      migrate_vma_collect_entry(k, f.migration, f.slot, f.faultFolio);
    }),
  ),
  r.step('i++', (k, f) => {
    f.slot = nextSlot(k, f.slot);
  }),
];

/** The entries of one table of PTEs, under its lock. */
const collectTable = <F extends Collecting>(r: Builder<F>): Node<F>[] => [
  r.step('next = pmd_addr_end(addr, end)', (k, f) => {
    // fault_folio as it is now: where it is split later, the fault holds the lock of one of its pages only.
    f.faultFolio = k.pages.folio(k.migrations.faultPage.get(f.migration) as PageRow);
    f.end = f.slot === 0 ? (0 as Vpn) : pte_table_end(k.slots.vpn.get(f.slot) as Vpn, LAST_PAGE);
  }),
  r.step('ptep = pte_offset_map(pmdp, addr), if there is a table', (k, f) => {
    f.entry = f.slot === 0 ? (0 as EntryRow) : entry_of(k, f);
  }),
  r.when('(ptep)', (_, f) => f.entry !== 0, [pteLock(r)]),
  r.loop('(addr < next)', (k, f) => f.slot !== 0 && k.slots.vpn.get(f.slot) < f.end, [
    r.only(
      (profile) => profile.collectSplitsLarge,
      [
        r.step('pte = ptep_get(ptep)', (_, f) => {
          f.failed = 0;
        }),
        splitLarge(r),
        r.when('it is not skipped', (_, f) => f.failed === 0, collectOne(r)),
      ],
      collectOne(r),
    ),
  ]),
  r.when('(ptep)', (_, f) => f.entry !== 0, [pteUnlock(r)]),
];

/** Which entries of the range may move; each becomes a migration entry at once where the page can be locked. */
export const migrate_vma_collect = routine({
  name: 'migrate_vma_collect',
  file: 'mm/migrate_device.c',
  about: 'Tell the mirrors, then look at each entry under the page-table lock and take what may move.',
  params: { migration: MigrationT },
  locals: { slot: MigrateEntryT, end: VpnT, entry: EntryT, failed: Bool, done: Bool, faultFolio: PageT },
  body: (r) => [
    r.call(
      'mmu_notifier_invalidate_range_start(MIGRATE, owner)',
      mmu_notifier_invalidate_range_start,
      notifierRange,
    ),
    r.step('i = 0: look at the entry of each page', (k, f) => {
      f.slot = headOf(k, f.migration);
    }),
    r.loop('(addr < end): the next entry of the PMD table', (_, f) => f.slot !== 0, [
      r.only(
        (profile) => profile.collectsHuge,
        [
          ...collectWithoutPtes(r),
          r.when(
            'all of it is dealt with',
            (_, f) => f.done !== 0,
            [
              r.step('go on to the next entry of the PMD table', (k, f) => {
                f.slot = behind_table(k, f.slot);
              }),
            ],
            collectTable(r),
          ),
        ],
        [collectHugeEntry(r), ...collectTable(r)],
      ),
    ]),
    r.only(
      (profile) => !profile.flushUnderLock,
      [
        r.yield('Y5'),
        ...forEachSlot(r, 'flush_tlb_range: the page-table lock is not held any more', [
          r.step('flush the translation of this page on every CPU', (k, f) => {
            flush_tlb_entry(k, entry_of(k, f));
          }),
        ]),
      ],
    ),
    r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, notifierRange),
  ],
});
