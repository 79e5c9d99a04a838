/** Runs what has already run again, with hooks that note what they see and stop nothing. */

import type { TaskRow } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/event-schema';
import type { Engine } from '../engine/time/engine';
import type { Schedule } from '../engine/time/schedule';
import type { YieldHook } from '../engine/time/stop';
import { finish, type Work } from '../engine/time/work';
import { moveTo, type Scene } from '../view/environment';
import type { Breakpoints } from './breakpoints';
import type { Change, ChangeWatch } from './changes/change-watch';
import type { Watched } from './changes/watched';
import type { ExceptionHit, Exceptions } from './exceptions';
import type { HitCounts } from './hit-counts';

/** What was found at a moment. */
export interface Found {
  readonly time: number;
  readonly task: TaskRow;
  readonly breakpoints?: readonly number[];
  readonly exception?: ExceptionHit;
  /** The step before has stopped the run by what it did: the breakpoints of the next one have not been asked. */
  readonly afterStep?: boolean;
  /** What the step before has changed of what is watched. */
  readonly changes?: readonly Change[];
}

/** What is found after something else: where both are at the same time the first exception is told, with the breakpoints. */
export function foundNext(before: Found | undefined, now: Found): Found {
  if (before?.time !== now.time) return now;
  const breakpoints = [...(before.breakpoints ?? []), ...(now.breakpoints ?? [])];
  return { ...now, ...before, ...(breakpoints.length > 0 ? { breakpoints } : {}) };
}

/** Whose hooks run along. */
export interface Watching {
  readonly engine: Engine;
  readonly schedule: Schedule;
  readonly breakpoints: Breakpoints;
  readonly exceptions: Exceptions;
  readonly changes: ChangeWatch;
  readonly counts: HitCounts;
  readonly scene: Scene;
  /** The invariants' check at yields, if any. */
  readonly check: YieldHook | undefined;
}

/** Takes every hook out of the run loop. */
export function disarm({ engine, schedule, changes }: Watching): void {
  const { interpreter } = engine;
  changes.disarm();
  interpreter.arm([]);
  interpreter.onBreakpoint = () => false;
  interpreter.onLeave = undefined;
  interpreter.onYield = undefined;
  engine.onEvent = undefined;
  schedule.onPassedOver = undefined;
}

/**
 * What is found by a step that only looks: it stops before that step, so that the session stands on the statement that
 * failed, or on the step that goes round for ever. A check at a yield is not in a step at all.
 */
const FOUND_BY_LOOKING: ReadonlySet<EventName> = new Set([
  'invariant_broken',
  'expect_failed',
  'livelock',
  'starvation',
]);

/** Time at which an exceptional event stops: after the step that did it, where it is not what a step has found. */
export const stopTime = (now: number, name: EventName): number =>
  FOUND_BY_LOOKING.has(name) ? now : now + 1;

/** What a search backwards looks for. */
export interface Sought {
  readonly pcs: readonly number[];
  readonly events: readonly EventName[];
  /** What there is before the step at `pc`. */
  at(pc: number, time: number): Found | undefined;
  /** What is watched for changes, and what there is where a step has changed some of it. */
  readonly watched: readonly Watched[];
  changed(changes: readonly Change[], time: number): Found | undefined;
}

/** A search that finds nothing, to say of another one only what it finds. */
export const NOTHING_SOUGHT: Sought = {
  pcs: [],
  events: [],
  at: () => undefined,
  watched: [],
  changed: () => undefined,
};

/** Searches for the last moment before now. Given up in the middle, the machine goes back to where it was. */
export function* searchBack(watching: Watching, sought: Sought): Work<Found | undefined> {
  const { engine, counts, exceptions, scene, check, changes } = watching;
  const { pcs, events, watched } = sought;
  const { interpreter, kernel } = engine;
  const origin = kernel.time;
  let last: Found | undefined;
  let finished = false;
  interpreter.arm(pcs);
  if (check && events.includes('invariant_broken'))
    interpreter.onYield = (pc) => {
      check(pc);
      return false;
    };
  interpreter.onBreakpoint = (pc) => {
    const found = sought.at(pc, kernel.time);
    if (found) last = foundNext(last, found);
    return false;
  };
  changes.arm(watched, (list) => {
    const found = kernel.time < origin ? sought.changed(list, kernel.time) : undefined;
    if (found) last = foundNext(last, found);
    return false;
  });
  engine.onEvent = (task, name, leave, args) => {
    const time = stopTime(kernel.time, name);
    if (leave || !events.includes(name) || time >= origin) return;
    const exception = exceptions.at(name, args, moveTo(scene, task));
    if (exception) last = foundNext(last, { time, task, exception });
  };
  try {
    const found = yield* engine.searchBack(origin, {
      mayHold: (segment) =>
        watched.length > 0 ||
        pcs.some((pc) => segment.ran(pc)) ||
        events.some((name) => segment.emitted(name)),
      startAt: (start) => (counts.isEmpty ? start : counts.markBefore(start)),
      begin: () => {
        last = undefined;
        counts.rewind(kernel.time);
        changes.begin();
      },
      found: () => last,
    });
    finished = true;
    return found;
  } finally {
    disarm(watching);
    if (!finished) finish(engine.seek(origin));
  }
}

/** The task that has made changes. */
export const writerOf = ([first]: readonly Change[]): TaskRow => first?.task ?? (0 as TaskRow);

/** Makes the counts of hits those of a run up to now. */
export function* recount(watching: Watching): Work<void> {
  const { engine, counts, breakpoints, scene, changes } = watching;
  const { interpreter, kernel } = engine;
  const now = kernel.time;
  disarm(watching);
  if (counts.knows(now)) return;
  yield* engine.seek(counts.markBefore(now));
  counts.rewind(kernel.time);
  interpreter.arm(breakpoints.countedPcs);
  interpreter.onBreakpoint = (pc) => {
    breakpoints.at(pc, moveTo(scene, kernel.task), 'count');
    return false;
  };
  if (breakpoints.countsChanges)
    changes.arm(breakpoints.watched, (list) => {
      breakpoints.atChanges(list, moveTo(scene, writerOf(list)), 'count');
      return false;
    });
  let finished = false;
  try {
    while (kernel.time < now) {
      engine.advance(Math.min(now, kernel.time + engine.sliceSteps));
      counts.reached(kernel.time);
      if (kernel.time < now) yield;
    }
    counts.reached(now);
    finished = true;
  } finally {
    disarm(watching);
    if (!finished) finish(engine.seek(now));
  }
}
