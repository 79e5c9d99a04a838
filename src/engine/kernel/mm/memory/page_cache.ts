/** The page cache of a file (mm/filemap.c). In the place of a page of shared memory that was swapped out stands its slot. */

import { Hold } from '../../../machine/holds';
import type { EntryRow, FileRow, NodeRow, PageRow, Vpn } from '../../../machine/ids';
import { MAPPING_FILE, Pg } from '../../../machine/pages';
import { kindOf, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';

/** The entry of the page cache for a page of the file, or 0. */
export function cache_entry(k: Kernel, file: FileRow, index: number): EntryRow {
  return k.tables.find(k.files.cache.get(file) as NodeRow, index as Vpn, 0);
}

/** The slot that has the page of the file, or 0. */
export function cached_slot(k: Kernel, entry: EntryRow): number {
  return entry !== 0 && kindOf(k.tables.lo.get(entry)) === Pte.Swap ? k.tables.hi.get(entry) : 0;
}

/** The page that a page cache has at an entry, or 0. */
export function cached_page(k: Kernel, entry: EntryRow): PageRow {
  const present = entry !== 0 && kindOf(k.tables.lo.get(entry)) === Pte.Present;
  return (present ? k.tables.hi.get(entry) : 0) as PageRow;
}

function count(k: Kernel, file: FileRow, page: PageRow, change: number): void {
  const zone = k.pages.zone(page);
  k.zones.filePages.add(zone, change);
  if (k.files.shmem.get(file) !== 0) k.zones.shmem.add(zone, change);
}

/** Puts a page into the page cache, which takes over a reference that is named after it (filemap_add_folio). */
export function filemap_add_folio(k: Kernel, file: FileRow, index: number, page: PageRow): void {
  k.pages.mapping.set(page, (file << 2) | MAPPING_FILE);
  k.pages.index.set(page, index);
  if (k.files.shmem.get(file) !== 0) k.pages.setFlag(page, Pg.SwapBacked);
  const entry = k.tables.make(k.files.cache.get(file) as NodeRow, index as Vpn);
  k.tables.set(entry, Pte.Present, page);
  count(k, file, page, 1);
}

/** Takes a page out of the page cache, whose reference is the caller's now; `entry` gets `lo` and `hi` in its place. */
export function filemap_remove_folio(k: Kernel, file: FileRow, entry: EntryRow, lo = 0, hi = 0): void {
  const page = k.tables.hi.get(entry) as PageRow;
  k.tables.set(entry, lo, hi);
  count(k, file, page, -1);
  k.pages.mapping.set(page, 0);
}

/** The file of a page of the page cache, or 0. */
export function file_of(k: Kernel, page: PageRow): FileRow {
  const mapping = k.pages.mapping.get(page);
  return ((mapping & MAPPING_FILE) !== 0 ? mapping >> 2 : 0) as FileRow;
}

/** Drops the reference of a page cache that the page has left. Whoever calls holds another one. */
export function drop_cache_reference(k: Kernel, file: FileRow, page: PageRow): void {
  k.holds.drop(page, Hold.PageCache, file);
}
