/** The state at the stop before, to mark what has changed since. */

import { CHUNK_ROWS, CHUNK_SHIFT } from '../../engine/machine/column';
import type { Snapshot } from '../../engine/machine/store';

interface Readable {
  readonly id: number;
  get(row: number): number;
}

/** A row of a column as it was. */
export function before(snapshot: Snapshot, column: Readable, row: number): number {
  return snapshot.columns[column.id]?.[row >> CHUNK_SHIFT]?.[row & (CHUNK_ROWS - 1)] ?? 0;
}

/** Whether a row differs from what it was; false where there is no stop before. */
export function changed(snapshot: Snapshot | undefined, column: Readable, row: number): boolean {
  return snapshot !== undefined && before(snapshot, column, row) !== column.get(row);
}
