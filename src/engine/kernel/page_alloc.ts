/** Page frames from the zones (mm/page_alloc.c). Device memory is never here: ZONE_DEVICE has no free list. */

import { Hold, type HoldKind } from '../machine/holds';
import type { PageRow, ZoneRow } from '../machine/ids';
import { Pg } from '../machine/pages';
import { ZoneType } from '../machine/zones';
import type { Kernel } from './kernel';

/** Zones in the order in which an allocation tries them: Normal, DMA32, DMA of each node. */
function* zonelist(k: Kernel): Iterable<ZoneRow> {
  for (const type of [ZoneType.Normal, ZoneType.Movable, ZoneType.Dma32, ZoneType.Dma])
    for (const zone of k.zones.rows()) if (k.zones.typeOf(zone) === type) yield zone;
}

function takeFrom(k: Kernel, zone: ZoneRow): PageRow {
  const { zones, pages } = k;
  const freed = zones.freeHead.get(zone) as PageRow;
  if (freed !== 0) {
    zones.freeHead.set(zone, pages.link.get(freed));
    pages.link.set(freed, 0);
    zones.free.add(zone, -1);
    return freed;
  }
  const high = zones.high.get(zone);
  if (high <= zones.low.get(zone)) return 0 as PageRow;
  zones.high.set(zone, high - 1);
  zones.free.add(zone, -1);
  return pages.touch(zones.range.get(zone), high - 1);
}

/**
 * One zeroed page frame with refcount 1, held by `hold` of `who`; 0 when no zone has a free page.
 * (alloc_pages of order 0.)
 */
export function alloc_page(k: Kernel, hold: HoldKind = Hold.Alloc, who: number = k.task): PageRow {
  for (const zone of zonelist(k)) {
    if (k.zones.free.get(zone) === 0) continue;
    const page = takeFrom(k, zone);
    if (page === 0) continue;
    k.pages.flags.set(page, Pg.Uptodate);
    k.pages.refcount.set(page, 1);
    k.holds.add(page, hold, who);
    return page;
  }
  return 0 as PageRow;
}

/** Gives a frame whose last reference is gone back to its zone (free_unref_page). */
export function free_page(k: Kernel, page: PageRow): void {
  const { pages, zones } = k;
  const zone = pages.zone(page);
  k.contents.fill(page, 0);
  pages.flags.set(page, Pg.Free);
  pages.mapping.set(page, 0);
  pages.index.set(page, 0);
  pages.memcg.set(page, 0);
  pages.order.set(page, 0);
  pages.link.set(page, zones.freeHead.get(zone));
  zones.freeHead.set(zone, page);
  zones.free.add(zone, 1);
}
