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
  /** What the `expect_failed` event that is being reported says: expected, and found. */
  readonly failure?: () => string | undefined;
  /** What the `print` event that is being reported prints. */
  readonly printed?: () => string;
  /** Name and sentence of an invariant, by its number in an `invariant_broken` event. */
  readonly invariant?: (invariant: number, object: number, second: number) => string;
}
