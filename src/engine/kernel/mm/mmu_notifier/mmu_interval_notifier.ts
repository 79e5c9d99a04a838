/**
 * Subscriptions to the changes of an address space come and go (mm/mmu_notifier.c). While an invalidation that overlaps
 * one goes on, the tree of subscriptions is walked and doesn't change: what comes and goes meanwhile is put off until the
 * last invalidation has ended. Before 5.8 (mm/hmm.c of 4.14) mirrors are a list under a lock of its own, mirrors_sem,
 * which is held for reading while they are told; changes of the list are single steps, so that a reader never waits.
 */

import type { DeviceRow, MirrorRow, MmRow, TaskRow } from '../../../machine/ids';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, Int, MirrorT, MmT, type Node, routine } from '../../../routine/routine';

/** One past the last page of a range that covers every address (ULONG_MAX). */
export const ALL_PAGES = 2 ** 52;

/** An invalidation that overlaps a subscription is going on (mn_itree_is_invalidating). */
const is_invalidating = (k: Kernel, mm: MmRow): boolean => (k.mm.notifierSeq.get(mm) & 1) === 1;

/** At the end, in the order of the tree; a mirror of old kernels at the head of their list (hmm_mirror_register). */
function link(k: Kernel, mm: MmRow, mirror: MirrorRow): void {
  const { devices } = k;
  let last = k.mm.firstMirror.get(mm);
  if (last === 0 || !k.profile.intervalNotifiers) {
    devices.mirrorNext.set(mirror, last);
    k.mm.firstMirror.set(mm, mirror);
    return;
  }
  while (devices.mirrorNext.get(last) !== 0) last = devices.mirrorNext.get(last);
  devices.mirrorNext.set(last, mirror);
}

/** The subscription is told of invalidations: it has been added and not removed. */
function is_linked(k: Kernel, mm: MmRow, mirror: MirrorRow): boolean {
  let at = k.mm.firstMirror.get(mm);
  while (at !== 0 && at !== mirror) at = k.devices.mirrorNext.get(at);
  return at !== 0;
}

/** Takes a row out of a list that is threaded through `next` and begins with `first` of the mm. */
function take_out(
  k: Kernel,
  mm: MmRow,
  mirror: MirrorRow,
  [first, next]: readonly [first: 'firstMirror' | 'firstDeferred', next: 'mirrorNext' | 'mirrorDeferred'],
): void {
  const links = k.devices[next];
  const after = links.get(mirror);
  let before = k.mm[first].get(mm);
  if (before === mirror) k.mm[first].set(mm, after);
  else {
    while (before !== 0 && links.get(before) !== mirror) before = links.get(before);
    if (before !== 0) links.set(before, after);
  }
  links.set(mirror, 0);
}
const TREE = ['firstMirror', 'mirrorNext'] as const;
const DEFERRED = ['firstDeferred', 'mirrorDeferred'] as const;

/** Puts a change of the tree off. What was put off last is done first. */
function defer(k: Kernel, mm: MmRow, mirror: MirrorRow): void {
  k.devices.mirrorDeferred.set(mirror, k.mm.firstDeferred.get(mm));
  k.mm.firstDeferred.set(mm, mirror);
}

/** The last invalidation has ended: what was put off is done (mn_itree_inv_end). */
export function run_deferred(k: Kernel, mm: MmRow): void {
  for (let mirror = k.mm.firstDeferred.get(mm) as MirrorRow; mirror !== 0; ) {
    take_out(k, mm, mirror, DEFERRED);
    if (is_linked(k, mm, mirror)) take_out(k, mm, mirror, TREE);
    else link(k, mm, mirror);
    mirror = k.mm.firstDeferred.get(mm) as MirrorRow;
  }
}

