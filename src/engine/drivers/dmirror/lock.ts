/** The mutex of a mirror (struct dmirror): taken by invalidate() and around every use of the device's table. */

import type { MirrorRow } from '../../machine/ids';
import { Wait } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';
import type { Builder, Node } from '../../routine/routine';
import { rangeLock } from './options';
import { mirrors, own } from './tables';

/**
 * The lock that some drivers hold while they fault pages in for the device and take again in their fault callback: the
 * mistake of fix 'avoid recursive lock in migrations back to RAM'. Only with the switch driver-range-lock.
 */
export function lockRange<F>(r: Builder<F>, mirror: (k: Kernel, f: F) => MirrorRow): Node<F>[] {
  return [
    r.only(rangeLock, [
      r.wait("lock the driver's ranges", Wait.RangeLock, mirror, (k, f) => {
        const row = mirror(k, f);
        if (own.of(k).rangeLock.get(row) !== 0) return false;
        own.of(k).rangeLock.set(row, k.task);
        return true;
      }),
    ]),
  ];
}

export function unlockRange<F>(r: Builder<F>, mirror: (k: Kernel, f: F) => MirrorRow): Node<F>[] {
  return [
    r.only(rangeLock, [
      r.step("unlock the driver's ranges", (k, f) => {
        own.of(k).rangeLock.set(mirror(k, f), 0);
        k.tasks.wakeFirst(Wait.RangeLock, mirror(k, f));
      }),
    ]),
  ];
}

/** Takes the driver's mutex of a mirror. */
export const lockMirror = <F>(r: Builder<F>, mirror: (k: Kernel, f: F) => MirrorRow): Node<F> =>
  mirrors.lock(r, 'mutex_lock(&dmirror->mutex)', mirror);

export const unlock_mirror = (k: Kernel, mirror: MirrorRow): void => mirrors.unlock(k, mirror);
