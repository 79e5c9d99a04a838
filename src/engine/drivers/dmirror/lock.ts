/** The mutex of a mirror (struct dmirror): taken by invalidate() and around every use of the device's table. */

import type { MirrorRow } from '../../machine/ids';
import { Wait } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';
import type { Builder, Node } from '../../routine/routine';
import { rangeLock } from './options';

/**
 * The lock that some drivers hold while they fault pages in for the device and take again in their fault callback: the
 * mistake of fix 'avoid recursive lock in migrations back to RAM'. Only with the switch driver-range-lock.
 */
export function lockRange<F>(r: Builder<F>, mirror: (k: Kernel, f: F) => MirrorRow): Node<F>[] {
  return [
    r.only(rangeLock, [
      r.wait('lock of the driver over its ranges', Wait.RangeLock, mirror, (k, f) => {
        const row = mirror(k, f);
        if (k.devices.mirrorRangeLock.get(row) !== 0) return false;
        k.devices.mirrorRangeLock.set(row, k.task);
        return true;
      }),
    ]),
  ];
}

export function unlockRange<F>(r: Builder<F>, mirror: (k: Kernel, f: F) => MirrorRow): Node<F>[] {
  return [
    r.only(rangeLock, [
      r.step("unlock the driver's ranges", (k, f) => {
        k.devices.mirrorRangeLock.set(mirror(k, f), 0);
        k.tasks.wakeFirst(Wait.RangeLock, mirror(k, f));
      }),
    ]),
  ];
}

/** Takes the driver's mutex of a mirror. */
export function lockMirror<F>(r: Builder<F>, mirror: (k: Kernel, f: F) => MirrorRow): Node<F> {
  return r.wait('mutex_lock(&dmirror->mutex)', Wait.DriverLock, mirror, (k, f) => {
    const row = mirror(k, f);
    if (k.devices.mirrorLock.get(row) !== 0) return false;
    k.devices.mirrorLock.set(row, k.task);
    return true;
  });
}

export function unlock_mirror(k: Kernel, mirror: MirrorRow): void {
  k.devices.mirrorLock.set(mirror, 0);
  k.tasks.wakeFirst(Wait.DriverLock, mirror);
}
