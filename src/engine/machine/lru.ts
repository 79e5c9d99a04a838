/** The LRU lists of each node, and the per-CPU batches of folios that are on their way there or change lists. */

import type { IntColumn } from './column';
import type { Store } from './store';

/** One batch of each CPU. Rows are CPU numbers. */
export class FolioBatch {
  /** First slot of the batch, in the order in which folios were added. */
  readonly first: IntColumn;
  readonly last: IntColumn;
  readonly count: IntColumn;

  constructor(store: Store, name: string) {
    this.first = store.int(`${name}.first`);
    this.last = store.int(`${name}.last`);
    this.count = store.int(`${name}.count`);
  }
}

export class LruBatches {
  /** Pages on their way to the lists (cpu_fbatches.lru_add). */
  readonly add: FolioBatch;
  /** Folios that got or lost a VM_LOCKED mapping (mlock_fbatch). */
  readonly mlock: FolioBatch;
  /** The task that empties them when asked to. */
  readonly worker: IntColumn;
  /** The CPU's worker is asked to empty its batches. */
  readonly drainAsked: IntColumn;

  constructor(store: Store) {
    this.add = new FolioBatch(store, 'lruBatch');
    this.mlock = new FolioBatch(store, 'mlockBatch');
    this.worker = store.int('lruBatch.worker');
    this.drainAsked = store.int('lruBatch.drainAsked');
  }
}

/** enum lru_list, without the unevictable pages, which are on no list. */
export const Lru = { InactiveAnon: 0, ActiveAnon: 1, InactiveFile: 2, ActiveFile: 3 } as const;
export type LruKind = (typeof Lru)[keyof typeof Lru];
const LRU_KINDS = 4;

/** A list of one node: its row in the columns. */
export const lruOf = (node: number, kind: LruKind): number => node * LRU_KINDS + kind;

/** Pages of a list are linked through their `lruNewer` and `lruOlder`, as their struct pages are through `lru`. */
export class LruLists {
  readonly oldest: IntColumn;
  readonly newest: IntColumn;
  /** Folios on the list. */
  readonly length: IntColumn;

  constructor(store: Store) {
    this.oldest = store.int('lru.oldest');
    this.newest = store.int('lru.newest');
    this.length = store.int('lru.length');
  }
}
