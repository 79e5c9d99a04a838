/** Flattens routines into one table of steps for one profile, with their listings. */

import type { TaskRow } from '../machine/ids';
import type { Profile } from '../profiles/profile';
import type { Callbacks } from './driver';
import type { Frame } from './frame';
import type { Kernel } from './kernel';
import type { Inlined } from './leaf';
import { type Leaves, linkLeaves } from './link-leaves';
import { headOf, type ListingLine, type Slot, slotsOf } from './listing';
import type { AnyRoutine, CallbackName, Node, YieldName } from './routine';

/** Slots in front of a frame's locals: routine, pc of the caller's call, caller's base. */
export const FRAME_HEADER = 3;

export const Op = { Step: 0, When: 1, Call: 2, Ret: 3, Callback: 4, Wait: 5 } as const;

/** Frames of every routine run through one table, so the type of a function's own frame is erased here, once. */
export type StepFunction = (k: Kernel, f: Frame, callee: Frame) => unknown;

export interface LinkedRoutine {
  readonly routine: AnyRoutine;
  readonly id: number;
  readonly entry: number;
  readonly end: number;
  /** Numbered slots, parameters and locals, in the order in which they lie in a frame. */
  readonly slots: readonly Slot[];
  readonly listing: readonly ListingLine[];
  /** Of a leaf routine: a parameter, by its place, at the step that `task` is about to run in the frame at `base`. */
  readonly parameter?: (k: Kernel, task: TaskRow, base: number, place: number) => number;
}

/** What was linked: columns by pc. */
export interface Linked {
  readonly profile: Profile;
  readonly drivers: readonly Callbacks[];
  readonly routines: readonly LinkedRoutine[];
  readonly op: Uint8Array;
  readonly run: readonly StepFunction[];
  /** Result function of a call. */
  readonly result: readonly (((k: Kernel, f: Frame, value: number) => void) | undefined)[];
  /** What a wait waits for; which driver a callback goes to. */
  readonly object: readonly (StepFunction | undefined)[];
  readonly next: Int32Array;
  /** Where a `when` or `loop` goes when its test fails. */
  readonly alt: Int32Array;
  /** Callee's routine id, wait kind, or callback number. */
  readonly arg: Int32Array;
  readonly routineOf: Int32Array;
  /** 1-based line in the routine's listing, or in the scenario for a scenario's routine. */
  readonly line: Int32Array;
  readonly column: Int32Array;
  readonly text: readonly string[];
  /** One byte a step: 1 for a wait that ends when its task is killed. */
  readonly killable: Uint8Array;
  /** What steps run as part of themselves. */
  readonly leaves: Leaves;
  /** The yield point that stands before the step. */
  readonly yieldBefore: readonly (YieldName | undefined)[];
  /** callbackRoutine[driver * CALLBACKS.length + callback] = routine id; -1 where the driver has no such callback. */
  readonly callbackRoutine: Int32Array;
}

export const CALLBACKS: readonly CallbackName[] = [
  'migrate_to_ram',
  'page_free',
  'folio_split',
  'invalidate',
  'alloc_and_copy',
  'finalize_and_map',
  'release',
];

type AnyNode = Node<never>;

class Linker {
  readonly op: number[] = [];
  readonly run: StepFunction[] = [];
  readonly result: (((k: Kernel, f: Frame, value: number) => void) | undefined)[] = [];
  readonly object: (StepFunction | undefined)[] = [];
  readonly next: number[] = [];
  readonly alt: number[] = [];
  readonly arg: number[] = [];
  readonly killable: number[] = [];
  readonly routineOf: number[] = [];
  readonly line: number[] = [];
  readonly column: number[] = [];
  readonly text: string[] = [];
  readonly yieldBefore: (YieldName | undefined)[] = [];
  readonly routines: LinkedRoutine[] = [];
  readonly inlined = new Map<number, readonly Inlined<Frame>[]>();
  readonly #ids = new Map<AnyRoutine, number>();
  readonly #queue: AnyRoutine[] = [];
  #routine = 0;
  #scenario = false;
  #yield: YieldName | undefined;
  #lines: ListingLine[] = [];
  /** Places in `next` and `alt` that wait for the pc of whatever comes next. */
  #dangling: ((pc: number) => void)[] = [];

  constructor(readonly profile: Profile) {}

