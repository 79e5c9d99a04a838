/** Devices: their free lists and counters (I6, I7), calls of page_free (I8), and pgmap references (I11). */

import { HUGE_PAGES } from '../kernel/mm/page_alloc/page_alloc';
import { leaf_offset, pte_page, ptep_get } from '../kernel/mm/pgtable';
import { MemoryType } from '../machine/devices';
import { Hold } from '../machine/holds';
import type { DeviceRow, MmRow, PageRow, TaskRow, Vpn } from '../machine/ids';
import { Pg } from '../machine/pages';
import { isPresent } from '../machine/pte';
import type { Kernel } from '../routine/kernel';
import type { CheckState } from './state';
import { count, hex, pageName } from './words';

/** Pages among which a search is cheaper than a set of them would be: mostly the list has one more, or one less. */
const FEW = 16;

/**
 * The checker's copy of a driver's free list, from its bottom up. The list changes at its top, so that only pages down
 * to the first one that stands where it stood are walked.
 */
export class FreeList {
  readonly #stack: number[] = [];

  get length(): number {
    return this.#stack.length;
  }

  /** Makes the copy what the list is now. Returns the page at which it runs in a circle, or 0. */
  sync(s: CheckState, head: number, most: number): number {
    const { depth } = s.pages;
    const top: number[] = [];
    let seen: Set<number> | undefined;
    for (let page = head; !this.#stands(s, page); page = s.kernel.pages.link.get(page)) {
      if (top.length > most || (seen?.has(page) ?? top.includes(page))) return page;
      top.push(page);
      if (top.length === FEW) seen = new Set(top);
      else seen?.add(page);
    }
    const from = top.length === 0 ? head : s.kernel.pages.link.get(top.at(-1) ?? 0);
    const kept = from === 0 ? 0 : depth.get(from);
    for (const gone of this.#stack.splice(kept)) this.#place(s, gone, 0);
    for (const page of top.reverse()) this.#place(s, page, this.#stack.push(page));
    return 0;
  }

  /** The page stands in the list as it did, on the same one; or it is the end of the list. */
  #stands(s: CheckState, page: number): boolean {
    if (page === 0) return true;
    const depth = s.pages.depth.get(page);
    return (
      depth > 0 && this.#stack[depth - 1] === page && this.below(page, s) === s.kernel.pages.link.get(page)
    );
  }

  /** What the page should stand on, 0 at the bottom. */
  below(page: number, s: CheckState): number {
    return this.#stack[s.pages.depth.get(page) - 2] ?? 0;
  }

  #place(s: CheckState, page: number, depth: number): void {
    s.pages.depth.set(page, depth);
    s.marks.page.follow(page, s.writer);
  }
}

function listIn(lists: FreeList[], device: number): FreeList {
  const known = lists[device];
  if (known) return known;
  const fresh = new FreeList();
  lists[device] = fresh;
  return fresh;
}

export class DeviceChecks {
  readonly #lists: FreeList[] = [];
  readonly #folios: FreeList[] = [];

  listOf(device: number): FreeList {
    return listIn(this.#lists, device);
  }

  /** The list of the device's free folios. */
  foliosOf(device: number): FreeList {
    return listIn(this.#folios, device);
  }

  /** Before pages are checked: takes up the free lists that were written to. */
  sync(s: CheckState): void {
    const { device: marks } = s.marks;
    for (let i = 1; i <= marks.count; i++) {
      const device = marks.at(i) as DeviceRow;
      s.at('device', device, marks.writer(i));
      const { devices } = s.kernel;
      const { freeHead, freeFolios } = s.memoryOf(device);
      const most = devices.pages.get(device);
      const circle =
        this.listOf(device).sync(s, freeHead.get(device), most) ||
        this.foliosOf(device).sync(s, freeFolios.get(device), most);
      if (circle !== 0)
        s.broken(6, { device }, `the free list runs in a circle at ${pageName(s.kernel, circle as PageRow)}`);
      s.marks.pgmap.follow(devices.pgmap.get(device), marks.writer(i));
      if (devices.pages.get(device) === 0) followMapped(s, device);
    }
    this.#checkLinks(s);
  }

  /** A page inside the list whose link was written to must still lead where it led. */
  #checkLinks(s: CheckState): void {
    const { page: marks } = s.marks;
    const { kernel: k } = s;
    for (let i = 1; i <= marks.count; i++) {
      const page = marks.at(i) as PageRow;
      if (s.pages.depth.get(page) === 0) continue;
      const device = k.devices.pgmapDevice.get(k.pages.pgmap(page));
      const list = k.pages.has(page, Pg.Head) ? this.foliosOf(device) : this.listOf(device);
      const below = list.below(page, s);
      const link = k.pages.link.get(page);
      if (link === below) continue;
      s.at('page', page, marks.writer(i));
      s.broken(
        6,
        s.page(page),
        `${pageName(k, page)} is on the free list and leads to row ${link}; it should lead to row ${below}`,
      );
    }
  }

  /** After pages were checked: the counters of each pgmap and device. */
  check(s: CheckState): void {
    const { pgmap: marks } = s.marks;
    for (let i = 1; i <= marks.count; i++) {
      const pgmap = marks.at(i);
      const device = s.kernel.devices.pgmapDevice.get(pgmap) as DeviceRow;
      if (pgmap === 0 || device === 0 || s.kernel.devices.pgmapType.get(pgmap) === MemoryType.Host) continue;
      s.at('device', device, marks.writer(i));
      this.#checkCounters(s, device, pgmap);
    }
  }

  #checkCounters(s: CheckState, device: DeviceRow, pgmap: number): void {
    const { devices, profile } = s.kernel;
    const inUse = s.pages.pagesInUse.get(pgmap);
    const { calloc, cfree } = s.memoryOf(device);
    const handedOut = calloc.get(device) - cfree.get(device);
    if (inUse !== handedOut)
      s.broken(
        7,
        { device },
        `${count(handedOut, 'page')} of the device should be in use (calloc − cfree); ${inUse} are`,
      );
    this.#checkSum(s, device, inUse);
    const bias = devices.pgmapDying.get(pgmap) === 0 ? 1 : 0;
    const expected = bias + (profile.pgmapRefPerPage ? inUse : 0);
    const ref = devices.pgmapRef.get(pgmap);
    if (ref !== expected)
      s.broken(11, { device }, `references of the pgmap should be ${expected}; they are ${ref}`);
  }

