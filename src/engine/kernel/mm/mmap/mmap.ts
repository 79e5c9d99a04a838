/** mmap, munmap and the end of an address space (mm/mmap.c, mm/vma.c). */

import { Vm } from '../../../machine/address-spaces';
import { MemoryType } from '../../../machine/devices';
import {
  type AnonVmaRow,
  type DeviceRow,
  type FileRow,
  type MmRow,
  type SlotRow,
  TASK_SIZE_PAGES,
  type VmaRow,
  type Vpn,
} from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  DeviceT,
  FileT,
  GatherT,
  Int,
  MmT,
  routine,
  VmaT,
  VmFlagsT,
  VpnT,
} from '../../../routine/routine';
import { Errno, Notify } from '../../constants';
import { alloc_file, fput } from '../../fs/file';
import { vma_adjust_trans_huge } from '../huge_memory/huge_pmd';
import { cuts_hugetlb } from '../hugetlb/hugetlb_vma';
import { unmap_vmas } from '../memory/zap';
import { tlb_finish_mmu, tlb_gather_mmu, tlb_remove_tables } from '../mmu_gather';
import { ALL_PAGES } from '../mmu_notifier/mmu_interval_notifier';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { free_pgtables } from '../pgtable';
import { unlink_anon_vmas } from '../rmap/rmap';
import { fileLock, rmapWriteLock, vmaLocks } from '../rmap/rmap_lock';
import { lruAddDrain } from '../swap/lru_add_drain';
import { total_swap_pages } from '../swapfile/swapfile';
import {
  mmap_read_unlock,
  mmap_write_downgrade,
  mmap_write_unlock,
  mmapWriteLockKillable,
} from './mmap_lock';
import { get_unmapped_area, is_user_range } from './unmapped_area';
import {
  gather_vmas,
  listed,
  merge_new_range,
  overlapping_vmas,
  set_file,
  vm_area_free,
  vma_before,
  vma_link,
  vmas_gather_splits,
  vmas_merge_changes,
  type Wanted,
} from './vma';
import { vmaStartWrite } from './vma_lock';

/** Persistent memory is mapped page by page as it is touched; what a driver's file maps is the driver's to say. */
function maps_driver_file(k: Kernel, device: DeviceRow): boolean {
  return device !== 0 && k.devices.type.get(device) !== MemoryType.Host;
}

/** Unmapped VMAs leave their anon_vmas, files and the list they are in. */
const remove_vmas = routine({
  name: 'remove_vma',
  file: 'mm/vma.c',
  about: 'Free VMAs that are no longer in the address space; their files lose a user.',
  params: { vma: VmaT },
  locals: { next: VmaT, file: FileT },
  body: (r) => [
    r.loop('(vma)', (_, f) => f.vma !== 0, [
      rmapWriteLock(r, (k, f) => vmaLocks(k, [f.vma])),
      r.step('vm_area_free(vma)', (k, f) => {
        f.next = k.mm.next.get(f.vma) as VmaRow;
        f.file = k.mm.file.get(f.vma) as FileRow;
        vm_area_free(k, f.vma);
      }),
      r.when('(vma->vm_file)', (_, f) => f.file !== 0, [
        r.call('fput(vma->vm_file)', fput, (_, f, callee) => {
          callee.file = f.file;
        }),
      ]),
      r.step('vma = vma_next(vmi)', (_, f) => {
        f.vma = f.next;
      }),
    ]),
  ],
});

/** free_pgtables over a list of VMAs: they leave the reverse map, then tables that no other VMA needs are freed. */
function free_vma_tables(
  k: Kernel,
  f: { mm: MmRow; vma: VmaRow; tlb: SlotRow },
  floor: number,
  ceiling: number,
): void {
  const start = k.mm.start.get(f.vma) as Vpn;
  let end = start;
  for (const vma of listed(k, f.vma)) {
    unlink_anon_vmas(k, vma);
    end = k.mm.end.get(vma) as Vpn;
  }
  if (free_pgtables(k, f.mm, start, end, floor, ceiling)) tlb_remove_tables(k, f.tlb);
}

