/**
 * The test driver's part between the phases of a migration: where each page goes, with its contents copied there, and
 * what reached the device mapped there. A copy takes time: it is begun and, a yield later, over.
 */

import { MigratePfn, VmFault } from '../../kernel/constants';
import {
  dstPage,
  forEachSlot,
  log_array,
  migrates,
  slot_place,
  srcPage,
  type WithSlot,
} from '../../kernel/mm/migrate_device/migrate_arrays';
import { is_compound } from '../../kernel/mm/migrate_device/migrate_split';
import { trylock_page } from '../../kernel/mm/mmap/mmap_lock';
import { alloc_movable_page, allocatesPage } from '../../kernel/mm/page_alloc/page_alloc';
import { is_driver_page } from '../../kernel/mm/swap/page_ref';
import { type Rule, refuse } from '../../kernel/refusals';
import { Vm } from '../../machine/address-spaces';
import { Access } from '../../machine/devices';
import type { DeviceRow, MigrationRow, PageRow, SlotRow, VmaRow, Vpn } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import { MigrateEntryT, migrateOpsParams, PageT, routine, VmFaultT } from '../../routine/routine';
import { lockMirror, unlock_mirror } from './lock';
import { allocatesDevicePage, backing_page, devmem_alloc_page, takes_failure, will_fail } from './memory';
import { copyFolioToDevice, copyFolioToRam } from './migrate_huge';
import { failures, faultsAfterMigration, keepsOwnEntries } from './options';
import { mirrorOf, mirrors, own } from './tables';

const ownerOf = (k: Kernel, f: { migration: MigrationRow }): DeviceRow =>
  k.migrations.owner.get(f.migration) as DeviceRow;
const vpnOf = (k: Kernel, slot: SlotRow): Vpn => k.slots.vpn.get(slot) as Vpn;

/** The device may map the destination writable: the source was, or a hole's VMA is, where the driver looks at that. */
function writableTarget(k: Kernel, m: MigrationRow, slot: SlotRow): boolean {
  if (k.slots.srcFlags.get(slot) & MigratePfn.Write) return true;
  if (k.profile.driverMapsHolesReadOnly) return false;
  return srcPage(k, slot) === 0 && k.mm.has(k.migrations.vma.get(m) as VmaRow, Vm.Write);
}

function fillDst(k: Kernel, slot: SlotRow, page: PageRow, write: boolean): void {
  k.slots.dstPage.set(slot, page);
  const device = is_driver_page(k, page) ? MigratePfn.Device : 0;
  const old = k.profile.splitMigrateApi ? 0 : MigratePfn.Locked | device;
  k.slots.dstFlags.set(slot, MigratePfn.Valid | (write ? MigratePfn.Write : 0) | old);
}

const passSlot = (_: Kernel, f: WithSlot, callee: WithSlot): void => {
  callee.migration = f.migration;
  callee.slot = f.slot;
};

/** A source that should not go to the device: it is there already (only 4.14 collects such pages). */
function stays(k: Kernel, slot: SlotRow): boolean {
  return srcPage(k, slot) !== 0 && is_driver_page(k, srcPage(k, slot));
}

const copyToDevice = routine({
  name: 'dmirror_migrate_alloc_and_copy',
  file: 'lib/test_hmm.c',
  about:
    'Take a device page for each page that migrates and copy the contents; skip a page when none is left.',
  params: migrateOpsParams,
  locals: { slot: MigrateEntryT, page: PageT },
  body: (r) => [
    ...forEachSlot(r, 'a device page for each page that migrates', [
      r.only(
        (profile) => profile.collectsHuge,
        [
          r.when('(src[i] & MIGRATE_PFN_COMPOUND)', (k, f) => is_compound(k, f.slot), [
            r.call('a device folio of 2 MiB', copyFolioToDevice, passSlot),
          ]),
        ],
      ),
      r.when(
        '(src[i] & MIGRATE_PFN_MIGRATE)',
        (k, f) => migrates(k, f.slot) && !stays(k, f.slot) && !is_compound(k, f.slot),
        [
          r.inlines(
            allocatesDevicePage,
            r.step('dpage = dmirror_devmem_alloc_page()', (k, f) => {
              f.page = devmem_alloc_page(k, f.migration, f.slot);
            }),
          ),
          r.when('(dpage)', (_, f) => f.page !== 0, [
            r.yield('Y7'),
            r.step('copy_highpage(), or clear_highpage() for a hole; dst[i] = migrate_pfn(dpfn)', (k, f) => {
              const from = srcPage(k, f.slot);
              if (from !== 0) k.contents.copy(from, backing_page(k, f.page));
              else k.contents.fill(backing_page(k, f.page), 0);
              fillDst(k, f.slot, f.page, writableTarget(k, f.migration, f.slot));
            }),
          ]),
        ],
      ),
    ]),
  ],
});