/** Links a subscription, and gives it its first sequence: one that readers wait for where an invalidation is going on. */
function subscribe(k: Kernel, mm: MmRow, mirror: MirrorRow): void {
  const seq = k.mm.notifierSeq.get(mm);
  if (!k.profile.intervalNotifiers || k.mm.activeInvalidations.get(mm) === 0) {
    link(k, mm, mirror);
    k.devices.mirrorSeq.set(mirror, seq - 1);
    return;
  }
  if (is_invalidating(k, mm)) defer(k, mm, mirror);
  else {
    // Nobody knows which ranges the invalidations have that go on: this one may be among them.
    k.mm.notifierSeq.set(mm, seq + 1);
    link(k, mm, mirror);
  }
  k.devices.mirrorSeq.set(mirror, k.mm.notifierSeq.get(mm));
}

/** Adds a subscription to [start, end) (mmu_interval_notifier_insert). */
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
  subscribe(k, mm, mirror);
}

/** Takes a subscription out of the tree. Returns the sequence that has to pass before it is out; 0 where it is out at once. */
function unsubscribe(k: Kernel, mm: MmRow, mirror: MirrorRow): number {
  if (!is_invalidating(k, mm)) {
    take_out(k, mm, mirror, TREE);
    return 0;
  }
  if (!is_linked(k, mm, mirror)) {
    take_out(k, mm, mirror, DEFERRED);
    return 0;
  }
  defer(k, mm, mirror);
  return k.mm.notifierSeq.get(mm);
}

/** Tells mirrors with the list of them locked for reading (down_read of hmm->mirrors_sem). */
export function mirrorsReadLock<F>(r: Builder<F>, mm: (f: F) => MmRow, tell: Node<F>[]): Node<F>[] {
  return [
    r.step('down_read(&hmm->mirrors_sem)', (k, f) => k.tasks.readsMirrors.set(k.task, mm(f))),
    ...tell,
    r.step('up_read(&hmm->mirrors_sem)', (k, f) => {
      k.tasks.readsMirrors.set(k.task, 0);
      k.tasks.wake(Wait.MirrorsWrite, mm(f));
    }),
  ];
}

/** A task that tells the mirrors of the address space; 0 if none does. */
function mirrors_reader(k: Kernel, mm: MmRow): TaskRow {
  for (const task of k.tasks.tasks.rows()) if (k.tasks.readsMirrors.get(task) === mm) return task as TaskRow;
  return 0 as TaskRow;
}

/** Blocks until nobody tells the mirrors of the address space, whose list the next step changes. */
export function mirrorsWriteLock<F>(r: Builder<F>, mm: (k: Kernel, f: F) => MmRow): Node<F> {
  return r.wait(
    'down_write(&hmm->mirrors_sem)',
    Wait.MirrorsWrite,
    mm,
    (k, f) => mirrors_reader(k, mm(k, f)) === 0,
  );
}

/** Removes a subscription; when it returns nobody is in its callback, and nobody will be. */
export const mmu_interval_notifier_remove = routine({
  name: 'mmu_interval_notifier_remove',
  file: 'mm/mmu_notifier.c',
  about:
    'Take a subscription out of the tree; during an invalidation that is put off until its end, and waited for.',
  aliases: ['hmm_mirror_unregister'],
  params: { mirror: MirrorT },
  locals: { mm: MmT, seq: Int },
  body: (r) => [
    r.step('mm = interval_sub->mm', (k, f) => {
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
    }),
    r.only(
      (profile) => profile.intervalNotifiers,
      [
        r.step('remove it from the tree, or put that off', (k, f) => {
          f.seq = unsubscribe(k, f.mm, f.mirror);
        }),
        r.wait(
          'wait_event(subscriptions->wq, subscriptions->invalidate_seq != seq)',
          Wait.NotifierSeq,
          (_, f) => f.mm,
          (k, f) => f.seq === 0 || k.mm.notifierSeq.get(f.mm) !== f.seq,
        ),
      ],
      [
        mirrorsWriteLock(r, (_, f) => f.mm),
        r.step('list_del_init(&mirror->list)', (k, f) => take_out(k, f.mm, f.mirror, TREE)),
      ],
    ),
  ],
});
