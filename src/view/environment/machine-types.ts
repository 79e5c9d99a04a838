/** Zones, devices, processes and tasks, with their members. */

import { free_pages, pages_in_use } from '../../engine/drivers/device_memory';
import type { IntColumn } from '../../engine/machine/column';
import { type DeviceRow, type ProcessRow, type TaskRow, vpnOf } from '../../engine/machine/ids';
import { TaskState } from '../../engine/machine/tasks';
import { ZONE_NAMES, type Zones } from '../../engine/machine/zones';
import { CALLBACKS } from '../../engine/routine/link';
import type { CallbackName } from '../../engine/routine/routine';
import { DRIVER_COUNTER, ZONE_COUNTER_NAMES } from '../../language/things';
import { NUMBER, type Value } from '../../language/values';
import { driverOfDevice } from './driver-of';
import { mirrorEntryAt } from './mirror';
import { showMemoryType } from './pages';
import { deviceName, processName, type Scene, taskName, type World } from './scene';
import { forEach, orNone, type SceneType, thing } from './type-parts';
import { whereIs } from './where';

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

const COLUMNS: ReadonlyMap<string, Counter> = new Map(COUNTERS.map((name) => [snake(name), name]));

const usedPages = ({ world: { kernel: k } }: Scene, device: DeviceRow): number => {
  const driver = driverOfDevice(k, device);
  return driver === undefined ? 0 : pages_in_use(k, driver, device);
};

const freePages = ({ world: { kernel: k } }: Scene, device: DeviceRow): number => {
  const driver = driverOfDevice(k, device);
  return driver === undefined ? k.devices.pages.get(device) : free_pages(k, driver, device);
};

function counter(name: string): (type: number, s: Scene) => number | undefined {
  const column = COLUMNS.get(name);
  if (column === undefined) return () => undefined;
  return (type, s) => total(s, type, (zones, zone) => zones[column].get(zone));
}

/** A type of zone, on all nodes together: `Device`, `zone.Normal`, the zone of a page. */
thing('zone', {
  members: {
    spanned: (type, s) => total(s, type, (zones, zone) => zones.spanned.get(zone)),
    ...forEach(ZONE_COUNTER_NAMES, counter),
    name: (type) => ZONE_NAMES[type],
  },
  show: (type) => ZONE_NAMES[type as number] ?? 'none',
});

export const DEVICE: SceneType = thing('device', {
  members: {
    name: (device, s) => deviceName(s.world, device as DeviceRow),
    total: (device, s) => s.world.kernel.devices.pages.get(device),
    used: (device, s) => usedPages(s, device as DeviceRow),
    free: (device, s) => freePages(s, device as DeviceRow),
    type: (device, s) => showMemoryType(s.world.kernel.devices.type.get(device)),
    dead: (device, s) => s.world.kernel.devices.dead.get(device) !== 0,
  },
  functions: {
    mirror:
      ([type]) =>
      (device, [address], s) => {
        const at = type && whereIs(type, address, s);
        return at && mirrorEntryAt(s.world, device as DeviceRow, at.process, vpnOf(at.va));
      },
  },
  show: (device, s) => deviceName(s.world, device as DeviceRow),
});

/** A device of a run, with the counters of its drivers as members. */
export function deviceType({ kernel: k }: World): SceneType {
  const counters = new Set(k.drivers.flatMap((driver) => Object.keys(driver.counters)));
  const read = (name: string) => ({
    type: NUMBER,
    doc: DRIVER_COUNTER,
    get: (device: Value): Value => {
      const counter = driverOfDevice(k, device as DeviceRow)?.counters[name];
      return counter?.(k).get(device as number);
    },
  });
  return {
    ...DEVICE,
    member: (name) => DEVICE.member?.(name) ?? (counters.has(name) ? read(name) : undefined),
    members: () => [...(DEVICE.members?.() ?? []), ...counters],
  };
}

// ------------------------------------------------------------------------------------------------ processes, tasks

const mmOf = (process: number, s: Scene): number => s.world.kernel.tasks.mm.get(process);

export const PROCESS: SceneType = thing('process', {
  members: {
    name: (process, s) => processName(s.world, process as ProcessRow),
    exited: (process, s) => s.world.kernel.tasks.exited.get(process) !== 0,
    code: (process, s) => s.world.kernel.tasks.exitCode.get(process),
    signal: (process, s) => s.world.kernel.tasks.exitSignal.get(process),
    rss_anon: (process, s) => s.world.kernel.mm.rssAnon.get(mmOf(process, s)),
    rss_file: (process, s) => s.world.kernel.mm.rssFile.get(mmOf(process, s)),
    rss_shmem: (process, s) => s.world.kernel.mm.rssShmem.get(mmOf(process, s)),
    swap_entries: (process, s) => s.world.kernel.mm.swapEntries.get(mmOf(process, s)),
    parent: (process, s) => orNone(s.world.kernel.tasks.parent.get(process)),
  },
  show: (process, s) => processName(s.world, process as ProcessRow),
});

const STATES: Record<number, string> = {
  [TaskState.Runnable]: 'runnable',
  [TaskState.Blocked]: 'blocked',
  [TaskState.Exited]: 'exited',
};

export const TASK: SceneType = thing('task', {
  members: {
    name: (task, s) => taskName(s.world, task as TaskRow),
    state: (task, s) => STATES[s.world.kernel.tasks.state.get(task)],
    cpu: (task, s) => s.world.kernel.tasks.cpu.get(task),
    process: (task, s) => orNone(s.world.kernel.tasks.process.get(task)),
    depth: (task, s) => s.world.kernel.tasks.depth.get(task),
  },
  show: (task, s) => taskName(s.world, task as TaskRow),
});

/** `zone.Device` */
thing('zones', {
  members: forEach(ZONE_NAMES, (name) => () => ZONE_NAMES.indexOf(name)),
  show: (_, s) =>
    ZONE_NAMES.map(
      (name, type) => `${name} ${total(s, type, (zones, zone) => zones.free.get(zone))} free`,
    ).join(', '),
});

/** How often a callback has been called, by each of its names. */
const callsOf = (callback: CallbackName) => {
  const index = CALLBACKS.indexOf(callback);
  return (_: number, s: Scene): number => s.world.kernel.callbackCalls.get(index);
};

/** `callbacks.page_fault` */
thing('callbacks', {
  members: {
    migrate_to_ram: callsOf('migrate_to_ram'),
    page_fault: callsOf('migrate_to_ram'),
    page_free: callsOf('page_free'),
    folio_free: callsOf('page_free'),
    invalidate: callsOf('invalidate'),
    alloc_and_copy: callsOf('alloc_and_copy'),
    finalize_and_map: callsOf('finalize_and_map'),
    release: callsOf('release'),
  },
  show: (_, s) => CALLBACKS.map((name) => `${name} ${callsOf(name)(0, s)}`).join(', '),
});
