/** A store: every column of one machine, frozen, thawed and hashed together. */

import { type ChunkList, IntColumn, type Journal, WideColumn } from './column';

/** The whole state at one time. Immutable; chunks are shared between snapshots. */
export interface Snapshot {
  readonly columns: readonly ChunkList[];
  /** Bytes this snapshot added over the one before it. */
  readonly bytes: number;
}

export class Store {
  readonly columns: (IntColumn | WideColumn)[] = [];
  /** Single numbers (table lengths, free-list heads, the current task), one row each. */
  readonly scalars: IntColumn;
  #scalarNames: string[] = [];

  constructor() {
    this.scalars = this.int('scalars');
  }

  /** A new column. `first`: the first of its rows that may be written. */
  int(name: string, first = 0): IntColumn {
    const column = new IntColumn(name, this.columns.length, first);
    this.columns.push(column);
    return column;
  }

  wide(name: string, first = 0): WideColumn {
    const column = new WideColumn(name, this.columns.length, first);
    this.columns.push(column);
    return column;
  }

  /** Reserves one scalar and returns its row in `scalars`. */
  scalar(name: string): number {
    return this.#scalarNames.push(name) - 1;
  }

  scalarName(row: number): string {
    return this.#scalarNames[row] ?? `scalar ${row}`;
  }

  freeze(): Snapshot {
    const columns: ChunkList[] = [];
    let bytes = this.columns.length * 8;
    for (const column of this.columns) {
      bytes += column.freeze();
      columns.push(column.frozen);
    }
    return { columns, bytes };
  }

  thaw(snapshot: Snapshot): void {
    for (const column of this.columns) column.thaw(snapshot.columns[column.id] ?? []);
  }

  hash(): number {
    let sum = 0;
    for (const column of this.columns) sum = (Math.imul(sum, 31) + column.hash()) | 0;
    return sum >>> 0;
  }

  /**
   * Tells also `note` of each write to one of the columns, beside their journals; what is returned ends that, and has to be
   * called before anything else is done to the journals.
   */
  listen(columns: readonly (IntColumn | WideColumn)[], note: () => void): () => void {
    const before = columns.map(({ journal }) => journal);
    columns.forEach((column, i) => {
      const journal = before[i];
      column.journal = {
        note: (id, row) => {
          journal?.note(id, row);
          note();
        },
        restored: (id, first, end) => journal?.restored?.(id, first, end),
      };
    });
    return () =>
      columns.forEach((column, i) => {
        column.journal = before[i];
      });
  }

  watch(journal: Journal | undefined): void {
    for (const column of this.columns) column.journal = journal;
  }
}
