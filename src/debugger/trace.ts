/** A session's run as a trace, told by running it again. */

import type { Engine } from '../engine/time/engine';
import { finish, type Work } from '../engine/time/work';
import type { World } from '../view/environment';
import { type TraceEvent, TraceEvents } from '../view/trace-events';

/** Events of a trace that are kept; a run with more is told only so far. */
const MOST_EVENTS = 200_000;

export interface Trace {
  readonly events: readonly TraceEvent[];
  /** The time up to which it tells: where it has grown too long, not all of what has run. */
  readonly until: number;
}

/**
 * The trace of all that has run on this timeline. The machine stands where it stood when this ends, also where it is
 * given up in the middle.
 */
export function* traceOf(engine: Engine, world: World): Work<Trace> {
  const { interpreter, kernel, time: here, frontier } = engine;
  const { observer } = kernel.events;
  const { quiet } = interpreter;
  const events: TraceEvent[] = [];
  const trace = new TraceEvents(world, (event) => events.push(event));
  yield* engine.seek(0);
  interpreter.quiet = true;
  kernel.events.observer = (task, name, leave, args) => trace.see(task, name, leave, args);
  try {
    while (engine.time < frontier && events.length < MOST_EVENTS) {
      engine.advance(Math.min(frontier, engine.time + engine.sliceSteps));
      yield;
    }
    trace.end();
    return { events, until: engine.time };
  } finally {
    interpreter.quiet = quiet;
    kernel.events.observer = observer;
    finish(engine.seek(here));
  }
}
