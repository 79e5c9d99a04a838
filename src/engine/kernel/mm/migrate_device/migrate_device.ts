/**
 * Migration of a range of an address space to or from a device (mm/migrate_device.c): setup (collect, unmap), the
 * driver's copy, pages, finalize. Every page moves or stays on its own; there is no error but a cleared bit.
 */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { MigrationRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { inlined, leaf } from '../../../routine/leaf';
import {
  Bool,
  type Builder,
  ErrnoT,
  MigrateEntryT,
  MigrationT,
  type Node,
  PageT,
  routine,
  VpnT,
} from '../../../routine/routine';
import { Errno } from '../../constants';
import { type Rule, refuse } from '../../refusals';
import { folio_migrate, movesMapping, refuse_identity, remove_migration_ptes } from '../migrate/migrate';
import { unlock_page } from '../mmap/mmap_lock';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { is_driver_page, put_page } from '../swap/page_ref';
import { folio_add_lru } from '../swap/swap';
import { folio_free_swap } from '../swapfile/swap_state';
import {
  clear_migrate,
  dstPage,
  forEachSlot,
  log_array,
  log_phase,
  migrates,
  notifierRange,
  slot_place,
  srcPage,
  type WithSlot,
} from './migrate_arrays';
import { migrate_vma_insert_page } from './migrate_insert';
import { migrate_vma_insert_huge_pmd_page } from './migrate_insert_huge';
import {
  fill_singly,
  is_compound,
  keep_compound,
  migrate_vma_split_unmapped_folio,
  takes_compound,
} from './migrate_split';
import { migrate_device_unmap, sourceHold, unlock_source } from './migrate_unmap';
import { migrate_vma_collect } from './migrate_vma_collect';

/** The range can't be migrated at all: no VMA, a special one, or not inside it. */
export function invalid_arguments(k: Kernel, m: MigrationRow): boolean {
  const vma = k.migrations.vma.get(m) as VmaRow;
  if (vma === 0 || k.mm.has(vma, Vm.HugeTlb | Vm.MixedMap)) return true;
  if (k.mm.device.get(vma) !== 0) return true;
  const start = k.migrations.start.get(m);
  const end = k.migrations.end.get(m);
  return start >= end || start < k.mm.start.get(vma) || end > k.mm.end.get(vma);
}

const SETUP = 'migrate_vma_setup';

/** Returns 0, or -EINVAL for a range that can't be migrated at all; then src and cpages say what may move. */
export const migrate_vma_setup = routine({
  name: SETUP,
  file: 'mm/migrate_device.c',
  about: 'Collect and unmap the pages of the range. Succeeds even when nothing can move.',
  params: { migration: MigrationT },
  locals: { ret: ErrnoT },
  body: (r) => [
    r.step('check the arguments', (k, f) => {
      log_phase(k, SETUP, f.migration);
      f.ret = invalid_arguments(k, f.migration) ? -Errno.EINVAL : 0;
      if (f.ret !== 0) refuse(k, 'bad_range', {});
    }),
    r.when('they are wrong', (_, f) => f.ret !== 0, [
      r.ret('return -EINVAL', (k, f) => {
        k.leave(SETUP, f.ret, 0);
        return f.ret;
      }),
    ]),
    r.call('migrate_vma_collect(args)', migrate_vma_collect, (_, f, callee) => {
      callee.migration = f.migration;
    }),
    r.when('(args->cpages)', (k, f) => k.migrations.cpages.get(f.migration) > 0, [
      r.call('migrate_vma_unmap(args)', migrate_device_unmap, (_, f, callee) => {
        callee.migration = f.migration;
      }),
    ]),
    r.ret('return 0', (k, f) => {
      log_array(k, f.migration, false);
      k.leave(SETUP, 0, k.migrations.cpages.get(f.migration));
      return 0;
    }),
  ],
});

/** A page in the swap cache has to leave it first; before 6.5 it was not even tried. */
function leaves_swap_cache(k: Kernel, page: PageRow): boolean {
  return !k.pages.has(page, Pg.SwapCache) || (k.profile.migrationFreesSwap && folio_free_swap(k, page));
}

/** The kind of page, and of what it would become, forbid the move (checks of __migrate_device_pages). */
function refused(k: Kernel, from: PageRow, to: PageRow): Rule | undefined {
  if (!is_driver_page(k, to)) return k.pages.pgmap(to) !== 0 ? 'wrong_target' : undefined;
  if (!k.pages.isAnon(from)) return 'file_page';
  return leaves_swap_cache(k, from) ? undefined : 'swap_cache';
}

const migrate_one = leaf({
  name: '__migrate_device_pages',
  file: 'mm/migrate_device.c',
  about: 'One element of the arrays: whether its page can become the one that the driver has given.',
  params: { migration: MigrationT, slot: MigrateEntryT },
  lines: [
    'if (!newpage)',
    '    src[i] &= ~MIGRATE_PFN_MIGRATE',
    'if (is_device_private_page(newpage) || is_device_coherent_page(newpage))',
    '    only an anonymous page that can leave the swap cache',
    'else if (is_zone_device_page(newpage))',
    '    src[i] &= ~MIGRATE_PFN_MIGRATE',
    'if (folio_migrate_mapping(mapping, newfolio, folio, extra_cnt))',
    '    src[i] &= ~MIGRATE_PFN_MIGRATE',
  ],
});

const migratesOne = inlined(migrate_one, (_: Kernel, { migration, slot }: WithSlot) => ({ migration, slot }));

/** Says that a step moves the identity of the page of `f.slot`, where the kinds of page allow it. */
const migratesMapping = movesMapping((k, { migration, slot }: WithSlot) => {
  const from = srcPage(k, slot);
  const to = dstPage(k, slot);
  const swapped = k.pages.has(from, Pg.SwapCache) && !k.profile.migrationFreesSwap;
  const forbidden = is_driver_page(k, to) ? !k.pages.isAnon(from) || swapped : k.pages.pgmap(to) !== 0;
  return forbidden ? undefined : { from, to, extra: extraOf(k, migration, from) };
});

/** The driver left dst empty. */
function no_destination(k: Kernel, { migration, slot }: WithSlot): void {
  if (migrates(k, slot)) {
    refuse(k, 'no_destination', { at: slot_place(k, migration, slot), page: srcPage(k, slot) });
  }
  clear_migrate(k, slot);
}

const passSlot = (_: Kernel, f: WithSlot, callee: WithSlot): void => {
  callee.migration = f.migration;
  callee.slot = f.slot;
};

const insertPage = <F extends WithSlot>(r: Builder<F>): Node<F> =>
  r.call('migrate_vma_insert_page(migrate, addr, newpage, &src[i])', migrate_vma_insert_page, passSlot);

/** A hole of 2 MiB: filled at once where the driver has a huge page for it. */
const insertHuge = <F extends WithSlot>(r: Builder<F>): Node<F> =>
  r.when(
    '(src[i] & dst[i] & MIGRATE_PFN_COMPOUND)',
    (k, f) => is_compound(k, f.slot) && takes_compound(k, f.slot),
    [
      r.call(
        'migrate_vma_insert_huge_pmd_page(migrate, addr, newpage, &src[i], pmdp)',
        migrate_vma_insert_huge_pmd_page,
        passSlot,
      ),
    ],
    [
      r.when(
        '(src[i] & MIGRATE_PFN_COMPOUND): all 512 of them migrate, one by one',
        (k, f) => is_compound(k, f.slot),
        [r.step('src[i] &= ~MIGRATE_PFN_COMPOUND; src[i + j] |= MIGRATE_PFN_MIGRATE', fill_singly)],
      ),
      insertPage(r),
    ],
  );

interface Matching extends WithSlot {
  failed: number;
}

/** Source and destination must be of one size: a source is split, a destination is not. */
const matchSizes = <F extends Matching>(r: Builder<F>): Node<F> =>
  r.when(
    '((src[i] & MIGRATE_PFN_COMPOUND) && !(dst[i] & MIGRATE_PFN_COMPOUND))',
    (k, f) => is_compound(k, f.slot) && !takes_compound(k, f.slot),
    [
      r.step('migrate: the range, where there is one', (k, f) => {
        f.failed = k.migrations.vma.get(f.migration) === 0 ? 1 : 0;
      }),
      r.when('(migrate)', (_, f) => f.failed === 0, [
        r.call(
          'migrate_vma_split_unmapped_folio(migrate, i, addr, folio)',
          migrate_vma_split_unmapped_folio,
          passSlot,
          (_, f, value) => {
            f.failed = value === 0 ? 0 : 1;
          },
        ),
      ]),
      r.when('(!migrate || ret)', (_, f) => f.failed !== 0, [
        r.step('src[i] &= ~(MIGRATE_PFN_MIGRATE | MIGRATE_PFN_COMPOUND): it stays', keep_compound),
      ]),
    ],
    [
      r.when(
        '((dst[i] & MIGRATE_PFN_COMPOUND) && !(src[i] & MIGRATE_PFN_COMPOUND))',
        (k, f) => takes_compound(k, f.slot) && !is_compound(k, f.slot),
        [r.step('src[i] &= ~MIGRATE_PFN_MIGRATE: it stays', (k, f) => clear_migrate(k, f.slot))],
      ),
    ],
  );

const PAGES = 'migrate_vma_pages';

/** Moves the identity of each page; afterwards src's MIGRATE bits are the truth. */
export const migrate_vma_pages = routine({
  name: PAGES,
  file: 'mm/migrate_device.c',
  about:
    'Move mapping, flags and charge from each source to its destination; fill holes; drop what can not move.',
  aliases: ['migrate_device_pages'],
  params: { migration: MigrationT },
  locals: { slot: MigrateEntryT, notified: Bool, start: VpnT, failed: Bool },
  body: (r) => [
    r.yield('Y7'),
    r.step('read dst as the driver filled it', (k, f) => {
      if (k.migrations.vma.get(f.migration) !== 0) log_phase(k, PAGES, f.migration);
      else k.emit('migrate_device_pages', k.migrations.owner.get(f.migration), 0);
      log_array(k, f.migration, true);
    }),
    ...forEachSlot(r, 'each page', [
      r.when(
        '(!newpage)',
        (k, f) => dstPage(k, f.slot) === 0,
        [r.inlines([migratesOne], r.step('src[i] &= ~MIGRATE_PFN_MIGRATE: it stays', no_destination))],
        [
          r.when(
            '(!page): a hole, or the zero page',
            (k, f) => srcPage(k, f.slot) === 0,
            [
              r.when('(src[i] & MIGRATE_PFN_MIGRATE)', (k, f) => migrates(k, f.slot), [
                r.when('(!notified)', (_, f) => f.notified === 0, [
                  r.call(
                    'mmu_notifier_invalidate_range_start(MIGRATE, from here to the end)',
                    mmu_notifier_invalidate_range_start,
                    (k, f, callee) => {
                      f.notified = 1;
                      f.start = k.slots.vpn.get(f.slot) as Vpn;
                      notifierRange(k, f, callee);
                      callee.start = f.start;
                    },
                  ),
                ]),
                r.only((profile) => profile.collectsHuge, [insertHuge(r)], [insertPage(r)]),
              ]),
            ],
            [
              r.only((profile) => profile.collectsHuge, [matchSizes(r)]),
              r.inlines(
                [migratesOne, migratesMapping],
                r.when(
                  'the kinds of page forbid it, or folio_migrate_mapping finds a foreign reference',
                  (k, f) => migrates(k, f.slot) && !moveIdentity(k, f),
                  [r.step('src[i] &= ~MIGRATE_PFN_MIGRATE: it stays', (k, f) => clear_migrate(k, f.slot))],
                ),
              ),
            ],
          ),
        ],
      ),
    ]),
    r.when('(notified)', (_, f) => f.notified !== 0, [
      r.call(
        'mmu_notifier_invalidate_range_end(range)',
        mmu_notifier_invalidate_range_end,
        (k, f, callee) => {
          notifierRange(k, f, callee);
          callee.start = f.start;
        },
      ),
    ]),
    r.ret('return', (k, f) => {
      log_array(k, f.migration, false);
      k.leave(k.migrations.vma.get(f.migration) !== 0 ? PAGES : 'migrate_device_pages');
      return 0;
    }),
  ],
});

/** The fault that migrates a page holds it, too. */
const extraOf = (k: Kernel, m: MigrationRow, from: PageRow): number =>
  k.migrations.faultPage.get(m) === from ? 1 : 0;

function moveIdentity(k: Kernel, f: WithSlot): boolean {
  const from = srcPage(k, f.slot);
  const to = dstPage(k, f.slot);
  const rule = refused(k, from, to);
  if (rule !== undefined) {
    refuse(k, rule, { at: slot_place(k, f.migration, f.slot), page: from });
    return false;
  }
  const extra = extraOf(k, f.migration, from);
  if (folio_migrate(k, from, to, extra)) return true;
  refuse_identity(k, from, extra, slot_place(k, f.migration, f.slot));
  return false;
}

const FINALIZE = 'migrate_vma_finalize';

/** Replaces every migration entry, unlocks and drops both pages of each pair. */
export const migrate_vma_finalize = routine({
  name: FINALIZE,
  file: 'mm/migrate_device.c',
  about:
    'Wherever a source was mapped put its destination (or the source again), unlock both, drop the references.',
  aliases: ['migrate_device_finalize'],
  params: { migration: MigrationT },
  locals: { slot: MigrateEntryT, page: PageT, target: PageT },
  body: (r) => [
    r.yield('Y8'),
    r.step('note src and dst as they are now', (k, f) => {
      if (k.migrations.vma.get(f.migration) !== 0) log_phase(k, FINALIZE, f.migration);
      else k.emit('migrate_device_finalize', k.migrations.owner.get(f.migration), 0);
      log_array(k, f.migration, false);
      log_array(k, f.migration, true);
    }),
    ...forEachSlot(r, 'each page', [
      r.step('page = src[i]; newpage = dst[i]', (k, f) => {
        f.page = srcPage(k, f.slot);
        f.target = dstPage(k, f.slot);
      }),
      r.when(
        '(newpage && !(src[i] & MIGRATE_PFN_MIGRATE)): give the destination back',
        (k, f) => f.target !== 0 && (f.page === 0 || !migrates(k, f.slot)),
        [
          r.step('unlock_page(newpage)', (k, f) => unlock_page(k, f.target)),
          r.call('put_page(newpage)', put_page, (k, f, callee) => {
            callee.page = f.target;
            callee.hold = Hold.Alloc;
            callee.who = k.task;
          }),
          r.step('newpage = page', (_, f) => {
            f.target = 0 as PageRow;
          }),
        ],
      ),
      r.when('(page)', (_, f) => f.page !== 0, [
        r.step('folio_add_lru(dst), of system memory', (k, f) => {
          if (f.target === 0) f.target = f.page;
          if (k.pages.pgmap(f.target) === 0) folio_add_lru(k, f.target);
        }),
        r.yield('Y9'),
        r.call('remove_migration_ptes(page, newpage)', remove_migration_ptes, (_, f, callee) => {
          callee.from = f.page;
          callee.to = f.target;
        }),
        // The entries are there again, and what they lead to is still locked.
        r.yield('Y9'),
        r.step('unlock_page(page); a page that the fault locked is unlocked by the fault', (k, f) => {
          unlock_source(k, f.migration, f.page);
        }),
        r.call('put_page(page)', put_page, (k, f, callee) => {
          callee.page = f.page;
          callee.hold = sourceHold(k, f.page);
          callee.who = f.migration;
        }),
        r.when('(newpage != page)', (_, f) => f.target !== f.page, [
          r.yield('Y9'),
          r.step('unlock_page(newpage)', (k, f) => unlock_page(k, f.target)),
          r.call('put_page(newpage)', put_page, (k, f, callee) => {
            callee.page = f.target;
            callee.hold = Hold.Alloc;
            callee.who = k.task;
          }),
        ]),
      ]),
    ]),
    r.ret('return', (k, f) => {
      k.leave(k.migrations.vma.get(f.migration) !== 0 ? FINALIZE : 'migrate_device_finalize');
      return 0;
    }),
  ],
});
