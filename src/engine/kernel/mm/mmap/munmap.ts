/** munmap, and the end of an address space (mm/vma.c, mm/mmap.c). */

import {
  type FileRow,
  type MmRow,
  type SlotRow,
  TASK_SIZE_PAGES,
  type VmaRow,
  type Vpn,
} from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { Bool, ErrnoT, FileT, GatherT, Int, MmT, routine, VmaT, VpnT } from '../../../routine/routine';
import { Errno, Notify } from '../../constants';
import { fput } from '../../fs/file';
import { vma_adjust_trans_huge } from '../huge_memory/huge_pmd';
import { cuts_hugetlb } from '../hugetlb/hugetlb_vma';
import { unmap_vmas } from '../memory/zap';
import { tlb_finish_mmu, tlb_gather_mmu, tlb_remove_tables } from '../mmu_gather';
import { ALL_PAGES } from '../mmu_notifier/mmu_interval_notifier';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { free_pgtables } from '../pgtable';
import { unlink_anon_vmas } from '../rmap/rmap';
import { rmapWriteLock, vmaLocks } from '../rmap/rmap_lock';
import { lruAddDrain } from '../swap/lru_add_drain';
import {
  mmap_read_unlock,
  mmap_write_downgrade,
  mmap_write_unlock,
  mmapWriteLockKillable,
} from './mmap_lock';
import { is_user_range } from './unmapped_area';
import { gather_vmas, listed, overlapping_vmas, vm_area_free, vma_before, vmas_gather_splits } from './vma';
import { vmaStartWrite } from './vma_lock';
import { cut_fails } from './vma_modify';

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

/**
 * Unmaps [start, end) of the current mm, whose mmap_lock is held for writing; with `unlock` it is not held afterwards.
 * Returns 0, or -ENOMEM when a VMA has to be cut and there is none for the part: everything is mapped as before then.
 */
export const do_munmap = routine({
  name: 'do_vmi_align_munmap',
  file: 'mm/vma.c',
  about: 'Cut the range out of the VMAs, clear its entries, free page tables and pages.',
  aliases: ['do_munmap', '__do_munmap'],
  params: { start: VpnT, end: VpnT, unlock: Bool },
  locals: { mm: MmT, vma: VmaT, floor: VpnT, ceiling: VpnT, tlb: GatherT },
  body: (r) => [
    r.when(
      '(!new): a part has to be cut off, and there is no memory for its VMA',
      (k, f) => cut_fails(k, k.tasks.mmOf(k.task), f),
      [
        r.step('mmap_write_unlock(mm)', (k, f) => {
          if (f.unlock !== 0) mmap_write_unlock(k, k.tasks.mmOf(k.task));
        }),
        r.ret('return -ENOMEM', () => -Errno.ENOMEM),
      ],
    ),
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

/** munmap(2). Returns 0, -ENOMEM without memory for a VMA that is cut, or -EINVAL for an empty range or one beyond the user's addresses. Holes are no error. */
export const sys_munmap = routine({
  name: 'sys_munmap',
  file: 'mm/mmap.c',
  about: 'Remove the mappings of a range of addresses.',
  params: { start: VpnT, pages: Int },
  locals: { ret: ErrnoT },
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
    r.call(
      'ret = do_vmi_align_munmap(vmi, vma, mm, start, end, unlock)',
      do_munmap,
      (_, f, callee) => {
        callee.start = f.start;
        callee.end = (f.start + f.pages) as Vpn;
        callee.unlock = 1;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.ret('return ret', (_, f) => f.ret),
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
