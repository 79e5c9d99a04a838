/**
 * MMU notifiers with interval subscriptions (mm/mmu_notifier.c): every mirror whose range overlaps is told before
 * entries change. Before 5.8 (mm/hmm.c of 4.14) mirrors were told only when the invalidation ended.
 */

import type { DeviceRow, MirrorRow, MmRow, VmaRow } from '../machine/ids';
import { Wait } from '../machine/tasks';
import type { Kernel } from './kernel';
import { mmap_write_unlock, mmapWriteLock } from './mmap_lock';
import { rmapWriteLock, vmaLocks } from './rmap_lock';
import { type Builder, DeviceT, EventT, MirrorT, MmT, type Node, routine, VpnT } from './routine';
import { vmaStartWrite } from './vma_lock';

/** One past the last page of a range that covers every address (ULONG_MAX). */
export const ALL_PAGES = 2 ** 52;

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
    r.step('first subscription that overlaps', (k, f) => {
      f.mirror = first_mirror(k, f.mm, f.start, f.end);
    }),
    r.loop('there is a subscription', (_, f) => f.mirror !== 0, [
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
      r.step('next subscription', (k, f) => {
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
    r.when('it has had one before', (k, f) => !is_unwatched(k, f.mm), [r.ret('return')]),
    ...mmapWriteLock(r, (_, f) => f.mm),
    vmaStartWrite(r, all_vmas),
    rmapWriteLock(r, (k, f) => vmaLocks(k, all_vmas(k, f))),
    r.step('mm_take_all_locks(mm); mm->notifier_subscriptions', (k, f) => k.mm.hasNotifiers.set(f.mm, 1)),
    r.step('mmap_write_unlock(mm)', (k, f) => mmap_write_unlock(k, f.mm)),
  ],
});

export const mmu_notifier_invalidate_range_start = routine({
  name: 'mmu_notifier_invalidate_range_start',
  file: 'mm/mmu_notifier.c',
  about: 'Entries of the range are about to change: tell the mirrors, which must stop using them. May sleep.',
  params: range,
  body: (r) => [
    r.when('nobody has subscribed to this address space', (k, f) => is_unwatched(k, f.mm), [r.ret('return')]),
    r.only(
      (profile) => profile.intervalNotifiers,
      [
        r.step(
          'one more active invalidation; the sequence becomes odd where a subscription overlaps',
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
      [r.step('one more active invalidation; mirrors are told when it ends', (k, f) => begin(k, f.mm))],
    ),
    r.yield('Y4'),
  ],
});

export const mmu_notifier_invalidate_range_end = routine({
  name: 'mmu_notifier_invalidate_range_end',
  file: 'mm/mmu_notifier.c',
  about: 'The entries have changed: mirrors may look again.',
  params: range,
  body: (r) => [
    r.when('nobody has subscribed to this address space', (k, f) => is_unwatched(k, f.mm), [r.ret('return')]),
    r.only(
      (profile) => !profile.intervalNotifiers,
      [
        r.call('tell the mirrors (sync_cpu_device_pagetables)', tell_mirrors, (_, f, callee) => {
          callee.mm = f.mm;
          callee.start = f.start;
          callee.end = f.end;
          callee.event = f.event;
          callee.owner = f.owner;
        }),
      ],
    ),
    r.yield('Y4'),
    r.step(
      'one active invalidation less; after the last the sequence is even again, and readers wake',
      (k, f) => {
        const left = end(k, f.mm);
        const seq = k.mm.notifierSeq.get(f.mm);
        if (left !== 0 || (seq & 1) === 0) return;
        k.mm.notifierSeq.set(f.mm, seq + 1);
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

/** The sequence of a mirror that nothing has invalidated; during an invalidation it belongs to that one, and readers wait. */
function first_seq(k: Kernel, mm: MmRow): number {
  const seq = k.mm.notifierSeq.get(mm);
  if (!k.profile.intervalNotifiers || k.mm.activeInvalidations.get(mm) === 0) return seq - 1;
  k.mm.notifierSeq.set(mm, seq | 1);
  return seq | 1;
}

/** Adds a subscription to [start, end) at the end of those of the mm (mmu_interval_notifier_insert). */
export function mmu_interval_notifier_insert(
  k: Kernel,
  mirror: MirrorRow,
  mm: MmRow,
  owner: DeviceRow,
  start = 0,
  end = ALL_PAGES,
): void {
  const { devices } = k;
  devices.mirrorMm.set(mirror, mm);
  devices.mirrorDevice.set(mirror, owner);
  devices.mirrorStart.set(mirror, start);
  devices.mirrorEnd.set(mirror, end);
  devices.mirrorSeq.set(mirror, first_seq(k, mm));
  let last = k.mm.firstMirror.get(mm);
  if (last === 0) {
    k.mm.firstMirror.set(mm, mirror);
    return;
  }
  while (devices.mirrorNext.get(last) !== 0) last = devices.mirrorNext.get(last);
  devices.mirrorNext.set(last, mirror);
}

/** Nothing where the address space is gone: its subscriptions went with it. */
function unlink(k: Kernel, mirror: MirrorRow): void {
  const { devices } = k;
  const mm = devices.mirrorMm.get(mirror);
  if (mm === 0) return;
  const next = devices.mirrorNext.get(mirror);
  if (k.mm.firstMirror.get(mm) === mirror) k.mm.firstMirror.set(mm, next);
  else {
    let before = k.mm.firstMirror.get(mm);
    while (before !== 0 && devices.mirrorNext.get(before) !== mirror) before = devices.mirrorNext.get(before);
    if (before !== 0) devices.mirrorNext.set(before, next);
  }
  devices.mirrorNext.set(mirror, 0);
}

/** mmu_interval_notifier_remove: an invalidation in progress may be in its callback, so that it is waited for. */
export function mmu_interval_notifier_remove<F>(r: Builder<F>, mirror: (f: F) => MirrorRow): Node<F>[] {
  const mmOfMirror = (k: Kernel, f: F): number => k.devices.mirrorMm.get(mirror(f));
  return [
    r.wait(
      'no invalidation of the address space is in progress (mn_itree_is_invalidating)',
      Wait.NotifierSeq,
      mmOfMirror,
      (k, f) => (k.mm.notifierSeq.get(mmOfMirror(k, f)) & 1) === 0,
    ),
    r.step('mmu_interval_notifier_remove(interval_sub)', (k, f) => unlink(k, mirror(f))),
  ];
}
