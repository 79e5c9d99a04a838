/** What a driver knows of one device: its page table for each process, its free list, its fault buffer. */

import { type MirrorEntry, mirror_entries } from '../../engine/drivers/mirror_table';
import {
  type DeviceRow,
  type MirrorRow,
  type MmRow,
  type PageRow,
  type ProcessRow,
  vaOf,
} from '../../engine/machine/ids';
import type { Driver } from '../../engine/routine/driver';
import type { DeviceDetails, MirrorRun } from '../../protocol';
import { faultLabel, faultProgress } from '../../protocol';
import {
  ACCESS,
  deviceName,
  deviceOfPage,
  driverOfDevice,
  entryAt,
  mirrorDifference,
  pageAt,
  placeOf,
  processName,
  showAddress,
  showEntry,
  showHex,
  showPage,
  type World,
} from '../environment';
import { pendingFaults } from './faults';

/** Runs of a mirror, and pages of a free list, that are shown. */
const MOST_RUNS = 2000;
const MOST_FREE = 64;

interface Seen {
  readonly entry: MirrorEntry;
  readonly differs: string | undefined;
  /** Whose memory the CPU's table names there; 0 = none, or the system's. */
  readonly device: DeviceRow;
}

const follows = (before: Seen, now: Seen): boolean =>
  now.entry.vpn === before.entry.vpn + 1 &&
  now.entry.access === before.entry.access &&
  now.differs === before.differs &&
  now.device === before.device;

/** Like entries at neighbouring addresses are one run. */
function runsOf(world: World, driver: Driver, mirror: MirrorRow): MirrorRun[] {
  const process = world.kernel.devices.mirrorProcess.get(mirror) as ProcessRow;
  const runs: Seen[][] = [];
  for (const entry of mirror_entries(world.kernel, driver.mirrors, mirror)) {
    const { kernel: k } = world;
    const device = deviceOfPage(k, pageAt(k, k.tasks.mm.get(process) as MmRow, entry.vpn));
    const seen = { entry, device, differs: mirrorDifference(world, driver, process, entry) };
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && follows(last, seen)) run.push(seen);
    else if (runs.length < MOST_RUNS) runs.push([seen]);
    else break;
  }
  return runs.map((run) => shownRun(world, process, run));
}

function shownRun(world: World, process: ProcessRow, run: readonly Seen[]): MirrorRun {
  const { kernel: k } = world;
  const [first] = run as [Seen];
  const { vpn, page, access } = first.entry;
  const va = vaOf(vpn);
  const place = placeOf(world, process, va);
  const cpu = entryAt(k, k.tasks.mm.get(process) as MmRow, vpn);
  return {
    address: showAddress(va),
    place: run.length === 1 ? (place ?? showAddress(va)) : rangeName(place ?? showAddress(va), run.length),
    pages: run.length,
    access: ACCESS[access] ?? 'read',
    page: page === 0 ? 'no page' : showPage(world, page),
    cpu: cpu === 0 ? 'none' : showEntry(world, cpu),
    ...(first.differs === undefined ? {} : { differs: first.differs }),
  };
}

/** `buf[3..7]`; of an address with how many pages follow. */
function rangeName(first: string, pages: number): string {
  const parts = /^(.*)\[(\d+)\]$/.exec(first);
  return parts ? `${parts[1]}[${parts[2]}..${Number(parts[2]) + pages}]` : `${first}, ${pages} pages`;
}

function freeList(world: World, driver: Driver, device: DeviceRow): string[] {
  const { pages } = world.kernel;
  const found: string[] = [];
  let page = driver.memory.of(world.kernel).freeHead.get(device) as PageRow;
  while (page !== 0 && found.length < MOST_FREE) {
    found.push(showHex(pages.pfn(page)));
    page = pages.link.get(page) as PageRow;
  }
  return found;
}

/** The details of a device by its name; undefined where there is none of that name, or it has no driver. */
export function deviceDetails(world: World, name: string): DeviceDetails | undefined {
  const { kernel: k } = world;
  const device = ([...k.devices.devices.rows()] as DeviceRow[]).find(
    (row) => deviceName(world, row) === name,
  );
  const driver = device && driverOfDevice(k, device);
  if (device === undefined || driver === undefined) return undefined;
  const mirrors = ([...k.devices.mirrors.rows()] as MirrorRow[]).filter(
    (row) => k.devices.mirrorDevice.get(row) === device && k.devices.mirrorFd.get(row) !== 0,
  );
  return {
    mirrors: mirrors.map((row) => ({
      process: processName(world, k.devices.mirrorProcess.get(row) as ProcessRow),
      runs: runsOf(world, driver, row),
    })),
    freeList: freeList(world, driver, device),
    untouched: driver.memory.of(k).untouched.get(device),
    faults: pendingFaults(world)
      .filter((fault) => fault.kind === 'device' && fault.device === name)
      .map((fault) => `${faultLabel(fault)}, ${faultProgress(fault)}`),
  };
}
