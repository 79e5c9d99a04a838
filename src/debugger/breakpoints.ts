/** Breakpoints: what the user asked for, where it was bound, and the test that runs inside the run loop. */

import type { LinkedRoutine } from '../engine/routine/link';
import type { LinkedLeaf } from '../engine/routine/link-leaves';
import type { Scene, World } from '../view/environment';
import type { Change } from './changes/change-watch';
import { type Watched, watched } from './changes/watched';
import type { CodeMap } from './code-map';
import {
  compileCondition,
  compileMessage,
  evaluationProblem,
  type HitTest,
  type Message,
  parseHitCondition,
  type Result,
  type Test,
} from './condition';
import type { HitCounts } from './hit-counts';

export interface LineRequest {
  readonly line: number;
  readonly column?: number;
  readonly condition?: string;
  readonly hitCondition?: string;
  readonly logMessage?: string;
}

export interface FunctionRequest {
  readonly name: string;
  readonly condition?: string;
  readonly hitCondition?: string;
  readonly logMessage?: string;
}

export interface DataRequest {
  /** What is watched, as `Watched.text` says it. */
  readonly expression: string;
  /** Whether reads are to stop too; they do not. */
  readonly reads?: boolean;
  readonly condition?: string;
  readonly hitCondition?: string;
}

/** A breakpoint as it is shown. */
export interface Breakpoint {
  readonly id: number;
  readonly kind: 'line' | 'function' | 'data';
  verified: boolean;
  /** What a function breakpoint was asked for. */
  readonly name?: string;
  /** Why it is not verified, or what is wrong with its condition. */
  message: string | undefined;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
}

interface Bound extends Breakpoint {
  readonly pcs: readonly number[];
  /** The leaf routine in which it stops. */
  readonly leaf?: LinkedLeaf;
  readonly test: Test | undefined;
  readonly hits: HitTest | undefined;
  readonly log: Message | undefined;
  /** What it stops at changes of. */
  readonly watched?: Watched;
  /** Its number in `HitCounts`; -1 where its hits are not counted. */
  counter: number;
}

/** What breakpoints tell while the run goes on. */
export interface BreakpointEvents {
  /** A log message at a breakpoint. */
  logged(text: string): void;
  /** Something about a breakpoint has changed: its condition could not be evaluated. */
  changed(breakpoint: Breakpoint): void;
  /** What is wrong with a condition, hit condition or log message: said once. */
  refused(text: string): void;
}

/** The name of a function breakpoint that stops at changes. */
const CHANGES = /^\s*changes\s+(.+)$/s;

/** The leaf routines that the next step of the scene's task will run, the outermost first. */
const nextLeaves = ({ world, task }: Scene, { linked }: CodeMap): readonly LinkedLeaf[] =>
  linked.leaves.next(world.kernel, task);

/** Why a breakpoint on reads is refused. */
const READS = 'Only changes are watched: a read leaves nothing behind that could be seen.';

export class Breakpoints {
  readonly #lines = new Map<string, Bound[]>();
  #functions: Bound[] = [];
  #data: Bound[] = [];
  /** Those that stop at changes, however they were asked for. */
  #watching: Bound[] = [];
  /** The first call of a routine, where the user has asked for nothing. */
  #automatic: Bound | undefined;
  #byPc = new Map<number, Bound[]>();
  #nextId = 1;
  readonly #said = new Set<string>();

  constructor(
    readonly world: World,
    readonly map: CodeMap,
    readonly counts: HitCounts,
    readonly events: BreakpointEvents,
  ) {}

  /** Stops at the first call of a routine or callback for as long as the user has set no breakpoint that may stop. */
  setAutomatic(name: string | undefined): void {
    this.#automatic = name === undefined ? undefined : this.#bindFunction({ name, hitCondition: '==1' });
    this.#index();
  }

  get functions(): readonly Breakpoint[] {
    return this.#functions;
  }

  /** Removes all of them. */
  clear(): void {
    this.#lines.clear();
    this.#functions = [];
    this.#data = [];
    this.#automatic = undefined;
    this.#index();
  }

  /** Steps at which something may stop or log. */
  get pcs(): Iterable<number> {
    return this.#byPc.keys();
  }

