/** Timelines: a run is fixed by the program and by what the user put in, and when. */

/** One cell of the machine's state: the column's number in the store, the row, and its new value. */
export interface CellWrite {
  readonly column: number;
  readonly row: number;
  readonly value: number;
}

/** Something the user changed before the step at `time` ran. */
export interface Input {
  readonly time: number;
  /** For a person: `gpu0 fail migrate_to_ram`. */
  readonly label: string;
  readonly cells: readonly CellWrite[];
}

export interface Timeline {
  /** 0 is the run without inputs. */
  readonly id: number;
  readonly parent: number | undefined;
  /** Time at which it leaves its parent; 0 for the first. */
  readonly leaves: number;
  /** Every input from time 0 on, those of its ancestors included, in order. */
  readonly inputs: readonly Input[];
  /** Latest time that has been run on it. */
  last: number;
}

/** First time at which two timelines may differ; Infinity where they are one. */
export function divergence(a: Timeline, b: Timeline): number {
  const length = Math.max(a.inputs.length, b.inputs.length);
  for (let i = 0; i < length; i++) {
    const left = a.inputs[i];
    const right = b.inputs[i];
    if (left !== right)
      return Math.min(left?.time ?? Number.POSITIVE_INFINITY, right?.time ?? Number.POSITIVE_INFINITY);
  }
  return Number.POSITIVE_INFINITY;
}
