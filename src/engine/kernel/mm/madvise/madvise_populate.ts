/** MADV_POPULATE_READ and MADV_POPULATE_WRITE (mm/madvise.c): as one walk (6.9+), or VMA by VMA (5.14 to 6.8). */

import type { MmRow, VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { Bool, Int, MmT, routine, VmaT, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { Foll } from '../gup/foll';
import { get_user_pages } from '../gup/gup';
import { mmapReadLock } from '../mmap/mmap_lock';
import { lruAddDrain } from '../swap/lru_add_drain';

const flags = (f: { write: number }): number =>
  Foll.Touch | Foll.Unlockable | Foll.Populate | (f.write !== 0 ? Foll.Write : 0);

/** Where the walk has come to with so many pages, or with an error. */
function advance(_: Kernel, f: { start: Vpn; done: number }, value: number): void {
  f.done = value;
  if (value > 0) f.start = (f.start + value) as Vpn;
}

/** Faults [start, end) in. mmap_lock is held for reading. Returns 0 or the error. */
export const madvise_populate = routine({
  name: 'madvise_populate',
  file: 'mm/madvise.c',
  about: 'Fault the range in, as get_user_pages does; when that stops short, go on from there.',
  params: { start: VpnT, end: VpnT, write: Bool },
  locals: { done: Int },
  body: (r) => [
    r.loop('(start < end && pages >= 0)', (_, f) => f.start < f.end && f.done >= 0, [
      r.call(
        'pages = faultin_page_range(mm, start, end, write)',
        get_user_pages,
        (k, f, callee) => {
          callee.mm = k.tasks.mmOf(k.task);
          callee.start = f.start;
          callee.pages = f.end - f.start;
          callee.foll = flags(f);
        },
        advance,
      ),
      r.when('(!locked)', (k) => k.tasks.readsMm.get(k.task) === 0, [
        ...mmapReadLock(r, (k) => k.tasks.mmOf(k.task)),
      ]),
      lruAddDrain(r),
    ]),
    r.ret('return 0, or the error', (_, f) => Math.min(f.done, 0)),
  ],
});

/**
 * Faults in the part of a range that lies in one VMA. The VMA is looked up again where mmap_lock was let go of meanwhile.
 * Returns 0 or the error: -ENOMEM where nothing is mapped any more.
 */
export const madvise_populate_vma = routine({
  name: 'madvise_populate',
  file: 'mm/madvise.c',
  about: 'Fault the part of the range in that lies in this VMA.',
  params: { vma: VmaT, start: VpnT, end: VpnT, write: Bool },
  locals: { mm: MmT, done: Int },
  body: (r) => [
    r.step('mm = vma->vm_mm', (k, f) => {
      f.mm = k.mm.mm.get(f.vma) as MmRow;
    }),
    r.loop('(start < end && pages >= 0)', (_, f) => f.start < f.end && f.done >= 0, [
      r.when('(!vma || start >= vma->vm_end)', (k, f) => f.vma === 0 || f.start >= k.mm.end.get(f.vma), [
        r.step('vma = vma_lookup(mm, start)', (k, f) => {
          f.vma = k.mm.vmaAt(f.mm, f.start);
        }),
        r.when('(!vma)', (_, f) => f.vma === 0, [r.ret('return -ENOMEM', () => -Errno.ENOMEM)]),
      ]),
      r.call(
        'pages = faultin_vma_page_range(vma, start, tmp_end, write, &locked)',
        get_user_pages,
        (k, f, callee) => {
          callee.mm = f.mm;
          callee.start = f.start;
          callee.pages = Math.min(f.end, k.mm.end.get(f.vma)) - f.start;
          callee.foll = flags(f) | Foll.Restarts;
        },
        advance,
      ),
      r.when('(!locked): the VMA is not known any more', (k) => k.tasks.readsMm.get(k.task) === 0, [
        ...mmapReadLock(r, (_, f) => f.mm),
        r.step('vma = NULL', (_, f) => {
          f.vma = 0 as VmaRow;
        }),
      ]),
      lruAddDrain(r),
    ]),
    r.ret('return 0, or the error', (_, f) => Math.min(f.done, 0)),
  ],
});
