/** Goes through what has run once more, the newest part first, and tells whoever looks what is seen. */

import type { TaskRow } from '../../engine/machine/ids';
import type { EventName } from '../../engine/routine/event-schema';
import { finish, type Work } from '../../engine/time/work';
import type { Change } from '../changes/change-watch';
import type { Watched } from '../changes/watched';
import { disarm, type Watching } from '../replay';

/** What is looked for. Whatever is called, the machine is as it was at that moment. */
export interface Looking {
  /** Steps, before each of which `atStep` is called. */
  readonly pcs?: readonly number[];
  atStep?(pc: number): void;
  /** Kinds of event, for each of which `atEvent` is called as it begins. */
  readonly events?: readonly EventName[];
  atEvent?(task: TaskRow, name: EventName, args: readonly number[]): void;
  /** What is watched, and what a step has changed of it. */
  readonly watched?: readonly Watched[];
  atChanges?(changes: readonly Change[]): void;
  /** A part of history begins; it ends where the part that was seen before has begun. */
  begin(): void;
  /** It has been gone through; true where no earlier one is wanted. */
  end(): boolean;
}

/**
 * Looks at all that has run before `until`, in parts, the newest first; in each of them forwards. Parts that hold
 * nothing of what is looked for are passed over. The machine stands where it stood when this ends, also where it is
 * given up.
 */
export function* lookAgain(watching: Watching, until: number, looking: Looking): Work<void> {
  const { engine, changes, check } = watching;
  const { interpreter, time: here } = engine;
  const { pcs = [], events = [], watched = [] } = looking;
  disarm(watching);
  interpreter.arm(pcs);
  interpreter.onBreakpoint = (pc) => {
    looking.atStep?.(pc);
    return false;
  };
  if (check && events.includes('invariant_broken'))
    interpreter.onYield = (pc) => {
      check(pc);
      return false;
    };
  changes.arm(watched, (list) => {
    looking.atChanges?.(list);
    return false;
  });
  engine.onEvent = (task, name, leave, args) => {
    if (!leave && events.includes(name)) looking.atEvent?.(task, name, args);
  };
  try {
    yield* engine.searchBack(Math.min(until, engine.frontier), {
      mayHold: (segment) =>
        watched.length > 0 ||
        pcs.some((pc) => segment.ran(pc)) ||
        events.some((name) => segment.emitted(name)),
      begin: () => {
        changes.begin();
        looking.begin();
      },
      found: () => looking.end() || undefined,
    });
  } finally {
    disarm(watching);
    finish(engine.seek(here));
  }
}
