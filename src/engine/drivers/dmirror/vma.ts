/**
 * Our port of the test driver to 4.14: asking what a process has mapped goes VMA by VMA there, and what has been found
 * before an address that can't be had is kept.
 */

import { Errno } from '../../kernel/constants';
import {
  hmm_range_begin,
  hmm_vma_fault,
  hmm_vma_get_pfns,
  hmm_vma_range_done,
} from '../../kernel/mm/hmm_vma';
import { mmap_read_unlock_if_locked, mmapReadLock } from '../../kernel/mm/mmap/mmap_lock';
import { Vm } from '../../machine/address-spaces';
import type { DeviceRow, MirrorRow, MmRow, RangeRow, SlotRow, VmaRow, Vpn } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import {
  Bool,
  type Builder,
  ErrnoT,
  MirrorT,
  MmT,
  type Node,
  PfnArrayT,
  RangeT,
  routine,
  VmaT,
  VpnT,
} from '../../routine/routine';
import { do_fault, keepRet } from './answer';
import { lockMirror, unlock_mirror } from './lock';
import { skipsReadRetry } from './options';

interface Asking {
  mirror: MirrorRow;
  end: Vpn;
  mm: MmRow;
  vma: VmaRow;
  vpn: Vpn;
  next: Vpn;
  pfns: SlotRow;
  range: RangeRow;
}

/** The part of the range that is asked for next: up to the end of the VMA, at most a round; 0 pages where none is readable. */
function next_part(k: Kernel, f: Asking): void {
  const vma = k.mm.vmaAt(f.mm, f.vpn);
  f.vma = vma !== 0 && k.mm.has(vma, Vm.Read) ? vma : (0 as VmaRow);
  if (f.vma === 0) return;
  f.next = Math.min(f.end, f.vpn + k.profile.driverFaultsPages, k.mm.end.get(f.vma)) as Vpn;
  f.pfns = k.slots.array(f.vpn, f.next - f.vpn);
  f.range = hmm_range_begin(k, f.mm, f.vpn, f.next);
}

const nextPart = <F extends Asking>(r: Builder<F>): Node<F> =>
  r.step('vma = find_vma(mm, address); range = { start, end, pfns }', next_part);

const deviceOf = (k: Kernel, f: Asking): DeviceRow => k.devices.mirrorDevice.get(f.mirror) as DeviceRow;

/** The pages of [start, end) for the device: each VMA's are in its table when the next one is looked at. Returns 0 or -errno. */
export const dmirror_vma_fault = routine({
  name: 'dmirror_vma_fault',
  file: 'lib/test_hmm.c',
  about:
    'VMA by VMA: fault the pages in until the answer is still true under the driver lock; then map them.',
  params: { mirror: MirrorT, start: VpnT, end: VpnT, write: Bool },
  locals: { mm: MmT, vma: VmaT, vpn: VpnT, next: VpnT, pfns: PfnArrayT, range: RangeT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = dmirror->notifier.mm', (k, f) => {
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
      f.vpn = f.start;
    }),
    r.loop('(addr < end)', (_, f) => f.vpn < f.end, [
      r.yield('Y12'),
      ...mmapReadLock(r, (_, f) => f.mm),
      nextPart(r),
      r.when('(!vma || !(vma->vm_flags & VM_READ))', (_, f) => f.vma === 0, [
        r.step('up_read(&mm->mmap_sem)', (k, f) => mmap_read_unlock_if_locked(k, f.mm)),
        r.ret('return -EFAULT', () => -Errno.EFAULT),
      ]),
      r.call(
        'ret = hmm_vma_fault(vma, &range, start, end, pfns, write, true)',
        hmm_vma_fault,
        (k, f, callee) => {
          callee.vma = f.vma;
          callee.range = f.range;
          callee.pfns = f.pfns;
          callee.device = deviceOf(k, f);
          callee.write = f.write;
        },
        keepRet,
      ),
      r.step('up_read(&mm->mmap_sem), unless a fault has let go of it', (k, f) =>
        mmap_read_unlock_if_locked(k, f.mm),
      ),
      r.when('(ret && ret != -EBUSY)', (_, f) => f.ret !== 0 && f.ret !== -Errno.EBUSY, [
        r.ret('return ret', (k, f) => {
          k.slots.free(f.pfns);
          return f.ret;
        }),
      ]),
      r.when('(!ret)', (_, f) => f.ret === 0, [
        r.yield('Y12'),
        lockMirror(r, (_, f) => f.mirror),
        r.when('(hmm_vma_range_done(range)): nothing of it was invalidated', answer_holds, [
          r.step('store the pages in the device table', (k, f) => {
            do_fault(k, { mirror: f.mirror, start: f.vpn, end: f.next, write: f.write, pfns: f.pfns });
            f.vpn = f.next;
          }),
        ]),
        r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, f.mirror)),
      ]),
      r.step('free the array', (k, f) => k.slots.free(f.pfns)),
    ]),
    r.ret('return 0'),
  ],
});

