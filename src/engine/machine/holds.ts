/**
 * References: the only place where a page's count changes, each time with the name of the holder. Who takes, drops or
 * hands over a reference in the kernel's name calls mm/swap/page_ref.ts where the event log is to hear of it.
 *
 * Named references: who holds a page besides the page tables. A reference taken for an entry of a page table has no
 * row, the entry itself is its name; so refcount = mapcount + device-exclusive entries + base + the rows here.
 */

import type { IntColumn, WideColumn } from './column';
import type { PageRow } from './ids';
import { KernelBug } from './kernel-bug';
import type { Pages } from './pages';
import type { Store } from './store';
import { Table } from './table';

/** What kind of holder a reference has; `who` of the row says which one (a task, a pin, a file, a device). */
export const Hold = {
  /** An entry of a page table; never a row. */
  Pte: 0,
  /** The allocation, until the page is given to a page table or freed. */
  Alloc: 1,
  /** migrate_vma's collect step. */
  Collect: 2,
  /** Isolated from the LRU for a migration. */
  Isolate: 3,
  /** The fault that is being handled. */
  Fault: 4,
  /** get_user_pages. */
  Gup: 5,
  /** A per-CPU batch of pages on their way to the LRU. */
  LruBatch: 6,
  SwapCache: 7,
  PageCache: 8,
  /** Removed from a page table, not yet freed: the TLB flush comes first. */
  TlbGather: 9,
  /** A device-exclusive entry. */
  Exclusive: 10,
  Driver: 11,
  /** A page that holds a page table, or the kernel's memory map. */
  Kernel: 12,
  /** The reverse-map walk or another short look at the page. */
  Walk: 13,
  /** pin_user_pages: one row is PIN_BIAS references. */
  Pin: 14,
  /** Isolated from the LRU by reclaim. */
  Reclaim: 15,
  /** On a list of folios that are to be moved; small ones are off the LRU. */
  ToMove: 16,
  /** A per-CPU batch of folios that were locked in memory, or are no longer. */
  MlockBatch: 17,
  /** A device-exclusive entry that a failed migration of its page has made present: nobody puts it any more. */
  Lost: 18,
} as const;
export type HoldKind = (typeof Hold)[keyof typeof Hold];

/** References that one pin of a small page takes (GUP_PIN_COUNTING_BIAS). Large folios count pins apart. */
export const PIN_BIAS = 1024;

/** How much of the reference count of a folio of this order one row of this kind stands for. */
export const holdWeight = (kind: HoldKind, order: number): number =>
  kind === Hold.Pin && order === 0 ? PIN_BIAS : 1;

export const HOLD_NAMES: Record<HoldKind, string> = {
  [Hold.Pte]: 'page-table entry',
  [Hold.Alloc]: 'allocation',
  [Hold.Collect]: 'migration (collect)',
  [Hold.Isolate]: 'migration (isolated from the LRU)',
  [Hold.Fault]: 'fault',
  [Hold.Gup]: 'get_user_pages',
  [Hold.LruBatch]: 'per-CPU LRU batch',
  [Hold.SwapCache]: 'swap cache',
  [Hold.PageCache]: 'page cache',
  [Hold.TlbGather]: 'unmap, waiting for the TLB flush',
  [Hold.Exclusive]: 'device-exclusive entry',
  [Hold.Driver]: 'driver',
  [Hold.Kernel]: 'kernel',
  [Hold.Walk]: 'reverse-map walk',
  [Hold.Pin]: 'pin_user_pages',
  [Hold.Reclaim]: 'reclaim (isolated from the LRU)',
  [Hold.ToMove]: 'migrate_pages (isolated from the LRU)',
  [Hold.MlockBatch]: 'per-CPU mlock batch',
  [Hold.Lost]: 'nobody: lost by the kernel when a device-exclusive entry was taken for a migration entry',
};

export class Holds {
  readonly table: Table;
  readonly kind: IntColumn;
  readonly who: IntColumn;
  readonly next: IntColumn;
  /** The time at which it was taken, or got this name. */
  readonly since: WideColumn;
  /** Everybody else only reads it. */
  readonly #counts: IntColumn;

