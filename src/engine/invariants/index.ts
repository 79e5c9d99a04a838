/** Checks of the whole machine, each with a name and an explanation. */
export { INVARIANTS, invariantOf } from './catalogue';
export { Checker } from './checker';
export { brokenSince, sentence } from './report';
export type { Violation } from './violation';
