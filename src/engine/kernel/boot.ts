/** Builds the machine a scenario describes: nodes, zones, devices with their pgmaps, the zero page. */

import { MemoryType, type MemoryTypeValue } from '../machine/devices';
import { Hold } from '../machine/holds';
import type { DeviceRow, Pfn, PgmapRow, ZoneRow } from '../machine/ids';
import { Pg } from '../machine/pages';
import { ZoneType, type ZoneTypeValue } from '../machine/zones';
import type { Kernel } from '../routine/kernel';
import { hugetlb_grow } from './mm/hugetlb/hugetlb_pool';
import { alloc_page } from './mm/page_alloc/page_alloc';
import { init_per_zone_wmark_min, memory_is_short } from './mm/page_alloc/watermarks';

type ZoneKind = 'dma' | 'dma32' | 'normal' | 'movable';
type DeviceKind = 'private' | 'coherent' | 'persistent';

export interface ZoneLayout {
  readonly kind: ZoneKind;
  readonly pages: number;
}

export interface DeviceLayout {
  readonly kind: DeviceKind;
  /** Memory of the device in pages; at least 1. */
  readonly pages: number;
  /** Node that pays for the struct pages. */
  readonly node: number;
  /** Its place among the kernel's drivers; persistent memory has none. */
  readonly driver: number;
  /** Options of the driver, by name. */
  readonly options?: ReadonlyMap<string, number>;
}

export interface MachineLayout {
  readonly cpus: number;
  readonly nodes: readonly { readonly zones: readonly ZoneLayout[] }[];
  /** Devices in the order of their names in the program. */
  readonly devices: readonly DeviceLayout[];
  /** Pages of 2 MiB set aside for hugetlb mappings. */
  readonly hugePages?: number;
}

/** The layout can't be built; the message says why in one sentence. */
export class BootError extends Error {}

const ZONE_TYPES: Record<ZoneKind, ZoneTypeValue> = {
  dma: ZoneType.Dma,
  dma32: ZoneType.Dma32,
  normal: ZoneType.Normal,
  movable: ZoneType.Movable,
};
const MEMORY_TYPES: Record<DeviceKind, MemoryTypeValue> = {
  private: MemoryType.Private,
  coherent: MemoryType.Coherent,
  persistent: MemoryType.Host,
};

const PAGES_4G = 2 ** 20;
const SECTION_PAGES = 2 ** 15;
/** A struct page has 64 bytes: 64 of them fill a page. */
const STRUCT_PAGES_A_PAGE = 64;
/**
 * End of the physical addresses a device window may use: 40 address bits less the 12 GiB below their top that the
 * recorded machine reserves.
 */
const WINDOW_CEILING = (2 ** 40 - 12 * 2 ** 30) / 4096;

function add_zone(k: Kernel, node: number, kind: ZoneKind, start: number, pages: number): ZoneRow {
  const { zones } = k;
  const zone = zones.table.alloc() as ZoneRow;
  const reserved = Math.ceil(pages / STRUCT_PAGES_A_PAGE);
  zones.node.set(zone, node);
  zones.type.set(zone, ZONE_TYPES[kind]);
  zones.start.set(zone, start);
  zones.spanned.set(zone, pages);
  zones.present.set(zone, pages);
  zones.managed.set(zone, pages - reserved);
  zones.free.set(zone, pages - reserved);
  zones.low.set(zone, reserved);
  zones.high.set(zone, pages);
  zones.range.set(zone, k.pages.addRange(start as Pfn, pages, zone, 0 as PgmapRow));
  return zone;
}

/** ZONE_DEVICE of a node; its span grows with each device. */
function device_zone(k: Kernel, node: number, start: number, pages: number): ZoneRow {
  const { zones } = k;
  for (const zone of zones.rows()) {
    if (zones.typeOf(zone) !== ZoneType.Device || zones.node.get(zone) !== node) continue;
    const from = Math.min(zones.start.get(zone), start);
    const to = Math.max(zones.start.get(zone) + zones.spanned.get(zone), start + pages);
    zones.start.set(zone, from);
    zones.spanned.set(zone, to - from);
    return zone;
  }
  const zone = zones.table.alloc() as ZoneRow;
  zones.node.set(zone, node);
  zones.type.set(zone, ZoneType.Device);
  zones.start.set(zone, start);
  zones.spanned.set(zone, pages);
  return zone;
}

/** Takes system memory for the struct pages of `pages` device pages; false when the node has too little. */
function pay_for_struct_pages(k: Kernel, node: number, pages: number): boolean {
  const { zones } = k;
  const cost = Math.ceil(pages / STRUCT_PAGES_A_PAGE);
  for (const type of [ZoneType.Normal, ZoneType.Dma32, ZoneType.Dma]) {
    for (const zone of zones.rows()) {
      if (zones.typeOf(zone) !== type || zones.node.get(zone) !== node) continue;
      if (zones.high.get(zone) - zones.low.get(zone) <= cost) continue;
      zones.low.add(zone, cost);
      zones.free.add(zone, -cost);
      zones.memmapPages.add(zone, cost);
      return true;
    }
  }
  return false;
}

