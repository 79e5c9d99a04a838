/** The state at the stop before, to mark what has changed since. */

import { CHUNK_ROWS, CHUNK_SHIFT, type IntColumn } from '../../engine/machine/column';
import type { Snapshot } from '../../engine/machine/store';

interface Readable {
  readonly id: number;
  get(row: number): number;
}

/** A row of a column as it was. */
export function before(snapshot: Snapshot, column: Readable, row: number): number {
  return snapshot.columns[column.id]?.[row >> CHUNK_SHIFT]?.[row & (CHUNK_ROWS - 1)] ?? 0;
}

/** False only where no row of the chunk that this one is in differs from what it was. */
export function mayHaveChanged(
  snapshot: Snapshot | undefined,
  column: Readable & Pick<IntColumn, 'dirty' | 'frozen'>,
  row: number,
): boolean {
  if (snapshot === undefined) return false;
  const chunk = row >> CHUNK_SHIFT;
  return column.dirty[chunk] === 1 || column.frozen[chunk] !== snapshot.columns[column.id]?.[chunk];
}

/** Whether a row differs from what it was; false where there is no stop before. */
export function changed(snapshot: Snapshot | undefined, column: Readable, row: number): boolean {
  return snapshot !== undefined && before(snapshot, column, row) !== column.get(row);
}
