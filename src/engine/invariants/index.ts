/** Checks of the whole machine, each with a name and an explanation. */
export { INVARIANTS, invariantOf } from './catalogue';
export { brokenSince, Checker, sentence } from './checker';
export type { Violation } from './violation';