  id(routine: AnyRoutine): number {
    let id = this.#ids.get(routine);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(routine, id);
      this.#queue.push(routine);
    }
    return id;
  }

  drain(): void {
    for (let routine = this.#queue.shift(); routine; routine = this.#queue.shift()) this.#flatten(routine);
  }

  #flatten(routine: AnyRoutine): void {
    this.#routine = this.id(routine);
    this.#scenario = routine.scenario;
    this.#yield = undefined;
    this.#lines = headOf(routine);
    const entry = this.op.length;
    this.#block(routine.body() as AnyNode[], 1, []);
    const open = this.#dangling;
    this.#dangling = [];
    // Where every way out is a `ret` of its own, nothing comes to the end.
    if (open.length > 0 || this.op.length === entry) {
      const last = this.#emit(Op.Ret, 'return', 1, () => 0, undefined);
      for (const patch of open) patch(last);
    }
    this.routines[this.#routine] = {
      routine,
      id: this.#routine,
      entry,
      end: this.op.length,
      slots: slotsOf(routine),
      listing: this.#lines,
    };
  }

  #block(nodes: readonly AnyNode[], indent: number, enter: ((pc: number) => void)[]): void {
    this.#dangling.push(...enter);
    for (const node of nodes) this.#node(node, indent);
  }

  #node(node: AnyNode, indent: number): void {
    if (node.op === 'yield') {
      this.#yield = node.name;
      return;
    }
    if (node.op === 'only') {
      for (const inner of node.test(this.profile) ? node.then : node.otherwise) this.#node(inner, indent);
      return;
    }
    const pc = this.op.length;
    const inside = node.inlines?.filter(({ leaf }) => leaf.isIn(this.profile)) ?? [];
    if (inside.length > 0) this.inlined.set(pc, inside as unknown as Inlined<Frame>[]);
    for (const patch of this.#dangling.splice(0)) patch(pc);
    switch (node.op) {
      case 'step':
        this.#emit(Op.Step, node.text, indent, node.run, node.at);
        this.#fallThrough(pc);
        return;
      case 'ret':
        this.#emit(Op.Ret, node.text, indent, node.value ?? (() => 0), node.at);
        return;
      case 'when':
        this.#emit(Op.When, `if ${node.text}`, indent, node.test, node.at);
        this.#when(node, pc, indent);
        return;
      case 'loop':
        this.#emit(Op.When, `while ${node.text}`, indent, node.test, node.at);
        this.#block(node.body, indent + 1, [(to) => this.#setNext(pc, to)]);
        for (const patch of this.#dangling.splice(0)) patch(pc);
        this.#dangling.push((to) => this.#setAlt(pc, to));
        return;
      case 'call':
        this.#emit(Op.Call, node.text, indent, node.args, node.at);
        this.arg[pc] = this.id(node.callee);
        this.result[pc] = node.result as unknown as Linked['result'][number];
        this.#fallThrough(pc);
        return;
      case 'callback':
        this.#emit(Op.Callback, node.text, indent, node.args, node.at);
        this.arg[pc] = CALLBACKS.indexOf(node.name);
        this.result[pc] = node.result as unknown as Linked['result'][number];
        this.object[pc] = node.driver as unknown as StepFunction;
        this.#fallThrough(pc);
        return;
      case 'wait':
        this.#emit(Op.Wait, node.text, indent, node.ready, node.at);
        this.arg[pc] = node.kind;
        this.killable[pc] = node.killable ? 1 : 0;
        this.object[pc] = node.on as unknown as StepFunction;
        this.#fallThrough(pc);
        return;
    }
  }

  #when(node: AnyNode & { op: 'when' }, pc: number, indent: number): void {
    this.#block(node.then, indent + 1, [(to) => this.#setNext(pc, to)]);
    const afterThen = this.#dangling.splice(0);
    if (node.otherwise.length > 0) this.#lines.push({ text: `${'    '.repeat(indent)}else`, pc: -1 });
    this.#block(node.otherwise, indent + 1, [(to) => this.#setAlt(pc, to)]);
    this.#dangling.push(...afterThen);
  }

  #fallThrough(pc: number): void {
    this.#dangling.push((to) => this.#setNext(pc, to));
  }

  #setNext(pc: number, to: number): void {
    this.next[pc] = to;
  }

  #setAlt(pc: number, to: number): void {
    this.alt[pc] = to;
  }

  #emit(
    op: number,
    text: string,
    indent: number,
    run: unknown,
    at: { line: number; column: number } | undefined,
  ): number {
    const pc = this.op.length;
    this.op.push(op);
    this.run.push(run as StepFunction);
    this.result.push(undefined);
    this.object.push(undefined);
    this.next.push(-1);
    this.alt.push(-1);
    this.arg.push(0);
    this.killable.push(0);
    this.routineOf.push(this.#routine);
    this.#lines.push({ text: '    '.repeat(indent) + text, pc });
    this.line.push(this.#scenario ? (at?.line ?? 0) : this.#lines.length);
    this.column.push(this.#scenario ? (at?.column ?? 0) : indent * 4 + 1);
    this.text.push(text);
    this.yieldBefore.push(this.#yield);
    this.#yield = undefined;
    return pc;
  }
}

/** Links everything reachable from `roots` and from the drivers' callbacks. */
export function link(profile: Profile, roots: readonly AnyRoutine[], drivers: readonly Callbacks[]): Linked {
  const linker = new Linker(profile);
  for (const root of roots) linker.id(root);
  const callbackRoutine = new Int32Array(drivers.length * CALLBACKS.length);
  drivers.forEach((driver, d) => {
    CALLBACKS.forEach((name, c) => {
      const callback = driver[name];
      callbackRoutine[d * CALLBACKS.length + c] = callback === undefined ? -1 : linker.id(callback);
    });
  });
  linker.drain();
  const routineOf = Int32Array.from(linker.routineOf);
  return {
    profile,
    drivers,
    routines: linker.routines,
    op: Uint8Array.from(linker.op),
    run: linker.run,
    result: linker.result,
    object: linker.object,
    next: Int32Array.from(linker.next),
    alt: Int32Array.from(linker.alt),
    arg: Int32Array.from(linker.arg),
    killable: Uint8Array.from(linker.killable),
    routineOf,
    line: Int32Array.from(linker.line),
    column: Int32Array.from(linker.column),
    text: linker.text,
    leaves: linkLeaves(linker.inlined, linker.routines, routineOf),
    yieldBefore: linker.yieldBefore,
    callbackRoutine,
  };
}
