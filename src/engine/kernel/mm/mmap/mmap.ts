/** mmap (mm/mmap.c, mm/vma.c). */

import { Vm } from '../../../machine/address-spaces';
import { MemoryType } from '../../../machine/devices';
import type { AnonVmaRow, DeviceRow, FileRow, MmRow, VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { Bool, DeviceT, ErrnoT, FileT, Int, MmT, routine, VmFlagsT, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { alloc_file } from '../../fs/file';
import { Alloc, should_fail_alloc } from '../fail_alloc';
import { cuts_hugetlb } from '../hugetlb/hugetlb_vma';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { fileLock, rmapWriteLock, vmaLocks } from '../rmap/rmap_lock';
import { total_swap_pages } from '../swapfile/swapfile';
import { mmap_write_unlock, mmapWriteLockKillable } from './mmap_lock';
import { do_munmap } from './munmap';
import { get_unmapped_area } from './unmapped_area';
import { merge_new_range, set_file, vma_link, vmas_merge_changes, type Wanted } from './vma';
import { vmaStartWrite } from './vma_lock';

/** Persistent memory is mapped page by page as it is touched; what a driver's file maps is the driver's to say. */
function maps_driver_file(k: Kernel, device: DeviceRow): boolean {
  return device !== 0 && k.devices.type.get(device) !== MemoryType.Host;
}

/** Its pages count as committed: private and writable (accountable_mapping); hugetlb pages are reserved. */
function accountable(flags: number): boolean {
  return (flags & (Vm.Write | Vm.Shared | Vm.HugeTlb)) === Vm.Write;
}

/** Overcommit by heuristics refuses only what could never be: more than all memory and swap (__vm_enough_memory). */
export function enough_memory(k: Kernel, pages: number): boolean {
  let total = total_swap_pages(k);
  for (const zone of k.zones.rows()) total += k.zones.managed.get(zone);
  return pages <= total;
}

/** Flags of the VMA beyond those asked for: private mappings and shared memory may always become writable. */
function vma_flags(k: Kernel, flags: number, file: FileRow): number {
  const isShared = (flags & Vm.Shared) !== 0;
  const memory = file === 0 || k.files.shmem.get(file) !== 0;
  const may = !isShared || memory || (flags & Vm.Write) !== 0 ? Vm.MayWrite : 0;
  const softDirty = k.profile.softDirty ? Vm.SoftDirty : 0;
  const owner = (flags & (Vm.HugeTlb | Vm.Shared)) === Vm.HugeTlb ? Vm.ResvOwner : 0;
  return flags | may | softDirty | owner | (accountable(flags) ? Vm.Account : 0);
}

/** Shared and anonymous memory is a file of its own, except where it is of the hugetlb pool. */
function is_shmem(f: { flags: number; file: FileRow; device: DeviceRow }): boolean {
  return (f.flags & (Vm.Shared | Vm.HugeTlb)) === Vm.Shared && f.file === 0 && f.device === 0;
}

function add_vma(k: Kernel, mm: MmRow, wanted: Wanted): void {
  const merged = merge_new_range(k, mm, wanted);
  if (merged !== 0) {
    k.mm.flags.set(merged, k.mm.flags.get(merged) | (wanted.flags & Vm.SoftDirty));
    return;
  }
  const vma = k.mm.vmas.alloc() as VmaRow;
  k.mm.start.set(vma, wanted.start);
  k.mm.end.set(vma, wanted.end);
  k.mm.flags.set(vma, wanted.flags);
  k.mm.device.set(vma, wanted.device);
  k.mm.pgoff.set(vma, wanted.pgoff);
  if ((wanted.flags & Vm.HugeTlb) !== 0) k.mm.hugeReserved.set(vma, (wanted.end - wanted.start) / HUGE_PAGES);
  set_file(k, vma, wanted.file);
  vma_link(k, mm, vma);
}

interface Mapped {
  at: Vpn;
  pages: number;
  flags: number;
  file: FileRow;
  device: DeviceRow;
  offset: number;
}

/** What mmap maps at `at`. */
function wanted_vma(k: Kernel, f: Mapped): Wanted {
  const anonymous = f.file === 0 && f.device === 0;
  return {
    start: f.at,
    end: (f.at + f.pages) as Vpn,
    flags: vma_flags(k, f.flags, f.file),
    file: f.file,
    device: f.device,
    pgoff: anonymous ? f.at : f.offset,
    anonVma: 0 as AnonVmaRow,
    like: 0 as VmaRow,
  };
}

/** No neighbour grows over the range, and there is no memory for a VMA (vm_area_alloc). */
const no_new_vma = (k: Kernel, f: Mapped & { mm: MmRow }): boolean =>
  vmas_merge_changes(k, f.mm, wanted_vma(k, f)).length === 0 && should_fail_alloc(k, Alloc.Vma);

/**
 * mmap(2). `start` 0 lets the kernel choose; `flags` are Vm bits (Read, Write, Exec, Shared, MixedMap, HugeTlb); `file` or
 * `device` 0 = anonymous; `offset` in pages; with `aligned` the kernel's choice is a boundary of 2 MiB. Returns the first page, or -EINVAL for no pages or a hugetlb mapping off its boundary, -ENOMEM.
 */
export const sys_mmap = routine({
  name: 'sys_mmap',
  file: 'mm/mmap.c',
  about: 'Make a mapping: choose or clear the addresses, then let a neighbour grow or make a VMA.',
  aliases: ['mmap_region', 'do_mmap'],
  params: {
    start: VpnT,
    pages: Int,
    flags: VmFlagsT,
    file: FileT,
    device: DeviceT,
    offset: Int,
    fixed: Bool,
    aligned: Bool,
  },
  locals: { mm: MmT, at: VpnT, ret: ErrnoT },
  body: (r) => [
    r.when('(!len)', (_, f) => f.pages <= 0, [r.ret('return -EINVAL', () => -Errno.EINVAL)]),
    ...mmapWriteLockKillable(r, (k) => k.tasks.mmOf(k.task)),
    r.step('get_unmapped_area(file, addr, len, pgoff, flags)', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      if ((f.flags & Vm.HugeTlb) !== 0) f.pages = Math.ceil(f.pages / HUGE_PAGES) * HUGE_PAGES;
      const cuts = f.fixed !== 0 && cuts_hugetlb(k, f.mm, f.start, f.start + f.pages);
      const error = k.profile.mmapKeepsUnmapError ? -Errno.EINVAL : -Errno.ENOMEM;
      f.at = (cuts ? error : get_unmapped_area(k, f.mm, f.start, f.pages, f)) as Vpn;
    }),
    r.when(
      'there is no room, or memory and swap have too few pages to account for',
      (k, f) => f.at < 0 || (accountable(f.flags) && !enough_memory(k, f.pages)),
      [
        r.step('mmap_write_unlock(mm)', (k, f) => mmap_write_unlock(k, f.mm)),
        r.ret('return the error', (_, f) => (f.at < 0 ? f.at : -Errno.ENOMEM)),
      ],
    ),
    r.call(
      'unmap what the range covers',
      do_munmap,
      (_, f, callee) => {
        callee.start = f.at;
        callee.end = (f.at + f.pages) as Vpn;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.when(
      '(error): no memory for a VMA that is cut, or for the new one',
      (k, f) => f.ret !== 0 || no_new_vma(k, f),
      [
        r.step('mmap_write_unlock(mm)', (k, f) => mmap_write_unlock(k, f.mm)),
        r.ret('return -ENOMEM', () => -Errno.ENOMEM),
      ],
    ),
    r.when('(!file && (vm_flags & VM_SHARED))', (_, f) => is_shmem(f), [
      r.step('shmem_zero_setup(vma)', (k, f) => {
        f.file = alloc_file(k, f.pages, true, undefined);
      }),
    ]),
    vmaStartWrite(r, (k, f) => vmas_merge_changes(k, f.mm, wanted_vma(k, f))),
    rmapWriteLock(r, (k, f) => [
      fileLock(f.file),
      ...vmaLocks(k, vmas_merge_changes(k, f.mm, wanted_vma(k, f))),
    ]),
    r.step('vma_merge_new_range(): let a neighbour grow over the range, or make a VMA', (k, f) =>
      add_vma(k, f.mm, wanted_vma(k, f)),
    ),
    r.when('the file of a driver is mapped', (k, f) => maps_driver_file(k, f.device as DeviceRow), [
      r.step('file->f_op->mmap(file, vma)', (k, f) => {
        k.driverOf(f.device as DeviceRow).mmap?.(k, k.mm.vmaAt(f.mm, f.at));
      }),
    ]),
    r.step('mmap_write_unlock(mm)', (k, f) => mmap_write_unlock(k, f.mm)),
    r.ret('return the address', (_, f) => f.at),
  ],
});
