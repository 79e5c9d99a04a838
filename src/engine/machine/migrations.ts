/** Migrations in flight: struct migrate_vma with its src and dst arrays. */

import type { IntColumn, WideColumn } from './column';
import type { Store } from './store';
import { Table } from './table';

export class Migrations {
  readonly table: Table;
  /** The VMA; 0 for an eviction by page frame number. */
  readonly vma: IntColumn;
  readonly start: WideColumn;
  readonly end: WideColumn;
  /** First element of the arrays, one a page. */
  readonly head: IntColumn;
  /** MIGRATE_VMA_SELECT_* (0 in 4.14, where nothing selects). */
  readonly select: IntColumn;
  /** pgmap_owner: the device whose pages may be taken, and that need not be told of the invalidation. */
  readonly owner: IntColumn;
  readonly faultPage: IntColumn;
  readonly cpages: IntColumn;
  readonly task: IntColumn;

  constructor(store: Store) {
    this.table = new Table(store, 'migration');
    this.vma = this.table.int('vma');
    this.start = this.table.wide('start');
    this.end = this.table.wide('end');
    this.head = this.table.int('head');
    this.select = this.table.int('select');
    this.owner = this.table.int('owner');
    this.faultPage = this.table.int('faultPage');
    this.cpages = this.table.int('cpages');
    this.task = this.table.int('task');
  }
}
