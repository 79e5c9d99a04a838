/** Device pages change hands (mm/memremap.c): zone_device_page_init, and its counterpart before 6.1. */

import { Hold } from '../machine/holds';
import type { PageRow } from '../machine/ids';
import { Pg } from '../machine/pages';
import type { Kernel } from './kernel';
import { trylock_page } from './mmap_lock';
import { get_page } from './page_ref';

/**
 * A driver takes one of its free pages into use: locked, with one reference for the driver. From 6.1 on the count goes
 * from 0 to 1 and the page holds its pgmap; before, the driver's get_page makes it 2.
 */
export function zone_device_page_init(k: Kernel, page: PageRow): void {
  const { pages } = k;
  const pgmap = pages.pgmap(page);
  const before = pages.refcount.get(page);
  const device = k.devices.pgmapDevice.get(pgmap);
  k.emit(
    'zone_device_page_init',
    page,
    device,
    before,
    pages.mapcount.get(page),
    pages.has(page, Pg.Locked) ? 1 : 0,
  );
  pages.clearFlag(page, Pg.Free);
  pages.setFlag(page, Pg.Uptodate | Pg.Reserved);
  if (k.profile.pgmapRefPerPage) k.devices.pgmapRef.add(pgmap, 1);
  get_page(k, page, Hold.Alloc);
  trylock_page(k, page);
}
