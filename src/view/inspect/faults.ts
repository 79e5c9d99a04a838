/** Faults that have begun and not ended. */

import { pending_faults } from '../../engine/drivers/fault_buffer';
import type { DeviceRow, ProcessRow, TaskRow } from '../../engine/machine/ids';
import type { PendingDeviceFault, PendingFault } from '../../protocol';
import { deviceName, placeOf, processName, showAddress, spaceOf, taskName, type World } from '../environment';
import { routineOf, stepOf, waitingOf } from '../waits';

/** Every pending fault of CPUs and devices, the oldest first. */
export function pendingFaults(world: World): PendingFault[] {
  const all = [...cpuFaults(world), ...deviceFaults(world)];
  return all.sort((a, b) => a.since - b.since);
}

/** The CPU fault that began last of those that are pending: its row, or 0. */
export function newestFault({ kernel: { faults } }: World): number {
  let newest = 0;
  for (const row of faults.table.rows())
    if (newest === 0 || faults.since.get(row) >= faults.since.get(newest)) newest = row;
  return newest;
}

/** The entries of the devices' fault buffers that were not serviced yet, and the faults that wait for room there. */
function deviceFaults(world: World): PendingDeviceFault[] {
  const { devices, time } = world.kernel;
  const rows = [...devices.devices.rows()] as DeviceRow[];
  return rows.flatMap((device) =>
    pending_faults(world.kernel, device).map((row, slot): PendingDeviceFault => {
      const process = devices.mirrorProcess.get(devices.faultMirror.get(row)) as ProcessRow;
      const va = devices.faultVpn.get(row) * 4096;
      const since = devices.faultSince.get(row);
      const written = devices.faultWritten.get(row);
      const place = placeOf(world, process, va);
      return {
        kind: 'device',
        id: `device-fault-${row}-${since}`,
        address: showAddress(va),
        ...(place === undefined ? {} : { place }),
        access: devices.faultWrite.get(row) !== 0 ? 'write' : 'read',
        since,
        device: deviceName(world, device),
        process: processName(world, process),
        ...(written === 0 ? {} : { slot }),
        age: time - (written === 0 ? since : written),
      };
    }),
  );
}

function cpuFaults(world: World): PendingFault[] {
  const { faults, time } = world.kernel;
  return [...faults.table.rows()].map((row): PendingFault => {
    const task = faults.task.get(row) as TaskRow;
    const va = faults.address.get(row);
    const place = placeOf(world, spaceOf(world, task), va);
    const waiting = waitingOf(world, task);
    return {
      kind: 'cpu',
      id: `fault-${row}-${faults.since.get(row)}`,
      address: showAddress(va),
      ...(place === undefined ? {} : { place }),
      access: faults.write.get(row) !== 0 ? 'write' : 'read',
      since: faults.since.get(row),
      age: time - faults.since.get(row),
      threadId: task,
      task: taskName(world, task),
      routine: routineOf(world, task),
      step: stepOf(world, task),
      ...(waiting ? { waitingFor: waiting.what } : {}),
      ...(waiting?.holder === undefined ? {} : { heldBy: waiting.holder }),
      retries: faults.retries.get(row),
    };
  });
}