/** The answer holds under the driver's lock. A driver with the switch `driver-skips-read-retry` takes it anyway. */
const answer_holds = (k: Kernel, f: { range: RangeRow }): boolean =>
  hmm_vma_range_done(k, f.range) || skipsReadRetry(k.profile);

/** One byte a page of [start, end) for a snapshot, by `byte`; `hole` for what is not mapped or not readable. */
export function snapshotRoutine(
  byte: (k: Kernel, mirror: MirrorRow, slot: SlotRow) => void,
  hole: (k: Kernel) => void,
) {
  return routine({
    name: 'dmirror_vma_snapshot',
    file: 'lib/test_hmm.c',
    about: 'VMA by VMA: ask what is mapped until the answer is still true under the driver lock.',
    params: { mirror: MirrorT, start: VpnT, end: VpnT },
    locals: { mm: MmT, vma: VmaT, vpn: VpnT, next: VpnT, pfns: PfnArrayT, range: RangeT, ret: ErrnoT },
    body: (r) => [
      r.step('mm = dmirror->notifier.mm', (k, f) => {
        f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
        f.vpn = f.start;
      }),
      r.loop('(addr < end)', (_, f) => f.vpn < f.end, [
        r.yield('Y12'),
        ...mmapReadLock(r, (_, f) => f.mm),
        nextPart(r),
        r.when(
          '(!vma || !(vma->vm_flags & VM_READ))',
          (_, f) => f.vma === 0,
          [
            r.step('pfns[i] = HMM_PFN_ERROR; up_read(&mm->mmap_sem)', (k, f) => {
              mmap_read_unlock_if_locked(k, f.mm);
              hole(k);
              f.vpn = (f.vpn + 1) as Vpn;
            }),
          ],
          [
            r.call(
              'hmm_vma_get_pfns(vma, &range, start, end, pfns)',
              hmm_vma_get_pfns,
              (k, f, callee) => {
                callee.vma = f.vma;
                callee.range = f.range;
                callee.pfns = f.pfns;
                callee.device = deviceOf(k, f);
              },
              keepRet,
            ),
            r.step('up_read(&mm->mmap_sem)', (k, f) => mmap_read_unlock_if_locked(k, f.mm)),
            r.yield('Y12'),
            lockMirror(r, (_, f) => f.mirror),
            r.when(
              '(hmm_vma_range_done(range)): nothing of it was invalidated',
              (k, f) => hmm_vma_range_done(k, f.range),
              [
                r.step('dmirror_mkentry(): make a byte of each page', (k, f) => {
                  for (const slot of k.slots.of(f.pfns)) byte(k, f.mirror, slot);
                  f.vpn = f.next;
                }),
              ],
            ),
            r.step('mutex_unlock(&dmirror->mutex); the array is done with', (k, f) => {
              unlock_mirror(k, f.mirror);
              k.slots.free(f.pfns);
            }),
          ],
        ),
      ]),
      r.step('cpages = npages: every page has a byte', (k, f) => k.tasks.cpages.set(k.task, f.end - f.start)),
      r.ret('return 0'),
    ],
  });
}
