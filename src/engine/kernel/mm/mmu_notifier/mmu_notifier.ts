/**
 * MMU notifiers with interval subscriptions (mm/mmu_notifier.c): every mirror whose range overlaps is told before
 * entries change. Before 5.8 (mm/hmm.c of 4.14) mirrors were told only when the invalidation ended.
 */

import type { MirrorRow, MmRow, VmaRow } from '../../../machine/ids';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import { DeviceT, EventT, MirrorT, MmT, routine, VpnT } from '../../../routine/routine';
import { mmap_write_unlock, mmapWriteLock } from '../mmap/mmap_lock';
import { vmaStartWrite } from '../mmap/vma_lock';
import { rmapWriteLock, vmaLocks } from '../rmap/rmap_lock';
import { mirrorsReadLock, run_deferred } from './mmu_interval_notifier';

/** invalidate_seq of new subscriptions: even, and so that a reader's first sequence, one less, is odd. */
const FIRST_SEQUENCE = 2;

function overlapping(k: Kernel, mirror: number, start: number, end: number): MirrorRow {
  const { devices } = k;
  let at = mirror;
  while (at !== 0 && (devices.mirrorStart.get(at) >= end || devices.mirrorEnd.get(at) <= start))
    at = devices.mirrorNext.get(at);
  return at as MirrorRow;
}

/** First mirror of the mm whose interval overlaps [start, end), or 0. */
function first_mirror(k: Kernel, mm: MmRow, start: number, end: number): MirrorRow {
  return overlapping(k, k.mm.firstMirror.get(mm), start, end);
}

const range = { mm: MmT, start: VpnT, end: VpnT, event: EventT, owner: DeviceT } as const;

const tell_mirrors = routine({
  name: 'mn_itree_invalidate',
  file: 'mm/mmu_notifier.c',
  about:
    'Call the invalidate callback of every subscription that overlaps the range, in the order of the tree.',
  params: range,
  locals: { mirror: MirrorT },
  body: (r) => [
    r.step('find the first subscription that overlaps', (k, f) => {
      f.mirror = first_mirror(k, f.mm, f.start, f.end);
    }),
    r.loop('a subscription is left', (_, f) => f.mirror !== 0, [
      r.yield('Y4'),
      r.callback(
        'ops->invalidate(subscription, range, seq)',
        'invalidate',
        (k, f) => k.devices.driver.get(k.devices.mirrorDevice.get(f.mirror)),
        (_, f, callee) => {
          callee.mirror = f.mirror;
          callee.start = f.start;
          callee.end = f.end;
          callee.event = f.event;
          callee.owner = f.owner;
          callee.blockable = 1;
        },
      ),
      r.step('go on to the next subscription', (k, f) => {
        f.mirror = overlapping(k, k.devices.mirrorNext.get(f.mirror), f.start, f.end);
      }),
    ]),
  ],
});

/** Nobody has ever subscribed to the mm (!mm_has_notifiers). */
const is_unwatched = (k: Kernel, mm: MmRow): boolean => k.mm.hasNotifiers.get(mm) === 0;

function begin(k: Kernel, mm: MmRow): void {
  k.mm.activeInvalidations.add(mm, 1);
  if (k.tasks.invalidations.add(k.task, 1) === 1) k.tasks.invalidates.set(k.task, mm);
}

/** Returns how many invalidations of the mm are active still. */
function end(k: Kernel, mm: MmRow): number {
  if (k.tasks.invalidations.add(k.task, -1) === 0) k.tasks.invalidates.set(k.task, 0);
  return k.mm.activeInvalidations.add(mm, -1);
}

/** All VMAs of an address space. */
const all_vmas = (k: Kernel, f: { mm: MmRow }): VmaRow[] => [...k.mm.vmasOf(f.mm)] as VmaRow[];

/** The first subscription of an address space waits until nobody is inside a change of it that was not counted. */
export const mmu_notifier_register = routine({
  name: 'mmu_notifier_register',
  file: 'mm/mmu_notifier.c',
  about:
    'From now on invalidations of this address space are counted: no fault and no walk may be in the middle of one.',
  params: { mm: MmT },
  body: (r) => [
    r.when('(mm->notifier_subscriptions): it has had one before', (k, f) => !is_unwatched(k, f.mm), [
      r.ret('return'),
    ]),
    ...mmapWriteLock(r, (_, f) => f.mm),
    vmaStartWrite(r, all_vmas),
    rmapWriteLock(r, (k, f) => vmaLocks(k, all_vmas(k, f))),
    r.step('mm_take_all_locks(mm); mm->notifier_subscriptions', (k, f) => {
      k.mm.hasNotifiers.set(f.mm, 1);
      k.mm.notifierSeq.set(f.mm, FIRST_SEQUENCE);
    }),
    r.step('mmap_write_unlock(mm)', (k, f) => mmap_write_unlock(k, f.mm)),
  ],
});

