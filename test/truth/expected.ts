/** The complete state a record tells, built up from the changes of each operation. */

import { rowKey } from './observe-state';
import type { MirrorEntry, Operation, Row, VmaEntry } from './record';

export class Expected {
  readonly rows = new Map<string, Row>();
  alive: readonly string[] = ['P0'];
  mirror: readonly MirrorEntry[] = [];
  vmas: readonly VmaEntry[] = [];
  devUsed: readonly number[] = [0, 0];

  /** Applies what an operation changed; rows of processes that are gone vanish without being listed. */
  apply(op: Operation): void {
    for (const row of op.state) {
      const key = rowKey(row.p, row);
      if (row.vma === null && row.pte === 'none') this.rows.delete(key);
      else this.rows.set(key, row);
    }
    if (op.alive !== undefined) {
      this.alive = op.alive;
      for (const [key, row] of this.rows) if (!op.alive.includes(row.p)) this.rows.delete(key);
    }
    this.mirror = op.mirror ?? this.mirror;
    this.vmas = op.vmas ?? this.vmas;
    this.devUsed = op.devUsed;
  }
}
