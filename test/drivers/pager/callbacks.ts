/** The pager's callbacks. */

import { memory_return } from '../../../src/engine/drivers/device_memory';
import { VmFault } from '../../../src/engine/kernel/constants';
import { mmu_interval_notifier_remove } from '../../../src/engine/kernel/mm/mmu_notifier/mmu_interval_notifier';
import { mmu_interval_set_seq } from '../../../src/engine/kernel/mm/mmu_notifier/mmu_notifier';
import type { DeviceRow, MirrorRow, PageRow } from '../../../src/engine/machine/ids';
import { Pg } from '../../../src/engine/machine/pages';
import type { Kernel } from '../../../src/engine/routine/kernel';
import {
  DeviceT,
  invalidateParams,
  migrateToRamParams,
  pageFreeParams,
  releaseParams,
  routine,
  VmFaultT,
} from '../../../src/engine/routine/routine';
import { pager_move } from './move';
import { failures, memory, mirrors } from './tables';

const deviceOf = (k: Kernel, page: PageRow): DeviceRow =>
  k.devices.pgmapDevice.get(k.pages.pgmap(page)) as DeviceRow;

const countsOf = ({ pages }: Kernel, page: PageRow): number[] => [
  pages.refcount.get(page),
  pages.mapcount.get(page),
  pages.has(page, Pg.Locked) ? 1 : 0,
];

export const pager_migrate_to_ram = routine({
  name: 'pager_migrate_to_ram',
  file: 'pager.c',
  about: 'The CPU touched a page of the device: it goes home.',
  params: migrateToRamParams,
  locals: { device: DeviceT, ret: VmFaultT },
  body: (r) => [
    r.step('the device of the page; was a failure injected?', (k, f) => {
      f.device = deviceOf(k, f.page);
      k.emit('migrate_to_ram', f.vpn, f.page, f.device, ...countsOf(k, f.page), f.flags);
      f.ret = failures.take(k, 'migrate_to_ram', f.device) ?? -1;
    }),
    r.when('no', (_, f) => f.ret === -1, [
      r.call(
        'pager_move(home)',
        pager_move,
        (_, f, callee) => {
          callee.vma = f.vma;
          callee.vpn = f.vpn;
          callee.device = f.device;
          callee.home = 1;
          callee.faultPage = f.page;
        },
        (_, f, value) => {
          f.ret = value === 0 ? 0 : VmFault.SIGBUS;
        },
      ),
    ]),
    r.ret('return ret', (k, f) => {
      k.leave('migrate_to_ram', f.ret, 0);
      return f.ret;
    }),
  ],
});

export const pager_page_free = routine({
  name: 'pager_page_free',
  file: 'pager.c',
  about: 'A page of the device is free.',
  params: pageFreeParams,
  body: (r) => [
    r.step('back on the free list', (k, f) => {
      const device = deviceOf(k, f.page);
      k.emit('page_free', f.page, device, ...countsOf(k, f.page));
      memory_return(k, memory, f.page, device);
      k.leave('page_free');
    }),
  ],
});

export const pager_invalidate = routine({
  name: 'pager_invalidate',
  file: 'pager.c',
  about: 'Entries of the process are changing: the device forgets them.',
  params: invalidateParams,
  body: (r) => [
    r.step('whose', (k, f) => {
      const { mirrorDevice, mirrorProcess } = k.devices;
      const whose = [mirrorProcess.get(f.mirror), mirrorDevice.get(f.mirror)];
      k.emit('invalidate', f.mirror, ...whose, f.start, f.end, f.event, f.owner);
    }),
    mirrors.lock(r, 'mutex_lock(&mirror->mutex)', (_, f) => f.mirror),
    r.step('mmu_interval_set_seq(); forget the range', (k, f) => {
      mmu_interval_set_seq(k, f.mirror);
      mirrors.erase(k, f.mirror, f.start, f.end);
    }),
    r.step('mutex_unlock(&mirror->mutex)', (k, f) => mirrors.unlock(k, f.mirror)),
    r.ret('return true', (k) => {
      k.leave('invalidate', 1);
      return 1;
    }),
  ],
});

export const pager_release = routine({
  name: 'pager_release',
  file: 'pager.c',
  about: 'The device is closed: the mirror goes, pages stay where they are until somebody needs them.',
  params: releaseParams,
  body: (r) => [
    r.call('mmu_interval_notifier_remove()', mmu_interval_notifier_remove, (_, f, callee) => {
      callee.mirror = f.mirror as MirrorRow;
    }),
    r.step('free the table', (k, f) => {
      mirrors.destroy(k, f.mirror);
      k.devices.mirrors.free(f.mirror);
    }),
  ],
});
