/** The callbacks of the test driver (lib/test_hmm.c): a fault on a page of the device, a page that is free, an invalidation. */

import { Errno, Notify, Select, VmFault } from '../../kernel/constants';
import { huge_start, is_huge_at } from '../../kernel/mm/huge_memory/huge_memory';
import { mmu_interval_set_seq } from '../../kernel/mm/mmu_notifier/mmu_notifier';
import { HUGE_PAGES } from '../../kernel/mm/page_alloc/page_alloc';
import { MemoryType } from '../../machine/devices';
import type { DeviceRow, MirrorRow, MmRow, VmaRow, Vpn } from '../../machine/ids';
import { Pg } from '../../machine/pages';
import type { Kernel } from '../../routine/kernel';
import {
  Bool,
  DeviceT,
  folioSplitParams,
  InjectedT,
  invalidateParams,
  MigrationT,
  MirrorT,
  migrateToRamParams,
  pageFreeParams,
  routine,
  VmFaultT,
} from '../../routine/routine';
import { memory_return } from '../device_memory';
import { lockMirror, lockRange, unlock_mirror, unlockRange } from './lock';
import { backing_page, free_backing, mirror_of_page, split_backing } from './memory';
import { migrate, selectDevice } from './migrate';
import { failures, faultsAfterMigration, guardsFaultingTask, migratesAround, rangeLock } from './options';
import { dmirror_snapshot_invalidate } from './snapshot';
import { memory, mirrors, own } from './tables';

const FAULT = 'migrate_to_ram';

/** What an injected failure makes the callback return at once, or -1 where it may go on. */
function forced_failure(k: Kernel, device: DeviceRow): number {
  if (k.devices.dead.get(device) !== 0) return VmFault.SIGBUS;
  return failures.take(k, 'migrate_to_ram', device) ?? -1;
}

/** What a CPU fault migrates: the 2 MiB of an entry of the PMD table; else the one page, or (switch driver-migrates-around) the 16 around it inside the VMA. */
function fault_range(k: Kernel, f: { vma: VmaRow; vpn: Vpn }): [start: Vpn, end: Vpn] {
  if (k.profile.collectsHuge && is_huge_at(k, k.mm.mm.get(f.vma) as MmRow, f.vpn)) {
    const start = huge_start(f.vpn);
    return [start, (start + HUGE_PAGES) as Vpn];
  }
  if (!migratesAround(k.profile)) return [f.vpn, (f.vpn + 1) as Vpn];
  const first = f.vpn - (f.vpn % 16);
  const start = Math.max(first, k.mm.start.get(f.vma)) as Vpn;
  return [start, Math.min(first + 16, k.mm.end.get(f.vma)) as Vpn];
}

export const dmirror_devmem_fault = routine({
  name: 'dmirror_devmem_fault',
  file: 'lib/test_hmm.c',
  about: 'The CPU touched a page of this device: bring it home. VM_FAULT_SIGBUS if the device can not.',
  aliases: ['page_fault', 'migrate_to_ram'],
  params: migrateToRamParams,
  locals: { device: DeviceT, mirror: MirrorT, migration: MigrationT, injected: InjectedT, ret: VmFaultT },
  body: (r) => [
    r.step('mdevice = dmirror_page_to_device(page)', (k, f) => {
      const { pages } = k;
      f.device = k.devices.pgmapDevice.get(pages.pgmap(f.page)) as DeviceRow;
      const folio = pages.folio(f.page);
      const counts = [
        pages.refcount.get(folio),
        pages.folioMapcount(folio),
        pages.has(folio, Pg.Locked) ? 1 : 0,
      ];
      k.emit(FAULT, f.vpn, f.page, f.device, ...counts, f.flags, pages.order.get(folio));
    }),
    r.step('take a failure that the scenario has armed, if there is one', (k, f) => {
      f.injected = forced_failure(k, f.device);
    }),
    r.when('a failure was armed, or the device is dead', (_, f) => f.injected !== -1, [
      r.ret('return what is injected, VM_FAULT_SIGBUS where nothing else is said', (k, f) => {
        k.leave(FAULT, f.injected, 1);
        return f.injected;
      }),
    ]),
    r.step('dmirror = page->zone_device_data->zone_device_data', (k, f) => {
      f.mirror = mirror_of_page(k, f.page);
    }),
    r.only(
      (profile) => rangeLock(profile) && guardsFaultingTask(profile),
      [
        r.when(
          'this task itself is faulting pages in for the device',
          (k, f) => own.of(k).rangeLock.get(f.mirror) === k.task,
          [
            r.ret('return 0', (k) => {
              k.leave(FAULT, 0, 0);
              return 0;
            }),
          ],
        ),
      ],
    ),
    ...lockRange(r, (_, f) => f.mirror),
    r.call(
      'ret = dmirror_migrate(&args): to system memory',
      migrate,
      (k, f, callee) => {
        const [start, end] = fault_range(k, f);
        callee.vma = f.vma;
        callee.start = start;
        callee.end = end;
        const huge = end - start === HUGE_PAGES ? Select.Compound : 0;
        callee.select = selectDevice(k, f.device) | huge | (migratesAround(k.profile) ? Select.System : 0);
        callee.device = f.device;
        callee.mirror = f.mirror;
        if (k.profile.faultTakesReference) callee.faultPage = f.page;
        callee.toRam = 1;
      },
      (_, f, value) => {
        if (value < 0) f.ret = value === -Errno.ENOMEM ? VmFault.OOM : VmFault.SIGBUS;
      },
    ),
    ...unlockRange(r, (_, f) => f.mirror),
    r.ret('return ret', (k, f) => {
      k.leave(FAULT, f.ret, 0);
      return f.ret;
    }),
  ],
});

