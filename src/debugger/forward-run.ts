/** A run forwards: the hooks that tell what happens, count hits and find where to stop. */

import { moveTo } from '../view/environment';
import type { Watched } from './changes/watched';
import type { CodeMap } from './code-map';
import type { Debuggee } from './debuggee';
import { type Found, foundNext, stopTime, type Watching, writerOf } from './replay';
import type { Target } from './stepping';
import type { TraceLines } from './trace-lines';
import { passedOver } from './who-runs';

/** A run forwards while it goes on. */
export interface ForwardRun {
  found: Found | undefined;
  /** The task that is being stepped has blocked or ended. */
  left: boolean;
  readonly from: number;
  /** The exception at `from` is what the user has been told of. */
  readonly told: boolean;
  /** Whether breakpoints were asked at `from`, so that going on passes over what is there. */
  readonly asked: boolean;
  readonly target: Target | undefined;
  /** Stops at the next change of this too. */
  readonly until: Watched | undefined;
}

/** Who is told of what happens. */
export interface Listeners {
  readonly debuggee: Debuggee;
  readonly map: CodeMap;
  readonly trace: TraceLines;
}

/** Hangs the hooks of a run forwards into the run loop. */
export function hangHooks(watching: Watching, listeners: Listeners, run: ForwardRun): void {
  const { interpreter } = watching.engine;
  interpreter.onYield = watching.check;
  stopAtSteps(watching, listeners.map, run);
  stopAtChanges(watching, run);
  interpreter.onLeave = (task) => {
    if (task !== run.target?.task) return;
    run.left = true;
    interpreter.interrupt();
  };
  tellEvents(watching, listeners, run);
  const { debuggee, trace } = listeners;
  debuggee.schedule.onPassedOver = (name) => trace.tell(() => passedOver(debuggee, name));
}

function stopAtSteps({ engine, breakpoints, scene }: Watching, map: CodeMap, run: ForwardRun): void {
  const { interpreter, kernel } = engine;
  const { target, from, asked } = run;
  const wanted = new Uint8Array(map.linked.op.length);
  for (const pc of target?.pcs ?? []) wanted[pc] = 1;
  interpreter.arm([...breakpoints.pcs, ...(target?.pcs ?? [])]);
  interpreter.onBreakpoint = (pc) => {
    const { time, task } = kernel;
    const again = time === from && asked;
    const ids = breakpoints.at(pc, moveTo(scene, task), again ? 'search' : 'run');
    const hit = ids !== undefined && !again;
    if (!hit && !(wanted[pc] === 1 && target?.wants(pc))) return false;
    run.found = foundNext(run.found, { time, task, ...(hit ? { breakpoints: ids } : {}) });
    return true;
  };
}

function stopAtChanges({ engine, breakpoints, changes, scene }: Watching, run: ForwardRun): void {
  const own = breakpoints.watched;
  const watched = run.until === undefined ? own : [...own, run.until];
  changes.arm(watched, (list) => {
    const task = writerOf(list);
    const ids = breakpoints.atChanges(list, moveTo(scene, task), 'run') ?? [];
    const hit = [...breakpoints.stoppedBy(ids, list), ...list.filter(({ index }) => index === own.length)];
    if (hit.length === 0) return false;
    const { time } = engine;
    run.found = foundNext(run.found, {
      time,
      task,
      afterStep: true,
      changes: hit,
      ...(ids.length > 0 ? { breakpoints: ids } : {}),
    });
    return true;
  });
}

function tellEvents(watching: Watching, { debuggee, trace }: Listeners, run: ForwardRun): void {
  const { engine, exceptions, scene } = watching;
  engine.onEvent = (task, name, leave, args) => {
    trace.see(task, name, leave, args);
    if (leave) return;
    debuggee.tally?.see(task, name, args);
    const time = stopTime(engine.time, name);
    if (run.told && time === run.from) return;
    const exception = exceptions.at(name, args, moveTo(scene, task));
    if (!exception) return;
    const afterStep = time > engine.time;
    run.found = foundNext(run.found, { time, task, exception, afterStep });
    engine.interpreter.interrupt();
  };
}
