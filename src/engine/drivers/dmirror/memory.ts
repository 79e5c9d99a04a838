/**
 * The test driver's device memory (lib/test_hmm.c). A device can't be simulated by the test driver's kernel, so each
 * device page in use has a page of system memory behind it that holds the contents: page->zone_device_data is that
 * backing page, and the backing page's own is the mirror that put the page there.
 */

import { zone_device_page_init } from '../../kernel/mm/memremap';
import { alloc_page, free_page } from '../../kernel/mm/page_alloc/page_alloc';
import { Access, MemoryType } from '../../machine/devices';
import { Hold } from '../../machine/holds';
import {
  type DeviceRow,
  type MirrorRow,
  type NodeRow,
  type PageRow,
  TASK_SIZE_PAGES,
  type Vpn,
} from '../../machine/ids';
import { Pg } from '../../machine/pages';
import type { MirrorEntry } from '../../routine/driver';
import type { Kernel } from '../../routine/kernel';
import { failures } from './options';

/** BACKING_PAGE: where the contents of a device page are. Coherent memory holds its own. */
export function backing_page(k: Kernel, page: PageRow): PageRow {
  const backing = k.pages.link.get(page) as PageRow;
  return k.devices.pgmapType.get(k.pages.pgmap(page)) === MemoryType.Private ? backing : page;
}

/** The mirror that brought a device page in: the driver asks the backing page. */
export function mirror_of_page(k: Kernel, page: PageRow): MirrorRow {
  const backing = backing_page(k, page);
  return (backing === page ? k.pages.owner.get(page) : k.pages.link.get(backing)) as MirrorRow;
}

/**
 * Takes a page off the driver's free list: the last freed first, then untouched ones from the highest downwards. Memory
 * that is being removed has no free pages.
 */
function take_free(k: Kernel, device: DeviceRow): PageRow {
  const { devices, pages } = k;
  if (devices.removing.get(device) !== 0) return 0 as PageRow;
  const freed = devices.freeHead.get(device) as PageRow;
  if (freed !== 0) {
    devices.freeHead.set(device, pages.link.get(freed));
    pages.link.set(freed, 0);
    return freed;
  }
  const left = devices.untouched.get(device);
  if (left === 0) return 0 as PageRow;
  devices.untouched.set(device, left - 1);
  const page = pages.touch(devices.rangeOf(device), left - 1);
  pages.refcount.set(page, k.profile.freeDeviceRefcount);
  return page;
}

/** dmirror_devmem_alloc_page: a device page with its backing page, locked and referenced; 0 when either is missing. */
export function devmem_alloc_page(k: Kernel, device: DeviceRow, mirror: MirrorRow): PageRow {
  const { devices, pages } = k;
  if (failures.take(k, 'alloc', device) !== undefined) return 0 as PageRow;
  const coherent = devices.type.get(device) === MemoryType.Coherent;
  const backing = coherent ? (0 as PageRow) : alloc_page(k, Hold.Driver, device);
  if (!coherent && backing === 0) return backing;
  const page = take_free(k, device);
  if (page === 0) {
    if (backing !== 0) free_backing(k, backing, device);
    return page;
  }
  devices.calloc.add(device, 1);
  zone_device_page_init(k, page);
  if (coherent) pages.owner.set(page, mirror);
  else {
    pages.link.set(page, backing);
    pages.link.set(backing, mirror);
  }
  return page;
}

export function free_backing(k: Kernel, backing: PageRow, device: DeviceRow): void {
  k.pages.refcount.add(backing, -1);
  k.holds.remove(backing, Hold.Driver, device);
  free_page(k, backing);
}

/**
 * Takes a page back (the end of dmirror_devmem_free): on top of the free list, unless its memory is being removed. Its
 * other flags stay: nothing clears them.
 */
export function devmem_return(k: Kernel, page: PageRow, device: DeviceRow): void {
  const { devices, pages } = k;
  devices.cfree.add(device, 1);
  pages.owner.set(page, 0);
  pages.setFlag(page, Pg.Free);
  pages.link.set(page, devices.freeHead.get(device));
  if (devices.removing.get(device) === 0) devices.freeHead.set(device, page);
}

/** The memory of a device is to be removed (the start of dmirror_device_remove_chunks). */
export function devmem_remove_free(k: Kernel, device: DeviceRow): void {
  k.devices.removing.set(device, 1);
  k.devices.freeHead.set(device, 0);
}

/** An entry of the mirror's table, or 0: `lo` is the access, `hi` the page whose contents the device sees. */
export function mirror_entry(k: Kernel, mirror: MirrorRow, vpn: Vpn): number {
  const entry = k.tables.find(k.devices.mirrorRoot.get(mirror) as NodeRow, vpn, 0);
  return entry !== 0 && k.tables.lo.get(entry) !== 0 ? entry : 0;
}

/** xa_store: the device may now use the page at this address. */
export function mirror_store(k: Kernel, mirror: MirrorRow, vpn: Vpn, page: PageRow, access: number): void {
  k.tables.set(k.tables.make(k.devices.mirrorRoot.get(mirror) as NodeRow, vpn), access, page);
}

/** xa_erase for every entry in [start, end). */
export function mirror_erase(k: Kernel, mirror: MirrorRow, start: Vpn, end: Vpn): void {
  const root = k.devices.mirrorRoot.get(mirror) as NodeRow;
  for (
    let vpn = k.tables.next(root, start, end);
    vpn !== -1;
    vpn = k.tables.next(root, (vpn + 1) as Vpn, end)
  )
    k.tables.set(k.tables.find(root, vpn, 0), Access.None, 0);
}

/** What the device's table has, in rising order. */
export function* mirror_entries(k: Kernel, mirror: MirrorRow): Iterable<MirrorEntry> {
  const root = k.devices.mirrorRoot.get(mirror) as NodeRow;
  const end = TASK_SIZE_PAGES as Vpn;
  for (
    let vpn = k.tables.next(root, 0 as Vpn, end);
    vpn !== -1;
    vpn = k.tables.next(root, (vpn + 1) as Vpn, end)
  ) {
    const entry = mirror_entry(k, mirror, vpn);
    if (entry !== 0) yield { vpn, page: k.tables.hi.get(entry) as PageRow, access: k.tables.lo.get(entry) };
  }
}
