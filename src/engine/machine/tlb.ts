/**
 * A translation cache per CPU, direct mapped by page-table entry. Only machines with more than one CPU have any: with
 * one, nobody could see the time between a change of an entry and its flush.
 */

import type { IntColumn } from './column';
import type { EntryRow, MmRow } from './ids';
import type { Store } from './store';

/** Translations a CPU remembers. */
export const TLB_SLOTS = 64;

export class Tlb {
  /** The address space that the translation was cached for. */
  readonly mm: IntColumn;
  /** The page-table entry that was cached, the page it named, and its write and dirty bits then. */
  readonly entry: IntColumn;
  readonly page: IntColumn;
  readonly bits: IntColumn;

  constructor(store: Store) {
    this.mm = store.int('tlb.mm');
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

  fill(cpu: number, mm: MmRow, entry: EntryRow, page: number, bits: number): void {
    const slot = this.slot(cpu, entry);
    this.mm.set(slot, mm);
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

  /** Forgets on every CPU what was cached for the address space. */
  flushMm(cpus: number, mm: MmRow): void {
    this.#forget(cpus, (slot) => this.mm.get(slot) === mm);
  }

  /** Forgets on every CPU the entries from `first` on, so many as `count`. */
  flushEntries(cpus: number, first: EntryRow, count: number): void {
    this.#forget(cpus, (slot) => this.entry.get(slot) >= first && this.entry.get(slot) < first + count);
  }

  #forget(cpus: number, gone: (slot: number) => boolean): void {
    for (let slot = 0; slot < cpus * TLB_SLOTS; slot++)
      if (this.entry.get(slot) !== 0 && gone(slot)) this.entry.set(slot, 0);
  }
}
