/** The devices, as the sidebar and the Devices scope show them. */

import type { DeviceRow, PgmapRow } from '../../engine/machine/ids';
import type { Snapshot } from '../../engine/machine/store';
import type { DeviceState } from '../../protocol';
import {
  deviceName,
  sceneOf,
  showHex,
  showMemoryType,
  showVmFault,
  usedPages,
  type World,
} from '../environment';
import { changed } from './previous';

function failures(world: World, device: DeviceRow): string[] {
  const { devices } = world.kernel;
  const times = (n: number): string => (n < 0 || n > 2 ** 30 ? '' : ` times ${n}`);
  const found: string[] = [];
  const fault = devices.failFault.get(device);
  const copy = devices.failCopy.get(device);
  const alloc = devices.failAlloc.get(device);
  if (devices.dead.get(device) !== 0) found.push('dead');
  if (fault !== 0)
    found.push(`fail migrate_to_ram as ${showVmFault(devices.failFaultWith.get(device))}${times(fault)}`);
  if (copy !== 0) found.push(`fail copy${times(copy)}`);
  if (alloc !== 0) found.push(`fail alloc${times(alloc)}`);
  return found;
}

/** Every device, in the scenario's order. */
export function devicesOf(world: World, previous: Snapshot | undefined): DeviceState[] {
  const { devices, pages } = world.kernel;
  const watched = [
    devices.calloc,
    devices.cfree,
    devices.dead,
    devices.failFault,
    devices.failCopy,
    devices.failAlloc,
  ];
  const scene = sceneOf(world);
  return [...devices.devices.rows()].map((row): DeviceState => {
    const device = row as DeviceRow;
    const range = devices.pgmapRange.get(devices.pgmap.get(device) as PgmapRow);
    const start = pages.rangeStart.get(range) * 4096;
    const total = devices.pages.get(device);
    const used = usedPages(scene, device);
    return {
      name: deviceName(world, device),
      type: showMemoryType(devices.type.get(device)) as DeviceState['type'],
      driver: 'dmirror',
      start: showHex(start),
      end: showHex(start + pages.rangePages.get(range) * 4096),
      total,
      used,
      free: total - used,
      failures: failures(world, device),
      changed: watched.some((column) => changed(previous, column, device)),
    };
  });
}
