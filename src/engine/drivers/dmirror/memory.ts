/**
 * The test driver's device memory (lib/test_hmm.c). A device can't be simulated by the test driver's kernel, so each
 * device page in use has a page of system memory behind it that holds the contents: page->zone_device_data is that
 * backing page, and the backing page's own is the mirror that put the page there.
 */

import { zone_device_page_init } from '../../kernel/mm/memremap';
import { alloc_page, free_page } from '../../kernel/mm/page_alloc/page_alloc';
import { MemoryType } from '../../machine/devices';
import { Hold } from '../../machine/holds';
import type { DeviceRow, MirrorRow, PageRow } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import { memory_take } from '../device_memory';
import { failures } from './options';
import { memory } from './tables';

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

/** dmirror_devmem_alloc_page: a device page with its backing page, locked and referenced; 0 when either is missing. */
export function devmem_alloc_page(k: Kernel, device: DeviceRow, mirror: MirrorRow): PageRow {
  const { devices, pages } = k;
  if (failures.take(k, 'alloc', device) !== undefined) return 0 as PageRow;
  const coherent = devices.type.get(device) === MemoryType.Coherent;
  const backing = coherent ? (0 as PageRow) : alloc_page(k, Hold.Driver, device);
  if (!coherent && backing === 0) return backing;
  const page = memory_take(k, memory, device);
  if (page === 0) {
    if (backing !== 0) free_backing(k, backing, device);
    return page;
  }
  memory.of(k).calloc.add(device, 1);
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

/** The memory of a device is to be removed (the start of dmirror_device_remove_chunks). */
export function devmem_remove_free(k: Kernel, device: DeviceRow): void {
  memory.of(k).removing.set(device, 1);
  memory.of(k).freeHead.set(device, 0);
}