/** Highest free window of the physical address space, aligned to sections (request_free_mem_region). */
function free_mem_region(k: Kernel, pages: number): number {
  for (let start = alignDown(WINDOW_CEILING - pages); start >= 0; start -= SECTION_PAGES)
    if (!overlaps(k, start, pages)) return start;
  return -1;
}

const alignDown = (pfn: number): number => Math.floor(pfn / SECTION_PAGES) * SECTION_PAGES;
const alignUp = (pages: number): number => Math.ceil(pages / SECTION_PAGES) * SECTION_PAGES;

function overlaps(k: Kernel, start: number, pages: number): boolean {
  for (const range of k.pages.ranges.rows()) {
    const from = k.pages.rangeStart.get(range);
    if (start < from + k.pages.rangePages.get(range) && from < start + pages) return true;
  }
  return false;
}

/** First section boundary above all memory so far: where firmware puts memory that the CPU can address. */
function above_memory(k: Kernel): number {
  let end = PAGES_4G;
  for (const range of k.pages.ranges.rows()) {
    const rangeEnd = k.pages.rangeStart.get(range) + k.pages.rangePages.get(range);
    if (rangeEnd <= WINDOW_CEILING / 2) end = Math.max(end, rangeEnd);
  }
  return alignUp(end);
}

/** A device with its memory as a pgmap (memremap_pages, hmm_devmem_add in 4.14). */
function add_device(k: Kernel, layout: DeviceLayout, index: number): void {
  const { devices, pages } = k;
  const window = alignUp(layout.pages);
  const start = layout.kind === 'private' ? free_mem_region(k, window) : above_memory(k);
  if (start < 0)
    throw new BootError(`no free physical address window of ${window} pages for device ${index}`);
  if (!pay_for_struct_pages(k, layout.node, window))
    throw new BootError(
      `node ${layout.node} has no ${Math.ceil(window / STRUCT_PAGES_A_PAGE)} free pages for the struct pages of device ${index}`,
    );
  const device = devices.devices.alloc() as DeviceRow;
  const pgmap = devices.pgmaps.alloc() as PgmapRow;
  const zone = device_zone(k, layout.node, start, window);
  devices.pgmapType.set(pgmap, MEMORY_TYPES[layout.kind]);
  devices.pgmapDevice.set(pgmap, device);
  devices.pgmapRef.set(pgmap, 1);
  devices.pgmapRange.set(pgmap, pages.addRange(start as Pfn, window, zone, pgmap));
  devices.name.set(device, index);
  devices.type.set(device, MEMORY_TYPES[layout.kind]);
  devices.driver.set(device, layout.driver);
  devices.pgmap.set(device, pgmap);
  devices.pages.set(device, layout.pages);
  if (layout.kind !== 'persistent') k.driverOf(device).probe(k, device, layout.options ?? new Map());
}

const ZONE_ORDER: readonly ZoneKind[] = ['dma', 'dma32', 'normal', 'movable'];

/**
 * The zonelist of node 0, where all CPUs are: the zones of each node from the highest down, the nearest node first
 * (build_zonelists; the order by zone that older kernels chose on small machines is gone since 4.14).
 */
function zonelist(k: Kernel): ZoneRow[] {
  const { zones } = k;
  const memory = [...zones.rows()].filter((zone) => zones.typeOf(zone) !== ZoneType.Device);
  return memory.sort((a, b) => zones.node.get(a) - zones.node.get(b) || zones.typeOf(b) - zones.typeOf(a));
}

/** Builds the machine in an empty kernel. Throws BootError where the layout can't be. */
export function boot(k: Kernel, layout: MachineLayout): void {
  k.cpus = layout.cpus;
  k.nodes = layout.nodes.length;
  let low = 1;
  let high = PAGES_4G;
  layout.nodes.forEach((node, index) => {
    for (const kind of ZONE_ORDER) {
      const pages = node.zones
        .filter((zone) => zone.kind === kind)
        .reduce((sum, zone) => sum + zone.pages, 0);
      if (pages === 0) continue;
      const below4G = kind === 'dma' || kind === 'dma32';
      if (below4G && low + pages > PAGES_4G)
        throw new BootError(
          `the DMA and DMA32 zones together are larger than the 4 GiB below which they must lie`,
        );
      add_zone(k, index, kind, below4G ? low : high, pages);
      if (below4G) low += pages;
      else high += pages;
    }
  });
  layout.devices.forEach((device, index) => {
    add_device(k, device, index);
  });
  k.zones.zonelist = zonelist(k);
  k.zones.lowmem = k.zones.zonelist.filter((zone) => k.zones.typeOf(zone) !== ZoneType.Movable);
  const wanted = layout.hugePages ?? 0;
  const got = hugetlb_grow(k, wanted);
  if (got < wanted)
    throw new BootError(`the machine has room for ${got} huge pages of 2 MiB; ${wanted} are set aside`);
  const zero = alloc_page(k, Hold.Kernel, 0);
  if (zero === 0) throw new BootError('the machine has no memory');
  k.pages.setFlag(zero, Pg.Reserved);
  k.setZeroPage(zero);
  init_per_zone_wmark_min(k);
  if (memory_is_short(k))
    throw new BootError('the machine has no memory beyond what its zones keep free (their min watermarks)');
}
