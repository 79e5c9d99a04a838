/**
 * A driver of another kind than dmirror, to show what a driver is made of. It migrates a page when the device first uses
 * it, one page at a time, and sends it home after a number of accesses: `device gpu0 … driver pager keeps=3`, and later
 * `gpu0 keep = 5`. For kernels with migrate_vma_setup.
 */

import { memory_probe } from '../../../src/engine/drivers/device_memory';
import { begin_ioctl, push_data } from '../../../src/engine/drivers/ioctl';
import { Errno } from '../../../src/engine/kernel/constants';
import { fd_install } from '../../../src/engine/kernel/fs/device_file';
import { get_unused_fd } from '../../../src/engine/kernel/fs/file';
import { mmap_read_unlock, mmapReadLock } from '../../../src/engine/kernel/mm/mmap/mmap_lock';
import { mmu_interval_notifier_insert } from '../../../src/engine/kernel/mm/mmu_notifier/mmu_interval_notifier';
import { mmu_notifier_register } from '../../../src/engine/kernel/mm/mmu_notifier/mmu_notifier';
import type { DeviceRow, MirrorRow, MmRow, PageRow, Vpn } from '../../../src/engine/machine/ids';
import type { Driver } from '../../../src/engine/routine/driver';
import type { Kernel } from '../../../src/engine/routine/kernel';
import {
  DeviceT,
  EntryT,
  ErrnoT,
  Int,
  MirrorT,
  MmT,
  PageT,
  routine,
  VmaT,
  VpnT,
} from '../../../src/engine/routine/routine';
import { pager_invalidate, pager_migrate_to_ram, pager_page_free, pager_release } from './callbacks';
import { pager_move } from './move';
import { failures, memory, mirrors, own } from './tables';

const deviceOf = (k: Kernel, { mirror }: { mirror: MirrorRow }): DeviceRow =>
  k.devices.mirrorDevice.get(mirror) as DeviceRow;

const pager_open = routine({
  name: 'pager_open',
  file: 'pager.c',
  about: 'A process opens the device: a mirror with an empty table.',
  params: { device: DeviceT },
  locals: { mirror: MirrorT },
  body: (r) => [
    r.step('a new mirror', (k, f) => {
      f.mirror = k.devices.mirrors.alloc() as MirrorRow;
      const process = k.tasks.processOf(k.task);
      k.devices.mirrorFd.set(f.mirror, get_unused_fd(k, process));
      k.devices.mirrorProcess.set(f.mirror, process);
      mirrors.create(k, f.mirror);
    }),
    r.call('mmu_notifier_register(mm)', mmu_notifier_register, (k, _, callee) => {
      callee.mm = k.tasks.mmOf(k.task);
    }),
    r.step('mmu_interval_notifier_insert(everything); fd_install()', (k, f) => {
      mmu_interval_notifier_insert(k, f.mirror, k.tasks.mmOf(k.task), f.device);
      fd_install(k, f.mirror);
    }),
    r.ret('return the mirror', (_, f) => f.mirror),
  ],
});

/** The device uses its page: a byte of it, and one access more. */
function use(k: Kernel, page: PageRow): number {
  push_data(k, k.contents.read(page, 0));
  k.tasks.cpages.add(k.task, 1);
  return own.of(k).uses.add(page, 1);
}

const pager_read = routine({
  name: 'pager_read',
  file: 'pager.c',
  about:
    'The device reads page after page: fetch it if it is not here, use it, send it home when it is worn.',
  params: { mirror: MirrorT, start: VpnT, pages: Int },
  locals: { mm: MmT, vma: VmaT, vpn: VpnT, entry: EntryT, page: PageT, uses: Int, ret: ErrnoT },
  body: (r) => [
    r.step('from the start', (k, f) => {
      begin_ioctl(k);
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
      f.vpn = f.start;
    }),
    ...mmapReadLock(r, (_, f) => f.mm),
    r.loop('pages are left', (_, f) => f.ret === 0 && f.vpn < f.start + f.pages, [
      r.step('vma = vma_lookup(mm, address)', (k, f) => {
        f.vma = k.mm.vmaAt(f.mm, f.vpn);
        if (f.vma === 0) f.ret = -Errno.EFAULT;
      }),
      r.when('it is not here', (k, f) => f.ret === 0 && mirrors.entry(k, f.mirror, f.vpn) === 0, [
        r.call(
          'ret = pager_move(here)',
          pager_move,
          (k, f, callee) => {
            callee.vma = f.vma;
            callee.vpn = f.vpn;
            callee.device = deviceOf(k, f);
            callee.mirror = f.mirror;
          },
          (_, f, value) => {
            f.ret = value;
          },
        ),
      ]),
      r.when('the device has it', (_, f) => f.ret === 0, [
        r.step('use it', (k, f) => {
          f.page = k.tables.hi.get(mirrors.entry(k, f.mirror, f.vpn)) as PageRow;
          f.uses = use(k, f.page);
        }),
        r.when('it is worn', (k, f) => f.uses >= own.of(k).keeps.get(deviceOf(k, f)), [
          r.call('pager_move(home)', pager_move, (k, f, callee) => {
            callee.vma = f.vma;
            callee.vpn = f.vpn;
            callee.device = deviceOf(k, f);
            callee.mirror = f.mirror;
            callee.home = 1;
            own.of(k).sentHome.add(callee.device, 1);
          }),
        ]),
        r.step('next page', (_, f) => {
          f.vpn = (f.vpn + 1) as Vpn;
        }),
      ]),
    ]),
    r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
    r.ret('return ret', (_, f) => f.ret),
  ],
});

const KEEPS = { what: 'how many accesses a page stays for', least: 1, most: 1000 };

const pager_keep = routine({
  name: 'pager_keep',
  file: 'pager.c',
  about: 'From now on pages stay for another number of accesses.',
  params: { mirror: MirrorT, start: VpnT, pages: Int, value: Int },
  body: (r) => [
    r.step('keeps = value', (k, f) => own.of(k).keeps.set(deviceOf(k, f), f.value)),
    r.ret('return 0'),
  ],
});

export const pager: Driver = {
  name: 'pager',
  migrate_to_ram: pager_migrate_to_ram,
  page_free: pager_page_free,
  invalidate: pager_invalidate,
  release: pager_release,
  operations: { open: pager_open, read: pager_read },
  verbs: [
    {
      word: 'keep',
      about: 'How many accesses a page stays on the device for.',
      range: false,
      value: KEEPS,
      routine: pager_keep,
    },
  ],
  options: [{ name: 'keeps', ...KEEPS, otherwise: 2 }],
  switches: [],
  failures,
  memory,
  mirrors,
  locks: [],
  tables: [own, failures.tables],
  counters: { fetched: (k) => own.of(k).fetched, sent_home: (k) => own.of(k).sentHome },
  probe: (k, device, options) => {
    memory_probe(k, memory, device);
    own.of(k).keeps.set(device, options.get('keeps') ?? 2);
  },
  contents: (_, page) => page,
};