const FREE = 'page_free';

export const dmirror_devmem_free = routine({
  name: 'dmirror_devmem_free',
  file: 'lib/test_hmm.c',
  about:
    'Nobody uses the device page any more: free what backs it and put it on the free list. Must not sleep.',
  aliases: ['page_free', 'folio_free'],
  params: pageFreeParams,
  locals: { device: DeviceT },
  body: (r) => [
    r.step('mdevice = dmirror_page_to_device(page)', (k, f) => {
      const { pages } = k;
      f.device = k.devices.pgmapDevice.get(pages.pgmap(f.page)) as DeviceRow;
      const counts = [
        pages.refcount.get(f.page),
        pages.folioMapcount(f.page),
        pages.has(f.page, Pg.Locked) ? 1 : 0,
      ];
      k.emit(FREE, f.page, f.device, ...counts, pages.order.get(f.page));
    }),
    r.when('(rpage != page)', (k, f) => k.devices.type.get(f.device) === MemoryType.Private, [
      r.step('__free_page(BACKING_PAGE(page))', (k, f) => free_backing(k, backing_page(k, f.page), f.device)),
    ]),
    r.step('back on top of the free list, unless the chunk is being removed; cfree++', (k, f) =>
      memory_return(k, memory, f.page, f.device),
    ),
    r.ret('return', (k) => {
      k.leave(FREE);
      return 0;
    }),
  ],
});

export const dmirror_devmem_folio_split = routine({
  name: 'dmirror_devmem_folio_split',
  file: 'lib/test_hmm.c',
  about: 'A folio of the device is single pages now: each gets what backs it.',
  aliases: ['folio_split'],
  params: folioSplitParams,
  body: (r) => [
    r.step('for each page: its part of the backing folio, which is split too', (k, f) => {
      const device = k.devices.pgmapDevice.get(k.pages.pgmap(f.folio));
      k.emit('folio_split', f.folio, device, HUGE_PAGES);
      split_backing(k, f.folio);
    }),
    r.ret('return'),
  ],
});

const INVALIDATE = 'invalidate';

/** The migration is this device's own: the driver drops its entries itself. (4.14 knows neither event nor owner.) */
function skips(k: Kernel, f: { mirror: MirrorRow; event: number; owner: DeviceRow }): boolean {
  const own = f.owner !== 0 && f.owner === k.devices.mirrorDevice.get(f.mirror);
  const may = k.profile.intervalNotifiers && !faultsAfterMigration(k.profile);
  return may && f.event === Notify.MIGRATE && own;
}

export const dmirror_interval_invalidate = routine({
  name: 'dmirror_interval_invalidate',
  file: 'lib/test_hmm.c',
  about: "Entries of the process are changing: drop the device's own entries for the range.",
  aliases: ['invalidate', 'sync_cpu_device_pagetables'],
  params: invalidateParams,
  locals: { skipped: Bool },
  body: (r) => [
    r.when('it is the notifier of a snapshot', (k, f) => own.of(k).of.get(f.mirror) !== 0, [
      r.call(
        'dmirror_snapshot_invalidate(mni, range, cur_seq)',
        dmirror_snapshot_invalidate,
        (_, f, callee) => {
          callee.notifier = f.mirror;
        },
      ),
      r.ret('return true', () => 1),
    ]),
    r.step('note range, event and owner', (k, f) => {
      const device = k.devices.mirrorDevice.get(f.mirror);
      const process = k.devices.mirrorProcess.get(f.mirror);
      k.emit(INVALIDATE, f.mirror, process, device, f.start, f.end, f.event, f.owner);
    }),
    r.when(
      '(range->event == MMU_NOTIFY_MIGRATE && range->owner == dmirror->mdevice)',
      (k, f) => skips(k, f),
      [
        r.ret('return true', (k) => {
          k.leave(INVALIDATE, 1);
          return 1;
        }),
      ],
    ),
    lockMirror(r, (_, f) => f.mirror),
    r.step('mmu_interval_set_seq(); drop the entries of the range and of the page at its end', (k, f) => {
      mmu_interval_set_seq(k, f.mirror);
      // The driver's loop takes the end of the range for its last page.
      mirrors.erase(k, f.mirror, f.start, (f.end + 1) as Vpn);
    }),
    r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, f.mirror)),
    r.ret('return true', (k) => {
      k.leave(INVALIDATE, 1);
      return 1;
    }),
  ],
});