  /** Steps at which hits are counted. */
  get countedPcs(): number[] {
    return [...this.#byPc].filter(([, list]) => list.some(({ counter }) => counter >= 0)).map(([pc]) => pc);
  }

  /** What is watched for changes, in the order in which changes are told by number. */
  get watched(): Watched[] {
    return this.#watching.flatMap(({ watched }) => watched ?? []);
  }

  /** Whether hits of changes are counted. */
  get countsChanges(): boolean {
    return this.#watching.some(({ counter }) => counter >= 0);
  }

  /** Replaces all breakpoints in a source. */
  setLines(path: string, requests: readonly LineRequest[]): readonly Breakpoint[] {
    const bound = requests.map((request) => this.#bindLine(path, request));
    this.#lines.set(path, bound);
    this.#index();
    return bound;
  }

  /** Replaces all function breakpoints. One on `changes EXPRESSION` stops at each change of that. */
  setFunctions(requests: readonly FunctionRequest[]): readonly Breakpoint[] {
    this.#functions = requests.map((request) => {
      const [, expression] = CHANGES.exec(request.name) ?? [];
      if (expression === undefined) return this.#bindFunction(request);
      return { ...this.#bindData({ ...request, expression }), name: request.name };
    });
    this.#index();
    return this.#functions;
  }

  /** Replaces all data breakpoints. */
  setData(requests: readonly DataRequest[]): readonly Breakpoint[] {
    this.#data = requests.map((request) => this.#bindData(request));
    this.#index();
    return this.#data;
  }

  #bindData(request: DataRequest): Bound {
    const made = watched(this.world, request.expression);
    const name = `changes ${request.expression}`;
    const problem = made.ok ? undefined : made.message;
    if (!made.ok || request.reads === true) {
      const message = problem ?? READS;
      this.#refuse({ name }, message);
      return { ...this.#unbound('data', message), name };
    }
    const bound = this.#bind({ kind: 'data', name, pcs: [] }, undefined, request);
    return bound.verified ? { ...bound, watched: made.value } : bound;
  }

  #bindLine(path: string, request: LineRequest): Bound {
    const listing = this.map.listing(path);
    if (!listing && path !== this.map.scenarioPath)
      return this.#unbound('line', 'This file is not part of the session.');
    const at = listing
      ? this.map.bindListing(listing, request.line)
      : this.map.bindLine(request.line, request.column);
    if (!at) return this.#unbound('line', 'No statement begins on this line or after it.');
    const routine = listing?.routine ?? this.map.routineAt(at.pcs[0] ?? 0);
    const leaf = routine && this.map.leafOf(routine);
    return this.#bind(
      { kind: 'line', path, ...at, ...(leaf ? { leaf } : {}) },
      routine?.routine.scenario ? undefined : routine,
      request,
    );
  }

  #bindFunction(request: FunctionRequest): Bound {
    const pcs = this.map.entries(request.name);
    const { name } = request;
    if (pcs.length === 0) return { ...this.#unbound('function', this.map.unknownName(name)), name };
    const leaf = this.map.leafNamed(name);
    const at = { kind: 'function', name, pcs, ...(leaf ? { leaf } : {}) } as const;
    const bound = this.#bind(at, this.map.routineNamed(name), request);
    const meant = this.map.standsFor(request.name);
    if (meant !== undefined)
      bound.message ??= `Stops in \`${meant}\`, which does here what \`${request.name.trim()}\` is for.`;
    return bound;
  }

  #unbound(kind: Breakpoint['kind'], message: string): Bound {
    const nothing = { pcs: [], test: undefined, hits: undefined, log: undefined, counter: -1 };
    return { id: this.#nextId++, kind, verified: false, message, ...nothing };
  }

  #bind(
    at: Pick<Bound, 'kind' | 'name' | 'pcs' | 'leaf' | 'path' | 'line' | 'column'>,
    routine: LinkedRoutine | undefined,
    request: LineRequest | FunctionRequest | DataRequest,
  ): Bound {
    const problems: string[] = [];
    const compile = <T>(text: string | undefined, make: (text: string) => Result<T>): T | undefined => {
      if (text === undefined || text.trim() === '') return undefined;
      const result = make(text);
      if (result.ok) return result.value;
      problems.push(result.message);
      return undefined;
    };
    const test = compile(request.condition, (text) => compileCondition(this.world, text, routine));
    const hits = compile(request.hitCondition, parseHitCondition);
    const message = 'logMessage' in request ? request.logMessage : undefined;
    const log = compile(message, (text) => compileMessage(this.world, text, routine));
    const id = this.#nextId++;
    if (problems.length > 0) {
      this.#refuse(at, problems.join(' '));
      return { ...this.#unbound(at.kind, problems.join(' ')), ...at, id, pcs: [] };
    }
    return { ...at, id, verified: true, message: undefined, test, hits, log, counter: -1 };
  }

  /** Says in the console, once, why a breakpoint never stops. */
  #refuse({ name, line }: Pick<Bound, 'name' | 'line'>, problem: string): void {
    const on = name === undefined ? `line ${line}` : name.replace(/^changes /, 'changes of ');
    const text = `The breakpoint on ${on} never stops: ${problem}`;
    if (this.#said.has(text)) return;
    this.#said.add(text);
    this.events.refused(text);
  }

  #index(): void {
    this.#byPc = new Map();
    let counters = 0;
    const own = [...[...this.#lines.values()].flat(), ...this.#functions, ...this.#data];
    const works = ({ pcs, watched, log }: Bound): boolean =>
      (pcs.length > 0 || watched !== undefined) && log === undefined;
    const automatic = this.#automatic && !own.some(works) ? [this.#automatic] : [];
    this.#watching = own.filter(({ watched }) => watched !== undefined);
    for (const bound of [...own, ...automatic]) {
      bound.counter = bound.hits ? counters++ : -1;
      for (const pc of bound.pcs) this.#byPc.set(pc, [...(this.#byPc.get(pc) ?? []), bound]);
    }
    this.counts.reset(counters);
  }

  /**
   * Ids of the breakpoints that stop at this step, which is about to run; undefined for none. In a search nothing is
   * logged; in a count, hits are counted where they matter and nothing else is done.
   */
  at(pc: number, scene: Scene, mode: 'run' | 'search' | 'count'): number[] | undefined {
    return this.#hits(this.#byPc.get(pc), scene, mode);
  }

  /** The same for changes that the step before has made. */
  atChanges(
    changes: readonly Change[],
    scene: Scene,
    mode: 'run' | 'search' | 'count',
  ): number[] | undefined {
    const list = changes.flatMap(({ index }) => this.#watching[index] ?? []);
    return this.#hits(list, scene, mode);
  }

  /** Those of the changes at which the breakpoints with these ids stop. */
  stoppedBy(ids: readonly number[], changes: readonly Change[]): Change[] {
    return changes.filter(({ index }) => ids.includes(this.#watching[index]?.id ?? -1));
  }

  #hits(
    list: readonly Bound[] | undefined,
    scene: Scene,
    mode: 'run' | 'search' | 'count',
  ): number[] | undefined {
    if (!list) return undefined;
    let ids: number[] | undefined;
    for (const bound of list) {
      if (mode === 'count' && bound.counter < 0) continue;
      if (!this.#hit(bound, scene)) continue;
      if (bound.log) {
        if (mode === 'run') this.#log(bound, bound.log, scene);
      } else if (ids) ids.push(bound.id);
      else ids = [bound.id];
    }
    return ids;
  }

  /** Whether one of these is a function breakpoint. */
  isFunction(ids: readonly number[]): boolean {
    return this.#functions.some(({ id }) => ids.includes(id));
  }

  /** How many leaf routines deep the innermost is in which these have stopped, before the task's next step. */
  leavesEntered(ids: readonly number[], scene: Scene): number {
    const leaves = nextLeaves(scene, this.map);
    const stopped = [...this.#byPc.values()].flat().filter(({ id }) => ids.includes(id));
    return Math.max(0, ...stopped.map(({ leaf }) => (leaf ? leaves.indexOf(leaf) + 1 : 0)));
  }

  isAutomatic(ids: readonly number[]): boolean {
    return this.#automatic !== undefined && ids.includes(this.#automatic.id);
  }

  #hit(bound: Bound, scene: Scene): boolean {
    if (bound.leaf && !nextLeaves(scene, this.map).includes(bound.leaf)) return false;
    if (bound.test && !this.#holds(bound, bound.test, scene)) return false;
    if (!bound.hits) return true;
    return bound.hits(this.counts.hit(bound.counter, scene.world.kernel.time));
  }

  #holds(bound: Bound, test: Test, scene: Scene): boolean {
    try {
      return test(scene);
    } catch (error) {
      this.#broken(bound, evaluationProblem(error));
      return false;
    }
  }

  #log(bound: Bound, log: Message, scene: Scene): void {
    try {
      this.events.logged(log(scene));
    } catch (error) {
      this.#broken(bound, evaluationProblem(error));
    }
  }

  /** Says once at the breakpoint what is wrong; the run goes on. */
  #broken(bound: Bound, message: string): void {
    if (bound.message === message) return;
    bound.message = message;
    this.#refuse(bound, message);
    this.events.changed(bound);
  }
}
