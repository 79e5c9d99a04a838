/** One debug session: a program, its breakpoints, and every way of moving in time. */

import type { EventName } from '../engine/kernel/events';
import type { TaskRow } from '../engine/machine/ids';
import { TaskState } from '../engine/machine/tasks';
import { Engine, type EngineOptions } from '../engine/time/engine';
import type { Stop, YieldHook } from '../engine/time/interpreter';
import { finish, type Work } from '../engine/time/work';
import { moveTo, type Scene, sceneOf, taskName, type World } from '../scenario/environment';
import { type Breakpoint, Breakpoints } from './breakpoints';
import { CodeMap } from './code-map';
import type { Debuggee } from './debuggee';
import { type ExceptionHit, Exceptions } from './exceptions';
import { HitCounts } from './hit-counts';
import { deadlockText, type StopReport, summary, whyLeft } from './reports';
import { afterMoving, inner, outer, sameLevel, type Target } from './stepping';
import { TraceLines } from './trace-lines';

/** What was found at a moment. */
interface Found {
  readonly time: number;
  readonly task: TaskRow;
  readonly breakpoints?: readonly number[];
  readonly exception?: ExceptionHit;
}

/** A run forwards while it goes on. */
interface Running {
  found: Found | undefined;
  /** The task that is being stepped has blocked or ended. */
  left: boolean;
  readonly from: number;
  readonly target: Target | undefined;
}

export interface SessionEvents {
  /** A log message at a breakpoint, with the line of the scenario it belongs to. */
  logged(text: string): void;
  breakpointChanged(breakpoint: Breakpoint): void;
}

const NOTHING: SessionEvents = { logged: () => {}, breakpointChanged: () => {} };

export class DebugSession {
  readonly engine: Engine;
  readonly map: CodeMap;
  readonly breakpoints: Breakpoints;
  readonly exceptions: Exceptions;
  readonly trace: TraceLines;
  events: SessionEvents = NOTHING;
  readonly #counts = new HitCounts();
  readonly #scene: Scene;
  /** The invariants' check at yields, if any. */
  readonly #check: YieldHook | undefined;
  #stop: StopReport;
  /** The user has seen the session stand somewhere: going on passes over what is there. */
  #shown = false;
  /** The hooks are not, or no longer, those of the run that goes on. */
  #stale = true;