/** Unmaps [start, end) of the current mm, whose mmap_lock is held for writing; with `unlock` it is not held afterwards. */
export const do_munmap = routine({
  name: 'do_vmi_align_munmap',
  file: 'mm/vma.c',
  about: 'Cut the range out of the VMAs, clear its entries, free page tables and pages.',
  aliases: ['do_munmap', '__do_munmap'],
  params: { start: VpnT, end: VpnT, unlock: Bool },
  locals: { mm: MmT, vma: VmaT, floor: VpnT, ceiling: VpnT, tlb: GatherT },
  body: (r) => [
    ...vma_adjust_trans_huge(r, (k) => k.tasks.mmOf(k.task)),
    vmaStartWrite(r, (k, f) => overlapping_vmas(k, k.tasks.mmOf(k.task), f.start, f.end)),
    rmapWriteLock(r, (k, f) => vmaLocks(k, vmas_gather_splits(k, k.tasks.mmOf(k.task), f.start, f.end))),
    r.step('split the VMAs at both ends of the range and take those inside out of the tree', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      f.vma = gather_vmas(k, f.mm, f.start, f.end);
    }),
    r.when('(!vma)', (_, f) => f.vma === 0, [
      r.step('mmap_write_unlock(mm)', (k, f) => {
        if (f.unlock !== 0) mmap_write_unlock(k, f.mm);
      }),
      r.ret('return 0'),
    ]),
    r.step('find the end of the VMA before and the start of the VMA after', (k, f) => {
      const before = vma_before(k, f.mm, f.start);
      const after = before === 0 ? k.mm.firstVma.get(f.mm) : k.mm.next.get(before);
      f.floor = (before === 0 ? 0 : k.mm.end.get(before)) as Vpn;
      f.ceiling = (after === 0 ? TASK_SIZE_PAGES : k.mm.start.get(after)) as Vpn;
      f.tlb = tlb_gather_mmu(k, f.mm);
    }),
    r.only(
      (profile) => profile.munmapDowngrades,
      [
        r.step('mmap_write_downgrade(mm): faults elsewhere may go on', (k, f) => {
          if (f.unlock !== 0) mmap_write_downgrade(k, f.mm);
        }),
      ],
    ),
    lruAddDrain(r),
    r.call('unmap_vmas(&tlb, vma, start, end)', unmap_vmas, (_, f, callee) => {
      callee.mm = f.mm;
      callee.vma = f.vma;
      callee.start = f.start;
      callee.end = f.end;
      callee.tlb = f.tlb;
    }),
    r.yield('Y5'),
    rmapWriteLock(r, (k, f) => vmaLocks(k, listed(k, f.vma))),
    r.step('free_pgtables(&tlb, vma, prev->vm_end, next->vm_start)', (k, f) =>
      free_vma_tables(k, f, f.floor, f.ceiling),
    ),
    r.call('tlb_finish_mmu(&tlb)', tlb_finish_mmu, (_, f, callee) => {
      callee.mm = f.mm;
      callee.tlb = f.tlb;
    }),
    r.call('remove_vma(vma)', remove_vmas, (_, f, callee) => {
      callee.vma = f.vma;
    }),
    r.step('unlock', (k, f) => {
      if (f.unlock === 0) return;
      if (k.profile.munmapDowngrades) mmap_read_unlock(k, f.mm);
      else mmap_write_unlock(k, f.mm);
    }),
    r.ret('return 0'),
  ],
});

