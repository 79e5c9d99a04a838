/** What is known of the thread that swaps out for a node. Rows are node numbers. */

import type { IntColumn } from './column';
import type { Store } from './store';

export class Kswapd {
  /** Its task; 0 = it was never woken. */
  readonly task: IntColumn;
  /** It was woken and has not yet looked at its zones. */
  readonly asked: IntColumn;
  /** Rounds in a row in which it could free nothing (kswapd_failures). */
  readonly failures: IntColumn;

  constructor(store: Store) {
    this.task = store.int('kswapd.task');
    this.asked = store.int('kswapd.asked');
    this.failures = store.int('kswapd.failures');
  }
}
