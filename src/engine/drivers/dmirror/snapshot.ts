/** The test driver's snapshot of what a process has mapped, one byte a page (lib/test_hmm.c). */

import { Errno, HmmPfn, Snapshot } from '../../kernel/constants';
import { hmm_range_fault } from '../../kernel/mm/hmm';
import { mmap_read_unlock, mmapReadLock } from '../../kernel/mm/mmap/mmap_lock';
import {
  mmu_interval_notifier_insert,
  mmu_interval_notifier_remove,
} from '../../kernel/mm/mmu_notifier/mmu_interval_notifier';
import {
  mmu_interval_read_retry,
  mmu_interval_set_seq,
  reader_must_wait,
} from '../../kernel/mm/mmu_notifier/mmu_notifier';
import { is_device_coherent, is_device_private } from '../../kernel/mm/swap/page_ref';
import type { DeviceRow, MirrorRow, MmRow, PageRow, SlotRow, Vpn } from '../../machine/ids';
import { Wait } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';
import { Bool, ErrnoT, Int, MirrorT, MmT, PfnArrayT, routine, VpnT } from '../../routine/routine';
import { begin_ioctl, push_data } from '../ioctl';
import { keepRet, passRange } from './answer';
import { lockMirror, unlock_mirror } from './lock';
import { own } from './tables';
import { snapshotRoutine } from './vma';

/** Which memory the page is in, as a HMM_DMIRROR_PROT_* value. */
function where(k: Kernel, mirror: MirrorRow, page: PageRow): number {
  const own = k.devices.pgmapDevice.get(k.pages.pgmap(page)) === k.devices.mirrorDevice.get(mirror);
  if (is_device_private(k, page)) return own ? Snapshot.PrivateLocal : Snapshot.PrivateRemote;
  if (is_device_coherent(k, page)) return own ? Snapshot.CoherentLocal : Snapshot.CoherentRemote;
  return page === k.zeroPage ? Snapshot.Zero : 0;
}

/** dmirror_mkentry: the byte for one entry of the range. */
function mkentry(k: Kernel, mirror: MirrorRow, slot: SlotRow): number {
  const flags = k.slots.srcFlags.get(slot);
  if (flags & HmmPfn.Error) return Snapshot.Error;
  if ((flags & HmmPfn.Valid) === 0) return Snapshot.None;
  const place = where(k, mirror, k.slots.srcPage.get(slot) as PageRow);
  const size = flags & HmmPfn.Huge ? Snapshot.Pmd : 0;
  return place | size | (flags & HmmPfn.Write ? Snapshot.Write : Snapshot.Read);
}

/** A notifier of its own for the range, so that the snapshot is overtaken by every invalidation of it, the device's too. */
function insert_notifier(k: Kernel, f: { mirror: MirrorRow; start: Vpn; end: Vpn }): MirrorRow {
  const { devices } = k;
  const notifier = devices.mirrors.alloc() as MirrorRow;
  const mm = devices.mirrorMm.get(f.mirror) as MmRow;
  own.of(k).of.set(notifier, f.mirror);
  const owner = devices.mirrorDevice.get(f.mirror) as DeviceRow;
  mmu_interval_notifier_insert(k, notifier, mm, owner, f.start, f.end);
  return notifier;
}

/** The invalidate callback of that notifier (dmirror_snapshot_invalidate): nothing is skipped, nothing dropped. */
export const dmirror_snapshot_invalidate = routine({
  name: 'dmirror_snapshot_invalidate',
  file: 'lib/test_hmm.c',
  about: 'Entries in the range of a snapshot are changing: it has to be taken again.',
  params: { notifier: MirrorT },
  locals: { mirror: MirrorT },
  body: (r) => [
    r.step('dmirror = dmi->dmirror', (k, f) => {
      f.mirror = own.of(k).of.get(f.notifier) as MirrorRow;
    }),
    lockMirror(r, (_, f) => f.mirror),
    r.step('mmu_interval_set_seq(mni, cur_seq)', (k, f) => mmu_interval_set_seq(k, f.notifier)),
    r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, f.mirror)),
  ],
});

