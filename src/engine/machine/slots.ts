/**
 * Linked arrays of per-page records: src/dst of a migration, pfns of an hmm_range, pages of a pin. One slot is one
 * array element; an array is a head slot and a length that its owner keeps.
 */

import type { IntColumn, WideColumn } from './column';
import type { SlotRow, Vpn } from './ids';
import type { Store } from './store';
import { Table } from './table';

export class Slots {
  readonly table: Table;
  readonly next: IntColumn;
  readonly vpn: WideColumn;
  readonly srcFlags: IntColumn;
  readonly srcPage: IntColumn;
  readonly dstFlags: IntColumn;
  readonly dstPage: IntColumn;

  constructor(store: Store) {
    this.table = new Table(store, 'slot');
    this.next = this.table.int('next');
    this.vpn = this.table.wide('vpn');
    this.srcFlags = this.table.int('srcFlags');
    this.srcPage = this.table.int('srcPage');
    this.dstFlags = this.table.int('dstFlags');
    this.dstPage = this.table.int('dstPage');
  }

  /** A linked array with one element a page, in rising order; returns its head. */
  array(start: Vpn, pages: number): SlotRow {
    let head = 0;
    for (let i = pages - 1; i >= 0; i--) {
      const slot = this.table.alloc();
      this.vpn.set(slot, start + i);
      this.next.set(slot, head);
      head = slot;
    }
    return head as SlotRow;
  }

  free(head: SlotRow): void {
    for (let slot: number = head; slot !== 0; ) {
      const next = this.next.get(slot);
      this.table.free(slot);
      slot = next;
    }
  }

  of(head: SlotRow): SlotRow[] {
    const slots: SlotRow[] = [];
    for (let slot = head; slot !== 0; slot = this.next.get(slot) as SlotRow) slots.push(slot);
    return slots;
  }
}
