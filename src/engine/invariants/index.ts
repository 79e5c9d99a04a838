/** Checks of the whole machine, each with a name and an explanation. */
export { INVARIANTS } from './catalogue';
export { brokenSince, Checker, sentence } from './checker';
export type { Violation } from './violation';
