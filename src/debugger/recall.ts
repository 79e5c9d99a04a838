/** What the event log has dropped is told again by running that part of history again. */

import type { Event } from '../engine/routine/events';
import type { Engine } from '../engine/time/engine';
import { finish, type Work } from '../engine/time/work';
import { STORY_EVENTS, type Story, type Subject, Telling, type World } from '../view/environment';

/**
 * The story of a page from all of history, the newest events first. The machine stands where it stood when this ends,
 * also where it is given up in the middle.
 */
export function* recall(engine: Engine, world: World, subject: Subject): Work<Story> {
  const { interpreter, kernel, time: here } = engine;
  const { events } = kernel;
  const { observer } = events;
  const { quiet } = interpreter;
  const telling = new Telling(world, subject);
  let seen: Event[] = [];
  interpreter.quiet = true;
  events.observer = (task, name, leave, args) => {
    if (STORY_EVENTS.includes(name)) seen.push({ time: kernel.time, task, name, leave, args: [...args] });
  };
  try {
    yield* engine.searchBack(here, {
      mayHold: (segment) => STORY_EVENTS.some((name) => segment.emitted(name)),
      begin: () => {
        seen = [];
      },
      found: () => seen.reverse().some((event) => telling.take(event)) || undefined,
    });
    return telling.story;
  } finally {
    interpreter.quiet = quiet;
    events.observer = observer;
    finish(engine.seek(here));
  }
}
