/** The pager moves one page at a time. */

import { memory_take } from '../../../src/engine/drivers/device_memory';
import { Errno, MigratePfn, Select } from '../../../src/engine/kernel/constants';
import { zone_device_page_init } from '../../../src/engine/kernel/mm/memremap';
import {
  headOf,
  migrates,
  migration_alloc,
  migration_free,
  srcPage,
} from '../../../src/engine/kernel/mm/migrate_device/migrate_arrays';
import {
  migrate_vma_finalize,
  migrate_vma_pages,
  migrate_vma_setup,
} from '../../../src/engine/kernel/mm/migrate_device/migrate_device';
import { trylock_page } from '../../../src/engine/kernel/mm/mmap/mmap_lock';
import { alloc_page } from '../../../src/engine/kernel/mm/page_alloc/page_alloc';
import { Access } from '../../../src/engine/machine/devices';
import type { DeviceRow, MigrationRow, PageRow, Vpn } from '../../../src/engine/machine/ids';
import type { Kernel } from '../../../src/engine/routine/kernel';
import {
  Bool,
  DeviceT,
  ErrnoT,
  MigrationT,
  MirrorT,
  PageT,
  routine,
  VmaT,
  VpnT,
} from '../../../src/engine/routine/routine';
import { failures, memory, mirrors, own } from './tables';

type M = { migration: MigrationRow };
const pass = (_: Kernel, f: M, callee: M): void => {
  callee.migration = f.migration;
};

/** A locked page to move to; 0 where there is none. */
function destination(k: Kernel, device: DeviceRow, home: boolean): PageRow {
  if (home) {
    const page = alloc_page(k);
    if (page !== 0) trylock_page(k, page);
    return page;
  }
  if (failures.take(k, 'fetch', device) !== undefined) return 0 as PageRow;
  const page = memory_take(k, memory, device);
  if (page === 0) return page;
  memory.of(k).calloc.add(device, 1);
  zone_device_page_init(k, page);
  return page;
}

/** Copies the page, or zeroes for a hole, and tells the migration where it goes. */
function copy(k: Kernel, migration: MigrationRow, to: PageRow): void {
  const slot = headOf(k, migration);
  const from = srcPage(k, slot);
  if (from === 0) k.contents.fill(to, 0);
  else k.contents.copy(from, to);
  k.slots.dstPage.set(slot, to);
  k.slots.dstFlags.set(slot, MigratePfn.Valid | MigratePfn.Write);
}

/** Moves one page to the device, or home; mmap_lock is held for reading. Returns 0, or -EAGAIN where it stayed. */
export const pager_move = routine({
  name: 'pager_move',
  file: 'pager.c',
  about: 'Migrate the one page, in either direction.',
  params: { vma: VmaT, vpn: VpnT, device: DeviceT, mirror: MirrorT, home: Bool, faultPage: PageT },
  locals: { migration: MigrationT, to: PageT, ret: ErrnoT },
  body: (r) => [
    r.step('args: one page', (k, f) => {
      f.migration = migration_alloc(k, {
        vma: f.vma,
        start: f.vpn,
        end: (f.vpn + 1) as Vpn,
        select: f.home !== 0 ? Select.DevicePrivate : Select.System,
        owner: f.device,
        faultPage: f.faultPage,
      });
    }),
    r.call('ret = migrate_vma_setup(&args)', migrate_vma_setup, pass, (_, f, value) => {
      f.ret = value;
    }),
    r.when('it succeeded', (_, f) => f.ret === 0, [
      r.when('the page may move', (k, f) => migrates(k, headOf(k, f.migration)), [
        r.step('a page to move to', (k, f) => {
          f.to = destination(k, f.device, f.home !== 0);
        }),
        r.when('there is one', (_, f) => f.to !== 0, [r.step('copy', (k, f) => copy(k, f.migration, f.to))]),
      ]),
      r.call('migrate_vma_pages(&args)', migrate_vma_pages, pass),
      r.step('ret = -EAGAIN unless it moves', (k, f) => {
        f.ret = f.to !== 0 && migrates(k, headOf(k, f.migration)) ? 0 : -Errno.EAGAIN;
      }),
      r.when('it came to the device', (_, f) => f.ret === 0 && f.home === 0, [
        mirrors.lock(r, 'mutex_lock(&mirror->mutex)', (_, f) => f.mirror),
        r.step('enter it; nothing has used it yet', (k, f) => {
          mirrors.store(k, f.mirror, f.vpn, f.to, Access.Write);
          own.of(k).uses.set(f.to, 0);
          own.of(k).fetched.add(f.device, 1);
        }),
        r.step('mutex_unlock(&mirror->mutex)', (k, f) => mirrors.unlock(k, f.mirror)),
      ]),
      r.call('migrate_vma_finalize(&args)', migrate_vma_finalize, pass),
    ]),
    r.step('the arrays are done with', (k, f) => migration_free(k, f.migration)),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
