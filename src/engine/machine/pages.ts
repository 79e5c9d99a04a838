/**
 * struct pages. A page has a row only from the moment it is first handed out: rows come in blocks of BLOCK pages of
 * one range (a zone's memory or a device's), found through a directory with one word a block.
 */

import type { IntColumn, ReadColumn, WideColumn } from './column';
import type { PageRow, Pfn, PgmapRow, ZoneRow } from './ids';
import type { Store } from './store';
import { Table } from './table';

const BLOCK_SHIFT = 7;
const BLOCK = 1 << BLOCK_SHIFT;

export const Pg = {
  Locked: 1 << 0,
  Uptodate: 1 << 1,
  Dirty: 1 << 2,
  Lru: 1 << 3,
  Active: 1 << 4,
  SwapBacked: 1 << 5,
  Reserved: 1 << 6,
  AnonExclusive: 1 << 7,
  SwapCache: 1 << 8,
  Referenced: 1 << 9,
  Unevictable: 1 << 10,
  /** First page of a large folio, whose order is in `order`; the others are Tail. */
  Head: 1 << 11,
  Tail: 1 << 12,
  /** Free: in a zone's or a driver's free list, or never handed out. */
  Free: 1 << 13,
  /** A page of a page table. */
  Table: 1 << 14,
  /** Of the hugetlb pool. */
  HugeTlb: 1 << 15,
  /** A VM_LOCKED mapping has it; off the evictable lists once it is Unevictable too. */
  Mlocked: 1 << 16,
} as const;

export const PG_NAMES: readonly [name: string, bit: number][] = [
  ['locked', Pg.Locked],
  ['uptodate', Pg.Uptodate],
  ['dirty', Pg.Dirty],
  ['lru', Pg.Lru],
  ['active', Pg.Active],
  ['swapbacked', Pg.SwapBacked],
  ['reserved', Pg.Reserved],
  ['anon_exclusive', Pg.AnonExclusive],
  ['swapcache', Pg.SwapCache],
  ['referenced', Pg.Referenced],
  ['unevictable', Pg.Unevictable],
  ['mlocked', Pg.Mlocked],
  ['head', Pg.Head],
  ['tail', Pg.Tail],
  ['table', Pg.Table],
  ['hugetlb', Pg.HugeTlb],
];

/** Bits 0-1 of `mapping`: whose page it is. The rest is the row of the anon_vma or the file. */
export const MAPPING_ANON = 1;
export const MAPPING_FILE = 2;

export class Pages {
  /** Changed by `Holds` alone. */
  readonly refcount: ReadColumn;
  /** Number of mappings of this very page: the kernel's _mapcount + 1. */
  readonly mapcount: IntColumn;
  readonly flags: IntColumn;
  /** (row << 2) | MAPPING_ANON or MAPPING_FILE; 0 = none. */
  readonly mapping: IntColumn;
  /** Linear page number in the mapping. */
  readonly index: WideColumn;
  /** First named reference, a row of `Holds`. */
  readonly holds: IntColumn;
  /** RAM: next free page; of a Tail its head. Device page: zone_device_data, which the driver owns. */
  readonly link: IntColumn;
  /** Coherent device page: the mirror that brought it in (its zone_device_data). */
  readonly owner: IntColumn;
  /**
   * RAM on an LRU list: the next younger and the next older folio. They share the cells of `link` and `owner`, which no such
   * page needs: in struct page, too, `lru` lies over zone_device_data.
   */
  readonly lruNewer: IntColumn;
  readonly lruOlder: IntColumn;
  /** Unevictable RAM, which is on no list: its VM_LOCKED mappings. In struct page, too, it lies over `lru`. */
  readonly mlockCount: IntColumn;
  readonly memcg: IntColumn;
  readonly pins: IntColumn;
  /** Task that holds PG_locked. */
  readonly lockOwner: IntColumn;
  readonly order: IntColumn;
  /** Of the head of a large folio: entries that map it as a whole; and mappings of any of its pages, those included. */
  readonly entireMapcount: IntColumn;
  readonly largeMapcount: IntColumn;
  /** Every byte of the page has this value, except those in the patch list. */
  readonly fill: IntColumn;
  readonly patches: IntColumn;

