/**
 * Runs steps. Between two steps the whole state is in the machine's tables; inside `run` the current frame's pc is kept
 * in a variable and written back at every exit.
 */

import { detect_deadlock, detect_orphans } from '../detect/deadlock';
import { can_run, runs, stays_on_cpu } from '../kernel/kernel/sched';
import type { TaskRow } from '../machine/ids';
import { ASSERTING, KernelBug } from '../machine/kernel-bug';
import { STACK_SLOTS, TaskState, Wait, type WaitKind } from '../machine/tasks';
import { Frame, type Layout, layoutOf, NOT_SET } from '../routine/frame';
import type { Kernel } from '../routine/kernel';
import { CALLBACKS, FRAME_HEADER, type Linked, Op } from '../routine/link';
import type { AnyRoutine } from '../routine/routine';
import type { Scheduler } from './schedule';
import type { BreakpointHook, LeaveHook, Returned, Stop, YieldHook } from './stop';

const ARMED = 1;
const YIELD = 2;

/** The model called itself too deeply: a defect of a routine. */
class StackOverflow extends Error {}

export class Interpreter {
  onBreakpoint: BreakpointHook = () => true;
  onYield: YieldHook | undefined;
  onLeave: LeaveHook | undefined;
  /** Asked after a step that has called `lookAfterStep`, before any other step runs; true stops there. */
  onLook: (() => boolean) | undefined;
  /** Asked before anything stops at a yield, so that a stopped machine's current task is the one that runs next. */
  scheduler: Scheduler | undefined;
  /** With `quiet`, nothing stops the run and no hook is asked: for running again what has already run. */
  quiet = false;
  /** One byte a step: set to 1 when it runs. */
  visited: Uint8Array;
  /** Work of heavy steps, in units of about a step, after which a run returns before its time. */
  mostWork = Number.POSITIVE_INFINITY;
  /** The step that is running, or ran last. */
  running = 0;
  /** One byte a step: what to look at before it runs. */
  readonly #flags: Uint8Array;
  /** The return that ran last: when, of which task and routine, and with what. */
  #returnedAt = -1;
  #returnedIn = 0 as TaskRow;
  #returnedFrom = 0;
  #returned = 0;
  readonly #quietFlags: Uint8Array;
  /** One byte a step: 1 where the task is in user mode before it, and gives up its CPU if another wants it. */
  readonly #userMode: Uint8Array;
  #limit = 0;
  /** The limit to go on with after `onLook`, and whether that is to be asked. */
  #farther = 0;
  #looks = false;
  /** Work that steps have reported since the run began. */
  #work = 0;
  /** Time of the last check at a yield: going on from a stop doesn't check again. */
  #checkedAt = -1;
  /** The frame that runs, the one whose parameters its call is filling in, and a new task's first one. */
  readonly #frame: Frame;
  readonly #callee: Frame;
  readonly #first: Frame;
  readonly #layouts: readonly Layout[];
  /** First step of each routine, and the number of its parameters and locals. */
  readonly #entries: Int32Array;
  readonly #slotCounts: Int32Array;
  readonly #ids: ReadonlyMap<AnyRoutine, number>;

