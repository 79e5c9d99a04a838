/** Faulting a range in before anybody asks for it (mm/gup.c). */

import { Vm } from '../../../machine/address-spaces';
import { TASK_SIZE_PAGES, type VmaRow, type Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { ErrnoT, MmT, routine, VmaT, VpnT } from '../../../routine/routine';
import { mmap_read_unlock_if_locked, mmapReadLock } from '../mmap/mmap_lock';
import { Foll } from './foll';
import { get_user_pages } from './gup';

/** What a page of this VMA is faulted in for: private writable memory is written to, so that it is the process's own. */
export function populate_flags(k: Kernel, vma: VmaRow): number {
  const privateWritable = (k.mm.flags.get(vma) & (Vm.Write | Vm.Shared)) === Vm.Write;
  return Foll.Touch | (privateWritable ? Foll.Write : 0);
}

/** Faults [start, end) in as far as it is mapped. Returns 0 or the error. */
export const mm_populate = routine({
  name: '__mm_populate',
  file: 'mm/gup.c',
  about: 'Fault the range in, VMA by VMA. Device pages come home.',
  params: { start: VpnT, end: VpnT },
  locals: { mm: MmT, vma: VmaT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
    }),
    r.loop('pages are left, and no error', (_, f) => f.start < f.end && f.ret >= 0, [
      ...mmapReadLock(r, (_, f) => f.mm),
      r.step('vma = find_vma_intersection(mm, nstart, end)', (k, f) => {
        f.vma = k.mm.findVma(f.mm, f.start);
        const next = f.vma === 0 ? TASK_SIZE_PAGES : k.mm.start.get(f.vma);
        f.start = Math.min(f.end, Math.max(f.start, next)) as Vpn;
      }),
      r.when('there is one', (_, f) => f.start < f.end, [
        r.call(
          'ret = populate_vma_page_range(vma, nstart, nend)',
          get_user_pages,
          (k, f, callee) => {
            callee.mm = f.mm;
            callee.start = f.start;
            callee.pages = Math.min(f.end, k.mm.end.get(f.vma)) - f.start;
            callee.foll = populate_flags(k, f.vma) | Foll.Unlockable | Foll.Restarts;
          },
          (_, f, value) => {
            f.ret = value;
            if (value > 0) f.start = (f.start + value) as Vpn;
          },
        ),
      ]),
      r.step('mmap_read_unlock(mm), if it is held still', (k, f) => mmap_read_unlock_if_locked(k, f.mm)),
    ]),
    r.ret('return 0, or the error', (_, f) => Math.min(f.ret, 0)),
  ],
});
