/** The test driver's migrations: to the device, and back to system memory. */

import { Errno, MigratePfn, Select } from '../../kernel/constants';
import { migrate_vma } from '../../kernel/mm/migrate/migrate_vma';
import { migration_alloc, migration_free } from '../../kernel/mm/migrate_device/migrate_arrays';
import {
  migrate_vma_finalize,
  migrate_vma_pages,
  migrate_vma_setup,
} from '../../kernel/mm/migrate_device/migrate_device';
import { mmap_read_unlock, mmapReadLock } from '../../kernel/mm/mmap/mmap_lock';
import { Vm } from '../../machine/address-spaces';
import { MemoryType } from '../../machine/devices';
import type { DeviceRow, MigrationRow, MmRow, SlotRow, Vpn } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import {
  Bool,
  DeviceT,
  ErrnoT,
  Int,
  MigrationT,
  MirrorT,
  MmT,
  PageT,
  routine,
  SelectT,
  VmaT,
  VpnT,
} from '../../routine/routine';
import { begin_ioctl } from '../ioctl';
import { dmirror_fault, read_back } from './access';
import { keepRet, passRange } from './answer';
import { alloc_and_copy, finalize_and_map } from './migrate_copy';
import { faultsAfterMigration } from './options';
import { own } from './tables';

/** dmirror_select_device: which pages a migration back to system memory asks for. */
export function selectDevice(k: Kernel, device: DeviceRow): number {
  return k.devices.type.get(device) === MemoryType.Coherent ? Select.DeviceCoherent : Select.DevicePrivate;
}

/** Pages of a finished migration that moved (dmirror_successful_migrated_pages). */
function moved_pages(k: Kernel, m: MigrationRow): number {
  const both = MigratePfn.Valid | MigratePfn.Migrate;
  let count = 0;
  for (const slot of k.slots.of(k.migrations.head.get(m) as SlotRow))
    if ((k.slots.srcFlags.get(slot) & both) === both) count++;
  return count;
}

/**
 * One migration of at most a round of pages inside one VMA. Returns how many pages moved, -EINVAL, or -ENOMEM where the
 * driver gives up for want of a page of system memory.
 */
export const migrate = routine({
  name: 'dmirror_migrate',
  file: 'lib/test_hmm.c',
  about: 'One round: setup, copy, pages, map, finalize.',
  params: {
    vma: VmaT,
    start: VpnT,
    end: VpnT,
    select: SelectT,
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
    const count = r.step('count what moved', (k, f) => {
      f.ret = moved_pages(k, f.migration);
    });
    const move = [
      r.call('migrate_vma_pages(&args)', migrate_vma_pages, passMigration),
      count,
      r.call('finalize_and_map(&args)', finalize_and_map, passMigration),
    ];
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
          r.when('(!ret)', (_, f) => f.ret === 0, [
            r.yield('Y7'),
            r.only(
              (profile) => profile.driverReportsNoMemory,
              [
                r.call('ret = alloc_and_copy(&args)', alloc_and_copy, passMigration, (_, f, value) => {
                  f.ret = value === 0 ? 0 : -Errno.ENOMEM;
                }),
                r.when('(!ret)', (_, f) => f.ret === 0, move),
              ],
              [r.call('alloc_and_copy(&args)', alloc_and_copy, passMigration), ...move],
            ),
            r.call('migrate_vma_finalize(&args)', migrate_vma_finalize, passMigration),
          ]),
        ],
        [
          r.call('ret = migrate_vma(ops, vma, start, end, src, dst)', migrate_vma, passMigration, keep),
          r.when('(!ret)', (_, f) => f.ret === 0, [count]),
        ],
      ),
      r.step('free the arrays', (k, f) => migration_free(k, f.migration)),
      r.ret('return how many moved, or the error', (_, f) => f.ret),
    ];
  },
});

/** Goes through [start, end) VMA by VMA in rounds, as both ioctls do. */
const migrate_range = routine({
  name: 'dmirror_migrate_range',
  file: 'lib/test_hmm.c',
  about: 'VMA by VMA, a round of pages at a time; stops with -EINVAL at a hole or an unreadable VMA.',
  params: { mirror: MirrorT, start: VpnT, end: VpnT, toRam: Bool },
  locals: { mm: MmT, vma: VmaT, vpn: VpnT, next: VpnT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = dmirror->notifier.mm', (k, f) => {
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
      f.vpn = f.start;
    }),
    ...mmapReadLock(r, (_, f) => f.mm),
    r.loop('(addr < end && ret >= 0)', (_, f) => f.vpn < f.end && f.ret >= 0, [
      r.step('vma = vma_lookup(mm, address)', (k, f) => {
        f.vma = k.mm.vmaAt(f.mm, f.vpn);
        if (f.vma === 0 || !k.mm.has(f.vma, Vm.Read)) f.ret = -Errno.EINVAL;
        else f.next = Math.min(f.end, f.vpn + k.profile.driverMigratesPages, k.mm.end.get(f.vma)) as Vpn;
      }),
      r.when('(vma && (vma->vm_flags & VM_READ))', (_, f) => f.ret >= 0, [
        r.call(
          'migrate this round',
          migrate,
          (k, f, callee) => {
            const device = k.devices.mirrorDevice.get(f.mirror) as DeviceRow;
            callee.vma = f.vma;
            callee.start = f.vpn;
            callee.end = f.next;
            callee.select =
              (f.toRam !== 0 ? selectDevice(k, device) : Select.System) |
              (k.profile.collectsHuge ? Select.Compound : 0);
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
      r.when('(!ret)', (_, f) => f.ret === 0, [
        r.call(
          'map the range: dmirror_fault()',
          dmirror_fault,
          (_, f, callee) => passRange(f, callee),
          keepRet,
        ),
      ]),
    ]),
    r.when('(!ret)', (_, f) => f.ret === 0, [
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
