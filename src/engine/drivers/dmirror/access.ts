/** The test driver's device accesses through its mirror: read, write, and the faults they need (lib/test_hmm.c). */

import { Errno, HmmPfn } from '../../kernel/constants';
import { hmm_range_fault } from '../../kernel/mm/hmm';
import { mmap_read_unlock, mmapReadLock } from '../../kernel/mm/mmap/mmap_lock';
import { mmu_interval_read_retry, reader_must_wait } from '../../kernel/mm/mmu_notifier/mmu_notifier';
import { Access } from '../../machine/devices';
import type { MirrorRow, MmRow, PageRow, Vpn } from '../../machine/ids';
import { Pg } from '../../machine/pages';
import { Wait } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';
import {
  Bool,
  type Builder,
  ByteT,
  ErrnoT,
  Int,
  MirrorT,
  MmT,
  type Node,
  PfnArrayT,
  routine,
  VpnT,
} from '../../routine/routine';
import { begin_ioctl, push_data } from '../ioctl';
import { type Answer, do_fault, keepRet, passRange } from './answer';
import { lockMirror, lockRange, unlock_mirror, unlockRange } from './lock';
import { dirtiesPages, skipsReadRetry } from './options';
import { mirrors } from './tables';
import { dmirror_vma_fault } from './vma';

/** dmirror_do_read: the page's first byte as the device sees it, through its own table; false where it has no entry. */
export function do_read(k: Kernel, mirror: MirrorRow, vpn: Vpn): boolean {
  const entry = mirrors.entry(k, mirror, vpn);
  if (entry === 0) return false;
  push_data(k, k.contents.read(k.tables.hi.get(entry) as PageRow, 0));
  k.tasks.cpages.add(k.task, 1);
  return true;
}

/** dmirror_do_write: fills the page; false where the device has no writable entry. Of the device's own memory nothing is dirty. */
export function do_write(k: Kernel, mirror: MirrorRow, vpn: Vpn, value: number): boolean {
  const entry = mirrors.entry(k, mirror, vpn);
  if (entry === 0 || k.tables.lo.get(entry) !== Access.Write) return false;
  const page = k.tables.hi.get(entry) as PageRow;
  k.contents.fill(page, value);
  if (dirtiesPages(k.profile) && k.pages.mapping.get(page) !== 0) k.pages.setFlag(page, Pg.Dirty);
  k.tasks.cpages.add(k.task, 1);
  return true;
}

/** Reads a range through the device's table, without faulting: -ENOENT at the first page that is not in it. */
export const read_back = routine({
  name: 'dmirror_do_read',
  file: 'lib/test_hmm.c',
  about: "Read through the device's own table; a page it does not map ends the read.",
  params: { mirror: MirrorT, start: VpnT, end: VpnT },
  locals: { vpn: VpnT },
  body: (r) => [
    r.step('addr = start', (k, f) => {
      begin_ioctl(k);
      f.vpn = f.start;
    }),
    lockMirror(r, (_, f) => f.mirror),
    r.loop(
      '(addr < end && xa_load(&dmirror->pt, pfn))',
      (k, f) => f.vpn < f.end && do_read(k, f.mirror, f.vpn),
      [
        r.step('addr += PAGE_SIZE', (_, f) => {
          f.vpn = (f.vpn + 1) as Vpn;
        }),
      ],
    ),
    r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, f.mirror)),
    r.ret('return 0, or -ENOENT', (_, f) => (f.vpn < f.end ? -Errno.ENOENT : 0)),
  ],
});

/** What dmirror_range_fault works with. */
interface RangeFault extends Answer {
  ret: number;
  again: number;
}

/** Under the driver's lock: enters the answer, and the fault is over. */
function storeAnswer<F extends RangeFault>(r: Builder<F>): Node<F> {
  return r.step('store the pages in the device table', (k, f) => {
    f.again = 0;
    if (!do_fault(k, f)) f.ret = -Errno.EFAULT;
  });
}

/** The loop every user of hmm_range_fault needs: begin, walk, and check under the driver's lock that it still holds. */
export const dmirror_range_fault = routine({
  name: 'dmirror_range_fault',
  file: 'lib/test_hmm.c',
  about: 'Ask for the pages of a range until the answer is still true under the driver lock; then map them.',
  params: { mirror: MirrorT, start: VpnT, end: VpnT, write: Bool },
  locals: { mm: MmT, pfns: PfnArrayT, seq: Int, ret: ErrnoT, again: Bool },
  body: (r) => [
    r.step('range = { start, end, hmm_pfns, default_flags }', (k, f) => {
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
      f.pfns = k.slots.array(f.start, f.end - f.start);
      f.again = 1;
    }),
    r.loop('(true), until no invalidation has overtaken the answer', (_, f) => f.again !== 0, [
      r.yield('Y12'),
      r.wait(
        'seq = mmu_interval_read_begin(notifier)',
        Wait.NotifierSeq,
        (_, f) => f.mm,
        (k, f) => !reader_must_wait(k, f.mirror),
      ),
      r.step('range.notifier_seq = mmu_interval_read_begin(notifier)', (k, f) => {
        f.seq = k.devices.mirrorSeq.get(f.mirror);
      }),
      ...mmapReadLock(r, (_, f) => f.mm),
      r.call(
        'ret = hmm_range_fault(&range)',
        hmm_range_fault,
        (_, f, callee) => {
          callee.mirror = f.mirror;
          callee.start = f.start;
          callee.end = f.end;
          callee.request = HmmPfn.ReqFault | (f.write !== 0 ? HmmPfn.ReqWrite : 0);
          callee.pfns = f.pfns;
          callee.seq = f.seq;
        },
        (_, f, value) => {
          f.ret = value;
        },
      ),
      r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
      r.when('(ret && ret != -EBUSY)', (_, f) => f.ret !== 0 && f.ret !== -Errno.EBUSY, [
        r.ret('return ret', (k, f) => {
          k.slots.free(f.pfns);
          return f.ret;
        }),
      ]),
      r.when('(!ret)', (_, f) => f.ret === 0, [
        r.yield('Y12'),
        lockMirror(r, (_, f) => f.mirror),
        r.only(
          skipsReadRetry,
          [storeAnswer(r)],
          [
            r.when(
              '(mmu_interval_read_retry(range->notifier, range->notifier_seq))',
              (k, f) => mmu_interval_read_retry(k, f.mirror, f.seq),
              [],
              [storeAnswer(r)],
            ),
          ],
        ),
        r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, f.mirror)),
      ]),
    ]),
    r.ret('return ret', (k, f) => {
      k.slots.free(f.pfns);
      return f.ret;
    }),
  ],
});

