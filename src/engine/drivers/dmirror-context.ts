/**
 * Contexts of a device: programs that run on it and reach a process's memory through its mirror. A page that the mirror
 * doesn't map makes an entry in the device's fault buffer, as soon as that has room; the driver's bottom half services it,
 * and the context sleeps meanwhile. The kernel's test driver has no such part: this is how drivers of devices with page faults work.
 */

import type { DeviceRow, MirrorRow, ProcessRow, TaskRow, Vpn } from '../machine/ids';
import { Wait } from '../machine/tasks';
import type { Kernel } from '../routine/kernel';
import { Bool, DeviceT, ErrnoT, Int, MirrorT, routine, VpnT } from '../routine/routine';
import { begin_ioctl, dmirror_range_fault, do_read, do_write } from './dmirror-access';

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

function has_room(k: Kernel, device: DeviceRow): boolean {
  let entries = 0;
  for (const row of k.devices.faults.rows()) if (is_pending(k, row, device) && is_written(k, row)) entries++;
  return entries < k.devices.faultEntries.get(device);
}

const deviceOf = (k: Kernel, f: { mirror: MirrorRow }): DeviceRow =>
  k.devices.mirrorDevice.get(f.mirror) as DeviceRow;

/** A context's access fails. Returns the fault's row. */
function begin_fault(k: Kernel, mirror: MirrorRow, vpn: Vpn, write: number): number {
  const { devices } = k;
  const row = devices.faults.alloc();
  devices.faultMirror.set(row, mirror);
  devices.faultVpn.set(row, vpn);
  devices.faultWrite.set(row, write);
  devices.faultSince.set(row, k.time);
  return row;
}

/** Writes a fault into the buffer and raises the device's interrupt. */
function raise_fault(k: Kernel, row: number): void {
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
function complete_fault(k: Kernel, row: number, result: number): void {
  k.devices.faultDone.set(row, 1);
  k.devices.faultResult.set(row, result);
  k.tasks.wake(Wait.DeviceFault, row);
  k.tasks.wake(Wait.FaultBuffer, k.devices.mirrorDevice.get(k.devices.faultMirror.get(row)));
}

/** What a context does with a range: `write` fills page i of it with the byte value + i * rise. Returns 0 or -errno. */
export const context_access = routine({
  name: 'device_context_access',
  file: 'lib/test_hmm.c',
  about:
    'A program on the device uses a range through its mirror; a page that is missing there is faulted in.',
  params: { mirror: MirrorT, start: VpnT, pages: Int, write: Bool, value: Int, rise: Int },
  locals: { vpn: VpnT, end: VpnT, fault: Int, ret: ErrnoT },
  body: (r) => [
    r.step('from the start', (k, f) => {
      begin_ioctl(k);
      f.vpn = f.start;
      f.end = (f.start + f.pages) as Vpn;
    }),
    r.loop('pages are left', (_, f) => f.vpn < f.end && f.ret === 0, [
      r.yield('Y14'),
      r.when(
        'the mirror maps the page with this right: the device uses it',
        (k, f) =>
          f.write !== 0
            ? do_write(k, f.mirror, f.vpn, (f.value + f.rise * (f.vpn - f.start)) & 255)
            : do_read(k, f.mirror, f.vpn),
        [
          r.step('next page', (_, f) => {
            f.vpn = (f.vpn + 1) as Vpn;
          }),
        ],
        [
          r.step('the access fails', (k, f) => {
            f.fault = begin_fault(k, f.mirror, f.vpn, f.write);
            k.tasks.faults.add(k.task, 1);
          }),
          r.wait('the fault buffer has room', Wait.FaultBuffer, deviceOf, (k, f) =>
            has_room(k, deviceOf(k, f)),
          ),
          r.step('an entry in the fault buffer; interrupt', (k, f) => raise_fault(k, f.fault)),
          r.wait(
            'the device waits for the answer',
            Wait.DeviceFault,
            (_, f) => f.fault,
            (k, f) => k.devices.faultDone.get(f.fault) !== 0,
          ),
          r.step('replay, or give up', (k, f) => {
            f.ret = k.devices.faultResult.get(f.fault);
            k.devices.faults.free(f.fault);
          }),
        ],
      ),
    ]),
    r.ret('return 0, or -errno', (_, f) => f.ret),
  ],
});

/** Services a device's fault buffer, the oldest entry first, and sleeps while it is empty. */
export const fault_work = routine({
  name: 'device_fault_work',
  file: 'lib/test_hmm.c',
  about:
    "The bottom half of a device's fault interrupt: make each page of the fault buffer usable, the oldest first.",
  params: { device: DeviceT },
  locals: { fault: Int },
  body: (r) => [
    r.loop('for ever', () => true, [
      r.wait(
        'sleep until the device raises its interrupt',
        Wait.DeviceWork,
        (_, f) => f.device,
        (k, f) => fault_buffer(k, f.device).length > 0,
      ),
      r.step('the oldest entry', (k, f) => {
        f.fault = fault_buffer(k, f.device)[0] ?? 0;
      }),
      r.call(
        'ret = dmirror_range_fault(&range)',
        dmirror_range_fault,
        (k, f, callee) => {
          callee.mirror = k.devices.faultMirror.get(f.fault) as MirrorRow;
          callee.start = k.devices.faultVpn.get(f.fault) as Vpn;
          callee.end = (callee.start + 1) as Vpn;
          callee.write = k.devices.faultWrite.get(f.fault);
        },
        (k, f, value) => complete_fault(k, f.fault, value),
      ),
    ]),
  ],
});

/** The bottom half of a device as a task without a process, on the last CPU. `name` is its name's number. */
export function start_bottom_half(k: Kernel, device: DeviceRow, name: number): void {
  const task = k.tasks.tasks.alloc() as TaskRow;
  k.tasks.process.set(task, 0 as ProcessRow);
  k.tasks.taskName.set(task, name);
  k.tasks.cpu.set(task, k.cpus - 1);
  k.devices.bottomHalf.set(device, task);
  k.start(task, fault_work, (frame) => {
    (frame as unknown as { device: DeviceRow }).device = device;
  });
}
