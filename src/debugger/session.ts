/** One debug session: a program, its breakpoints, and every way of moving in time. */

import type { TaskRow } from '../engine/machine/ids';
import { Engine, type EngineOptions } from '../engine/time/engine';
import type { Stop } from '../engine/time/interpreter';
import type { Work } from '../engine/time/work';
import { moveTo, type Story, type Subject, sceneOf, taskName, type World } from '../view/environment';
import { type Breakpoint, Breakpoints } from './breakpoints';
import { CodeMap } from './code-map';
import type { Debuggee } from './debuggee';
import { Exceptions } from './exceptions';
import { HitCounts } from './hit-counts';
import { findsSomething } from './look-ahead';
import { SessionPast } from './past';
import { ranSchedule } from './ran-schedule';
import { recall } from './recall';
import {
  disarm,
  type Found,
  foundNext,
  recount,
  type Sought,
  searchBack,
  stopTime,
  type Watching,
} from './replay';
import { type StopReport, standstill, summary, whyLeft } from './reports';
import { afterMoving, inner, outer, outerBefore, sameLevel, type Target } from './stepping';
import { type Trace, traceOf } from './trace';
import { TraceLines } from './trace-lines';
import { passedOver } from './who-runs';

const AT_FIRST_FAULT = 'Paused at the first page_fault; set a breakpoint to choose your own.';

/** How far the first run looks beyond the first page_fault, in steps: less than a blink. */
const LOOK_AHEAD = 100_000;

/** A run forwards while it goes on. */
interface Running {
  found: Found | undefined;
  /** The task that is being stepped has blocked or ended. */
  left: boolean;
  readonly from: number;
  /** The exception at `from` is what the user has been told of. */
  readonly told: boolean;
  readonly target: Target | undefined;
}

export interface SessionEvents {
  /** A log message at a breakpoint, with the line of the scenario it belongs to. */
  logged(text: string): void;
  breakpointChanged(breakpoint: Breakpoint): void;
  /** A breakpoint that never stops, as something is wrong with it. */
  refused(text: string): void;
}

const NOTHING: SessionEvents = { logged: () => {}, breakpointChanged: () => {}, refused: () => {} };