/** munmap(2). Returns 0, or -EINVAL for an empty range or one beyond the user's addresses. Holes are no error. */
export const sys_munmap = routine({
  name: 'sys_munmap',
  file: 'mm/mmap.c',
  about: 'Remove the mappings of a range of addresses.',
  params: { start: VpnT, pages: Int },
  body: (r) => [
    r.when(
      '(!len || start > TASK_SIZE || len > TASK_SIZE - start)',
      (_, f) => !is_user_range(f.start, f.pages),
      [r.ret('return -EINVAL', () => -Errno.EINVAL)],
    ),
    ...mmapWriteLockKillable(r, (k) => k.tasks.mmOf(k.task)),
    r.when(
      'it would cut a huge page of the pool',
      (k, f) => cuts_hugetlb(k, k.tasks.mmOf(k.task), f.start, f.start + f.pages),
      [
        r.step('mmap_write_unlock(mm)', (k) => mmap_write_unlock(k, k.tasks.mmOf(k.task))),
        r.ret('return -EINVAL', () => -Errno.EINVAL),
      ],
    ),
    r.call('do_vmi_align_munmap(vmi, vma, mm, start, end, unlock)', do_munmap, (_, f, callee) => {
      callee.start = f.start;
      callee.end = (f.start + f.pages) as Vpn;
      callee.unlock = 1;
    }),
    r.ret('return 0'),
  ],
});

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

/** What mmap maps at `at`. */
function wanted_vma(
  k: Kernel,
  f: { at: Vpn; pages: number; flags: number; file: FileRow; device: DeviceRow; offset: number },
): Wanted {
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
  locals: { mm: MmT, at: VpnT },
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
    r.call('unmap what the range covers', do_munmap, (_, f, callee) => {
      callee.start = f.at;
      callee.end = (f.at + f.pages) as Vpn;
    }),
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

/** Takes an address space apart when its last task has gone; the mm's row and its mirrors stay. */
export const exit_mmap = routine({
  name: 'exit_mmap',
  file: 'mm/mmap.c',
  about:
    'The last user of the address space is gone: tell the mirrors, unmap everything, free the VMAs and all tables but the top one.',
  params: { mm: MmT },
  locals: { vma: VmaT, tlb: GatherT },
  body: (r) => [
    r.only(
      (profile) => profile.intervalNotifiers,
      [
        r.call('mmu_notifier_release(mm)', mmu_notifier_invalidate_range_start, (_, f, callee) => {
          callee.mm = f.mm;
          callee.end = ALL_PAGES as Vpn;
          callee.event = Notify.RELEASE;
        }),
        r.call('the release is over', mmu_notifier_invalidate_range_end, (_, f, callee) => {
          callee.mm = f.mm;
          callee.end = ALL_PAGES as Vpn;
          callee.event = Notify.RELEASE;
        }),
      ],
      [
        r.step(
          "mmu_notifier_release(mm): HMM's notifier goes, and mirrors are told nothing any more",
          (k, f) => {
            k.mm.firstMirror.set(f.mm, 0);
          },
        ),
      ],
    ),
    lruAddDrain(r),
    r.step('tlb_gather_mmu_fullmm(&tlb, mm)', (k, f) => {
      f.tlb = tlb_gather_mmu(k, f.mm);
      f.vma = k.mm.firstVma.get(f.mm) as VmaRow;
    }),
    r.call('unmap_vmas(&tlb, vma, 0, ULONG_MAX)', unmap_vmas, (_, f, callee) => {
      callee.mm = f.mm;
      callee.vma = f.vma;
      callee.end = ALL_PAGES as Vpn;
      callee.tlb = f.tlb;
    }),
    rmapWriteLock(r, (k, f) => vmaLocks(k, listed(k, f.vma))),
    r.step('free_pgtables(&tlb, vma, 0, USER_PGTABLES_CEILING)', (k, f) => {
      if (f.vma !== 0) free_vma_tables(k, f, 0, TASK_SIZE_PAGES);
    }),
    r.call('tlb_finish_mmu(&tlb)', tlb_finish_mmu, (_, f, callee) => {
      callee.mm = f.mm;
      callee.tlb = f.tlb;
    }),
    r.step('the address space has no VMA any more', (k, f) => k.mm.firstVma.set(f.mm, 0)),
    r.call('remove_vma(vma)', remove_vmas, (_, f, callee) => {
      callee.vma = f.vma;
    }),
  ],
});
