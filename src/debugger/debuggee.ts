/** What a debug session works on: a program that has been set up and has not run. */

import type { Interpreter } from '../engine/time/interpreter';
import type { Schedule } from '../engine/time/schedule';
import type { World } from '../scenario/environment';

export interface Debuggee {
  readonly interpreter: Interpreter;
  readonly schedule: Schedule;
  readonly world: World;
  /** Path of the scenario, as frames show it. */
  readonly path: string;
  /** Text of the scenario. */
  readonly text: string;
  /** The text of an expectation, by its number in an `expect_failed` event: what was expected and what was found. */
  readonly expectation?: (statement: number, expectation: number) => string;
  /** Name and sentence of an invariant, by its number in an `invariant_broken` event. */
  readonly invariant?: (invariant: number, object: number, second: number) => string;
}