export class DebugSession {
  readonly engine: Engine;
  readonly map: CodeMap;
  readonly breakpoints: Breakpoints;
  readonly exceptions: Exceptions;
  readonly trace: TraceLines;
  readonly past: SessionPast;
  events: SessionEvents = NOTHING;
  readonly #counts = new HitCounts();
  readonly #watching: Watching;
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
    const check = interpreter.onYield;
    interpreter.onYield = undefined;
    // Who runs first is asked as the engine takes over.
    const early: number[] = [];
    debuggee.schedule.onPassedOver = (name) => early.push(name);
    this.engine = new Engine(interpreter, options);
    debuggee.schedule.onPassedOver = undefined;
    this.map = new CodeMap(interpreter.linked, debuggee.path);
    this.trace = new TraceLines(debuggee, this.map);
    this.past = new SessionPast(world);
    for (const name of early) this.trace.tell(() => passedOver(debuggee, name));
    this.breakpoints = new Breakpoints(world, this.map, this.#counts, {
      logged: (text) => this.events.logged(text),
      changed: (breakpoint) => this.events.breakpointChanged(breakpoint),
      refused: (text) => this.events.refused(text),
    });
    this.exceptions = new Exceptions(debuggee);
    const { engine, breakpoints, exceptions } = this;
    this.#watching = {
      engine,
      schedule: debuggee.schedule,
      breakpoints,
      exceptions,
      counts: this.#counts,
      scene: sceneOf(world),
      check,
    };
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
    this.past.stood(this.time, stop.exception?.description ?? (stop.breakpoints && stop.reason));
    return stop;
  }

  // ---------------------------------------------------------------------------------------------- forwards

  /** Runs until a breakpoint, an exception or the end. With `only`, that task alone until it blocks or ends. */
  *continue(only?: TaskRow): Work<StopReport> {
    if (only === undefined) return yield* this.#scheduled(undefined);
    return yield* this.#alone({ task: only, pcs: [], wants: () => false });
  }

  /** To the task's next statement or step at no greater depth, or to where it blocks. */
  *next(task: TaskRow, alone = false): Work<StopReport> {
    return yield* this.#step(sameLevel(this.#world, this.map, task), alone);
  }

  *stepIn(task: TaskRow, alone = false): Work<StopReport> {
    return yield* this.#step(inner(this.#world, this.map, task), alone);
  }

  /** To the caller; from a scenario's own code to where the task ends or blocks. */
  *stepOut(task: TaskRow, alone = false): Work<StopReport> {
    return yield* this.#step(outer(this.#world, this.map, task), alone);
  }

  *#step(target: Target, alone: boolean): Work<StopReport> {
    const moving = afterMoving(this.#world, target);
    return yield* alone ? this.#alone(moving) : this.#scheduled(moving);
  }

  /**
   * The first run of a user who may have set nothing: with no breakpoint that works it stops at the first page_fault,
   * unless a detector or an invariant finds something soon after, which then is where it stops.
   */
  *first(): Work<StopReport> {
    this.breakpoints.setAutomatic('page_fault');
    const stop = yield* this.continue();
    if (!stop.automatic || !(yield* findsSomething(this.#watching, LOOK_AHEAD))) return stop;
    this.breakpoints.setAutomatic(undefined);
    return yield* this.continue();
  }

  /** Breakpoints have changed; a run that goes on takes them up at its next slice. */
  breakpointsChanged(): void {
    this.#stale = true;
  }

  /**
   * Forwards with every task. Where the future is known it is repeated, with the choices that were made; beyond it a
   * choice that still holds ends.
   */
  *#scheduled(target: Target | undefined): Work<StopReport> {
    if (this.time >= this.engine.frontier) this.#choose(0 as TaskRow);
    return yield* this.#forward(target);
  }

  /** Forwards with the target's task alone. Begins a new timeline where the future was known. */
  *#alone(target: Target): Work<StopReport> {
    this.#choose(target.task);
    return yield* this.#forward(target);
  }

  /** Lets only this task run from now on, or (0) the schedule decide again: an input of the timeline. */
  #choose(task: TaskRow): void {
    const { schedule } = this.debuggee;
    if (schedule.only === task) return;
    this.engine.put(
      task === 0 ? 'run as scheduled' : `run only ${taskName(this.#world, task)}`,
      schedule.runOnly(task),
    );
    this.#forgetFuture();
  }

  /** Another timeline begins: what was counted and told of the future has never been. */
  #forgetFuture(): void {
    this.#counts.truncate(this.time);
    this.trace.truncate(this.time);
    this.past.truncate(this.time);
    this.debuggee.tally?.truncate(this.time);
  }

  *#forward(target: Target | undefined): Work<StopReport> {
    const from = this.#shown ? this.time : -1;
    const told = this.#shown && this.#stop.exception !== undefined;
    const state: Running = { found: undefined, left: false, from, told, target };
    try {
      const work = this.engine.forward(Number.POSITIVE_INFINITY);
      for (;;) {
        if (this.#stale || !this.#counts.knows(this.time)) {
          yield* recount(this.#watching);
          this.#install(state);
        }
        const { done, value } = work.next();
        this.#counts.reached(this.time);
        if (done === true) {
          if (value === 'end' && this.#watching.check) this.debuggee.finish?.();
          if (state.found && state.found.time < this.time) yield* this.engine.seek(state.found.time);
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
    const { scene, check } = this.#watching;
    const { target, from, told } = state;
    const wanted = new Uint8Array(this.map.linked.op.length);
    for (const pc of target?.pcs ?? []) wanted[pc] = 1;
    interpreter.arm([...this.breakpoints.pcs, ...(target?.pcs ?? [])]);
    interpreter.onYield = check;
    interpreter.onBreakpoint = (pc) => {
      const { time, task } = kernel;
      const again = time === from;
      const ids = this.breakpoints.at(pc, moveTo(scene, task), again ? 'search' : 'run');
      const hit = ids !== undefined && !again;
      if (!hit && !(wanted[pc] === 1 && target?.wants(pc))) return false;
      state.found = foundNext(state.found, { time, task, ...(hit ? { breakpoints: ids } : {}) });
      return true;
    };
    interpreter.onLeave = (task) => {
      if (task !== target?.task) return;
      state.left = true;
      interpreter.interrupt();
    };
    this.engine.onEvent = (task, name, leave, args) => {
      this.trace.see(task, name, leave, args);
      if (leave) return;
      this.debuggee.tally?.see(task, name, args);
      const time = stopTime(this.time, name);
      if (told && time === from) return;
      const exception = this.exceptions.at(name, args, moveTo(scene, task));
      if (!exception) return;
      state.found = foundNext(state.found, { time, task, exception });
      interpreter.interrupt();
    };
    this.debuggee.schedule.onPassedOver = (name) => this.trace.tell(() => passedOver(this.debuggee, name));
    this.#stale = false;
  }

  #disarm(): void {
    disarm(this.#watching);
    this.#stale = true;
  }

  #report(stop: Stop, { found, left, target }: Running): StopReport {
    if (found?.exception) return this.#reportFound(found);
    if (stop === 'end') return this.#ended();
    if (stop === 'deadlock') return this.#standstill();
    if (left && target) return { reason: 'step', task: target.task, text: whyLeft(this.#world, target.task) };
    return this.#reportFound(found);
  }

  #reportFound(found: Found | undefined): StopReport {
    const { task } = this.#world.kernel;
    if (found?.exception) {
      const { time: _, ...report } = found;
      return { reason: 'exception', ...report };
    }
    if (!found?.breakpoints) return { reason: 'step', task };
    if (this.breakpoints.isAutomatic(found.breakpoints))
      return { reason: 'function breakpoint', task, automatic: true, text: AT_FIRST_FAULT };
    const reason = this.breakpoints.isFunction(found.breakpoints) ? 'function breakpoint' : 'breakpoint';
    return { reason, task, breakpoints: found.breakpoints };
  }

  #standstill(): StopReport {
    const { id, text, task } = standstill(this.#world);
    if (!this.exceptions.isArmed(id)) return { reason: 'end', task, text };
    return { reason: 'exception', task, exception: { id, task, description: text } };
  }

  #ended(): StopReport {
    return { reason: 'end', task: this.#world.kernel.task, text: summary(this.#world) };
  }

  // ---------------------------------------------------------------------------------------------- backwards

  /** To the last earlier hit of a breakpoint or exception, or to the start. */
  *reverseContinue(): Work<StopReport> {
    const { breakpoints, scene } = this.#watching;
    const at = (pc: number, time: number): Found | undefined => {
      const { task } = this.#world.kernel;
      const ids = breakpoints.at(pc, moveTo(scene, task), 'search');
      return ids && { time, task, breakpoints: ids };
    };
    return yield* this.#back({ pcs: [...breakpoints.pcs], events: this.exceptions.events, at });
  }

  /** To the last earlier time that `next` could have stopped at for this task. */
  *stepBack(task: TaskRow): Work<StopReport> {
    return yield* this.#backTo(sameLevel(this.#world, this.map, task));
  }

  /** Back to the step that called the routine the task is in; from a scenario's own code as `stepBack`. */
  *reverseStepOut(task: TaskRow): Work<StopReport> {
    return yield* this.#backTo(outerBefore(this.#world, this.map, task));
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
      this.#forgetFuture();
    }
    yield* this.engine.seek(Math.max(0, time));
    if (this.time < time && this.atEnd) return this.#stopAt({ ...this.#ended(), reason: 'goto' });
    return this.#stopAt({ reason: 'goto', task: this.#world.kernel.task });
  }

  *#backTo(target: Target): Work<StopReport> {
    return yield* this.#back({
      pcs: target.pcs,
      events: [],
      at: (pc, time) => (target.wants(pc) ? { time, task: target.task } : undefined),
    });
  }

  /** Goes to the last moment before now that has what is looked for, or else to the start. */
  *#back(sought: Sought): Work<StopReport> {
    this.#stale = true;
    const found = yield* searchBack(this.#watching, sought);
    yield* this.engine.seek(found?.time ?? 0);
    if (found) return this.#stopAt(this.#reportFound(found));
    return this.#stopAt({
      reason: 'entry',
      task: this.#world.kernel.task,
      text: 'This is the start of the run.',
    });
  }

  /** The story of a page from all of history, where the event log has dropped it. */
  *recall(subject: Subject): Work<Story> {
    return yield* recall(this.engine, this.#world, subject);
  }

  /** All that has run, as trace events. */
  *runAsTrace(): Work<Trace> {
    return yield* traceOf(this.engine, this.#world);
  }

  /** The choices made at yields until now, as a scenario's `schedule` line says them: `A B*3`. */
  *scheduleThatRan(): Work<string> {
    return yield* ranSchedule(this.engine, this.debuggee);
  }
}
