/**
 * The memory of a device as a driver hands it out: chunks with a free list, threaded through zone_device_data. One chunk
 * is of single pages. Where the driver takes folios of 2 MiB, there is another one of those, with a list of its own.
 */

import { HUGE_PAGES } from '../kernel/mm/page_alloc/page_alloc';
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
      freeFolios: column('freeFolios'),
      folioEnd: column('folioEnd'),
      folioUntouched: column('folioUntouched'),
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
  const { removing, freeHead, untouched, folioEnd } = memory.of(k);
  if (removing.get(device) !== 0) return 0 as PageRow;
  const freed = freeHead.get(device) as PageRow;
  if (freed !== 0) {
    freeHead.set(device, pages.link.get(freed));
    pages.link.set(freed, 0);
    return freed;
  }
  const left = untouched.get(device);
  if (left === folioEnd.get(device)) return 0 as PageRow;
  untouched.set(device, left - 1);
  const page = pages.touch(devices.rangeOf(device), left - 1);
  k.holds.none(page, k.profile.freeDeviceRefcount);
  return page;
}

/**
 * The same for the first page of a folio of 2 MiB: the last freed first. The chunk they come from is made when the first one
 * is wanted, below the pages that were handed out singly: at most `chunk` pages, and no more than half of the memory.
 */
export function memory_take_folio(
  k: Kernel,
  memory: Own<MemoryTables>,
  device: DeviceRow,
  chunk: number,
): PageRow {
  const { devices, pages } = k;
  const { removing, freeFolios, untouched, folioEnd, folioUntouched } = memory.of(k);
  if (removing.get(device) !== 0) return 0 as PageRow;
  const freed = freeFolios.get(device) as PageRow;
  if (freed !== 0) {
    freeFolios.set(device, pages.link.get(freed));
    pages.link.set(freed, 0);
    return freed;
  }
  if (folioEnd.get(device) === 0) {
    const whole = (count: number): number => count - (count % HUGE_PAGES);
    const single = Math.min(chunk, devices.pages.get(device) / 2);
    const end = whole(Math.min(devices.pages.get(device) - single, untouched.get(device)));
    folioEnd.set(device, end);
    folioUntouched.set(device, end);
  }
  const left = folioUntouched.get(device);
  if (left === 0) return 0 as PageRow;
  folioUntouched.set(device, left - HUGE_PAGES);
  return pages.touch(devices.rangeOf(device), left - HUGE_PAGES);
}

/** A page, or a folio with all its pages, comes back: on top of the free list of its kind, unless the memory is being removed. Other flags stay. */
export function memory_return(k: Kernel, memory: Own<MemoryTables>, page: PageRow, device: DeviceRow): void {
  const { pages } = k;
  const { removing, freeHead, freeFolios, cfree } = memory.of(k);
  const count = pages.count(page);
  const list = count === 1 ? freeHead : freeFolios;
  cfree.add(device, count);
  pages.owner.set(page, 0);
  for (let i = 0; i < count; i++) pages.setFlag(pages.nth(page, i), Pg.Free);
  pages.link.set(page, list.get(device));
  if (removing.get(device) === 0) list.set(device, page);
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

/** Whether the page at an offset of a device's memory was ever handed out, singly or in a folio. */
export function was_handed_out(
  k: Kernel,
  { untouched, folioEnd, folioUntouched }: MemoryTables,
  device: DeviceRow,
  offset: number,
): boolean {
  if (offset >= untouched.get(device)) return offset < k.devices.pages.get(device);
  return offset < folioEnd.get(device) && offset >= folioUntouched.get(device);
}
