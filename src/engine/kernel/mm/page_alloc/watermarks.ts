/**
 * How many pages a zone keeps free, and whose business it is to see to that (mm/page_alloc.c, mm/khugepaged.c). Ordinary
 * allocations leave every zone its min watermark; where none has more than its low one, each node's kswapd is woken, which
 * reclaims until a zone of the node is above its high one.
 *
 * The model is simpler in this: a node with one zone above its high watermark is well off, whatever memory is asked for; no
 * zone is protected against allocations that could have come from a higher one (lowmem_reserve); no allocation may use the
 * reserve below min; watermarks are those of a machine that has just booted, and nothing boosts them. The promo watermark,
 * for memory tiers, isn't there.
 */

import type { IntColumn } from '../../../machine/column';
import type { ZoneRow } from '../../../machine/ids';
import { ZoneType } from '../../../machine/zones';
import type { Kernel } from '../../../routine/kernel';
import { MAX_RECLAIM_RETRIES, SWAP_CLUSTER_MAX } from '../../constants';

const KIB_A_PAGE = 4;
/** Free memory of one kind of use is kept together in blocks of so many pages (pageblock_nr_pages). */
const PAGEBLOCK_PAGES = 512;
/** Bounds of min_free_kbytes as a machine of its size gets it at first. */
const MIN_FREE_KIB = 128;
const MOST_FREE_KIB = 256 * 1024;
/** Parts of 10000 of a zone between two watermarks, at least (watermark_scale_factor). */
const SCALE_FACTOR = 10;
/** Kinds of use that lists of free pages are kept by (MIGRATE_PCPTYPES). */
const KINDS_OF_USE = 3;

const isMovable = (k: Kernel, zone: ZoneRow): boolean => k.zones.typeOf(zone) === ZoneType.Movable;

function sum(zones: readonly ZoneRow[], column: IntColumn): number {
  return zones.reduce((total, zone) => total + column.get(zone), 0);
}

/**
 * Shares `pages` out over the zones by their size (__setup_per_zone_wmarks). ZONE_MOVABLE gets a little only, as the
 * kernel's own memory doesn't come from there.
 */
function setup_per_zone_wmarks(k: Kernel, pages: number): void {
  const { zones } = k;
  const lowmem = sum(zones.lowmem, zones.managed);
  for (const zone of zones.zonelist) {
    const managed = zones.managed.get(zone);
    const share = Math.floor((pages * managed) / Math.max(1, lowmem));
    const few = Math.min(128, Math.max(SWAP_CLUSTER_MAX, Math.floor(managed / 1024)));
    const min = isMovable(k, zone) ? few : share;
    const step = Math.max(Math.floor(share / 4), Math.floor((managed * SCALE_FACTOR) / 10_000));
    zones.wmarkMin.set(zone, min);
    zones.wmarkLow.set(zone, min + step);
    zones.wmarkHigh.set(zone, min + 2 * step);
  }
}

/**
 * The watermarks of a machine that has booted: first by the square root of its memory (calculate_min_free_kbytes), then,
 * because transparent huge pages are on, enough for whole blocks of each kind of use, but at most a twentieth of the memory
 * (set_recommended_min_free_kbytes).
 */
export function init_per_zone_wmark_min(k: Kernel): void {
  const { zones } = k;
  const usable = zones.lowmem;
  const kib = sum(usable, zones.managed) * KIB_A_PAGE;
  const first = Math.min(MOST_FREE_KIB, Math.max(MIN_FREE_KIB, Math.floor(Math.sqrt(kib * 16))));
  setup_per_zone_wmarks(k, Math.floor(first / KIB_A_PAGE));
  const blocks = usable.length * (2 + KINDS_OF_USE * KINDS_OF_USE);
  const buffers = sum(usable, zones.managed) - sum(usable, zones.wmarkHigh);
  const recommended = Math.min(blocks * PAGEBLOCK_PAGES, Math.floor(buffers / 20));
  if (recommended * KIB_A_PAGE > first) setup_per_zone_wmarks(k, recommended);
}

/**
 * Where a page may come from: what can be moved comes from ZONE_MOVABLE first (GFP_HIGHUSER_MOVABLE), unless the task pins
 * for long (current_gfp_context); all else never does.
 */
export function zones_for(k: Kernel, movable: boolean): readonly ZoneRow[] {
  return movable && k.tasks.memallocPin.get(k.task) === 0 ? k.zones.zonelist : k.zones.lowmem;
}

/** A folio of so many pages may be taken: the zone keeps more than its watermark (__zone_watermark_ok). */
export function zone_watermark_ok(k: Kernel, zone: ZoneRow, mark: IntColumn, pages = 1): boolean {
  return k.zones.free.get(zone) - (pages - 1) > mark.get(zone);
}

/** No zone has a page that an ordinary allocation for a process may take. */
export function memory_is_short(k: Kernel): boolean {
  const { zones } = k;
  return !zones_for(k, true).some((zone) => zone_watermark_ok(k, zone, zones.wmarkMin));
}

/** One zone of the node has enough (pgdat_balanced). */
export function pgdat_balanced(k: Kernel, node: number): boolean {
  const { zones } = k;
  return zones.zonelist.some(
    (zone) => zones.node.get(zone) === node && zone_watermark_ok(k, zone, zones.wmarkHigh),
  );
}

/** The node's kswapd has given up: only somebody else's success brings it back. */
export const is_hopeless = (k: Kernel, node: number): boolean =>
  k.kswapd.failures.get(node) >= MAX_RECLAIM_RETRIES;

/** Memory is short everywhere: the kswapd of each node that has too little and isn't hopeless starts to reclaim. */
export function wake_all_kswapds(k: Kernel): void {
  for (let node = 0; node < k.nodes; node++)
    if (!is_hopeless(k, node) && !pgdat_balanced(k, node)) k.wakeKswapd?.(node);
}
