/** Looks into the future of a run without moving the session. */

import type { EventName } from '../engine/routine/event-schema';
import { finish, type Work } from '../engine/time/work';
import { moveTo } from '../view/environment';
import { DETECTED } from '../view/waits';
import { disarm, type Watching } from './replay';

const FINDINGS: ReadonlySet<EventName> = new Set<EventName>([...DETECTED, 'invariant_broken']);

/**
 * Whether, within so many steps from now, a detector or an invariant finds what would stop the run. The machine stands
 * where it stood when this ends, also where it is given up in the middle.
 */
export function* findsSomething(watching: Watching, steps: number): Work<boolean> {
  const { engine, exceptions, scene, check } = watching;
  const { interpreter, time } = engine;
  let found = false;
  disarm(watching);
  interpreter.onYield = check;
  engine.onEvent = (task, name, leave, args) => {
    if (leave || !FINDINGS.has(name) || !exceptions.at(name, args, moveTo(scene, task))) return;
    found = true;
    interpreter.interrupt();
  };
  try {
    const stop = yield* engine.forward(time + steps);
    return (
      found || (stop === 'deadlock' && (exceptions.isArmed('deadlock') || exceptions.isArmed('never_wakes')))
    );
  } finally {
    disarm(watching);
    finish(engine.seek(time));
    engine.forgetFuture();
  }
}
