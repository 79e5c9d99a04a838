/** The test driver's snapshot of what a process has mapped, one byte a page (lib/test_hmm.c). */

import { Errno, HmmPfn, Snapshot } from '../kernel/constants';
import { hmm_range_fault } from '../kernel/hmm';
import type { Kernel } from '../kernel/kernel';
import { mmap_read_unlock, mmapReadLock } from '../kernel/mmap_lock';
import { reader_must_wait } from '../kernel/mmu_notifier';
import { is_device_coherent, is_device_private } from '../kernel/page_ref';
import { Bool, ErrnoT, Int, MirrorT, MmT, routine, SlotT, VpnT } from '../kernel/routine';
import type { MirrorRow, MmRow, PageRow, SlotRow, Vpn } from '../machine/ids';
import { Wait } from '../machine/tasks';
import { begin_ioctl, push_data } from './dmirror-access';

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

/** HMM_DMIRROR_SNAPSHOT: 0 with one byte a page in the task's data. Nothing is faulted. */
export const dmirror_snapshot = routine({
  name: 'dmirror_snapshot',
  file: 'lib/test_hmm.c',
  about: 'What is mapped in the range, one byte a page, without faulting anything.',
  params: { mirror: MirrorT, start: VpnT, pages: Int },
  locals: { mm: MmT, vpn: VpnT, next: VpnT, end: VpnT, pfns: SlotT, seq: Int, ret: ErrnoT, again: Bool },
  body: (r) => [
    r.step('from the start', (k, f) => {
      begin_ioctl(k);
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
      f.vpn = f.start;
      f.end = (f.start + f.pages) as Vpn;
    }),
    r.loop('address < end', (_, f) => f.vpn < f.end && f.ret === 0, [
      r.step('a round of at most 64 pages', (k, f) => {
        f.next = Math.min(f.end, f.vpn + k.profile.roundPages) as Vpn;
        f.pfns = k.slots.array(f.vpn, f.next - f.vpn);
        f.again = 1;
      }),
      r.loop('the answer was overtaken (or the first time)', (_, f) => f.again !== 0, [
        r.yield('Y12'),
        r.wait(
          'seq = mmu_interval_read_begin(notifier)',
          Wait.NotifierSeq,
          (_, f) => f.mm,
          (k, f) => !reader_must_wait(k, f.mirror),
        ),
        r.step('remember the sequence', (k, f) => {
          f.seq = k.devices.mirrorSeq.get(f.mirror);
        }),
        ...mmapReadLock(r, (_, f) => f.mm),
        r.call(
          'ret = hmm_range_fault(&range)',
          hmm_range_fault,
          (_, f, callee) => {
            callee.mirror = f.mirror;
            callee.start = f.vpn;
            callee.end = f.next;
            callee.pfns = f.pfns;
            callee.seq = f.seq;
          },
          (_, f, value) => {
            f.ret = value;
            f.again = value === -Errno.EBUSY ? 1 : 0;
          },
        ),
        r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
      ]),
      r.step('one byte a page', (k, f) => {
        for (const slot of k.slots.of(f.pfns)) if (f.ret === 0) push_data(k, mkentry(k, f.mirror, slot));
        if (f.ret === 0) k.tasks.cpages.add(k.task, f.next - f.vpn);
        k.slots.free(f.pfns);
        f.vpn = f.next;
      }),
    ]),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
