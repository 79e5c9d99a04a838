/** Files and their page caches, pins, swap areas, and faults in flight. */

import type { IntColumn, WideColumn } from './column';
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
  readonly longterm: IntColumn;

  constructor(store: Store) {
    this.table = new Table(store, 'pin');
    this.name = this.table.int('name');
    this.firstSlot = this.table.int('firstSlot');
    this.count = this.table.int('count');
    this.longterm = this.table.int('longterm');
  }
}

export class SwapAreas {
  readonly areas: Table;
  readonly pages: IntColumn;
  readonly used: IntColumn;
  readonly firstFree: IntColumn;
  /** Swap slots that hold a page: how many entries point there, what was in it, and its page in the swap cache. */
  readonly slots: Table;
  readonly slotArea: IntColumn;
  readonly slotCount: IntColumn;
  readonly slotPage: IntColumn;
  readonly slotCached: IntColumn;

  constructor(store: Store) {
    this.areas = new Table(store, 'swapArea');
    this.pages = this.areas.int('pages');
    this.used = this.areas.int('used');
    this.firstFree = this.areas.int('firstFree');
    this.slots = new Table(store, 'swapSlot');
    this.slotArea = this.slots.int('area');
    this.slotCount = this.slots.int('count');
    this.slotPage = this.slots.int('page');
    this.slotCached = this.slots.int('cached');
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