/** One round: a byte for each page of [start, end) in the task's data. Returns 0 or -errno. */
const dmirror_range_snapshot = routine({
  name: 'dmirror_range_snapshot',
  file: 'lib/test_hmm.c',
  about: 'Ask what is mapped in the range until the answer is not overtaken by an invalidation.',
  params: { mirror: MirrorT, start: VpnT, end: VpnT },
  locals: { mm: MmT, notifier: MirrorT, pfns: PfnArrayT, seq: Int, ret: ErrnoT, again: Bool },
  body: (r) => [
    r.step('mmu_interval_notifier_insert(range->notifier, mm, range->start, size)', (k, f) => {
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
      f.notifier = insert_notifier(k, f);
      f.pfns = k.slots.array(f.start, f.end - f.start);
      f.again = 1;
    }),
    r.loop('(true), until no invalidation has overtaken the answer', (_, f) => f.again !== 0, [
      r.yield('Y12'),
      r.wait(
        'seq = mmu_interval_read_begin(range->notifier)',
        Wait.NotifierSeq,
        (_, f) => f.mm,
        (k, f) => !reader_must_wait(k, f.notifier),
      ),
      r.step('range.notifier_seq = mmu_interval_read_begin(notifier)', (k, f) => {
        f.seq = k.devices.mirrorSeq.get(f.notifier);
      }),
      ...mmapReadLock(r, (_, f) => f.mm),
      r.call(
        'ret = hmm_range_fault(range)',
        hmm_range_fault,
        (_, f, callee) => {
          callee.mirror = f.notifier;
          callee.start = f.start;
          callee.end = f.end;
          callee.pfns = f.pfns;
          callee.seq = f.seq;
        },
        (_, f, value) => {
          f.ret = value;
          f.again = value === -Errno.EBUSY ? 1 : 0;
        },
      ),
      r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
      r.when('(!ret)', (_, f) => f.ret === 0, [
        r.yield('Y12'),
        lockMirror(r, (_, f) => f.mirror),
        r.when(
          '(mmu_interval_read_retry(range->notifier, range->notifier_seq))',
          (k, f) => mmu_interval_read_retry(k, f.notifier, f.seq),
          [
            r.step('try once more', (_, f) => {
              f.again = 1;
            }),
          ],
          [
            r.step('dmirror_mkentry(): make a byte of each page', (k, f) => {
              for (const slot of k.slots.of(f.pfns)) push_data(k, mkentry(k, f.mirror, slot));
              k.tasks.cpages.add(k.task, f.end - f.start);
            }),
          ],
        ),
        r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, f.mirror)),
      ]),
    ]),
    r.call('mmu_interval_notifier_remove(range->notifier)', mmu_interval_notifier_remove, (_, f, callee) => {
      callee.mirror = f.notifier;
    }),
    r.step('mmu_interval_notifier_remove(): it was for this call only', (k, f) => {
      k.devices.mirrors.free(f.notifier);
      k.slots.free(f.pfns);
    }),
    r.ret('return ret', (_, f) => f.ret),
  ],
});

const dmirror_vma_snapshot = snapshotRoutine(
  (k, mirror, slot) => push_data(k, mkentry(k, mirror, slot)),
  (k) => push_data(k, Snapshot.Error),
);

/** HMM_DMIRROR_SNAPSHOT: 0 with one byte a page in the task's data. Nothing is faulted. */
export const dmirror_snapshot = routine({
  name: 'dmirror_snapshot',
  file: 'lib/test_hmm.c',
  about: 'What is mapped in the range, one byte a page, without faulting anything.',
  params: { mirror: MirrorT, start: VpnT, pages: Int },
  locals: { vpn: VpnT, next: VpnT, end: VpnT, ret: ErrnoT },
  body: (r) => [
    r.step('addr = start', (k, f) => {
      begin_ioctl(k);
      f.vpn = f.start;
      f.end = (f.start + f.pages) as Vpn;
    }),
    r.only(
      (profile) => profile.intervalNotifiers,
      [
        r.loop('(addr < end && !ret)', (_, f) => f.vpn < f.end && f.ret === 0, [
          r.call(
            'ret = dmirror_range_snapshot(dmirror, &range, perm): a round of pages',
            dmirror_range_snapshot,
            (k, f, callee) => {
              f.next = Math.min(f.end, f.vpn + k.profile.driverFaultsPages) as Vpn;
              callee.mirror = f.mirror;
              callee.start = f.vpn;
              callee.end = f.next;
            },
            (_, f, value) => {
              f.ret = value;
              f.vpn = f.next;
            },
          ),
        ]),
      ],
      [
        r.call(
          'ret = dmirror_vma_snapshot(range)',
          dmirror_vma_snapshot,
          (_, f, callee) => passRange(f, callee),
          keepRet,
        ),
      ],
    ),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
