/** /proc/meminfo and a cgroup's memory.stat (fs/proc/meminfo.c, mm/memcontrol.c), in pages. */

import { Pg } from '../../../machine/pages';
import { ZoneType } from '../../../machine/zones';
import type { Kernel } from '../../../routine/kernel';
import { nr_swap_pages, total_swap_pages } from '../../mm/swapfile/swapfile';

export interface Meminfo {
  /** Device memory is not managed by the kernel: it is no part of these. */
  readonly memTotal: number;
  readonly memFree: number;
  readonly swapCached: number;
  readonly activeAnon: number;
  readonly inactiveAnon: number;
  readonly unevictable: number;
  readonly swapTotal: number;
  readonly swapFree: number;
  /** Mapped anonymous pages, those on devices too. */
  readonly anonPages: number;
  readonly pageTables: number;
}

function swap_cached(k: Kernel): number {
  let pages = 0;
  for (const slot of k.swap.slots.rows()) if (k.swap.slotCached.get(slot) !== 0) pages++;
  return pages;
}

export function meminfo(k: Kernel): Meminfo {
  const { zones } = k;
  const sum = (column: { get(row: number): number }, device = true): number => {
    let total = 0;
    for (const zone of zones.rows())
      if (device || zones.typeOf(zone) !== ZoneType.Device) total += column.get(zone);
    return total;
  };
  return {
    memTotal: sum(zones.managed, false),
    memFree: sum(zones.free, false),
    swapCached: swap_cached(k),
    activeAnon: sum(zones.activeAnon),
    inactiveAnon: sum(zones.inactiveAnon),
    unevictable: sum(zones.unevictable),
    swapTotal: total_swap_pages(k),
    swapFree: nr_swap_pages(k),
    anonPages: sum(zones.anonPages),
    pageTables: sum(zones.pageTablePages),
  };
}

export interface MemcgStat {
  /** Pages charged (memory.current). */
  readonly current: number;
  /** Mapped anonymous pages, those on devices too. */
  readonly anon: number;
  /** On an LRU list, where device pages never are. */
  readonly inactiveAnon: number;
  readonly activeAnon: number;
}

/** What memory.current and memory.stat say about a group. */
export function memcg_stat(k: Kernel, memcg: number): MemcgStat {
  let anon = 0;
  let inactiveAnon = 0;
  let activeAnon = 0;
  for (const page of k.pages.rows()) {
    if (k.pages.memcg.get(page) !== memcg) continue;
    const folio = k.pages.folio(page);
    if (k.pages.isAnon(page) && k.pages.folioMapcount(folio) > 0) anon++;
    if (
      !k.pages.has(folio, Pg.Lru) ||
      !k.pages.has(folio, Pg.SwapBacked) ||
      k.pages.has(folio, Pg.Unevictable)
    )
      continue;
    if (k.pages.has(folio, Pg.Active)) activeAnon++;
    else inactiveAnon++;
  }
  return { current: k.memcgUsage.get(memcg), anon, inactiveAnon, activeAnon };
}
