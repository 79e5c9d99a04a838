/** What a debug session works on: a program that has been set up and has not run. */

import type { Interpreter } from '../engine/time/interpreter';
import type { Schedule } from '../engine/time/schedule';
import type { World } from '../view/environment';
import type { Tally } from './tally';

export interface Debuggee {
  readonly interpreter: Interpreter;
  readonly schedule: Schedule;
  readonly world: World;
  /** Path of the scenario, as frames show it. */
  readonly path: string;
  /** Text of the scenario. */
  readonly text: string;
  /** What the run came to so far. */
  readonly tally?: Tally;
  /** What the `expect_failed` event that is being reported says: expected, and found. */
  readonly failure?: () => string | undefined;
  /** What the `print` event that is being reported prints. */
  readonly printed?: () => string;
  /** What the `invariant_broken` event of this invariant that is being reported says. */
  readonly violation?: (invariant: number) => string | undefined;
  /** The run has ended: checks once more what only yields check. May emit `invariant_broken`. */
  readonly finish?: () => void;
}
