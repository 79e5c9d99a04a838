/** Device pages change hands (mm/memremap.c): taken into use by a driver, and removed with their pgmap. */

import { Hold } from '../../machine/holds';
import type { PageRow } from '../../machine/ids';
import { Pg } from '../../machine/pages';
import { Wait } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';
import { DeviceT, PgmapT, routine } from '../../routine/routine';
import { trylock_page } from './mmap/mmap_lock';
import { init_page_count } from './swap/page_ref';

/** The pages behind `head` belong to it from now on. */
function prep_device_folio(k: Kernel, head: PageRow, order: number): void {
  const { pages } = k;
  pages.order.set(head, order);
  pages.setFlag(head, Pg.Head);
  for (let i = 1; i < 1 << order; i++) {
    const tail = pages.nth(head, i);
    pages.flags.set(tail, Pg.Uptodate | Pg.Reserved | Pg.Tail);
    pages.link.set(tail, head);
  }
}

/**
 * A driver takes one of its free pages into use: locked, with one reference for the driver. From 6.1 on the count goes
 * from 0 to 1 and the page holds its pgmap; before, the driver's get_page makes it 2. From 6.19 on it may be the first of
 * 2^order pages, which become one folio and hold the pgmap each (zone_device_folio_init).
 */
export function zone_device_page_init(k: Kernel, page: PageRow, order = 0): void {
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
    order,
  );
  pages.clearFlag(page, Pg.Free);
  pages.setFlag(page, Pg.Uptodate | Pg.Reserved);
  if (order > 0) prep_device_folio(k, page, order);
  if (k.profile.pgmapRefPerPage) k.devices.pgmapRef.add(pgmap, 1 << order);
  init_page_count(k, page, Hold.Alloc);
  trylock_page(k, page);
}

/** Takes a device's memory away. From 6.1 on it waits for every page; one that leaked makes it wait for ever. */
export const memunmap_pages = routine({
  name: 'memunmap_pages',
  file: 'mm/memremap.c',
  about:
    'Remove the struct pages of a device: nobody may take new references, and all old ones must be gone.',
  params: { device: DeviceT },
  locals: { pgmap: PgmapT },
  body: (r) => [
    r.step('percpu_ref_kill(&pgmap->ref)', (k, f) => {
      f.pgmap = k.devices.pgmap.get(f.device);
      k.devices.pgmapDying.set(f.pgmap, 1);
      k.devices.pgmapRef.add(f.pgmap, -1);
    }),
    r.only(
      (profile) => profile.pgmapRefPerPage,
      [
        r.yield('Y13'),
        r.wait(
          'wait_for_completion(&pgmap->done): every page is free',
          Wait.PgmapRef,
          (_, f) => f.pgmap,
          (k, f) => k.devices.pgmapRef.get(f.pgmap) === 0,
        ),
      ],
    ),
    r.step('the device has no memory any more', (k, f) => {
      k.devices.pages.set(f.device, 0);
      k.tasks.wake(Wait.PgmapRef, f.pgmap);
    }),
  ],
});
