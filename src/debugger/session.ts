/** One debug session: a program, its breakpoints, and every way of moving in time. */

import type { TaskRow } from '../engine/machine/ids';
import { Engine, type EngineOptions } from '../engine/time/engine';
import type { Stop } from '../engine/time/stop';
import type { Work } from '../engine/time/work';
import { moveTo, type Story, type Subject, sceneOf, taskName, type World } from '../view/environment';
import { Breakpoints } from './breakpoints';
import { ChangeWatch } from './changes/change-watch';
import type { Watched } from './changes/watched';
import { CodeMap } from './code-map';
import type { Debuggee } from './debuggee';
import { Exceptions } from './exceptions';
import { type ForwardRun, hangHooks } from './forward-run';
import { foundReport } from './found-report';
import { HitCounts } from './hit-counts';
import { LeafDepth } from './leaf-depth';
import { findsSomething } from './look-ahead';
import { SessionPast } from './past';
import { ranSchedule } from './ran-schedule';
import { recall } from './recall';
import {
  disarm,
  type Found,
  NOTHING_SOUGHT,
  recount,
  type Sought,
  searchBack,
  type Watching,
  writerOf,
} from './replay';
import { type StopReport, standstill, summary, whyLeft } from './reports';
import { NOTHING, type SessionEvents } from './session-events';
import { afterMoving, inner, outer, outerBefore, sameLevel, type Target } from './stepping';
import { type Trace, traceOf } from './trace';
import { TraceLines } from './trace-lines';
import { passedOver } from './who-runs';

/** How far the first run looks beyond the first page_fault, in steps: less than a blink. */
const LOOK_AHEAD = 100_000;

export class DebugSession {
  readonly engine: Engine;
  readonly map: CodeMap;
  readonly breakpoints: Breakpoints;
  readonly exceptions: Exceptions;
  readonly trace: TraceLines;
  readonly past: SessionPast;
  readonly leaves: LeafDepth;
  events: SessionEvents = NOTHING;
  readonly #counts = new HitCounts();
  readonly #watching: Watching;
  #stop: StopReport;
  /** The user has seen the session stand somewhere: going on passes over what is there. */
  #shown = false;
  /** Breakpoints were asked where the session stands: not so where a step has stopped the run by what it did. */
  #asked = true;
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
    this.leaves = new LeafDepth(world, this.map);
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
      changes: new ChangeWatch(interpreter),
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

