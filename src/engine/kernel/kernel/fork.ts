/** fork: a process with a copy of the address space (kernel/fork.c). */

import { Vm } from '../../machine/address-spaces';
import type { MmRow, ProcessRow, VmaRow } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import { ErrnoT, MmT, ProcessT, routine, TaskNameT, VmaT } from '../../routine/routine';
import { dec_tlb_flush_pending, flush_tlb_mm, inc_tlb_flush_pending } from '../arch/x86/mm/tlbflush';
import { Errno } from '../constants';
import { Alloc, should_fail_alloc } from '../mm/fail_alloc';
import { copy_page_range } from '../mm/memory/copy_page_range';
import { mmap_write_unlock, mmapWriteLockKillable } from '../mm/mmap/mmap_lock';
import { exit_mmap } from '../mm/mmap/munmap';
import { vm_area_dup, vm_area_free, vma_link } from '../mm/mmap/vma';
import { vma_end_write_all, vmaStartWrite } from '../mm/mmap/vma_lock';
import { anon_vma_fork, i_mmap_insert, i_mmap_remove } from '../mm/rmap/rmap';
import { rmapWriteLock, vmaLocks } from '../mm/rmap/rmap_lock';
import { mm_alloc, mmdrop, process_alloc, task_alloc } from './process';

/** The child's VMA: not locked in memory, and without a promise of huge pages; with WIPEONFORK it begins empty, else it joins the parent's anon_vmas. 0 without memory. */
function dup_vma(k: Kernel, mm: MmRow, vma: VmaRow): VmaRow {
  if (should_fail_alloc(k, Alloc.Vma)) return 0 as VmaRow;
  const copy = vm_area_dup(k, vma);
  k.mm.flags.set(copy, k.mm.flags.get(copy) & ~(Vm.Locked | Vm.ResvOwner));
  i_mmap_remove(k, copy);
  i_mmap_insert(k, copy, vma);
  if (!k.mm.has(vma, Vm.WipeOnFork) && !anon_vma_fork(k, copy, vma)) {
    const file = k.mm.file.get(copy);
    if (file !== 0) k.files.users.add(file, -1);
    vm_area_free(k, copy);
    return 0 as VmaRow;
  }
  vma_link(k, mm, copy);
  return copy;
}

/** Copies the VMAs of the current mm and their entries into an empty one. Returns 0, -ENOMEM, or -EINTR if killed. */
const dup_mmap = routine({
  name: 'dup_mmap',
  file: 'kernel/fork.c',
  about:
    'Copy every VMA that is to be inherited, and the page-table entries that faults could not make again.',
  params: { mm: MmT },
  locals: { old: MmT, vma: VmaT, copy: VmaT, ret: ErrnoT },
  body: (r) => [
    ...mmapWriteLockKillable(r, (k) => k.tasks.mmOf(k.task)),
    r.step("mpnt = the parent's first VMA", (k, f) => {
      f.old = k.tasks.mmOf(k.task);
      inc_tlb_flush_pending(k, f.old);
      f.vma = k.mm.firstVma.get(f.old) as VmaRow;
    }),
    r.loop('(mpnt && !retval)', (_, f) => f.vma !== 0 && f.ret === 0, [
      vmaStartWrite(r, (_, f) => [f.vma]),
      r.when('(!(mpnt->vm_flags & VM_DONTCOPY))', (k, f) => !k.mm.has(f.vma, Vm.DontCopy), [
        rmapWriteLock(r, (k, f) => vmaLocks(k, [f.vma])),
        r.step('vm_area_dup(mpnt); anon_vma_fork(tmp, mpnt)', (k, f) => {
          f.copy = dup_vma(k, f.mm, f.vma);
          if (f.copy === 0) f.ret = -Errno.ENOMEM;
        }),
        r.when(
          '(!retval && !(tmp->vm_flags & VM_WIPEONFORK))',
          (k, f) => f.ret === 0 && !k.mm.has(f.vma, Vm.WipeOnFork),
          [
            r.call(
              'copy_page_range(tmp, mpnt)',
              copy_page_range,
              (_, f, callee) => {
                callee.dst = f.copy;
                callee.src = f.vma;
              },
              (_, f, value) => {
                f.ret = value;
              },
            ),
          ],
        ),
      ]),
      r.step("mpnt = the parent's next VMA", (k, f) => {
        f.vma = k.mm.next.get(f.vma) as VmaRow;
      }),
    ]),
    r.yield('Y5'),
    r.step('mmap_write_unlock(mm): nobody else has seen it yet; flush_tlb_mm(oldmm)', (k, f) => {
      vma_end_write_all(k, f.mm);
      flush_tlb_mm(k, f.old);
      dec_tlb_flush_pending(k, f.old);
    }),
    r.step('mmap_write_unlock(oldmm)', (k, f) => mmap_write_unlock(k, f.old)),
    r.ret('return the error', (_, f) => f.ret),
  ],
});

/**
 * fork(2) by the current task. `name` is the child's index among the program's names, also of its first task. Returns the
 * child's process row, or the error. The caller gives the child's task (`main_task`) its code with Kernel.start. The child
 * has no mirror: those of the parent belong to the parent's address space.
 */
export const sys_fork = routine({
  name: 'kernel_clone',
  file: 'kernel/fork.c',
  about: 'A child process with a copy of the address space: pages are shared until somebody writes.',
  aliases: ['sys_fork', 'copy_process', '_do_fork'],
  params: { name: TaskNameT },
  locals: { mm: MmT, child: ProcessT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = allocate_mm()', (k, f) => {
      f.mm = mm_alloc(k, k.mm.memcg.get(k.tasks.mmOf(k.task)));
    }),
    r.when('(!mm)', (_, f) => f.mm === 0, [r.ret('return -ENOMEM', () => -Errno.ENOMEM)]),
    r.call(
      'err = dup_mmap(mm, oldmm)',
      dup_mmap,
      (_, f, callee) => {
        callee.mm = f.mm;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.when('(err)', (_, f) => f.ret !== 0, [
      r.call('mmput(mm): take apart what was copied', exit_mmap, (_, f, callee) => {
        callee.mm = f.mm;
      }),
      r.step('mmdrop(mm)', (k, f) => mmdrop(k, f.mm)),
      r.ret('return the error', (_, f) => f.ret),
    ]),
    r.step('copy_process(): the child and its thread are there', (k, f) => {
      const parent = k.tasks.processOf(k.task);
      f.child = process_alloc(k, f.name, f.mm, parent);
      task_alloc(k, f.child, f.name);
      k.emit('fork', parent, f.child);
    }),
    r.ret('return the child', (_, f) => f.child as ProcessRow),
  ],
});
