/** Opening and closing the test driver's device file, and the eviction that the last close brings (lib/test_hmm.c). */

import { MigratePfn } from '../../kernel/constants';
import { fcheck, fd_install, fdget, fputDevice } from '../../kernel/fs/device_file';
import { get_unused_fd } from '../../kernel/fs/file';
import { Alloc, should_fail_alloc } from '../../kernel/mm/fail_alloc';
import { memunmap_pages } from '../../kernel/mm/memremap';
import {
  forEachSlot,
  migrates,
  migration_free,
  srcPage,
} from '../../kernel/mm/migrate_device/migrate_arrays';
import { migrate_vma_finalize, migrate_vma_pages } from '../../kernel/mm/migrate_device/migrate_device';
import { is_compound } from '../../kernel/mm/migrate_device/migrate_split';
import { migrate_device_unmap } from '../../kernel/mm/migrate_device/migrate_unmap';
import { mmap_read_unlock, mmapReadLock, trylock_page } from '../../kernel/mm/mmap/mmap_lock';
import {
  mirrorsWriteLock,
  mmu_interval_notifier_insert,
  mmu_interval_notifier_remove,
} from '../../kernel/mm/mmu_notifier/mmu_interval_notifier';
import { mmu_notifier_register } from '../../kernel/mm/mmu_notifier/mmu_notifier';
import { alloc_huge_page, alloc_movable_page } from '../../kernel/mm/page_alloc/page_alloc';
import { rmap_walk } from '../../kernel/mm/rmap/rmap';
import { get_page } from '../../kernel/mm/swap/page_ref';
import { NULL_POINTER, oops } from '../../kernel/oops';
import { Hold } from '../../machine/holds';
import type { DeviceRow, MigrationRow, MirrorRow, MmRow, PageRow, SlotRow, Vpn } from '../../machine/ids';
import { Wait } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';
import {
  DeviceT,
  Int,
  MigrateEntryT,
  MigrationT,
  MirrorT,
  MmT,
  PageT,
  releaseParams,
  routine,
  VmaT,
  VpnT,
} from '../../routine/routine';
import { backing_page, devmem_remove_free } from './memory';
import { migrate, selectDevice } from './migrate';
import { evictionMayFail, evictsOnClose } from './options';
import { memory, mirrors, own } from './tables';

/** dmirror_fops_open: a mirror of the calling process with an empty table. Returns its row. */
export const dmirror_open = routine({
  name: 'dmirror_fops_open',
  file: 'lib/test_hmm.c',
  about: 'A process opens the device: from now on the driver hears of every change of its address space.',
  params: { device: DeviceT },
  locals: { mirror: MirrorT },
  body: (r) => [
    r.step('dmirror = kzalloc(sizeof(*dmirror)); xa_init(&dmirror->pt)', (k, f) => {
      const { devices } = k;
      f.mirror = devices.mirrors.alloc() as MirrorRow;
      const process = k.tasks.processOf(k.task);
      devices.mirrorFd.set(f.mirror, get_unused_fd(k, process));
      devices.mirrorProcess.set(f.mirror, process);
      mirrors.create(k, f.mirror);
    }),
    r.call('mmu_notifier_register(mm)', mmu_notifier_register, (k, _, callee) => {
      callee.mm = k.tasks.mmOf(k.task);
    }),
    r.only((profile) => !profile.intervalNotifiers, [mirrorsWriteLock(r, (k) => k.tasks.mmOf(k.task))]),
    r.step('mmu_interval_notifier_insert(everything)', (k, f) => {
      mmu_interval_notifier_insert(k, f.mirror, k.tasks.mmOf(k.task), f.device);
    }),
    r.step('fd_install(fd, file)', (k, f) => fd_install(k, f.mirror)),
    r.ret('return the mirror', (_, f) => f.mirror),
  ],
});

