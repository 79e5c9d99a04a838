/** Runs a scenario to its end, or to where it gets no further. */

import type { Tally } from '../debugger/tally';
import type { Stop } from '../engine/time/stop';
import type { Run } from '../program';
import { EngineDefect } from '../view/cause';
import type { Watch } from './watch';

/** Steps between two looks at whether the user wants to stop. */
const SLICE = 50_000;

/** Why a run ended: as the interpreter says, or because the user or the limit of steps stopped it. */
export type Ending = Extract<Stop, 'end' | 'deadlock'> | 'stuck' | 'broken' | 'limit' | 'interrupted';

function slice({ interpreter, kernel }: Run, mostSteps: number): Stop {
  try {
    return interpreter.run(Math.min(mostSteps, kernel.time + SLICE), false);
  } catch (error) {
    throw new EngineDefect(kernel.time, error);
  }
}

/** Runs in slices, so that Ctrl-C is heard. Throws EngineDefect where the model fails. */
export async function toTheEnd(
  run: Run,
  tally: Tally,
  watch: Watch | undefined,
  mostSteps: number,
  interrupted: () => boolean,
): Promise<Ending> {
  const { kernel } = run;
  for (;;) {
    const stop = slice(run, mostSteps);
    if (watch?.hasDefect === true) return 'broken';
    if (tally.stuck !== undefined) return 'stuck';
    if (stop === 'end' || stop === 'deadlock') return stop;
    if (kernel.time >= mostSteps) return 'limit';
    await new Promise((resolve) => setImmediate(resolve));
    if (interrupted()) return 'interrupted';
  }
}
