/**
 * The test driver's migrations: to the device, back to system memory, and the copy and map steps between the phases. A copy
 * takes time: it is begun and, a yield later, over.
 */

import { Errno, MigratePfn, Select } from '../../kernel/constants';
import { migrate_vma } from '../../kernel/mm/migrate/migrate_vma';
import {
  dstPage,
  forEachSlot,
  log_array,
  migrates,
  migration_alloc,
  migration_free,
  slot_place,
  srcPage,
} from '../../kernel/mm/migrate_device/migrate_arrays';
import {
  migrate_vma_finalize,
  migrate_vma_pages,
  migrate_vma_setup,
} from '../../kernel/mm/migrate_device/migrate_device';
import { mmap_read_unlock, mmapReadLock, trylock_page } from '../../kernel/mm/mmap/mmap_lock';
import { alloc_movable_page } from '../../kernel/mm/page_alloc/page_alloc';
import { is_driver_page } from '../../kernel/mm/swap/page_ref';
import { type Rule, refuse } from '../../kernel/refusals';
import { Vm } from '../../machine/address-spaces';
import { Access, MemoryType } from '../../machine/devices';
import type {
  DeviceRow,
  MigrationRow,
  MirrorRow,
  MmRow,
  PageRow,
  SlotRow,
  VmaRow,
  Vpn,
} from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import {
  Bool,
  DeviceT,
  ErrnoT,
  Int,
  MigrationT,
  MirrorT,
  MmT,
  migrateOpsParams,
  PageT,
  routine,
  SlotT,
  VmaT,
  VpnT,
} from '../../routine/routine';
import { begin_ioctl } from '../ioctl';
import { dmirror_fault, read_back } from './access';
import { keepRet, passRange } from './answer';
import { lockMirror, unlock_mirror } from './lock';
import { backing_page, devmem_alloc_page } from './memory';
import { failures, faultsAfterMigration, keepsOwnEntries, ROUND_PAGES } from './options';
import { mirrors, own } from './tables';

/** dmirror_select_device: which pages a migration back to system memory asks for. */
export function selectDevice(k: Kernel, device: DeviceRow): number {
  return k.devices.type.get(device) === MemoryType.Coherent ? Select.DeviceCoherent : Select.DevicePrivate;
}

const mirrorOf = (k: Kernel, f: { migration: MigrationRow }): MirrorRow =>
  own.of(k).mirror.get(f.migration) as MirrorRow;
const ownerOf = (k: Kernel, f: { migration: MigrationRow }): DeviceRow =>
  k.migrations.owner.get(f.migration) as DeviceRow;
const vpnOf = (k: Kernel, slot: SlotRow): Vpn => k.slots.vpn.get(slot) as Vpn;

/** The destination may be mapped writable: the source was, or a hole's VMA is. */
function writableTarget(k: Kernel, m: MigrationRow, slot: SlotRow): boolean {
  if (k.slots.srcFlags.get(slot) & MigratePfn.Write) return true;
  return srcPage(k, slot) === 0 && k.mm.has(k.migrations.vma.get(m) as VmaRow, Vm.Write);
}

