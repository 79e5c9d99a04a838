/**
 * A device's fault buffer. A program on the device that needs a page which its mirror doesn't map makes an entry here, as
 * soon as there is room; the driver's bottom half services the entries, and the program sleeps meanwhile.
 */

import type { DeviceRow, MirrorRow, Vpn } from '../machine/ids';
import { Wait } from '../machine/tasks';
import type { Kernel } from '../routine/kernel';

/** A fault of the device that was not serviced yet. */
const is_pending = (k: Kernel, row: number, device: DeviceRow): boolean =>
  k.devices.faultDone.get(row) === 0 && k.devices.mirrorDevice.get(k.devices.faultMirror.get(row)) === device;

/** It is in the buffer, and does not wait for room there: nothing is written at time 0. */
const is_written = (k: Kernel, row: number): boolean => k.devices.faultWritten.get(row) !== 0;

/** Faults of a device that were not serviced yet: those in its buffer, the oldest first, then those that wait for room. */
export function pending_faults(k: Kernel, device: DeviceRow): number[] {
  const { devices } = k;
  const begun = (row: number): number => devices.faultWritten.get(row) || Number.POSITIVE_INFINITY;
  const waiting = [...devices.faults.rows()].filter((row) => is_pending(k, row, device));
  return waiting.sort((a, b) =>
    begun(a) === begun(b) ? devices.faultSince.get(a) - devices.faultSince.get(b) : begun(a) - begun(b),
  );
}

/** Entries of a device's fault buffer, the oldest first. */
export const fault_buffer = (k: Kernel, device: DeviceRow): number[] =>
  pending_faults(k, device).filter((row) => is_written(k, row));

/** Whether the buffer has room for one more entry. */
export function has_room(k: Kernel, device: DeviceRow): boolean {
  let entries = 0;
  for (const row of k.devices.faults.rows()) if (is_pending(k, row, device) && is_written(k, row)) entries++;
  return entries < k.devices.faultEntries.get(device);
}

/** A context's access fails. Returns the fault's row. */
export function begin_fault(k: Kernel, mirror: MirrorRow, vpn: Vpn, write: number): number {
  const { devices } = k;
  const row = devices.faults.alloc();
  devices.faultMirror.set(row, mirror);
  devices.faultVpn.set(row, vpn);
  devices.faultWrite.set(row, write);
  devices.faultSince.set(row, k.time);
  return row;
}

/** Writes a fault into the buffer and raises the device's interrupt. */
export function raise_fault(k: Kernel, row: number): void {
  const { devices } = k;
  const mirror = devices.faultMirror.get(row);
  const device = devices.mirrorDevice.get(mirror);
  devices.faultWritten.set(row, k.time);
  k.emit(
    'device_fault',
    device,
    devices.mirrorProcess.get(mirror),
    devices.faultVpn.get(row),
    devices.faultWrite.get(row),
  );
  k.tasks.wake(Wait.DeviceWork, device);
}

/** The entry has been serviced and leaves the buffer; its context takes the result and frees it. */
export function complete_fault(k: Kernel, row: number, result: number): void {
  k.devices.faultDone.set(row, 1);
  k.devices.faultResult.set(row, result);
  k.tasks.wake(Wait.DeviceFault, row);
  k.tasks.wake(Wait.FaultBuffer, k.devices.mirrorDevice.get(k.devices.faultMirror.get(row)));
}