/** Faults a range in for the device, a round at a time (dmirror_fault). */
export const dmirror_fault = routine({
  name: 'dmirror_fault',
  file: 'lib/test_hmm.c',
  about: 'Make a range usable for the device, a round of pages at a time.',
  params: { mirror: MirrorT, start: VpnT, end: VpnT, write: Bool },
  locals: { vpn: VpnT, next: VpnT, ret: ErrnoT },
  body: (r) => [
    r.step('addr = start', (_, f) => {
      f.vpn = f.start;
    }),
    r.only(
      (profile) => profile.intervalNotifiers,
      [
        r.loop('(addr < end && !ret)', (_, f) => f.vpn < f.end && f.ret === 0, [
          r.call(
            'ret = dmirror_range_fault(&range)',
            dmirror_range_fault,
            (k, f, callee) => {
              f.next = Math.min(f.end, f.vpn + k.profile.driverFaultsPages) as Vpn;
              callee.mirror = f.mirror;
              callee.start = f.vpn;
              callee.end = f.next;
              callee.write = f.write;
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
          'ret = dmirror_vma_fault(range)',
          dmirror_vma_fault,
          (_, f, callee) => {
            callee.mirror = f.mirror;
            callee.start = f.start;
            callee.end = f.end;
            callee.write = f.write;
          },
          keepRet,
        ),
      ],
    ),
    r.ret('return ret', (_, f) => f.ret),
  ],
});

/** The common body of the read and write ioctls: use the device's table; where it has no entry, fault the rest. */
const dmirror_access = routine({
  name: 'dmirror_access',
  file: 'lib/test_hmm.c',
  about:
    "Access each page through the device's own table; at the first that is missing fault the rest of the range.",
  params: { mirror: MirrorT, start: VpnT, end: VpnT, write: Bool, value: ByteT },
  locals: { vpn: VpnT, ret: ErrnoT },
  body: (r) => [
    r.step('cpages = faults = 0', (k, f) => {
      begin_ioctl(k);
      f.vpn = f.start;
    }),
    r.loop('(addr < end && !ret)', (_, f) => f.vpn < f.end && f.ret === 0, [
      lockMirror(r, (_, f) => f.mirror),
      r.loop(
        '(addr < end && xa_load(&dmirror->pt, pfn)), for a write with DPT_XA_TAG_WRITE: access it',
        (k, f) =>
          f.vpn < f.end &&
          (f.write !== 0
            ? do_write(k, f.mirror, f.vpn, f.value + (f.vpn - f.start))
            : do_read(k, f.mirror, f.vpn)),
        [
          r.step('addr += PAGE_SIZE', (_, f) => {
            f.vpn = (f.vpn + 1) as Vpn;
          }),
        ],
      ),
      r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, f.mirror)),
      r.when('(addr < end): a page is missing', (_, f) => f.vpn < f.end, [
        ...lockRange(r, (_, f) => f.mirror),
        r.call(
          'ret = dmirror_fault(from here to the end)',
          dmirror_fault,
          (_, f, callee) => {
            callee.mirror = f.mirror;
            callee.start = f.vpn;
            callee.end = f.end;
            callee.write = f.write;
          },
          (k, f, value) => {
            f.ret = value;
            if (value === 0) k.tasks.faults.add(k.task, 1);
          },
        ),
        ...unlockRange(r, (_, f) => f.mirror),
      ]),
    ]),
    r.ret('return ret', (_, f) => f.ret),
  ],
});

/** HMM_DMIRROR_READ: 0 with one byte a page in the task's data, or -EFAULT, -EPERM, -EBUSY. */
export const dmirror_read = routine({
  name: 'dmirror_read',
  file: 'lib/test_hmm.c',
  about: 'The device reads a range.',
  params: { mirror: MirrorT, start: VpnT, pages: Int },
  locals: { ret: ErrnoT },
  body: (r) => [
    r.call(
      'dmirror_do_read(dmirror, start, end, bounce)',
      dmirror_access,
      (_, f, callee) => passRange(f, callee),
      keepRet,
    ),
    r.ret('return ret', (_, f) => f.ret),
  ],
});

/** HMM_DMIRROR_WRITE: fills page i of the range with the byte value + i. */
export const dmirror_write = routine({
  name: 'dmirror_write',
  file: 'lib/test_hmm.c',
  about: 'The device writes a range.',
  params: { mirror: MirrorT, start: VpnT, pages: Int, value: ByteT },
  locals: { ret: ErrnoT },
  body: (r) => [
    r.call(
      'dmirror_do_write(dmirror, start, end, bounce)',
      dmirror_access,
      (_, f, callee) => {
        passRange(f, callee);
        callee.write = 1;
        callee.value = f.value;
      },
      keepRet,
    ),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
