/** Failures that a scenario injects into a driver. */

import type { DeviceRow } from '../machine/ids';
import type { Kernel } from '../routine/kernel';

/** The row that counts failures of whichever of the driver's devices comes next. */
export const ANY_DEVICE = 0 as DeviceRow;

/**
 * Uses up one injected failure of this kind for the device. Returns the row it was counted in, whose other columns say
 * more of it, or -1 where nothing is to fail.
 */
export function take_failure(
  k: Kernel,
  kind: 'failFault' | 'failCopy' | 'failAlloc',
  device: DeviceRow,
): number {
  for (const row of [ANY_DEVICE, device]) {
    if (k.devices[kind].get(row) <= 0) continue;
    k.devices[kind].add(row, -1);
    return row;
  }
  return -1;
}
