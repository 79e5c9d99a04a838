/**
 * A translation cache per CPU, direct mapped by page-table entry. Only machines with more than one CPU have any: with
 * one, nobody could see the time between a change of an entry and its flush.
 */

import type { IntColumn } from './column';
import type { EntryRow } from './ids';
import type { Store } from './store';

/** Translations a CPU remembers. */
export const TLB_SLOTS = 64;

export class Tlb {
  /** The page-table entry that was cached, the page it named, and its write and dirty bits then. */
  readonly entry: IntColumn;
  readonly page: IntColumn;
  readonly bits: IntColumn;

  constructor(store: Store) {
    this.entry = store.int('tlb.entry');
    this.page = store.int('tlb.page');
    this.bits = store.int('tlb.bits');
  }

  slot(cpu: number, entry: EntryRow): number {
    return cpu * TLB_SLOTS + (entry & (TLB_SLOTS - 1));
  }

  /** The slot that caches the entry on this CPU, or -1. */
  find(cpu: number, entry: EntryRow): number {
    const slot = this.slot(cpu, entry);
    return this.entry.get(slot) === entry ? slot : -1;
  }

  fill(cpu: number, entry: EntryRow, page: number, bits: number): void {
    const slot = this.slot(cpu, entry);
    this.entry.set(slot, entry);
    this.page.set(slot, page);
    this.bits.set(slot, bits);
  }

  /** Forgets the entry on every CPU. */
  flush(cpus: number, entry: EntryRow): void {
    for (let cpu = 0; cpu < cpus; cpu++) {
      const slot = this.find(cpu, entry);
      if (slot !== -1) this.entry.set(slot, 0);
    }
  }
}