  readonly ranges: Table;
  readonly rangeStart: WideColumn;
  readonly rangePages: IntColumn;
  readonly rangeZone: IntColumn;
  readonly rangePgmap: IntColumn;
  readonly #rangeDirectory: IntColumn;
  readonly #directory: IntColumn;
  readonly #directoryLength: number;
  readonly #blocks: Table;
  readonly #blockRange: IntColumn;
  readonly #blockFirst: IntColumn;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.refcount = store.int('page.refcount');
    this.mapcount = store.int('page.mapcount');
    this.flags = store.int('page.flags');
    this.mapping = store.int('page.mapping');
    this.index = store.wide('page.index');
    this.holds = store.int('page.holds');
    this.link = store.int('page.link');
    this.owner = store.int('page.owner');
    this.lruNewer = this.link;
    this.lruOlder = this.owner;
    this.mlockCount = this.link;
    this.memcg = store.int('page.memcg');
    this.pins = store.int('page.pins');
    this.lockOwner = store.int('page.lockOwner');
    this.order = store.int('page.order');
    this.entireMapcount = store.int('page.entireMapcount');
    this.largeMapcount = store.int('page.largeMapcount');
    this.fill = store.int('page.fill');
    this.patches = store.int('page.patches');
    this.ranges = new Table(store, 'ranges');
    this.rangeStart = this.ranges.wide('start');
    this.rangePages = this.ranges.int('pages');
    this.rangeZone = this.ranges.int('zone');
    this.rangePgmap = this.ranges.int('pgmap');
    this.#rangeDirectory = this.ranges.int('directory');
    this.#directory = store.int('memmap');
    this.#directoryLength = store.scalar('memmap.length');
    this.#blocks = new Table(store, 'blocks');
    this.#blockRange = this.#blocks.int('range');
    this.#blockFirst = this.#blocks.int('first');
  }

  /** Declares a range of page frames; returns its row in `ranges`. */
  addRange(start: Pfn, pages: number, zone: ZoneRow, pgmap: PgmapRow): number {
    const range = this.ranges.alloc();
    this.rangeStart.set(range, start);
    this.rangePages.set(range, pages);
    this.rangeZone.set(range, zone);
    this.rangePgmap.set(range, pgmap);
    this.#rangeDirectory.set(range, this.#store.scalars.get(this.#directoryLength));
    this.#store.scalars.add(this.#directoryLength, Math.ceil(pages / BLOCK));
    return range;
  }

  /** The page at `offset` of a range; its block gets rows if it has none. */
  touch(range: number, offset: number): PageRow {
    const cell = this.#rangeDirectory.get(range) + (offset >> BLOCK_SHIFT);
    let block = this.#directory.get(cell);
    if (block === 0) {
      block = this.#blocks.alloc();
      this.#blockRange.set(block, range);
      this.#blockFirst.set(block, offset & ~(BLOCK - 1));
      this.#directory.set(cell, block);
      const first = block << BLOCK_SHIFT;
      for (let row = first; row < first + BLOCK; row++) this.flags.set(row, Pg.Free);
    }
    return ((block << BLOCK_SHIFT) + (offset & (BLOCK - 1))) as PageRow;
  }

  /** The page with this frame number, or 0 where no struct page exists or the page was never handed out. */
  find(pfn: Pfn): PageRow {
    const range = this.rangeOf(pfn);
    if (range === 0) return 0 as PageRow;
    const offset = pfn - this.rangeStart.get(range);
    const block = this.#directory.get(this.#rangeDirectory.get(range) + (offset >> BLOCK_SHIFT));
    return (block === 0 ? 0 : (block << BLOCK_SHIFT) + (offset & (BLOCK - 1))) as PageRow;
  }

  /** The range that has a struct page for this frame, or 0. */
  rangeOf(pfn: Pfn): number {
    for (const range of this.ranges.rows()) {
      const start = this.rangeStart.get(range);
      if (pfn >= start && pfn < start + this.rangePages.get(range)) return range;
    }
    return 0;
  }

  range(page: PageRow): number {
    return this.#blockRange.get(page >> BLOCK_SHIFT);
  }

  /** Offset of the page in its range. */
  offset(page: PageRow): number {
    return this.#blockFirst.get(page >> BLOCK_SHIFT) + (page & (BLOCK - 1));
  }

  pfn(page: PageRow): Pfn {
    return (this.rangeStart.get(this.range(page)) + this.offset(page)) as Pfn;
  }

  zone(page: PageRow): ZoneRow {
    return this.rangeZone.get(this.range(page)) as ZoneRow;
  }

  pgmap(page: PageRow): PgmapRow {
    return this.rangePgmap.get(this.range(page)) as PgmapRow;
  }

  /** The first page of the folio that the page is in: its counts and flags are the folio's (page_folio). */
  folio(page: PageRow): PageRow {
    return (this.flags.get(page) & Pg.Tail) === 0 ? page : (this.link.get(page) as PageRow);
  }

  /** Page `n` of a folio (folio_page). */
  nth(folio: PageRow, n: number): PageRow {
    return n === 0 ? folio : this.touch(this.range(folio), this.offset(folio) + n);
  }

  /** Pages of the folio that begins with `head` (folio_nr_pages). */
  count(head: PageRow): number {
    return 1 << this.order.get(head);
  }

  /** All mappings of a folio (folio_mapcount). */
  folioMapcount(head: PageRow): number {
    return (this.order.get(head) === 0 ? this.mapcount : this.largeMapcount).get(head);
  }

  has(page: PageRow, bit: number): boolean {
    return (this.flags.get(page) & bit) !== 0;
  }

  setFlag(page: PageRow, bit: number): void {
    this.flags.set(page, this.flags.get(page) | bit);
  }

  clearFlag(page: PageRow, bit: number): void {
    this.flags.set(page, this.flags.get(page) & ~bit);
  }

  isAnon(page: PageRow): boolean {
    return (this.mapping.get(this.folio(page)) & MAPPING_ANON) !== 0;
  }

  /**
   * Visits the pages [from, to) of a range that have ever been handed out, and up to 127 beside each, in rising order: `count`
   * pages from the one at `offset` on, whose rows follow each other. Costs nothing for the others.
   */
  visit(
    range: number,
    from: number,
    to: number,
    visitor: (row: PageRow, offset: number, count: number) => void,
  ): void {
    const directory = this.#rangeDirectory.get(range);
    for (let cell = from >> BLOCK_SHIFT; cell << BLOCK_SHIFT < to; cell++) {
      const block = this.#directory.get(directory + cell);
      if (block === 0) continue;
      const first = Math.max(from, cell << BLOCK_SHIFT);
      const end = Math.min(to, (cell + 1) << BLOCK_SHIFT);
      visitor(((block << BLOCK_SHIFT) + (first & (BLOCK - 1))) as PageRow, first, end - first);
    }
  }

  /** Every page that has ever been handed out, in row order. */
  *rows(): Iterable<PageRow> {
    for (const block of this.#blocks.rows()) {
      const first = block << BLOCK_SHIFT;
      for (let row = first; row < first + BLOCK; row++) yield row as PageRow;
    }
  }
}