  constructor(
    readonly debuggee: Debuggee,
    options?: EngineOptions,
  ) {
    const { interpreter, world } = debuggee;
    this.#check = interpreter.onYield;
    interpreter.onYield = undefined;
    this.engine = new Engine(interpreter, options);
    this.map = new CodeMap(interpreter.linked, debuggee.path);
    this.#scene = sceneOf(world);
    this.trace = new TraceLines(debuggee, this.map);
    this.breakpoints = new Breakpoints(world, this.map, this.#counts, {
      logged: (text) => this.events.logged(text),
      changed: (breakpoint) => this.events.breakpointChanged(breakpoint),
    });
    this.exceptions = new Exceptions(debuggee);
    this.#stop = { reason: 'entry', task: this.#world.kernel.task };
  }

  get #world(): World {
    return this.debuggee.world;
  }

  get time(): number {
    return this.engine.time;
  }

  /** Why the session stands where it stands. */
  get stopped(): StopReport {
    return this.#stop;
  }

  /** True where nothing can run any more. */
  get atEnd(): boolean {
    return this.engine.ending !== undefined && this.time >= this.engine.frontier;
  }

  /** Records a stop that was not the end of some work: the user's pause, or the start. */
  stand(reason: 'pause' | 'entry'): StopReport {
    return this.#stopAt({ reason, task: this.#world.kernel.task });
  }

  #stopAt(stop: StopReport): StopReport {
    this.#stop = stop;
    this.#shown = true;
    return stop;
  }

  // ---------------------------------------------------------------------------------------------- forwards

  /** Runs until a breakpoint, an exception or the end. */
  *continue(): Work<StopReport> {
    return yield* this.#forward(undefined);
  }

  /** To the task's next statement or step at no greater depth, or to where it blocks. */
  *next(task: TaskRow): Work<StopReport> {
    return yield* this.#forward(afterMoving(this.#world, sameLevel(this.#world, this.map, task)));
  }

  *stepIn(task: TaskRow): Work<StopReport> {
    return yield* this.#forward(afterMoving(this.#world, inner(this.#world, this.map, task)));
  }

  /** To the caller; from a scenario's own code to where the task ends or blocks. */
  *stepOut(task: TaskRow): Work<StopReport> {
    return yield* this.#forward(afterMoving(this.#world, outer(this.#world, this.map, task)));
  }

  /** To the first step of a routine or callback, whichever task comes there. */
  *runTo(name: string): Work<StopReport> {
    const target = { task: 0 as TaskRow, pcs: this.map.entries(name), wants: () => true };
    const stop = yield* this.#forward(target);
    if (stop.reason !== 'step') return stop;
    return this.#stopAt({ ...stop, reason: 'function breakpoint', text: `The first ${name}.` });
  }

  /** Breakpoints have changed; a run that goes on takes them up at its next slice. */
  breakpointsChanged(): void {
    this.#stale = true;
  }

  /** Runs only this task until it blocks or ends. Begins a new timeline where the future was known. */
  *runUntilBlocks(task: TaskRow): Work<StopReport> {
    if (this.#world.kernel.tasks.state.get(task) === TaskState.Runnable)
      this.#put(`run only ${taskName(this.#world, task)}`, this.debuggee.schedule.runOnly(task));
    return yield* this.#forward({ task, pcs: [], wants: () => false });
  }

  #put(label: string, cells: Parameters<Engine['put']>[1]): void {
    this.engine.put(label, cells);
    this.#counts.truncate(this.time);
    this.trace.truncate(this.time);
  }

  *#forward(target: Target | undefined): Work<StopReport> {
    const from = this.#shown ? this.time : -1;
    const state: Running = { found: undefined, left: false, from, target };
    try {
      const work = this.engine.forward(Number.POSITIVE_INFINITY);
      for (;;) {
        if (this.#stale || !this.#counts.knows(this.time)) {
          yield* this.#syncCounts();
          this.#install(state);
        }
        const { done, value } = work.next();
        this.#counts.reached(this.time);
        if (done === true) {
          if (value === 'end' && this.#check) this.debuggee.finish?.();
          return this.#stopAt(this.#report(value, state));
        }
        yield;
      }
    } finally {
      this.#disarm();
    }
  }

  /** Hangs the hooks of a run forwards into the run loop. */
  #install(state: Running): void {
    const { interpreter, kernel } = this.engine;
    const { target, from } = state;
    const wanted = new Uint8Array(this.map.linked.op.length);
    for (const pc of target?.pcs ?? []) wanted[pc] = 1;
    interpreter.arm([...this.breakpoints.pcs, ...(target?.pcs ?? [])]);
    interpreter.onYield = this.#check;
    interpreter.onBreakpoint = (pc) => {
      const { time, task } = kernel;
      const again = time === from;
      const ids = this.breakpoints.at(pc, moveTo(this.#scene, task), again ? 'search' : 'run');
      const hit = ids !== undefined && !again;
      if (!hit && !(wanted[pc] === 1 && target?.wants(pc))) return false;
      state.found = { time, task, ...(hit ? { breakpoints: ids } : {}) };
      return true;
    };
    interpreter.onLeave = (task) => {
      if (task !== target?.task) return;
      state.left = true;
      interpreter.interrupt();
    };
    this.engine.onEvent = (task, name, leave, args) => {
      this.trace.see(task, name, leave, args);
      const exception = this.#exception(task, name, leave, args);
      if (!exception) return;
      state.found = { time: this.#timeOf(name), task, exception };
      interpreter.interrupt();
    };
    this.#stale = false;
  }

  /** Time at which an exceptional event stops: after its step; a check at a yield is not in a step. */
  #timeOf(name: EventName): number {
    return name === 'invariant_broken' ? this.time : this.time + 1;
  }

  #exception(
    task: TaskRow,
    name: EventName,
    leave: boolean,
    args: readonly number[],
  ): ExceptionHit | undefined {
    return leave ? undefined : this.exceptions.at(name, args, moveTo(this.#scene, task));
  }

  #disarm(): void {
    const { interpreter } = this.engine;
    interpreter.arm([]);
    interpreter.onBreakpoint = () => false;
    interpreter.onLeave = undefined;
    interpreter.onYield = undefined;
    this.engine.onEvent = undefined;
    this.#stale = true;
  }

  #report(stop: Stop, { found, left, target }: Running): StopReport {
    if (found?.exception) return { reason: 'exception', task: found.task, exception: found.exception };
    if (stop === 'end') return this.#ended();
    if (stop === 'deadlock') return this.#deadlock();
    if (left && target) return { reason: 'step', task: target.task, text: whyLeft(this.#world, target.task) };
    return this.#reportFound(found);
  }

  #reportFound(found: Found | undefined): StopReport {
    const { task } = this.#world.kernel;
    if (found?.exception) return { reason: 'exception', task: found.task, exception: found.exception };
    if (!found?.breakpoints) return { reason: 'step', task };
    const reason = this.breakpoints.isFunction(found.breakpoints) ? 'function breakpoint' : 'breakpoint';
    return { reason, task, breakpoints: found.breakpoints };
  }

  #deadlock(): StopReport {
    const text = deadlockText(this.#world);
    const { task } = this.#world.kernel;
    if (!this.exceptions.isArmed('deadlock')) return { reason: 'end', task, text };
    return { reason: 'exception', task, exception: { id: 'deadlock', task, description: text } };
  }

  #ended(): StopReport {
    return { reason: 'end', task: this.#world.kernel.task, text: summary(this.#world) };
  }

  // ---------------------------------------------------------------------------------------------- backwards

  /** To the last earlier hit of a breakpoint or exception, or to the start. */
  *reverseContinue(): Work<StopReport> {
    const found = yield* this.#back([...this.breakpoints.pcs], this.exceptions.events, (pc, time) => {
      const ids = this.breakpoints.at(pc, moveTo(this.#scene, this.#world.kernel.task), 'search');
      return ids && { time, task: this.#world.kernel.task, breakpoints: ids };
    });
    return yield* this.#land(found);
  }

  /** To the last earlier time that `next` could have stopped at for this task. */
  *stepBack(task: TaskRow): Work<StopReport> {
    return yield* this.#backTo(sameLevel(this.#world, this.map, task));
  }

  /** Back to the step that called the routine the task is in. */
  *reverseStepOut(task: TaskRow): Work<StopReport> {
    return yield* this.#backTo(outer(this.#world, this.map, task));
  }

  /** To the time just before, whichever task made the step. */
  *stepBackOne(): Work<StopReport> {
    yield* this.engine.seek(Math.max(0, this.time - 1));
    return this.#stopAt({ reason: 'step', task: this.#world.kernel.task });
  }

  /** To a time of this or another timeline, as far as it goes. */
  *seek(time: number, timeline?: number): Work<StopReport> {
    if (timeline !== undefined && timeline !== this.engine.timeline.id) {
      this.engine.enter(timeline);
      this.#counts.truncate(this.time);
      this.trace.truncate(this.time);
    }
    yield* this.engine.seek(Math.max(0, time));
    if (this.time < time && this.atEnd) return this.#stopAt({ ...this.#ended(), reason: 'goto' });
    return this.#stopAt({ reason: 'goto', task: this.#world.kernel.task });
  }

  *#backTo(target: Target): Work<StopReport> {
    const found = yield* this.#back(target.pcs, [], (pc, time) =>
      target.wants(pc) ? { time, task: target.task } : undefined,
    );
    return yield* this.#land(found);
  }

  *#land(found: Found | undefined): Work<StopReport> {
    yield* this.engine.seek(found?.time ?? 0);
    if (found) return this.#stopAt(this.#reportFound(found));
    return this.#stopAt({
      reason: 'entry',
      task: this.#world.kernel.task,
      text: 'This is the start of the run.',
    });
  }

  /** Searches for the last moment before now. Given up in the middle, the machine goes back to where it was. */
  *#back(
    pcs: readonly number[],
    events: readonly EventName[],
    at: (pc: number, time: number) => Found | undefined,
  ): Work<Found | undefined> {
    const { interpreter, kernel } = this.engine;
    const origin = this.time;
    let last: Found | undefined;
    let finished = false;
    interpreter.arm(pcs);
    const check = events.includes('invariant_broken') ? this.#check : undefined;
    if (check)
      interpreter.onYield = (pc) => {
        check(pc);
        return false;
      };
    interpreter.onBreakpoint = (pc) => {
      last = at(pc, kernel.time) ?? last;
      return false;
    };
    this.engine.onEvent = (task, name, leave, args) => {
      const time = this.#timeOf(name);
      if (!events.includes(name) || time >= origin) return;
      const exception = this.#exception(task, name, leave, args);
      if (exception) last = { time, task, exception };
    };
    try {
      const found = yield* this.engine.searchBack(origin, {
        mayHold: (segment) =>
          pcs.some((pc) => segment.ran(pc)) || events.some((name) => segment.emitted(name)),
        startAt: (start) => (this.#counts.isEmpty ? start : this.#counts.markBefore(start)),
        begin: () => {
          last = undefined;
          this.#counts.rewind(this.time);
        },
        found: () => last,
      });
      finished = true;
      return found;
    } finally {
      this.#disarm();
      if (!finished) finish(this.engine.seek(origin));
    }
  }

  /** Makes the counts of hits those of a run up to now. */
  *#syncCounts(): Work<void> {
    const now = this.time;
    this.#disarm();
    if (this.#counts.knows(now)) return;
    const { interpreter, kernel } = this.engine;
    yield* this.engine.seek(this.#counts.markBefore(now));
    this.#counts.rewind(this.time);
    interpreter.arm(this.breakpoints.countedPcs);
    interpreter.onBreakpoint = (pc) => {
      this.breakpoints.at(pc, moveTo(this.#scene, kernel.task), 'count');
      return false;
    };
    let finished = false;
    try {
      while (this.time < now) {
        this.engine.advance(Math.min(now, this.time + this.engine.sliceSteps));
        this.#counts.reached(this.time);
        if (this.time < now) yield;
      }
      this.#counts.reached(now);
      finished = true;
    } finally {
      this.#disarm();
      if (!finished) finish(this.engine.seek(now));
    }
  }

  /** The choices made at yields until now, as a scenario's `schedule` line says them: `A B*3`. */
  *scheduleThatRan(): Work<string> {
    const { schedule } = this.debuggee;
    const { tasks } = this.#world.kernel;
    const now = this.time;
    const runs: { name: string; times: number }[] = [];
    let asked = -1;
    yield* this.engine.seek(0);
    schedule.onChoice = (task) => {
      if (asked === this.time) return;
      asked = this.time;
      const name = this.#world.names.tasks[tasks.taskName.get(task)] ?? '';
      const last = runs.at(-1);
      if (last?.name === name) last.times++;
      else runs.push({ name, times: 1 });
    };
    try {
      if (now > 0) yield* this.engine.forward(now);
    } finally {
      schedule.onChoice = undefined;
      finish(this.engine.seek(now));
    }
    return (
      runs.map(({ name, times }) => (times === 1 ? name : `${name}*${times}`)).join(' ') || 'round-robin'
    );
  }
}
