/** The devices, as the sidebar and the Devices scope show them. */

import { free_pages, pages_in_use } from '../../engine/drivers/device_memory';
import { mirror_entries } from '../../engine/drivers/mirror_table';
import type { DeviceRow, MirrorRow, PgmapRow, ProcessRow } from '../../engine/machine/ids';
import type { Snapshot } from '../../engine/machine/store';
import type { Driver } from '../../engine/routine/driver';
import type { Kernel } from '../../engine/routine/kernel';
import type { DeviceState } from '../../protocol';
import {
  deviceName,
  driverOfDevice,
  processName,
  showHex,
  showMemoryType,
  showVmFault,
  type World,
} from '../environment';
import { changed } from './previous';

/** A failure that waits for more times than this was armed without a number. */
const FOR_EVER = 2 ** 30;

function failures(k: Kernel, device: DeviceRow, driver: Driver): string[] {
  const dead = k.devices.dead.get(device) !== 0 ? ['dead'] : [];
  const armed = driver.failures.armed(k, device).map(({ point, times, result }) => {
    const as = point === 'migrate_to_ram' ? ` as ${showVmFault(result)}` : '';
    return `fail ${point}${as}${times > FOR_EVER ? '' : ` times ${times}`}`;
  });
  return [...dead, ...armed];
}

/** The processes that have the device open, with how much of them it maps. */
function mirrorsOf(world: World, device: DeviceRow, driver: Driver): DeviceState['mirrors'] {
  const { devices } = world.kernel;
  const rows = [...devices.mirrors.rows()].filter(
    (row) => devices.mirrorDevice.get(row) === device && devices.mirrorFd.get(row) !== 0,
  );
  return rows.map((row) => ({
    process: processName(world, devices.mirrorProcess.get(row) as ProcessRow),
    entries: [...mirror_entries(world.kernel, driver.mirrors, row as MirrorRow)].length,
  }));
}

/** Every device, in the scenario's order. */
export function devicesOf(world: World, previous: Snapshot | undefined): DeviceState[] {
  const { kernel: k } = world;
  return [...k.devices.devices.rows()].map((row) => deviceState(world, row as DeviceRow, previous));
}

function deviceState(world: World, device: DeviceRow, previous: Snapshot | undefined): DeviceState {
  const { kernel: k } = world;
  const { devices, pages } = k;
  const range = devices.pgmapRange.get(devices.pgmap.get(device) as PgmapRow);
  const start = pages.rangeStart.get(range) * 4096;
  const total = devices.pages.get(device);
  const driver = driverOfDevice(k, device);
  const counters = Object.entries(driver?.counters ?? {});
  const watched = [
    devices.dead,
    ...counters.map(([, column]) => column(k)),
    ...(driver?.failures.watched(k) ?? []),
  ];
  return {
    name: deviceName(world, device),
    type: showMemoryType(devices.type.get(device)) as DeviceState['type'],
    driver: driver?.name ?? 'none',
    start: showHex(start),
    end: showHex(start + pages.rangePages.get(range) * 4096),
    total,
    used: driver === undefined ? 0 : pages_in_use(k, driver, device),
    free: driver === undefined ? total : free_pages(k, driver, device),
    counters: counters.map(([name, column]) => ({ name, value: column(k).get(device) })),
    mirrors: driver === undefined ? [] : mirrorsOf(world, device, driver),
    failures: driver === undefined ? [] : failures(k, device, driver),
    changed: watched.some((column) => changed(previous, column, device)),
  };
}