/** The device's pages in use from `offset` on: the first one's offset, or -1. */
function next_in_use(k: Kernel, device: DeviceRow, offset: number): number {
  const range = k.devices.rangeOf(device);
  const pages = k.devices.pages.get(device);
  for (let at = Math.max(offset, memory.of(k).untouched.get(device)); at < pages; at++)
    if (k.pages.refcount.get(k.pages.touch(range, at)) > k.profile.freeDeviceRefcount) return at;
  return -1;
}

/** Pages of a device that one step of an eviction looks at. */
const EVICTION_BATCH = 512;

/**
 * Takes a reference on every page in use and locks it, from the offset `at` on for one batch; those that are locked are
 * skipped (migrate_device_range). `slot` is the last that was filled.
 */
function collect_device(
  k: Kernel,
  f: { device: DeviceRow; migration: MigrationRow; at: number; until: number; slot: SlotRow },
): void {
  const range = k.devices.rangeOf(f.device);
  const end = Math.min(f.at + EVICTION_BATCH, f.until);
  for (; f.at < end; f.at++) {
    const page = k.pages.touch(range, f.at);
    if (k.pages.refcount.get(page) <= k.profile.freeDeviceRefcount || !trylock_page(k, page)) continue;
    get_page(k, page, Hold.Collect, f.migration);
    const slot = k.slots.table.alloc() as SlotRow;
    k.slots.srcPage.set(slot, page);
    const compound = k.pages.count(page) > 1 ? MigratePfn.Compound : 0;
    k.slots.srcFlags.set(slot, MigratePfn.Valid | MigratePfn.Migrate | compound);
    if (f.slot === 0) k.migrations.head.set(f.migration, slot);
    else k.slots.next.set(f.slot, slot);
    f.slot = slot;
  }
}

/** The contents of a page, or of all pages of a folio. */
function copy_home(k: Kernel, from: PageRow, to: PageRow): void {
  for (let i = 0; i < k.pages.count(from); i++)
    k.contents.copy(backing_page(k, k.pages.nth(from, i)), k.pages.nth(to, i));
}

type M = { migration: MigrationRow };
const pass = (_: Kernel, f: M, callee: M): void => {
  callee.migration = f.migration;
};

/** Our port's way home, for kernels without migrate_device_range: page by page through the address space of a mirror. */
const dmirror_migrate_home = routine({
  name: 'dmirror_migrate_home',
  file: 'lib/test_hmm.c',
  about:
    "Migrate the device's pages that this process maps, one by one; this kernel can not migrate by frame number.",
  params: { mirror: MirrorT },
  locals: { device: DeviceT, mm: MmT, at: VpnT, page: PageT, vma: VmaT, vpn: VpnT },
  body: (r) => [
    r.step('device = dmirror->mdevice; mm = dmirror->notifier.mm', (k, f) => {
      f.device = k.devices.mirrorDevice.get(f.mirror) as DeviceRow;
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
    }),
    ...mmapReadLock(r, (_, f) => f.mm),
    r.step('find its first page in use', (k, f) => {
      f.at = next_in_use(k, f.device, 0) as Vpn;
    }),
    r.loop('the device has another page in use', (_, f) => f.at !== -1, [
      r.step('find where this process maps it', (k, f) => {
        f.page = k.pages.touch(k.devices.rangeOf(f.device), f.at);
        const place = rmap_walk(k, f.page).find((mapping) => k.mm.mm.get(mapping.vma) === f.mm);
        f.vma = place ? place.vma : (0 as typeof f.vma);
        f.vpn = place ? place.vpn : (0 as Vpn);
        f.at = next_in_use(k, f.device, f.at + 1) as Vpn;
      }),
      r.when('this process maps it', (_, f) => f.vma !== 0, [
        r.call('migrate this page to system memory', migrate, (k, f, callee) => {
          callee.vma = f.vma;
          callee.start = f.vpn;
          callee.end = (f.vpn + 1) as Vpn;
          callee.select = selectDevice(k, f.device);
          callee.device = f.device;
          callee.mirror = f.mirror;
          callee.toRam = 1;
        }),
      ]),
    ]),
    r.step('up_read(&mm->mmap_sem)', (k, f) => mmap_read_unlock(k, f.mm)),
  ],
});

