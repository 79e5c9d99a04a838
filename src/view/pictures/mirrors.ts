/** What devices mirror of a process, as cells of the address map. */

import { mirror_entries } from '../../engine/drivers/mirror_table';
import { Access } from '../../engine/machine/devices';
import type { DeviceRow, EntryRow, MirrorRow, ProcessRow, Vpn } from '../../engine/machine/ids';
import type { Driver } from '../../engine/routine/driver';
import type { MapState } from '../../protocol';
import { deviceName, driverOfDevice, MIRROR_DIFFERENCES, mirrorDifference, type World } from '../environment';

/** Above every state of an entry of a page table. */
const MIRROR_KEY = 2 ** 28;
const ACCESSES = 4;

export const isMirrorKey = (key: number): boolean => key >= MIRROR_KEY;

const MAY: Readonly<Record<number, string>> = {
  [Access.Read]: 'the device may read',
  [Access.Write]: 'the device may read and write',
  [Access.Atomic]: 'the device may do atomics',
};

/** What the entries of a key have in common. */
export function mirrorState(key: number): MapState {
  const access = (key - MIRROR_KEY) % ACCESSES;
  const difference = MIRROR_DIFFERENCES[Math.floor((key - MIRROR_KEY) / ACCESSES) - 1];
  const may = MAY[access] ?? '';
  return {
    label: difference === undefined ? may : `${may}, but ${difference}`,
    entry: 'mirror',
    writable: access !== Access.Read,
    ...(difference === undefined ? {} : { differs: true }),
    pages: 0,
  };
}

/** One device's mirror of a process. */
export class Mirror {
  constructor(
    readonly world: World,
    readonly process: ProcessRow,
    readonly row: MirrorRow,
    readonly driver: Driver,
    readonly device: string,
  ) {}

  #entries(start: number, end: number) {
    return mirror_entries(this.world.kernel, this.driver.mirrors, this.row, start as Vpn, end as Vpn);
  }

  /** Whether the device maps anything of the pages [start, end). */
  maps(start: number, end: number): boolean {
    for (const _ of this.#entries(start, end)) return true;
    return false;
  }

  /** The entries of the pages [start, end) in rising order. */
  *entries(start: number, end: number): Iterable<{ vpn: Vpn; key: number; row: EntryRow }> {
    for (const entry of this.#entries(start, end)) {
      const difference = mirrorDifference(this.world, this.driver, this.process, entry);
      const number = difference === undefined ? 0 : 1 + MIRROR_DIFFERENCES.indexOf(difference);
      const key = MIRROR_KEY + number * ACCESSES + entry.access;
      yield { vpn: entry.vpn, key, row: entry.row };
    }
  }
}

/** The mirrors of a process that are open, in the order in which they were opened. */
export function mirrorsOf(world: World, process: ProcessRow): Mirror[] {
  const { kernel: k } = world;
  const { devices } = k;
  return ([...devices.mirrors.rows()] as MirrorRow[]).flatMap((row) => {
    if (devices.mirrorProcess.get(row) !== process || devices.mirrorFd.get(row) === 0) return [];
    const device = devices.mirrorDevice.get(row) as DeviceRow;
    const driver = driverOfDevice(k, device);
    return driver === undefined ? [] : [new Mirror(world, process, row, driver, deviceName(world, device))];
  });
}
