/** Checks of the whole machine, each with a name and an explanation. */
export { INVARIANTS, type Invariant, invariantOf } from './catalogue';
export { type BrokenHook, brokenSince, Checker, sentence } from './checker';
export type { Involved, TargetKind, Violation } from './violation';