  constructor(
    store: Store,
    readonly pages: Pages,
    readonly clock: { readonly time: number },
  ) {
    this.table = new Table(store, 'holds');
    this.kind = this.table.int('kind');
    this.who = this.table.int('who');
    this.next = this.table.int('next');
    this.since = this.table.wide('since');
    this.#counts = pages.refcount as IntColumn;
  }

  /**
   * One more reference, or as many as a pin stands for; returns the folio's count then. Throws KernelBug for a folio that
   * nobody holds: whoever takes a reference has come to the page by another one.
   */
  take(of: PageRow, kind: HoldKind, who: number, references = 1): number {
    const page = this.pages.folio(of);
    if (this.#counts.get(page) <= 0) throw new KernelBug('get_page', page);
    this.#add(page, kind, who);
    return this.#counts.add(page, references);
  }

  /** Drops a reference; returns the folio's count then. Throws KernelBug where there is none. */
  drop(of: PageRow, kind: HoldKind, who: number): number {
    const page = this.pages.folio(of);
    if (this.#counts.get(page) <= 0) throw new KernelBug('put_page_testzero', page);
    this.#remove(page, kind, who);
    return this.#counts.add(page, -1);
  }

  /** The holder of a reference, or its name, changes; the count does not. */
  rename(of: PageRow, from: HoldKind, by: number, to: HoldKind, who: number): void {
    const page = this.pages.folio(of);
    this.#remove(page, from, by);
    this.#add(page, to, who);
  }

  /** More references of the same holders, or fewer: of a pin that is taken back, of an entry that becomes many. */
  adjust(folio: PageRow, references: number): void {
    this.#counts.add(folio, references);
  }

  /** The first reference of a page that nobody holds (set_page_count). Returns the count, 1. */
  first(page: PageRow, kind: HoldKind, who: number): number {
    this.#counts.set(page, 1);
    this.#add(page, kind, who);
    return 1;
  }

  /** The only reference goes, and its holder frees the page itself (page_ref_freeze). */
  last(page: PageRow, kind: HoldKind, who: number): void {
    this.#counts.set(page, 0);
    this.#remove(page, kind, who);
  }

  /** A page that nobody holds, whatever its kind counts then. */
  none(page: PageRow, count: number): void {
    this.#counts.set(page, count);
  }

  #add(page: PageRow, kind: HoldKind, who: number): void {
    if (kind === Hold.Pte) return;
    const row = this.table.alloc();
    this.kind.set(row, kind);
    this.who.set(row, who);
    this.since.set(row, this.clock.time);
    this.next.set(row, this.pages.holds.get(page));
    this.pages.holds.set(page, row);
  }

  /** Removes one row of this holder, if it has one. */
  #remove(page: PageRow, kind: HoldKind, who: number): void {
    if (kind === Hold.Pte) return;
    let previous = 0;
    for (let row = this.pages.holds.get(page); row !== 0; row = this.next.get(row)) {
      if (this.kind.get(row) === kind && this.who.get(row) === who) {
        const next = this.next.get(row);
        if (previous === 0) this.pages.holds.set(page, next);
        else this.next.set(previous, next);
        this.table.free(row);
        return;
      }
      previous = row;
    }
  }

  /** True if a reference of this kind is held, by whomever or by this holder. */
  has(page: PageRow, kind: HoldKind, who?: number): boolean {
    for (let row = this.pages.holds.get(this.pages.folio(page)); row !== 0; row = this.next.get(row))
      if (this.kind.get(row) === kind && (who === undefined || this.who.get(row) === who)) return true;
    return false;
  }

  *of(page: PageRow): Iterable<{ kind: HoldKind; who: number; since: number }> {
    for (let row = this.pages.holds.get(this.pages.folio(page)); row !== 0; row = this.next.get(row))
      yield {
        kind: this.kind.get(row) as HoldKind,
        who: this.who.get(row),
        since: this.since.get(row),
      };
  }
}
