/** The devices' own page tables as expressions see them. */

import { type MirrorEntry, mirror_entry } from '../../engine/drivers/mirror_table';
import { ptep_get } from '../../engine/kernel/mm/pgtable';
import { Access } from '../../engine/machine/devices';
import type { DeviceRow, MirrorRow, MmRow, ProcessRow, Vpn } from '../../engine/machine/ids';
import { PTE_WRITE } from '../../engine/machine/pte';
import type { Driver } from '../../engine/routine/driver';
import { driverOfDevice } from './driver-of';
import { deviceOfPage, entryAt, pageAt, showPage } from './pages';
import type { Scene, World } from './scene';
import { orNone, thing } from './type-parts';

/** What a device may do at an address. */
export const ACCESS: Readonly<Record<number, 'read' | 'read, write' | 'atomic'>> = {
  [Access.Read]: 'read',
  [Access.Write]: 'read, write',
  [Access.Atomic]: 'atomic',
};

/** The ways in which an entry of a device can differ from the CPU's table. */
export const MIRROR_DIFFERENCES = [
  'the CPU has no entry',
  'the CPU has another page',
  'the CPU may not write',
] as const;
export type MirrorDifference = (typeof MIRROR_DIFFERENCES)[number];

/** How an entry of a device differs from what the CPU's table says of the same address; undefined where they agree. */
export function mirrorDifference(
  { kernel: k }: World,
  driver: Driver,
  process: ProcessRow,
  entry: MirrorEntry,
): MirrorDifference | undefined {
  const mm = k.tasks.mm.get(process) as MmRow;
  const cpu = entryAt(k, mm, entry.vpn);
  if (cpu === 0) return 'the CPU has no entry';
  const page = pageAt(k, mm, entry.vpn);
  const isDevice = deviceOfPage(k, page) !== 0;
  const seen =
    isDevice && driver === driverOfDevice(k, deviceOfPage(k, page)) ? driver.contents(k, page) : page;
  if (page === 0 || (entry.page !== seen && entry.page !== page)) return 'the CPU has another page';
  const readOnly = (ptep_get(k, cpu) & PTE_WRITE) === 0;
  return entry.access === Access.Write && readOnly ? 'the CPU may not write' : undefined;
}

/** Mirror and page number in one number. */
const MIRROR_SCALE = 2 ** 35;
const mirrorAt = (handle: number): MirrorRow => Math.floor(handle / MIRROR_SCALE) as MirrorRow;
const vpnAt = (handle: number): Vpn => (handle % MIRROR_SCALE) as Vpn;

const driverOf = ({ kernel: k }: World, mirror: MirrorRow): Driver | undefined =>
  driverOfDevice(k, k.devices.mirrorDevice.get(mirror) as DeviceRow);

function entryOf(world: World, handle: number): MirrorEntry | undefined {
  const mirror = mirrorAt(handle);
  const driver = driverOf(world, mirror);
  return driver && mirror_entry(world.kernel, driver.mirrors, mirror, vpnAt(handle));
}

/** The mirror through which a device sees a process; 0 for none. */
function mirrorOf({ kernel: { devices } }: World, device: DeviceRow, process: ProcessRow): number {
  for (const row of devices.mirrors.rows())
    if (
      devices.mirrorDevice.get(row) === device &&
      devices.mirrorProcess.get(row) === process &&
      devices.mirrorFd.get(row) !== 0
    )
      return row;
  return 0;
}

/** The handle of a device's entry for an address of a process; undefined where it maps nothing there. */
export function mirrorEntryAt(
  world: World,
  device: DeviceRow,
  process: ProcessRow,
  vpn: Vpn,
): number | undefined {
  const mirror = mirrorOf(world, device, process);
  if (mirror === 0) return undefined;
  const handle = mirror * MIRROR_SCALE + vpn;
  return entryOf(world, handle) && handle;
}

function differs(handle: number, { world }: Scene): string | undefined {
  const mirror = mirrorAt(handle);
  const [driver, entry] = [driverOf(world, mirror), entryOf(world, handle)];
  const process = world.kernel.devices.mirrorProcess.get(mirror) as ProcessRow;
  return driver && entry && mirrorDifference(world, driver, process, entry);
}

/** `gpu0.mirror(buf[3])` */
thing('mirror-entry', {
  members: {
    page: (handle, s) => orNone(entryOf(s.world, handle)?.page ?? 0),
    access: (handle, s) => ACCESS[entryOf(s.world, handle)?.access ?? Access.None],
    write: (handle, s) => (entryOf(s.world, handle)?.access ?? Access.None) >= Access.Write,
    differs,
  },
  show: (handle, s) => {
    const entry = entryOf(s.world, handle as number);
    if (entry === undefined) return 'none';
    const page = entry.page === 0 ? 'no page' : showPage(s.world, entry.page);
    const difference = differs(handle as number, s);
    return `${ACCESS[entry.access]}, ${page}${difference === undefined ? '' : ` (differs: ${difference})`}`;
  },
});
