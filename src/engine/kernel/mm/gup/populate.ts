/** Faulting a range in before anybody asks for it (mm/gup.c). */

import { Vm } from '../../../machine/address-spaces';
import { type MmRow, TASK_SIZE_PAGES, type VmaRow, type Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, ErrnoT, MmT, type Node, routine, VmaT, VpnT } from '../../../routine/routine';
import { mmap_read_unlock_if_locked, mmapReadLock } from '../mmap/mmap_lock';
import { lruAddDrain } from '../swap/lru_add_drain';
import { Foll } from './foll';
import { get_user_pages } from './gup';

/**
 * What a page of this VMA is faulted in for: private writable memory is written to, so that it is the process's own; all
 * other is read, whatever access it allows, unless that is none (populate_vma_page_range).
 */
function populate_flags(k: Kernel, vma: VmaRow): number {
  const privateWritable = (k.mm.flags.get(vma) & (Vm.Write | Vm.Shared)) === Vm.Write;
  const accessible = k.mm.has(vma, Vm.Read | Vm.Write | Vm.Exec);
  return Foll.Touch | (privateWritable ? Foll.Write : 0) | (accessible ? Foll.Force : 0);
}

interface VmaRange {
  readonly vma: VmaRow;
  readonly start: Vpn;
  readonly end: Vpn;
}

/**
 * Faults in the part of a range that lies in one VMA, with these flags besides its own. Its fresh pages don't stay in the
 * batches of this CPU where mlock has a batch of its own (populate_vma_page_range). `done` is given what
 * `__get_user_pages` returned.
 */
export function populateVma<F>(
  r: Builder<F>,
  range: (k: Kernel, f: F) => VmaRange,
  foll: number,
  done?: (k: Kernel, f: F, value: number) => void,
): Node<F>[] {
  return [
    r.call(
      'ret = populate_vma_page_range(vma, start, end, locked)',
      get_user_pages,
      (k, f, callee) => {
        const { vma, start, end } = range(k, f);
        callee.mm = k.mm.mm.get(vma) as MmRow;
        callee.start = start;
        callee.pages = end - start;
        callee.foll = populate_flags(k, vma) | foll;
      },
      done,
    ),
    r.only((profile) => profile.mlockBatches, [lruAddDrain(r)]),
  ];
}

/** The part of a range in its VMA. */
const inVma = (k: Kernel, f: VmaRange): VmaRange => ({
  vma: f.vma,
  start: f.start,
  end: Math.min(f.end, k.mm.end.get(f.vma)) as Vpn,
});

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
    r.loop('(start < end && ret >= 0)', (_, f) => f.start < f.end && f.ret >= 0, [
      ...mmapReadLock(r, (_, f) => f.mm),
      r.step('vma = find_vma_intersection(mm, nstart, end)', (k, f) => {
        f.vma = k.mm.findVma(f.mm, f.start);
        const next = f.vma === 0 ? TASK_SIZE_PAGES : k.mm.start.get(f.vma);
        f.start = Math.min(f.end, Math.max(f.start, next)) as Vpn;
      }),
      r.when(
        '(vma)',
        (_, f) => f.start < f.end,
        populateVma(r, inVma, Foll.Unlockable | Foll.Restarts, (_, f, value) => {
          f.ret = value;
          if (value > 0) f.start = (f.start + value) as Vpn;
        }),
      ),
      r.step('mmap_read_unlock(mm), if it is held still', (k, f) => mmap_read_unlock_if_locked(k, f.mm)),
    ]),
    r.ret('return 0, or the error', (_, f) => Math.min(f.ret, 0)),
  ],
});