function fillDst(k: Kernel, slot: SlotRow, page: PageRow, write: boolean): void {
  k.slots.dstPage.set(slot, page);
  const device = is_driver_page(k, page) ? MigratePfn.Device : 0;
  const old = k.profile.splitMigrateApi ? 0 : MigratePfn.Locked | device;
  k.slots.dstFlags.set(slot, MigratePfn.Valid | (write ? MigratePfn.Write : 0) | old);
}

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
  locals: { slot: SlotT, page: PageT },
  body: (r) => [
    ...forEachSlot(r, 'a device page for each page that migrates', [
      r.when('it migrates', (k, f) => migrates(k, f.slot) && !stays(k, f.slot), [
        r.inlines(
          ['dmirror_devmem_alloc_page', 'alloc_pages', 'zone_device_page_init'],
          r.step('dpage = dmirror_devmem_alloc_page()', (k, f) => {
            f.page = devmem_alloc_page(k, f.migration, f.slot);
          }),
        ),
        r.when('there is one', (_, f) => f.page !== 0, [
          r.yield('Y7'),
          r.step('copy the contents (zeroes for a hole); dst[i]', (k, f) => {
            const from = srcPage(k, f.slot);
            if (from !== 0) k.contents.copy(from, backing_page(k, f.page));
            else k.contents.fill(backing_page(k, f.page), 0);
            fillDst(k, f.slot, f.page, writableTarget(k, f.migration, f.slot));
          }),
        ]),
      ]),
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
  locals: { slot: SlotT, page: PageT },
  body: (r) => [
    r.when('the copy engine fails', (k, f) => copy_fails(k, ownerOf(k, f)), [
      r.ret('return: dst stays empty', refuse_copies),
    ]),
    ...forEachSlot(r, 'a system page for each device page', [
      r.when(
        'a device page that migrates',
        (k, f) => srcPage(k, f.slot) !== 0 && migrates(k, f.slot) && is_driver_page(k, srcPage(k, f.slot)),
        [
          r.step('page = alloc_page(); lock_page(page)', (k, f) => {
            const fails = failures.take(k, 'alloc', ownerOf(k, f)) !== undefined;
            f.page = fails ? (0 as PageRow) : alloc_movable_page(k);
            if (f.page !== 0) trylock_page(k, f.page);
            else refuse_copy(k, 'system_full', f.migration, f.slot);
          }),
          r.when('there is one', (_, f) => f.page !== 0, [
            r.step("drop the device's entry", (k, f) => {
              const vpn = vpnOf(k, f.slot);
              if (!keepsOwnEntries(k.profile)) mirrors.erase(k, mirrorOf(k, f), vpn, (vpn + 1) as Vpn);
            }),
            r.yield('Y7'),
            r.step('copy the contents; dst[i]', (k, f) => {
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

/** The driver's copy step, in the direction of the migration. */
export const alloc_and_copy = routine({
  name: 'dmirror_alloc_and_copy',
  file: 'lib/test_hmm.c',
  about: 'Fill dst: where each page goes, with its contents copied there.',
  aliases: ['alloc_and_copy'],
  params: migrateOpsParams,
  body: (r) => [
    r.step('choose the direction', (k, f) => {
      log_copy(k, 'alloc_and_copy', f.migration);
      if (!k.profile.splitMigrateApi) log_array(k, f.migration, false);
    }),
    r.when(
      'to system memory',
      (k, f) => own.of(k).toRam.get(f.migration) !== 0,
      [
        r.call('copy to system memory', copyToRam, (_, f, callee) => {
          callee.migration = f.migration;
        }),
      ],
      [
        r.call('copy to the device', copyToDevice, (_, f, callee) => {
          callee.migration = f.migration;
        }),
      ],
    ),
    r.ret('return', (k, f) => {
      if (!k.profile.splitMigrateApi) log_array(k, f.migration, true);
      k.leave('alloc_and_copy');
      return 0;
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
  locals: { slot: SlotT },
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
            r.when('it moved', (k, f) => migrates(k, f.slot) && dstPage(k, f.slot) !== 0, [
              r.step("store the page in the device's table, writable where dst says so", (k, f) => {
                const write = k.slots.dstFlags.get(f.slot) & MigratePfn.Write;
                const page = backing_page(k, dstPage(k, f.slot));
                mirrors.store(k, mirrorOf(k, f), vpnOf(k, f.slot), page, write ? Access.Write : Access.Read);
              }),
            ]),
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

/** Pages of a finished migration that moved (dmirror_successful_migrated_pages). */
function moved_pages(k: Kernel, m: MigrationRow): number {
  const both = MigratePfn.Valid | MigratePfn.Migrate;
  let count = 0;
  for (const slot of k.slots.of(k.migrations.head.get(m) as SlotRow))
    if ((k.slots.srcFlags.get(slot) & both) === both) count++;
  return count;
}

/** One migration of at most a round of pages inside one VMA. Returns how many pages moved, or -EINVAL. */
export const migrate = routine({
  name: 'dmirror_migrate',
  file: 'lib/test_hmm.c',
  about: 'One round: setup, copy, pages, map, finalize.',
  params: {
    vma: VmaT,
    start: VpnT,
    end: VpnT,
    select: Int,
    device: DeviceT,
    mirror: MirrorT,
    faultPage: PageT,
    toRam: Bool,
  },
  locals: { migration: MigrationT, ret: ErrnoT },
  body: (r) => {
    const passMigration = (
      _: Kernel,
      f: { migration: MigrationRow },
      callee: { migration: MigrationRow },
    ): void => {
      callee.migration = f.migration;
    };
    const keep = (_: Kernel, f: { ret: number }, value: number): void => {
      f.ret = value;
    };
    return [
      r.step('args = { vma, start, end, src, dst, pgmap_owner, flags }', (k, f) => {
        const { vma, start, end, select, faultPage } = f;
        f.migration = migration_alloc(k, { vma, start, end, select, owner: f.device, faultPage });
        own.of(k).mirror.set(f.migration, f.mirror);
        own.of(k).toRam.set(f.migration, f.toRam);
      }),
      r.only(
        (profile) => profile.splitMigrateApi,
        [
          r.call('ret = migrate_vma_setup(&args)', migrate_vma_setup, passMigration, keep),
          r.when('it succeeded', (_, f) => f.ret === 0, [
            r.yield('Y7'),
            r.call('alloc_and_copy(&args)', alloc_and_copy, passMigration),
            r.call('migrate_vma_pages(&args)', migrate_vma_pages, passMigration),
            r.step('count what moved', (k, f) => {
              f.ret = moved_pages(k, f.migration);
            }),
            r.call('finalize_and_map(&args)', finalize_and_map, passMigration),
            r.call('migrate_vma_finalize(&args)', migrate_vma_finalize, passMigration),
          ]),
        ],
        [
          r.call('ret = migrate_vma(ops, vma, start, end, src, dst)', migrate_vma, passMigration, keep),
          r.when('it succeeded', (_, f) => f.ret === 0, [
            r.step('count what moved', (k, f) => {
              f.ret = moved_pages(k, f.migration);
            }),
          ]),
        ],
      ),
      r.step('free the arrays', (k, f) => migration_free(k, f.migration)),
      r.ret('return how many moved, or the error', (_, f) => f.ret),
    ];
  },
});

/** Goes through [start, end) VMA by VMA in rounds of 64 pages, as both ioctls do. */
const migrate_range = routine({
  name: 'dmirror_migrate_range',
  file: 'lib/test_hmm.c',
  about: 'VMA by VMA, at most 64 pages a round; stops with -EINVAL at a hole or an unreadable VMA.',
  params: { mirror: MirrorT, start: VpnT, end: VpnT, toRam: Bool },
  locals: { mm: MmT, vma: VmaT, vpn: VpnT, next: VpnT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = the process that opened the device', (k, f) => {
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
      f.vpn = f.start;
    }),
    ...mmapReadLock(r, (_, f) => f.mm),
    r.loop('address < end', (_, f) => f.vpn < f.end && f.ret >= 0, [
      r.step('vma = vma_lookup(mm, address)', (k, f) => {
        f.vma = k.mm.vmaAt(f.mm, f.vpn);
        if (f.vma === 0 || !k.mm.has(f.vma, Vm.Read)) f.ret = -Errno.EINVAL;
        else f.next = Math.min(f.end, f.vpn + ROUND_PAGES, k.mm.end.get(f.vma)) as Vpn;
      }),
      r.when('it is there and readable', (_, f) => f.ret >= 0, [
        r.call(
          'migrate this round',
          migrate,
          (k, f, callee) => {
            const device = k.devices.mirrorDevice.get(f.mirror) as DeviceRow;
            callee.vma = f.vma;
            callee.start = f.vpn;
            callee.end = f.next;
            callee.select = f.toRam !== 0 ? selectDevice(k, device) : Select.System;
            callee.device = device;
            callee.mirror = f.mirror;
            callee.toRam = f.toRam;
          },
          (k, f, value) => {
            f.ret = Math.min(0, value);
            if (value > 0 && f.toRam !== 0) k.tasks.cpages.add(k.task, value);
            f.vpn = f.next;
          },
        ),
      ]),
    ]),
    r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
    r.ret('return ret', (_, f) => f.ret),
  ],
});

/** HMM_DMIRROR_MIGRATE_TO_SYS: returns 0 with cpages = pages that moved, or -EINVAL. */
export const dmirror_migrate_to_system = routine({
  name: 'dmirror_migrate_to_system',
  file: 'lib/test_hmm.c',
  about: "Bring the device's pages of a range back to system memory.",
  params: { mirror: MirrorT, start: VpnT, pages: Int },
  locals: { ret: ErrnoT },
  body: (r) => [
    r.call(
      'migrate the range to system memory',
      migrate_range,
      (k, f, callee) => {
        begin_ioctl(k);
        passRange(f, callee);
        callee.toRam = 1;
      },
      keepRet,
    ),
    r.ret('return ret', (_, f) => f.ret),
  ],
});

/** HMM_DMIRROR_MIGRATE_TO_DEV: 0 if afterwards every page of the range is in the device's table, else -ENOENT; -EINVAL. */
export const dmirror_migrate_to_device = routine({
  name: 'dmirror_migrate_to_device',
  file: 'lib/test_hmm.c',
  about: 'Migrate a range to the device, then read it back through the device without faulting.',
  params: { mirror: MirrorT, start: VpnT, pages: Int },
  locals: { ret: ErrnoT },
  body: (r) => [
    r.call(
      'migrate the range to the device',
      migrate_range,
      (k, f, callee) => {
        begin_ioctl(k);
        passRange(f, callee);
      },
      keepRet,
    ),
    r.only(faultsAfterMigration, [
      r.when('it went through', (_, f) => f.ret === 0, [
        r.call(
          'map the range: dmirror_fault()',
          dmirror_fault,
          (_, f, callee) => passRange(f, callee),
          keepRet,
        ),
      ]),
    ]),
    r.when('it went through', (_, f) => f.ret === 0, [
      r.call(
        'read the range back through the device',
        read_back,
        (_, f, callee) => passRange(f, callee),
        keepRet,
      ),
    ]),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