  constructor(
    readonly kernel: Kernel,
    readonly linked: Linked,
  ) {
    this.visited = new Uint8Array(linked.op.length);
    this.#quietFlags = Uint8Array.from(linked.yieldBefore, (name) => (name === undefined ? 0 : YIELD));
    this.#flags = this.#quietFlags.slice();
    this.#userMode = Uint8Array.from(linked.yieldBefore, (name) =>
      name === 'statement' || name === 'Y14' ? 1 : 0,
    );
    this.#layouts = linked.routines.map(({ routine }) => layoutOf(routine));
    this.#frame = new Frame(kernel.tasks.stack);
    this.#callee = new Frame(kernel.tasks.stack);
    this.#first = new Frame(kernel.tasks.stack);
    kernel.inKernel = (task) => this.#userMode[kernel.tasks.pc.get(task)] === 0;
    kernel.killable = (task) =>
      kernel.tasks.state.get(task) === TaskState.Blocked && linked.killable[kernel.tasks.pc.get(task)] === 1;
    kernel.start = (task, routine, fill) => this.start(task, routine, fill);
    kernel.worked = (units) => this.#worked(units);
    this.#entries = Int32Array.from(linked.routines, ({ entry }) => entry);
    this.#slotCounts = Int32Array.from(linked.routines, ({ slots }) => slots.length);
    this.#ids = new Map(linked.routines.map(({ routine, id }) => [routine, id]));
  }

  idOf(routine: AnyRoutine): number {
    const id = this.#ids.get(routine);
    if (id === undefined) throw new Error(`routine ${routine.name} is not linked`);
    return id;
  }

  /** What the last step returned, in which task and from which routine; undefined where it was no return. */
  get returned(): Returned | undefined {
    const routine = this.linked.routines[this.#returnedFrom];
    if (routine === undefined || this.#returnedAt !== this.kernel.time - 1) return undefined;
    return { task: this.#returnedIn, routine, value: this.#returned };
  }

  /** Sets the steps before which `onBreakpoint` is asked. */
  arm(pcs: Iterable<number>): void {
    this.#flags.set(this.#quietFlags);
    for (const pc of pcs) this.#flags[pc] = (this.#flags[pc] ?? 0) | ARMED;
  }

  /** Makes the run that is going on return after the step that is running. */
  interrupt(): void {
    this.#limit = -1;
    this.#farther = -1;
  }

  /** Makes the run ask `onLook` after the step that is running; true where nobody has before. Not to ask costs nothing. */
  lookAfterStep(): boolean {
    if (this.#looks) return false;
    this.#looks = true;
    this.#limit = Math.min(this.#limit, 0);
    return true;
  }

  /** At the run's limit: asks who wants to look at what the last step has done. True stops. */
  #looked(): boolean {
    if (!this.#looks) return false;
    this.#looks = false;
    this.#limit = this.#farther;
    return !this.quiet && this.onLook?.() === true;
  }

  /** Steps have done so much that the run returned, or returns, before its time. */
  get isTired(): boolean {
    return this.#work > this.mostWork;
  }

  #worked(units: number): void {
    this.#work += units;
    if (!this.isTired) return;
    this.#farther = Math.min(this.#farther, this.kernel.time + 1);
    this.#limit = Math.min(this.#limit, this.#farther);
  }

  /** Gives a new task its first frame; `fill` sets the parameters. */
  start(task: TaskRow, routine: AnyRoutine, fill: (frame: Frame) => void): void {
    const { tasks } = this.kernel;
    const id = this.idOf(routine);
    const base = task * STACK_SLOTS + FRAME_HEADER;
    this.#enter(id, base, 0, 0);
    for (const frame of [this.#frame, this.#callee, this.#first]) frame.follow();
    this.#first.moveTo(base, this.#layouts[id] as Layout);
    fill(this.#first);
    tasks.base.set(task, base);
    tasks.pc.set(task, this.linked.routines[id]?.entry ?? 0);
    tasks.depth.set(task, 1);
    tasks.state.set(task, TaskState.Runnable);
  }

  #enter(id: number, base: number, returnPc: number, callerBase: number): void {
    const { stack } = this.kernel.tasks;
    stack.set(base - 3, id);
    stack.set(base - 2, returnPc);
    stack.set(base - 1, callerBase);
    stack.fill(base, base + this.#slots(id), NOT_SET);
  }

  /**
   * Runs until `kernel.time` is `until`, or something stops it. With `resume`, a breakpoint on the very first step is
   * passed over (execution stands on it).
   */
  run(until: number, resume: boolean): Stop {
    this.#limit = until;
    this.#farther = until;
    this.#looks = false;
    this.#work = 0;
    const { time } = this.kernel;
    if (this.#returnedAt >= time) this.#returnedAt = -1;
    if (time !== this.#checkedAt) this.#checkedAt = -1;
    for (let first = resume; ; first = false) {
      try {
        return this.#steps(first);
      } catch (error) {
        if (!(error instanceof KernelBug)) throw error;
        this.#halt(error);
      }
    }
  }

  /** An assertion of the kernel has failed: the task that made the step makes no other one. */
  #halt({ by, page }: KernelBug): void {
    const { kernel, running } = this;
    const { task, tasks } = kernel;
    tasks.pc.set(task, running);
    kernel.emit('kernel_bug', ASSERTING.indexOf(by), page);
    this.#block(task, Wait.Halted, page);
    kernel.time++;
  }

  /** Runs steps until the limit, or something stops it. */
  #steps(resume: boolean): Stop {
    const { kernel, linked, visited } = this;
    const { op, run, result, object, next, alt, arg } = linked;
    const { tasks } = kernel;
    const frame = this.#frame;
    const callee = this.#callee;
    const layouts = this.#layouts;
    const entries = this.#entries;
    const flags = this.quiet ? this.#quietFlags : this.#flags;
    const { scheduler } = this;
    let skip = resume;
    let time = kernel.time;

    for (;;) {
      const task = this.#pick();
      if (task === 0) {
        this.#looked();
        kernel.events.complete(time);
        return this.#allExited() ? 'end' : 'deadlock';
      }
      let pc = tasks.pc.get(task);
      let base = tasks.base.get(task);
      // What is read from the stack is a double for V8, and all that is reckoned from it, unless it is made an integer.
      let id = tasks.stack.get(base - 3) | 0;
      frame.moveTo(base, layouts[id] as Layout);
      let running = true;
      while (running) {
        let flag = flags[pc] as number;
        if (flag !== 0) {
          tasks.pc.set(task, pc);
          // Under a spinlock nobody else comes in, whatever the routine allows.
          if (tasks.preemptCount.get(task) !== 0) flag &= ~YIELD;
          if (scheduler !== undefined && (flag & YIELD) !== 0 && this.#switches(scheduler, task, pc)) break;
          if (!this.quiet && time < this.#limit && this.#stops(pc, flag, skip)) {
            kernel.events.complete(time);
            return 'breakpoint';
          }
        }
        if (time >= this.#limit) {
          tasks.pc.set(task, pc);
          const changed = this.#looked();
          // Whoever looks, others who would stop here are asked too.
          const asks = flag !== 0 && (changed || (time < this.#limit && !this.quiet));
          const stops = (asks && this.#stops(pc, flag, skip)) || changed;
          if (stops || time >= this.#limit) {
            kernel.events.complete(time);
            return stops ? 'breakpoint' : this.#limit < 0 ? 'interrupt' : 'time';
          }
        }
        visited[pc] = 1;
        this.running = pc;
        skip = false;
        switch (op[pc]) {
          case Op.Step:
            (run[pc] as StepRun)(kernel, frame, frame);
            pc = next[pc] as number;
            break;
          case Op.When:
            pc = ((run[pc] as StepRun)(kernel, frame, frame) === true ? next[pc] : alt[pc]) as number;
            break;
          case Op.Call:
          case Op.Callback: {
            let calleeId = arg[pc] as number;
            if (op[pc] === Op.Callback) {
              kernel.callbackCalls.add(calleeId, 1);
              const driver = (object[pc] as StepRun)(kernel, frame, frame) as number;
              calleeId = linked.callbackRoutine[driver * CALLBACKS.length + calleeId] as number;
            }
            const calleeBase = base + this.#slots(id) + FRAME_HEADER;
            if (calleeBase + 64 > (task + 1) * STACK_SLOTS) throw new StackOverflow(linked.text[pc]);
            this.#enter(calleeId, calleeBase, pc, base);
            const layout = layouts[calleeId] as Layout;
            callee.moveTo(calleeBase, layout);
            (run[pc] as StepRun)(kernel, frame, callee);
            id = calleeId;
            base = calleeBase;
            frame.moveTo(base, layout);
            pc = entries[id] as number;
            tasks.base.set(task, base);
            tasks.depth.add(task, 1);
            break;
          }
          case Op.Ret: {
            // A local that was never set is a number too for who returns it: 0.
            const value = Number((run[pc] as StepRun)(kernel, frame, frame)) + 0;
            this.#returnedAt = time;
            this.#returnedIn = task;
            this.#returnedFrom = id;
            this.#returned = value;
            const returnPc = tasks.stack.get(base - 2) | 0;
            base = tasks.stack.get(base - 1) | 0;
            tasks.base.set(task, base);
            tasks.depth.add(task, -1);
            if (base === 0) {
              tasks.pc.set(task, pc);
              this.#exited(task);
              running = false;
              break;
            }
            id = tasks.stack.get(base - 3) | 0;
            frame.moveTo(base, layouts[id] as Layout);
            result[returnPc]?.(kernel, frame, value);
            pc = next[returnPc] as number;
            break;
          }
          case Op.Wait:
            if ((run[pc] as StepRun)(kernel, frame, frame) === true) {
              if (tasks.leaveQueue(task)) kernel.leave('wait');
              pc = next[pc] as number;
            } else {
              tasks.pc.set(task, pc);
              this.#block(task, arg[pc] as WaitKind, (object[pc] as StepRun)(kernel, frame, frame) as number);
              running = false;
            }
            break;
        }
        time++;
        kernel.time = time;
      }
    }
  }

  /**
   * Lets the scheduler choose at a yield; true if another task is current now. A task in the kernel keeps its CPU
   * meanwhile, so that only tasks of other CPUs can be chosen there.
   */
  #switches(scheduler: Scheduler, task: TaskRow, pc: number): boolean {
    const { kernel } = this;
    if (kernel.tasks.tasks.length === 1) return false;
    const inKernel = this.#userMode[pc] === 0;
    if (inKernel) stays_on_cpu(kernel, task);
    const chosen = scheduler.choose(inKernel);
    if (chosen !== 0 && chosen !== task && can_run(kernel, chosen)) {
      kernel.tasks.setCurrent(chosen);
      return true;
    }
    if (inKernel) runs(kernel, task);
    return false;
  }

  /** Asks everybody who has a say before the step at `pc`; all are asked, so that one stop hides no other. */
  #stops(pc: number, flag: number, skip: boolean): boolean {
    let stop = false;
    const { time } = this.kernel;
    if ((flag & YIELD) !== 0 && this.#checkedAt !== time) {
      this.#checkedAt = time;
      stop = this.onYield?.(pc) === true;
    }
    if ((flag & ARMED) !== 0 && !skip && this.onBreakpoint(pc)) stop = true;
    return stop;
  }

  #slots(id: number): number {
    return this.#slotCounts[id] as number;
  }

  #block(task: TaskRow, wait: WaitKind, on: number): void {
    if (this.kernel.tasks.block(task, wait, on, this.kernel.time)) this.kernel.emit('wait', wait, on);
    detect_deadlock(this.kernel, task);
    this.#left(task);
  }

  #exited(task: TaskRow): void {
    this.kernel.tasks.state.set(task, TaskState.Exited);
    this.kernel.tasks.wake(Wait.Task, task);
    detect_orphans(this.kernel, task);
    this.#left(task);
  }

  #left(task: TaskRow): void {
    this.scheduler?.left(task);
    if (!this.quiet) this.onLeave?.(task);
  }

  /** The current task if it can run, else the next one in row order; 0 if none can. */
  #pick(): TaskRow {
    const { tasks } = this.kernel;
    const current = tasks.currentTask;
    const length = tasks.tasks.length;
    const first = Math.max(0, current - 1);
    for (let i = 0; i < length; i++) {
      const task = ((first + i) % length) + 1;
      if (can_run(this.kernel, task as TaskRow)) {
        runs(this.kernel, task as TaskRow);
        if (task !== current) tasks.setCurrent(task as TaskRow);
        return task as TaskRow;
      }
    }
    return 0 as TaskRow;
  }

  #allExited(): boolean {
    const { tasks } = this.kernel;
    for (let task = 1; task <= tasks.tasks.length; task++)
      if (tasks.state.get(task) !== TaskState.Exited && tasks.process.get(task) !== 0) return false;
    return true;
  }
}

type StepRun = (kernel: Kernel, frame: Frame, callee: Frame) => unknown;