/** Failure injection: this copy step does nothing. */
const copy_fails = (k: Kernel, device: DeviceRow): boolean => failures.take(k, 'copy', device) !== undefined;

/** Every page that was to move stays. Returns 0, as the copy step always does. */
function refuse_copies(k: Kernel, { migration }: { migration: MigrationRow }): number {
  for (const slot of k.slots.of(k.migrations.head.get(migration) as SlotRow))
    if (migrates(k, slot)) refuse_copy(k, 'fail_copy', migration, slot);
  return 0;
}

function refuse_copy(k: Kernel, rule: Rule, m: MigrationRow, slot: SlotRow): void {
  refuse(k, rule, { at: slot_place(k, m, slot), page: srcPage(k, slot), found: k.migrations.owner.get(m) });
}

const copyToRam = routine({
  name: 'dmirror_devmem_fault_alloc_and_copy',
  file: 'lib/test_hmm.c',
  about: "Take a page of system memory for each device page, drop the device's entry, and copy the contents.",
  params: migrateOpsParams,
  locals: { slot: MigrateEntryT, page: PageT },
  body: (r) => [
    r.when('the copy engine fails', (k, f) => copy_fails(k, ownerOf(k, f)), [
      r.ret('return: dst stays empty', refuse_copies),
    ]),
    ...forEachSlot(r, 'a system page for each device page', [
      r.only(
        (profile) => profile.collectsHuge,
        [
          r.when('it is compound', (k, f) => srcPage(k, f.slot) !== 0 && is_compound(k, f.slot), [
            r.call('take a folio of 2 MiB for it', copyFolioToRam, passSlot),
          ]),
        ],
      ),
      r.when(
        '(page && (src[i] & MIGRATE_PFN_MIGRATE)): a device page that migrates',
        (k, f) =>
          srcPage(k, f.slot) !== 0 &&
          migrates(k, f.slot) &&
          is_driver_page(k, srcPage(k, f.slot)) &&
          !is_compound(k, f.slot),
        [
          r.inlines(
            [allocatesPage((k, f) => !will_fail(k, mirrorOf(k, f), ownerOf(k, f)))],
            r.step('page = alloc_page(); lock_page(page)', (k, f) => {
              const fails = takes_failure(k, mirrorOf(k, f), ownerOf(k, f));
              f.page = fails ? (0 as PageRow) : alloc_movable_page(k);
              if (f.page !== 0) trylock_page(k, f.page);
              else refuse_copy(k, 'system_full', f.migration, f.slot);
            }),
          ),
          r.only(
            (profile) => profile.driverReportsNoMemory,
            [
              r.when('(!page)', (_, f) => f.page === 0, [
                r.ret('return VM_FAULT_OOM', (k, f) => {
                  k.slots.dstFlags.set(f.slot, k.slots.srcFlags.get(f.slot) & MigratePfn.Write);
                  return VmFault.OOM;
                }),
              ]),
            ],
          ),
          r.when('(page)', (_, f) => f.page !== 0, [
            r.step("drop the device's entry", (k, f) => {
              const vpn = vpnOf(k, f.slot);
              if (!keepsOwnEntries(k.profile)) mirrors.erase(k, mirrorOf(k, f), vpn, (vpn + 1) as Vpn);
            }),
            r.yield('Y7'),
            r.step('copy_highpage(dpage, page); dst[i] = migrate_pfn(dpfn)', (k, f) => {
              k.contents.copy(backing_page(k, srcPage(k, f.slot)), f.page);
              fillDst(k, f.slot, f.page, (k.slots.srcFlags.get(f.slot) & MigratePfn.Write) !== 0);
            }),
          ]),
        ],
      ),
    ]),
  ],
});

