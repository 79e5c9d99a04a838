/** Nodes and zones with their free lists and the counters /proc/zoneinfo shows. */

import type { IntColumn, WideColumn } from './column';
import type { ZoneRow } from './ids';
import type { Store } from './store';
import { Table } from './table';

export const ZoneType = { Dma: 0, Dma32: 1, Normal: 2, Movable: 3, Device: 4 } as const;
export type ZoneTypeValue = (typeof ZoneType)[keyof typeof ZoneType];
export const ZONE_NAMES = ['DMA', 'DMA32', 'Normal', 'Movable', 'Device'] as const;

export class Zones {
  readonly table: Table;
  readonly node: IntColumn;
  readonly type: IntColumn;
  readonly start: WideColumn;
  readonly spanned: WideColumn;
  readonly present: IntColumn;
  readonly managed: IntColumn;
  readonly free: IntColumn;
  /** Watermarks in free pages; 0 in a machine that is being built, and for device memory. */
  readonly wmarkMin: IntColumn;
  readonly wmarkLow: IntColumn;
  readonly wmarkHigh: IntColumn;
  /** First of the single pages that were freed, linked through `link`; the last freed is taken first. */
  readonly freeHead: IntColumn;
  /** First of the single free pages below `low`, where folios of order 9 come from: taken only when no other is left. */
  readonly freeLow: IntColumn;
  /** First of the free folios of order 9. */
  readonly freeHuge: IntColumn;
  /** Pages [low, high) of the zone's range were never handed out: small ones come from above, folios from below. */
  readonly low: IntColumn;
  readonly high: IntColumn;
  readonly range: IntColumn;
  /** LRU and other counters; per zone, as the nr_zone_* and per-node lines of /proc/zoneinfo add them up. */
  readonly inactiveAnon: IntColumn;
  readonly activeAnon: IntColumn;
  readonly inactiveFile: IntColumn;
  readonly activeFile: IntColumn;
  readonly unevictable: IntColumn;
  readonly anonPages: IntColumn;
  readonly mapped: IntColumn;
  readonly filePages: IntColumn;
  readonly shmem: IntColumn;
  readonly pageTablePages: IntColumn;
  readonly isolatedAnon: IntColumn;
  /** Pages that hold struct pages of device memory. */
  readonly memmapPages: IntColumn;

  /**
   * Zones in the order in which an allocation tries them: node by node, in each from the highest zone down; fixed when the
   * machine is built. What must not move is not allocated from ZONE_MOVABLE: the kernel's own zones are those of `lowmem`.
   */
  zonelist: readonly ZoneRow[] = [];
  lowmem: readonly ZoneRow[] = [];

  constructor(store: Store) {
    this.table = new Table(store, 'zone');
    this.node = this.table.int('node');
    this.type = this.table.int('type');
    this.start = this.table.wide('start');
    this.spanned = this.table.wide('spanned');
    this.present = this.table.int('present');
    this.managed = this.table.int('managed');
    this.free = this.table.int('free');
    this.wmarkMin = this.table.int('wmarkMin');
    this.wmarkLow = this.table.int('wmarkLow');
    this.wmarkHigh = this.table.int('wmarkHigh');
    this.freeHead = this.table.int('freeHead');
    this.freeLow = this.table.int('freeLow');
    this.freeHuge = this.table.int('freeHuge');
    this.low = this.table.int('low');
    this.high = this.table.int('high');
    this.range = this.table.int('range');
    this.inactiveAnon = this.table.int('inactiveAnon');
    this.activeAnon = this.table.int('activeAnon');
    this.inactiveFile = this.table.int('inactiveFile');
    this.activeFile = this.table.int('activeFile');
    this.unevictable = this.table.int('unevictable');
    this.anonPages = this.table.int('anonPages');
    this.mapped = this.table.int('mapped');
    this.filePages = this.table.int('filePages');
    this.shmem = this.table.int('shmem');
    this.pageTablePages = this.table.int('pageTablePages');
    this.isolatedAnon = this.table.int('isolatedAnon');
    this.memmapPages = this.table.int('memmapPages');
  }

  *rows(): Iterable<ZoneRow> {
    for (const zone of this.table.rows()) yield zone as ZoneRow;
  }

  typeOf(zone: ZoneRow): ZoneTypeValue {
    return this.type.get(zone) as ZoneTypeValue;
  }

  nameOf(zone: ZoneRow): string {
    return ZONE_NAMES[this.typeOf(zone)];
  }
}
