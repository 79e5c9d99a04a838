/**
 * The LRU lists of each node, and the per-CPU batches of pages on their way there (cpu_fbatches.lru_add) with whether a
 * drain is asked for.
 */

import type { IntColumn } from './column';
import type { Store } from './store';

export class LruBatches {
  /** First slot of the CPU's batch, in the order in which pages were added. Rows are CPU numbers. */
  readonly first: IntColumn;
  readonly last: IntColumn;
  readonly count: IntColumn;
  /** The task that empties it when asked to. */
  readonly worker: IntColumn;
  /** The CPU's worker is asked to empty its batch. */
  readonly drainAsked: IntColumn;

  constructor(store: Store) {
    this.first = store.int('lruBatch.first');
    this.last = store.int('lruBatch.last');
    this.count = store.int('lruBatch.count');
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