/** Logs that a step of the driver begins. */
function log_copy(k: Kernel, name: 'alloc_and_copy' | 'finalize_and_map', m: MigrationRow): void {
  const { migrations } = k;
  const start = migrations.start.get(m);
  k.emit(name, start, migrations.end.get(m) - start, migrations.owner.get(m), own.of(k).toRam.get(m));
}

/** The driver's copy step, in the direction of the migration. Returns 0, or VM_FAULT_OOM where the driver gives up. */
export const alloc_and_copy = routine({
  name: 'dmirror_alloc_and_copy',
  file: 'lib/test_hmm.c',
  about: 'Fill dst: where each page goes, with its contents copied there.',
  aliases: ['alloc_and_copy'],
  params: migrateOpsParams,
  locals: { ret: VmFaultT },
  body: (r) => [
    r.step('choose the direction', (k, f) => {
      log_copy(k, 'alloc_and_copy', f.migration);
      if (!k.profile.splitMigrateApi) log_array(k, f.migration, false);
    }),
    r.when(
      'the pages go to system memory',
      (k, f) => own.of(k).toRam.get(f.migration) !== 0,
      [
        r.call(
          'ret = dmirror_devmem_fault_alloc_and_copy(args, dmirror)',
          copyToRam,
          (_, f, callee) => {
            callee.migration = f.migration;
          },
          (_, f, value) => {
            f.ret = value;
          },
        ),
      ],
      [
        r.call('dmirror_migrate_alloc_and_copy(args, dmirror)', copyToDevice, (_, f, callee) => {
          callee.migration = f.migration;
        }),
      ],
    ),
    r.ret('return ret', (k, f) => {
      if (!k.profile.splitMigrateApi) log_array(k, f.migration, true);
      k.leave('alloc_and_copy');
      return f.ret;
    }),
  ],
});

/** Maps what reached the device into the device's own page table. */
export const finalize_and_map = routine({
  name: 'dmirror_migrate_finalize_and_map',
  file: 'lib/test_hmm.c',
  about: "Both pages are locked: enter what moved into the device's page table.",
  aliases: ['finalize_and_map'],
  params: migrateOpsParams,
  locals: { slot: MigrateEntryT },
  body: (r) => [
    r.step('find which pages reached the device', (k, f) => {
      log_copy(k, 'finalize_and_map', f.migration);
      if (k.profile.splitMigrateApi) return;
      log_array(k, f.migration, false);
      log_array(k, f.migration, true);
    }),
    r.only(
      (profile) => !faultsAfterMigration(profile),
      [
        r.when('they went to the device', (k, f) => own.of(k).toRam.get(f.migration) === 0, [
          lockMirror(r, mirrorOf),
          ...forEachSlot(r, 'store each page that moved', [
            r.when(
              '((src[i] & MIGRATE_PFN_MIGRATE) && migrate_pfn_to_page(dst[i]))',
              (k, f) => migrates(k, f.slot) && dstPage(k, f.slot) !== 0,
              [
                r.step("store the page in the device's table, writable where dst says so", (k, f) => {
                  const write = k.slots.dstFlags.get(f.slot) & MigratePfn.Write;
                  const folio = dstPage(k, f.slot);
                  for (let i = 0; i < k.pages.count(folio); i++) {
                    const page = backing_page(k, k.pages.nth(folio, i));
                    const vpn = (vpnOf(k, f.slot) + i) as Vpn;
                    mirrors.store(k, mirrorOf(k, f), vpn, page, write ? Access.Write : Access.Read);
                  }
                }),
              ],
            ),
          ]),
          r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, mirrorOf(k, f))),
        ]),
      ],
    ),
    r.ret('return', (k) => {
      k.leave('finalize_and_map');
      return 0;
    }),
  ],
});
