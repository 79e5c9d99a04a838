/**
 * Trees of 512-entry tables, four levels deep, keyed by a 36-bit page number. The page tables are such trees; so
 * are a driver's mirror table and a file's page cache, for which the kernel uses an xarray.
 *
 * An entry is two words: `lo` (kind and flags; in an upper table: 1 where a child exists) and `hi` (what it
 * points to; in an upper table the child's row). An entry of a PMD table may be a leaf too: 512 pages at once.
 */

import type { IntColumn } from './column';
import type { EntryRow, NodeRow, Vpn } from './ids';
import type { Store } from './store';
import { Table } from './table';

export const ENTRIES = 512;
/** Levels, counted as the kernel's listing of x86-64 does: 0 holds the leaves. P4D is folded into PGD. */
export const LEVEL_PTE = 0;
export const LEVEL_PMD = 1;
export const LEVEL_PUD = 2;
export const LEVEL_PGD = 3;

/** 1 / pages that an entry of each level spans. Keys stay below 2^36, so the product of an upper level fits 32 bits. */
const PER_SPAN = [1, 2 ** -9, 2 ** -18, 2 ** -27];
/** Pages that an entry of each level spans. */
const SPAN = [1, 2 ** 9, 2 ** 18, 2 ** 27];

export class Radix {
  readonly nodes: Table;
  readonly lo: IntColumn;
  readonly hi: IntColumn;
  readonly level: IntColumn;
  readonly parent: IntColumn;
  /** Entries of the table that are not 0. */
  readonly used: IntColumn;
  /** The page frame that holds the table; 0 for trees that are not page tables. */
  readonly page: IntColumn;
  /** The task that holds the table's lock (ptl); 0 = nobody does. */
  readonly lockOwner: IntColumn;
  /** By entry of a PMD table that is a leaf: the table kept for when it is split (pmd_huge_pte); 0 = none. */
  readonly deposited: IntColumn;

  constructor(store: Store) {
    this.nodes = new Table(store, 'nodes');
    this.level = this.nodes.int('level');
    this.parent = this.nodes.int('parent');
    this.used = this.nodes.int('used');
    this.page = this.nodes.int('page');
    this.lockOwner = this.nodes.int('lockOwner');
    this.lo = store.int('entries.lo');
    this.hi = store.int('entries.hi');
    this.deposited = store.int('entries.deposited');
  }

  newNode(level: number, parentEntry: EntryRow): NodeRow {
    const node = this.nodes.alloc();
    this.level.set(node, level);
    this.parent.set(node, parentEntry);
    return node as NodeRow;
  }

  index(key: Vpn, level: number): number {
    if (level === LEVEL_PTE) return key & 511;
    return (key * (PER_SPAN[level] ?? 0)) & 511;
  }

  entry(node: NodeRow, index: number): EntryRow {
    return (node * ENTRIES + index) as EntryRow;
  }

  nodeOf(entry: EntryRow): NodeRow {
    return (entry >> 9) as NodeRow;
  }

  child(entry: EntryRow): NodeRow {
    return this.hi.get(entry) as NodeRow;
  }

  /** Writes an entry and keeps the table's count of used entries. */
  set(entry: EntryRow, lo: number, hi: number): void {
    const before = this.lo.get(entry);
    if ((before === 0) !== (lo === 0)) this.used.add(entry >> 9, lo === 0 ? -1 : 1);
    this.lo.set(entry, lo);
    this.hi.set(entry, hi);
  }

  link(entry: EntryRow, child: NodeRow): void {
    this.set(entry, 1, child);
  }

  /** The entry for `key` at `level`, or 0 where the tables above it don't exist. */
  find(root: NodeRow, key: Vpn, level: number): EntryRow {
    let node = root;
    for (let l = LEVEL_PGD; l > level; l--) {
      if (node === 0) return 0 as EntryRow;
      const up = this.entry(node, this.index(key, l));
      if (this.lo.get(up) !== 1) return 0 as EntryRow;
      node = this.child(up);
    }
    return node === 0 ? (0 as EntryRow) : this.entry(node, this.index(key, level));
  }

  /** The entry that maps `key`, whichever table it is in; it may be empty. 0 where the tables above it don't exist. */
  leaf(root: NodeRow, key: Vpn): EntryRow {
    let node = root;
    for (let l = LEVEL_PGD; l > LEVEL_PTE; l--) {
      if (node === 0) return 0 as EntryRow;
      const up = this.entry(node, this.index(key, l));
      const lo = this.lo.get(up);
      if (lo !== 1) return lo === 0 ? (0 as EntryRow) : up;
      node = this.child(up);
    }
    return node === 0 ? (0 as EntryRow) : this.entry(node, this.index(key, LEVEL_PTE));
  }

  /** The leaf entry for `key`, making the tables on the way (for trees that are not page tables). */
  make(root: NodeRow, key: Vpn): EntryRow {
    let node = root;
    for (let l = LEVEL_PGD; l > LEVEL_PTE; l--) {
      const up = this.entry(node, this.index(key, l));
      if (this.lo.get(up) === 0) this.link(up, this.newNode(l - 1, up));
      node = this.child(up);
    }
    return this.entry(node, this.index(key, LEVEL_PTE));
  }

  /** First key ≥ `from` and < `end` whose leaf entry is not 0, or -1. */
  next(root: NodeRow, from: Vpn, end: Vpn): Vpn {
    return this.#nextIn(root, LEVEL_PGD, 0, from, end) as Vpn;
  }

  #nextIn(node: NodeRow, level: number, base: number, from: number, end: number): number {
    if (node === 0 || this.used.get(node) === 0) return -1;
    const span = SPAN[level] ?? 0;
    const first = from > base ? Math.floor((from - base) / span) : 0;
    for (let i = first; i < ENTRIES; i++) {
      const start = base + i * span;
      if (start >= end) return -1;
      const entry = this.entry(node, i);
      if (this.lo.get(entry) === 0) continue;
      if (level === LEVEL_PTE) return start;
      if (this.lo.get(entry) !== 1) return Math.max(start, from);
      const found = this.#nextIn(this.child(entry), level - 1, start, from, end);
      if (found !== -1) return found;
    }
    return -1;
  }

  /** Frees a whole tree, tables only. */
  destroy(node: NodeRow): void {
    if (this.level.get(node) > LEVEL_PTE) {
      for (let i = 0; i < ENTRIES && this.used.get(node) > 0; i++) {
        const entry = this.entry(node, i);
        if (this.lo.get(entry) === 1) this.destroy(this.child(entry));
        if (this.lo.get(entry) !== 0) this.set(entry, 0, 0);
      }
    } else this.clear(node);
    this.nodes.free(node);
  }

  clear(node: NodeRow): void {
    for (let i = 0; i < ENTRIES && this.used.get(node) > 0; i++) {
      const entry = this.entry(node, i);
      if (this.lo.get(entry) !== 0) this.set(entry, 0, 0);
    }
  }
}