/** Brings every page of the device home, whoever uses it (6.1+). */
const evict_chunk = routine({
  name: 'dmirror_device_evict_chunk',
  file: 'lib/test_hmm.c',
  about:
    'Migrate whatever is on the device to system memory, by page frame number: no address space, no mmap_lock.',
  params: { device: DeviceT, at: Int, until: Int, pages: Int },
  locals: { migration: MigrationT, slot: MigrateEntryT, page: PageT },
  body: (r) => [
    r.only(evictionMayFail, [
      r.when(
        '(!(src_pfns = kcalloc(npages, sizeof(*src_pfns)))): no memory',
        (k) => should_fail_alloc(k, Alloc.Eviction),
        oops(r, 'NULL pointer dereference', () => NULL_POINTER),
      ),
    ]),
    r.step('migrate_device_range(src_pfns, start, npages)', (k, f) => {
      f.migration = k.migrations.table.alloc() as MigrationRow;
      k.migrations.owner.set(f.migration, f.device);
      own.of(k).toRam.set(f.migration, 1);
      k.migrations.task.set(f.migration, k.task);
      k.emit('migrate_device_range', f.device, f.pages);
    }),
    r.loop('(i < npages)', (_, f) => f.at < f.until, [
      r.step('reference and lock what is in use', (k, f) => collect_device(k, f)),
    ]),
    r.call('migrate_device_unmap(src_pfns, npages)', migrate_device_unmap, pass),
    r.step('all collected', (k) => k.leave('migrate_device_range')),
    ...forEachSlot(r, 'a page of system memory for each', [
      r.when('(src[i] & MIGRATE_PFN_MIGRATE)', (k, f) => migrates(k, f.slot), [
        r.step('page = alloc_page(); lock_page(page)', (k, f) => {
          f.page = is_compound(k, f.slot) ? alloc_huge_page(k, true) : alloc_movable_page(k);
          if (f.page !== 0) trylock_page(k, f.page);
        }),
        r.when('(page)', (_, f) => f.page !== 0, [
          r.yield('Y7'),
          r.step('copy_highpage(dpage, page); dst[i] = migrate_pfn(dpfn)', (k, f) => {
            copy_home(k, srcPage(k, f.slot), f.page);
            k.slots.dstPage.set(f.slot, f.page);
            k.slots.dstFlags.set(
              f.slot,
              MigratePfn.Valid | (k.slots.srcFlags.get(f.slot) & MigratePfn.Compound),
            );
          }),
        ]),
      ]),
    ]),
    r.call('migrate_device_pages(src_pfns, dst_pfns, npages)', migrate_vma_pages, pass),
    r.call('migrate_device_finalize(src_pfns, dst_pfns, npages)', migrate_vma_finalize, pass),
    r.step('the arrays are done with', (k, f) => migration_free(k, f.migration)),
  ],
});

