/**
 * The memory of a device as a driver hands it out: a chunk of pages with a free list, threaded through zone_device_data.
 */

import type { DeviceRow, PageRow } from '../machine/ids';
import { Pg } from '../machine/pages';
import type { Driver, MemoryTables } from '../routine/driver';
import type { Kernel } from '../routine/kernel';
import { Own } from '../routine/own';

/** The tables of one driver's device memory. */
export function memoryTables(driver: string): Own<MemoryTables> {
  return new Own(({ devices: { devices } }) => {
    const column = (name: string) => devices.int(`${driver}.${name}`);
    return {
      freeHead: column('freeHead'),
      untouched: column('untouched'),
      removing: column('removing'),
      calloc: column('calloc'),
      cfree: column('cfree'),
    };
  });
}

/** The device's memory is there, and nothing of it was ever handed out. */
export function memory_probe(k: Kernel, memory: Own<MemoryTables>, device: DeviceRow): void {
  memory.of(k).untouched.set(device, k.devices.pages.get(device));
}

/**
 * Takes a page off the free list: the last freed first, then untouched ones from the highest downwards. Memory that is
 * being removed has no free pages. The caller counts the page (calloc) once it has everything else the page needs.
 */
export function memory_take(k: Kernel, memory: Own<MemoryTables>, device: DeviceRow): PageRow {
  const { devices, pages } = k;
  const { removing, freeHead, untouched } = memory.of(k);
  if (removing.get(device) !== 0) return 0 as PageRow;
  const freed = freeHead.get(device) as PageRow;
  if (freed !== 0) {
    freeHead.set(device, pages.link.get(freed));
    pages.link.set(freed, 0);
    return freed;
  }
  const left = untouched.get(device);
  if (left === 0) return 0 as PageRow;
  untouched.set(device, left - 1);
  const page = pages.touch(devices.rangeOf(device), left - 1);
  k.holds.none(page, k.profile.freeDeviceRefcount);
  return page;
}

/** A page comes back: on top of the free list, unless its memory is being removed. Its other flags stay. */
export function memory_return(k: Kernel, memory: Own<MemoryTables>, page: PageRow, device: DeviceRow): void {
  const { pages } = k;
  const { removing, freeHead, cfree } = memory.of(k);
  cfree.add(device, 1);
  pages.owner.set(page, 0);
  pages.setFlag(page, Pg.Free);
  pages.link.set(page, freeHead.get(device));
  if (removing.get(device) === 0) freeHead.set(device, page);
}

type WithMemory = Pick<Driver, 'memory'>;

/** Pages that the driver has handed out and not taken back. */
export function pages_in_use(k: Kernel, { memory }: WithMemory, device: DeviceRow): number {
  const { calloc, cfree } = memory.of(k);
  return calloc.get(device) - cfree.get(device);
}

/** Pages that the driver can hand out: none of memory that it is giving back. */
export function free_pages(k: Kernel, driver: WithMemory, device: DeviceRow): number {
  if (driver.memory.of(k).removing.get(device) !== 0) return 0;
  return k.devices.pages.get(device) - pages_in_use(k, driver, device);
}