  /** All pages of a device are in use or free; those that are given back while its memory is removed are neither. */
  #checkSum(s: CheckState, device: DeviceRow, inUse: number): void {
    const { devices } = s.kernel;
    const pages = devices.pages.get(device);
    const listed = this.listOf(device).length + HUGE_PAGES * this.foliosOf(device).length;
    const { untouched, folioEnd, folioUntouched, removing } = s.memoryOf(device);
    const never = untouched.get(device) - folioEnd.get(device) + folioUntouched.get(device);
    const all = inUse + listed + never;
    if (removing.get(device) !== 0) {
      if (listed !== 0)
        s.broken(
          7,
          { device },
          `the memory of the device is being removed; ${count(listed, 'page')} of it should not be on the free list`,
        );
    } else if (all !== pages)
      s.broken(
        7,
        { device },
        `pages in use, on the free list and untouched should be ${pages} together; they are ${all}`,
      );
  }
}

/** The memory of a device is gone: pages of it that entries name are looked at again. */
function followMapped(s: CheckState, device: DeviceRow): void {
  const { pages, devices } = s.kernel;
  const pgmap = devices.pgmap.get(device);
  for (const page of pages.rows())
    if (pages.pgmap(page) === pgmap && s.entries.mapped.get(page) > 0) s.marks.page.follow(page, s.writer);
}

/**
 * I39: the fault callback looks at what the driver keeps with the page. That is about this fault only while the page is in
 * use, and stays there: because the fault holds it, or because nothing has changed yet.
 */
export function heardCallback(s: CheckState, task: TaskRow, vpn: Vpn, page: PageRow, refcount: number): void {
  const { kernel: k } = s;
  const free = k.pages.has(page, Pg.Free);
  if (!free && (k.holds.has(page, Hold.Fault, task) || leadsTo(k, k.tasks.mmOf(task), vpn, page))) return;
  s.at('page', page, s.now);
  s.happened(
    39,
    { ...s.page(page), task },
    `the fault callback was called for page ${hex(k.pages.pfn(page))}, which is ${
      free ? `free (refcount ${refcount})` : 'neither held by the fault nor what its entry leads to'
    }`,
  );
}

/** The entry stands for the device page, or for its migration; an unknown address space may have such an entry. */
function leadsTo(k: Kernel, mm: MmRow, vpn: Vpn, page: PageRow): boolean {
  if (mm === 0) return true;
  const entry = leaf_offset(k, mm, vpn);
  return !isPresent(ptep_get(k, entry)) && pte_page(k, entry) === page;
}

/** I8: what page_free is told when it is called. */
export function heardPageFree(s: CheckState, page: PageRow, refcount: number, mapcount: number): void {
  const { profile } = s.kernel;
  const calls = (s.freed.get(page) ?? 0) + 1;
  s.freed.set(page, calls);
  const name = `page ${hex(s.kernel.pages.pfn(page))}`;
  if (mapcount !== 0)
    s.happened(8, s.page(page), `page_free was called for ${name} with mapcount ${mapcount}`);
  if (refcount !== profile.freeDeviceRefcount)
    s.happened(
      8,
      s.page(page),
      `page_free was called for ${name} with refcount ${refcount}; it should be ${profile.freeDeviceRefcount}`,
    );
}