/** Brings the pages of the device home: all of them, or, before 6.1, those that the calling process has there. */
export const dmirror_device_evict = routine({
  name: 'dmirror_device_evict',
  file: 'lib/test_hmm.c',
  about: 'Bring home what is on the device.',
  params: { device: DeviceT },
  locals: { mirror: MirrorT },
  body: (r) => [
    r.only(
      (profile) => profile.splitMigrateApi,
      [
        r.call('evict the chunk of pages', evict_chunk, (k, f, callee) => {
          const { untouched, folioEnd } = memory.of(k);
          callee.device = f.device;
          // Pages that were never handed out are not looked at.
          callee.at = untouched.get(f.device);
          callee.until = k.devices.pages.get(f.device);
          callee.pages = callee.until - folioEnd.get(f.device);
        }),
        r.only(
          (profile) => profile.collectsHuge,
          [
            r.when(
              '(mdevice->devmem_chunks[1]): there is one of folios',
              (k, f) => memory.of(k).folioEnd.get(f.device) > 0,
              [
                r.call('evict the chunk of folios', evict_chunk, (k, f, callee) => {
                  const { folioUntouched, folioEnd } = memory.of(k);
                  callee.device = f.device;
                  callee.at = folioUntouched.get(f.device);
                  callee.until = folioEnd.get(f.device);
                  callee.pages = callee.until;
                }),
              ],
            ),
          ],
        ),
      ],
      [
        r.step("find the file of this process's mirror", (k, f) => {
          f.mirror = fcheck(k, k.tasks.processOf(k.task), f.device);
          if (f.mirror !== 0) fdget(k, f.mirror);
        }),
        r.when('it has the device open', (_, f) => f.mirror !== 0, [
          r.call('migrate home what this process has on the device', dmirror_migrate_home, (_, f, callee) => {
            callee.mirror = f.mirror;
          }),
          fputDevice(r, (f) => f.mirror),
        ]),
      ],
    ),
  ],
});

/** dmirror_fops_release: the mirror goes; every page of the device comes home first. */
export const dmirror_release = routine({
  name: 'dmirror_fops_release',
  file: 'lib/test_hmm.c',
  about: 'The device file is closed: stop listening, bring home what is on the device, free the table.',
  params: releaseParams,
  locals: { device: DeviceT },
  body: (r) => [
    r.only(
      (profile) => evictsOnClose(profile) && !profile.splitMigrateApi,
      [
        r.call('migrate home what this process has on the device', dmirror_migrate_home, (_, f, callee) => {
          callee.mirror = f.mirror;
        }),
      ],
    ),
    r.call(
      'mmu_interval_notifier_remove(&dmirror->notifier)',
      mmu_interval_notifier_remove,
      (_, f, callee) => {
        callee.mirror = f.mirror;
      },
    ),
    r.step('mdevice = dmirror->mdevice', (k, f) => {
      f.device = k.devices.mirrorDevice.get(f.mirror) as DeviceRow;
    }),
    r.only(
      (profile) => profile.splitMigrateApi,
      [
        r.call("evict the device's pages", dmirror_device_evict, (_, f, callee) => {
          callee.device = f.device;
        }),
      ],
    ),
    r.step('free the table and the mirror', (k, f) => {
      mirrors.destroy(k, f.mirror);
      k.devices.mirrors.free(f.mirror);
    }),
  ],
});

/** HMM_DMIRROR_RELEASE: brings everything home and gives the device's memory up. Returns 0. */
export const dmirror_remove = routine({
  name: 'dmirror_device_remove_chunks',
  file: 'lib/test_hmm.c',
  about:
    "Evict the device's pages, then remove its memory; waits for ever if one of them can not be had back.",
  params: { device: DeviceT },
  body: (r) => [
    r.wait(
      'mutex_lock(&mdevice->devmem_lock): nobody else is removing the memory',
      Wait.PgmapRef,
      (k, f) => k.devices.pgmap.get(f.device),
      (k, f) => memory.of(k).removing.get(f.device) === 0 || k.devices.pages.get(f.device) === 0,
    ),
    r.when('(!mdevice->devmem_chunks)', (k, f) => k.devices.pages.get(f.device) === 0, [r.ret('return 0')]),
    r.step('devmem->remove = true; unlink the free pages', (k, f) => devmem_remove_free(k, f.device)),
    r.call(
      "evict the device's pages",
      dmirror_device_evict,
      (_, f, callee) => {
        callee.device = f.device;
      },
      (k, f) => {
        const { untouched, folioEnd, folioUntouched } = memory.of(k);
        for (const column of [untouched, folioEnd, folioUntouched]) column.set(f.device, 0);
      },
    ),
    r.call('memunmap_pages(&devmem->pagemap)', memunmap_pages, (_, f, callee) => {
      callee.device = f.device;
    }),
    r.ret('return 0'),
  ],
});
