/** Zones, devices, processes and tasks, with their members. */

import { free_pages, pages_in_use } from '../../engine/drivers/device_memory';
import type { IntColumn } from '../../engine/machine/column';
import { MemoryType } from '../../engine/machine/devices';
import type { DeviceRow, ProcessRow, TaskRow } from '../../engine/machine/ids';
import { TaskState } from '../../engine/machine/tasks';
import { ZONE_NAMES, type Zones } from '../../engine/machine/zones';
import type { Driver } from '../../engine/routine/driver';
import type { Kernel } from '../../engine/routine/kernel';
import { showMemoryType } from './pages';
import { deviceName, processName, type Scene, taskName, type World } from './scene';
import { flag, number, orNone, type SceneType, text, thing } from './type-parts';

// ------------------------------------------------------------------------------------------------ zones, devices

type Counter = { [Name in keyof Zones]: Zones[Name] extends IntColumn ? Name : never }[keyof Zones];
/** Counters of a zone that may be added up over the nodes. */
const COUNTERS: readonly Counter[] = [
  'present',
  'managed',
  'free',
  'wmarkMin',
  'wmarkLow',
  'wmarkHigh',
  'inactiveAnon',
  'activeAnon',
  'inactiveFile',
  'activeFile',
  'unevictable',
  'anonPages',
  'mapped',
  'filePages',
  'shmem',
  'pageTablePages',
  'isolatedAnon',
  'memmapPages',
];
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Sums a counter over the zones of this type on every node. */
function total(s: Scene, type: number, read: (zones: Zones, zone: number) => number): number {
  const { zones } = s.world.kernel;
  let sum = 0;
  for (const zone of zones.rows()) if (zones.type.get(zone) === type) sum += read(zones, zone);
  return sum;
}

/** A type of zone, on all nodes together: `Device`, `zone.Normal`, the zone of a page. */
export const ZONE: SceneType = thing(
  'a zone',
  'zone',
  () => ({
    spanned: number((type, s) => total(s, type, (zones, zone) => zones.spanned.get(zone))),
    ...Object.fromEntries(
      COUNTERS.map((name) => [
        snake(name),
        number((type, s) => total(s, type, (zones, zone) => zones[name].get(zone))),
      ]),
    ),
    name: text((type) => ZONE_NAMES[type]),
  }),
  { show: (type) => ZONE_NAMES[type as number] ?? 'none' },
);

const usedPages = ({ world: { kernel: k } }: Scene, device: DeviceRow): number => {
  const driver = driverOfDevice(k, device);
  return driver === undefined ? 0 : pages_in_use(k, driver, device);
};

const freePages = ({ world: { kernel: k } }: Scene, device: DeviceRow): number => {
  const driver = driverOfDevice(k, device);
  return driver === undefined ? k.devices.pages.get(device) : free_pages(k, driver, device);
};

export const DEVICE: SceneType = thing(
  'a device',
  'device',
  () => ({
    name: text((device, s) => deviceName(s.world, device as DeviceRow)),
    total: number((device, s) => s.world.kernel.devices.pages.get(device)),
    used: number((device, s) => usedPages(s, device as DeviceRow)),
    free: number((device, s) => freePages(s, device as DeviceRow)),
    type: text((device, s) => showMemoryType(s.world.kernel.devices.type.get(device))),
    dead: flag((device, s) => s.world.kernel.devices.dead.get(device) !== 0),
  }),
  { show: (device, s) => deviceName(s.world, device as DeviceRow) },
);

/** The driver of a device; persistent memory has none. */
export function driverOfDevice(k: Kernel, device: DeviceRow): Driver | undefined {
  return k.devices.type.get(device) === MemoryType.Host ? undefined : k.driverOf(device);
}

/** A device of a run, with the counters of its drivers as members. */
export function deviceType({ kernel: k }: World): SceneType {
  const counters = new Set(k.drivers.flatMap((driver) => Object.keys(driver.counters)));
  const read = (name: string) =>
    number((device) => {
      const counter = driverOfDevice(k, device as DeviceRow)?.counters[name];
      return counter?.(k).get(device);
    });
  return {
    ...DEVICE,
    member: (name) => DEVICE.member?.(name) ?? (counters.has(name) ? read(name) : undefined),
    members: () => [...(DEVICE.members?.() ?? []), ...counters],
  };
}

// ------------------------------------------------------------------------------------------------ processes, tasks

export const PROCESS: SceneType = thing(
  'a process',
  'process',
  () => ({
    name: text((process, s) => processName(s.world, process as ProcessRow)),
    exited: flag((process, s) => s.world.kernel.tasks.exited.get(process) !== 0),
    code: number((process, s) => s.world.kernel.tasks.exitCode.get(process)),
    signal: number((process, s) => s.world.kernel.tasks.exitSignal.get(process)),
    rss_anon: number((process, s) => s.world.kernel.mm.rssAnon.get(s.world.kernel.tasks.mm.get(process))),
    rss_file: number((process, s) => s.world.kernel.mm.rssFile.get(s.world.kernel.tasks.mm.get(process))),
    rss_shmem: number((process, s) => s.world.kernel.mm.rssShmem.get(s.world.kernel.tasks.mm.get(process))),
    swap_entries: number((process, s) =>
      s.world.kernel.mm.swapEntries.get(s.world.kernel.tasks.mm.get(process)),
    ),
    parent: number((process, s) => orNone(s.world.kernel.tasks.parent.get(process)), PROCESS),
  }),
  { show: (process, s) => processName(s.world, process as ProcessRow) },
);

const STATES: Record<number, string> = {
  [TaskState.Runnable]: 'runnable',
  [TaskState.Blocked]: 'blocked',
  [TaskState.Exited]: 'exited',
};

export const TASK: SceneType = thing(
  'a task',
  'task',
  () => ({
    name: text((task, s) => taskName(s.world, task as TaskRow)),
    state: text((task, s) => STATES[s.world.kernel.tasks.state.get(task)]),
    cpu: number((task, s) => s.world.kernel.tasks.cpu.get(task)),
    process: number((task, s) => orNone(s.world.kernel.tasks.process.get(task)), PROCESS),
    depth: number((task, s) => s.world.kernel.tasks.depth.get(task)),
  }),
  { show: (task, s) => taskName(s.world, task as TaskRow) },
);
