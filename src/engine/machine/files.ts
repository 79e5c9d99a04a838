/** Files and their page caches, pins, swap areas, and faults in flight. */

import type { IntColumn, WideColumn } from './column';
import { Contents } from './contents';
import type { Store } from './store';
import { Table } from './table';

export class Files {
  readonly files: Table;
  readonly name: IntColumn;
  readonly pages: IntColumn;
  /** 1 = shmem (anonymous shared memory, memfd), 0 = a regular file. */
  readonly shmem: IntColumn;
  /** Page cache: a tree of entries (1, page). */
  readonly cache: IntColumn;
  /** With `filled`, page i of the file holds (fill + i) & 255 in every byte; else zeroes. */
  readonly filled: IntColumn;
  readonly fill: IntColumn;
  /** First VMA that maps the file. */
  readonly firstVma: IntColumn;
  /** Mappings, open descriptors: the file goes when none is left. */
  readonly users: IntColumn;

  constructor(store: Store) {
    this.files = new Table(store, 'file');
    this.name = this.files.int('name');
    this.pages = this.files.int('pages');
    this.shmem = this.files.int('shmem');
    this.cache = this.files.int('cache');
    this.filled = this.files.int('filled');
    this.fill = this.files.int('fill');
    this.firstVma = this.files.int('firstVma');
    this.users = this.files.int('users');
  }
}

export class Pins {
  readonly table: Table;
  readonly name: IntColumn;
  readonly firstSlot: IntColumn;
  readonly count: IntColumn;

  constructor(store: Store) {
    this.table = new Table(store, 'pin');
    this.name = this.table.int('name');
    this.firstSlot = this.table.int('firstSlot');
    this.count = this.table.int('count');
  }
}

export class SwapAreas {
  readonly areas: Table;
  /** Slots the area has room for. */
  readonly pages: IntColumn;
  readonly used: IntColumn;
  /** Slots from here on were never used. */
  readonly fresh: IntColumn;
  /** 1: no slot is given out any more, the area is being removed. */
  readonly closing: IntColumn;
  /** 1: reading from it is over at once (SWP_SYNCHRONOUS_IO). */
  readonly sync: IntColumn;
  /** Slots in use. A row is what a swap entry of a page table names. */
  readonly slots: Table;
  readonly slotArea: IntColumn;
  /** Place in the area, from 1: the offset of the swap entry. */
  readonly slotOffset: IntColumn;
  /** How many entries of page tables stand for it (swap_map). */
  readonly slotCount: IntColumn;
  /** Its page in the swap cache; 0 = none. */
  readonly slotCached: IntColumn;
  /** Group to which a page that is read from it is charged. */
  readonly slotMemcg: IntColumn;
  /** What is on the disk. */
  readonly contents: Contents<number>;

  constructor(store: Store) {
    this.areas = new Table(store, 'swapArea');
    this.pages = this.areas.int('pages');
    this.used = this.areas.int('used');
    this.fresh = this.areas.int('fresh');
    this.closing = this.areas.int('closing');
    this.sync = this.areas.int('sync');
    this.slots = new Table(store, 'swapSlot');
    this.slotArea = this.slots.int('area');
    this.slotOffset = this.slots.int('offset');
    this.slotCount = this.slots.int('count');
    this.slotCached = this.slots.int('cached');
    this.slotMemcg = this.slots.int('memcg');
    const holder = { fill: this.slots.int('fill'), patches: this.slots.int('patches') };
    this.contents = new Contents<number>(store, holder, 'swapPatches');
  }
}

/** Faults that have begun and not ended: what the Pending Faults view shows. */
export class Faults {
  readonly table: Table;
  readonly task: IntColumn;
  readonly outer: IntColumn;
  readonly address: WideColumn;
  readonly write: IntColumn;
  readonly flags: IntColumn;
  readonly since: WideColumn;
  readonly retries: IntColumn;

  constructor(store: Store) {
    this.table = new Table(store, 'fault');
    this.task = this.table.int('task');
    this.outer = this.table.int('outer');
    this.address = this.table.wide('address');
    this.write = this.table.int('write');
    this.flags = this.table.int('flags');
    this.since = this.table.wide('since');
    this.retries = this.table.int('retries');
  }
}