  /** `leaves`: how many leaf routines of its next step the task has entered. */
  #stopAt(stop: StopReport, leaves = 0): StopReport {
    this.#stop = stop;
    this.leaves.stand(stop.task, leaves);
    this.#shown = true;
    this.#asked = true;
    this.past.stood(this.time, stop.exception?.description ?? (stop.breakpoints && stop.reason));
    return stop;
  }

  /** A breakpoint on a leaf routine stops inside it. */
  #stopAtFound(stop: StopReport): StopReport {
    const { scene } = this.#watching;
    const ids = stop.breakpoints ?? [];
    return this.#stopAt(stop, this.breakpoints.leavesEntered(ids, moveTo(scene, stop.task)));
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

  /** To the task's next step, or into a leaf routine that it runs: that is at the same time, one frame deeper. */
  *stepIn(task: TaskRow, alone = false): Work<StopReport> {
    const deeper = this.leaves.oneMore(task);
    if (deeper !== undefined) return this.#stopAt({ reason: 'step', task }, deeper);
    return yield* this.#step(inner(this.#world, this.map, task), alone);
  }

  /** To the caller; from a scenario's own code to where the task ends or blocks. Out of a leaf routine with the step that runs it. */
  *stepOut(task: TaskRow, alone = false): Work<StopReport> {
    if (this.leaves.of(task) > 0) return yield* this.next(task, alone);
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
  *#scheduled(target: Target | undefined, until?: Watched): Work<StopReport> {
    if (this.time >= this.engine.frontier) this.#choose(0 as TaskRow);
    return yield* this.#forward(target, until);
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

  *#forward(target: Target | undefined, until?: Watched): Work<StopReport> {
    const from = this.#shown ? this.time : -1;
    const told = this.#shown && this.#stop.exception !== undefined;
    // A step moves on in any case: a breakpoint where it begins would keep it there.
    const asked = target !== undefined || this.#asked;
    const state: ForwardRun = { found: undefined, left: false, from, told, asked, target, until };
    try {
      const work = this.engine.forward(Number.POSITIVE_INFINITY);
      for (;;) {
        if (this.#stale || !this.#counts.knows(this.time)) {
          yield* recount(this.#watching);
          hangHooks(this.#watching, this, state);
          this.#stale = false;
        }
        const { done, value } = work.next();
        this.#counts.reached(this.time);
        if (done === true) {
          if (value === 'end' && this.#watching.check) this.debuggee.finish?.();
          if (state.found && state.found.time < this.time) yield* this.engine.seek(state.found.time);
          const stop = this.#stopAtFound(this.#report(value, state));
          this.#asked = state.found?.afterStep !== true;
          return stop;
        }
        yield;
      }
    } finally {
      this.#disarm();
    }
  }

  #disarm(): void {
    disarm(this.#watching);
    this.#stale = true;
  }

  #report(stop: Stop, { found, left, target }: ForwardRun): StopReport {
    if (found?.exception || found?.changes) return this.#reportFound(found);
    if (stop === 'end') return this.#ended();
    if (stop === 'deadlock') return this.#standstill();
    if (left && target) return { reason: 'step', task: target.task, text: whyLeft(this.#world, target.task) };
    return this.#reportFound(found);
  }

  #reportFound(found: Found | undefined): StopReport {
    return foundReport(this.#world, this.map, this.breakpoints, found);
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
    const { breakpoints, exceptions, scene } = this.#watching;
    return yield* this.#back({
      pcs: [...breakpoints.pcs],
      events: exceptions.events,
      at: (pc, time) => {
        const { task } = this.#world.kernel;
        const ids = breakpoints.at(pc, moveTo(scene, task), 'search');
        return ids && { time, task, breakpoints: ids };
      },
      watched: breakpoints.watched,
      changed: (list, time) => {
        const task = writerOf(list);
        const ids = breakpoints.atChanges(list, moveTo(scene, task), 'search');
        return ids && { time, task, breakpoints: ids, changes: breakpoints.stoppedBy(ids, list) };
      },
    });
  }

  /** To where the step has just run that changed this last; where none has, the session stays. */
  *lastWrite(of: Watched): Work<StopReport> {
    const here = this.time;
    this.#stale = true;
    const found = yield* searchBack(this.#watching, {
      ...NOTHING_SOUGHT,
      watched: [of],
      changed: (changes, time) => ({ time, task: writerOf(changes), changes }),
    });
    yield* this.engine.seek(found?.time ?? here);
    if (found) return this.#stopAt(this.#reportFound(found));
    const text = `${of.text} has not changed before now.`;
    return this.#stopAt({ reason: 'step', task: this.#world.kernel.task, text });
  }

  /** Runs until a step changes this, or until what else stops a run. */
  *nextWrite(of: Watched): Work<StopReport> {
    const stop = yield* this.#scheduled(undefined, of);
    if (stop.reason !== 'end') return stop;
    const text = `${of.text} does not change any more. ${stop.text ?? ''}`.trim();
    return this.#stopAt({ ...stop, text });
  }

  /** To the last earlier time that `next` could have stopped at for this task. */
  *stepBack(task: TaskRow): Work<StopReport> {
    if (this.leaves.of(task) > 0) return this.#leaveBack(task);
    return yield* this.#backTo(sameLevel(this.#world, this.map, task));
  }

  /** Back to the step that called the routine the task is in; from a scenario's own code as `stepBack`. */
  *reverseStepOut(task: TaskRow): Work<StopReport> {
    if (this.leaves.of(task) > 0) return this.#leaveBack(task);
    return yield* this.#backTo(outerBefore(this.#world, this.map, task));
  }

  /** Out of the innermost leaf routine to where the task entered it. */
  #leaveBack(task: TaskRow): StopReport {
    return this.#stopAt({ reason: 'step', task }, this.leaves.of(task) - 1);
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
      ...NOTHING_SOUGHT,
      pcs: target.pcs,
      at: (pc, time) => (target.wants(pc) ? { time, task: target.task } : undefined),
    });
  }

  /** Goes to the last moment before now that has what is looked for, or else to the start. */
  *#back(sought: Sought): Work<StopReport> {
    this.#stale = true;
    const found = yield* searchBack(this.#watching, sought);
    yield* this.engine.seek(found?.time ?? 0);
    if (found) return this.#stopAtFound(this.#reportFound(found));
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

  /** What goes through history again, and leaves the machine as it was. */
  overHistory<T>(look: (watching: Watching, map: CodeMap) => T): T {
    this.#stale = true;
    return look(this.#watching, this.map);
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
