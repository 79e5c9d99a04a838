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
  /** Elements after this one that have not been made yet. */
  readonly more: IntColumn;
  readonly vpn: WideColumn;
  readonly srcFlags: IntColumn;
  readonly srcPage: IntColumn;
  readonly dstFlags: IntColumn;
  readonly dstPage: IntColumn;

  constructor(store: Store) {
    this.table = new Table(store, 'slot');
    this.next = this.table.int('next');
    this.more = this.table.int('more');
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

  /** As `array`, but elements are made when `after` comes to them: for arrays of any length. */
  growing(start: Vpn, pages: number): SlotRow {
    const head = this.table.alloc();
    this.vpn.set(head, start);
    this.more.set(head, pages - 1);
    return head as SlotRow;
  }

  /** The element after this one, or 0. */
  after(slot: SlotRow): SlotRow {
    const more = this.more.get(slot);
    if (more === 0) return this.next.get(slot) as SlotRow;
    const next = this.table.alloc();
    this.vpn.set(next, this.vpn.get(slot) + 1);
    this.more.set(next, more - 1);
    this.more.set(slot, 0);
    this.next.set(slot, next);
    return next as SlotRow;
  }

  /** Frees the elements from `head` on, at most so many; returns the first that is left, or 0. */
  free(head: SlotRow, most = Number.POSITIVE_INFINITY): SlotRow {
    let slot: number = head;
    for (let i = 0; slot !== 0 && i < most; i++) {
      const next = this.next.get(slot);
      this.table.free(slot);
      slot = next;
    }
    return slot as SlotRow;
  }

  of(head: SlotRow): SlotRow[] {
    const slots: SlotRow[] = [];
    for (let slot = head; slot !== 0; slot = this.next.get(slot) as SlotRow) slots.push(slot);
    return slots;
  }
}
