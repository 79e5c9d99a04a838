/** Why a run of steps returned, and who is asked while it goes on. */

import type { TaskRow } from '../machine/ids';
import type { LinkedRoutine } from '../routine/link';

/** Why `run` returned. */
export type Stop =
  /** The time asked for has come. */
  | 'time'
  /** A breakpoint's step is next, or a check at a yield said stop. */
  | 'breakpoint'
  /** `interrupt` was called from inside a step; that step has run. */
  | 'interrupt'
  /** Every task of a process has exited. */
  | 'end'
  /** No task can run, and not all have exited. */
  | 'deadlock';

/** Asked before a step with a breakpoint runs; true stops there. */
export type BreakpointHook = (pc: number) => boolean;
/** Asked at each yield; runs the invariants. True stops. */
export type YieldHook = (pc: number) => boolean;
/** Told when a task blocks or exits, after its last step; may interrupt. */
export type LeaveHook = (task: TaskRow) => void;

/** What a routine has returned. */
export interface Returned {
  readonly task: TaskRow;
  readonly routine: LinkedRoutine;
  readonly value: number;
}
