/** Per-CPU batches of pages on their way to the LRU lists (cpu_fbatches.lru_add), and whether a drain is asked for. */

import type { IntColumn } from './column';
import type { Store } from './store';

export class LruBatches {
  /** First slot of the CPU's batch, in the order in which pages were added. Rows are CPU numbers. */
  readonly first: IntColumn;
  readonly last: IntColumn;
  readonly count: IntColumn;
  /** The CPU's worker is asked to empty its batch. */
  readonly drainAsked: IntColumn;

  constructor(store: Store) {
    this.first = store.int('lruBatch.first');
    this.last = store.int('lruBatch.last');
    this.count = store.int('lruBatch.count');
    this.drainAsked = store.int('lruBatch.drainAsked');
  }
}