export const mmu_notifier_invalidate_range_start = routine({
  name: 'mmu_notifier_invalidate_range_start',
  file: 'mm/mmu_notifier.c',
  about: 'Entries of the range are about to change: tell the mirrors, which must stop using them. May sleep.',
  params: range,
  body: (r) => [
    r.when(
      '(!mm_has_notifiers(mm)): nobody has subscribed to this address space',
      (k, f) => is_unwatched(k, f.mm),
      [r.ret('return')],
    ),
    r.only(
      (profile) => profile.intervalNotifiers,
      [
        r.step(
          'active_invalidate_ranges++; the sequence becomes odd where a subscription overlaps',
          (k, f) => {
            begin(k, f.mm);
            if (first_mirror(k, f.mm, f.start, f.end) !== 0)
              k.mm.notifierSeq.set(f.mm, k.mm.notifierSeq.get(f.mm) | 1);
          },
        ),
        r.call('tell the subscriptions', tell_mirrors, (_, f, callee) => {
          callee.mm = f.mm;
          callee.start = f.start;
          callee.end = f.end;
          callee.event = f.event;
          callee.owner = f.owner;
        }),
      ],
      [r.step('count one more active invalidation; mirrors are told when it ends', (k, f) => begin(k, f.mm))],
    ),
    r.yield('Y4'),
  ],
});

/** The ranges of which drivers of 4.14 know nothing any more. One that begins where the invalidation ends counts too. */
function hmm_invalidate_range(k: Kernel, f: { mm: MmRow; start: number; end: number }): void {
  const { devices } = k;
  for (const range of devices.ranges.rows()) {
    const apart = f.end < devices.rangeStart.get(range) || f.start >= devices.rangeEnd.get(range);
    if (devices.rangeMm.get(range) === f.mm && !apart) devices.rangeValid.set(range, 0);
  }
}

export const mmu_notifier_invalidate_range_end = routine({
  name: 'mmu_notifier_invalidate_range_end',
  file: 'mm/mmu_notifier.c',
  about: 'The entries have changed: mirrors may look again.',
  params: range,
  body: (r) => [
    r.when(
      '(!mm_has_notifiers(mm)): nobody has subscribed to this address space',
      (k, f) => is_unwatched(k, f.mm),
      [r.ret('return')],
    ),
    r.only(
      (profile) => !profile.intervalNotifiers,
      [
        r.step('hmm_invalidate_range(): what overlaps is valid no longer', hmm_invalidate_range),
        ...mirrorsReadLock(r, (f) => f.mm, [
          r.call('tell the mirrors (sync_cpu_device_pagetables)', tell_mirrors, (_, f, callee) => {
            callee.mm = f.mm;
            callee.start = f.start;
            callee.end = f.end;
            callee.event = f.event;
            callee.owner = f.owner;
          }),
        ]),
      ],
    ),
    r.yield('Y4'),
    r.step(
      'active_invalidate_ranges--; after the last the sequence is even again, what was put off is done, readers wake',
      (k, f) => {
        const left = end(k, f.mm);
        const seq = k.mm.notifierSeq.get(f.mm);
        if (left !== 0 || (seq & 1) === 0) return;
        k.mm.notifierSeq.set(f.mm, seq + 1);
        run_deferred(k, f.mm);
        k.tasks.wake(Wait.NotifierSeq, f.mm);
      },
    ),
  ],
});

/** mmu_interval_read_begin has to wait while the sequence it would read belongs to a running invalidation. */
export function reader_must_wait(k: Kernel, mirror: MirrorRow): boolean {
  const seq = k.devices.mirrorSeq.get(mirror);
  const mm = k.devices.mirrorMm.get(mirror);
  return (seq & 1) === 1 && seq === k.mm.notifierSeq.get(mm);
}

/** mmu_interval_read_retry: true if the mirror was invalidated since `seq` was read. */
export function mmu_interval_read_retry(k: Kernel, mirror: MirrorRow, seq: number): boolean {
  return k.devices.mirrorSeq.get(mirror) !== seq;
}

/**
 * What a callback does that obeys the invalidation: mmu_interval_set_seq. Before there were sequences, hmm_invalidate_range
 * cleared `valid` of the ranges being walked; a number that each invalidation changes says the same.
 */
export function mmu_interval_set_seq(k: Kernel, mirror: MirrorRow): void {
  if (!k.profile.intervalNotifiers) {
    k.devices.mirrorSeq.add(mirror, 2);
    return;
  }
  k.devices.mirrorSeq.set(mirror, k.mm.notifierSeq.get(k.devices.mirrorMm.get(mirror)));
}
