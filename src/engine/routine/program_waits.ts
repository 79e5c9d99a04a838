/** What a program tells the detectors of endless waits. */

import type { ProcessRow, TaskRow } from '../machine/ids';
import type { WaitKind } from '../machine/tasks';

/** What only the program knows whose tasks these are. All lists may hold tasks that have ended. */
export interface ProgramWaits {
  /** Tasks of which one is enough to end such a wait; undefined where the kernel alone decides it. */
  endedBy(kind: WaitKind, on: number): readonly TaskRow[] | undefined;
  /** Tasks that may end a process, as far as that is written in its program; a signal can always come. */
  mayEnd(process: ProcessRow): readonly TaskRow[];
  /** The task goes on for ever, unless its process ends. */
  neverEnds(task: TaskRow): boolean;
}
