/** What the code of one run's statements shares. */

import type { FileRow, ProcessRow } from '../engine/machine/ids';
import type { Driver } from '../engine/routine/driver';
import type { Kernel } from '../engine/routine/kernel';
import type { LinkedRoutine } from '../engine/routine/link';
import { slotsOf } from '../engine/routine/listing';
import { EvaluationError } from '../language/arithmetic';
import type { Expr, Statement } from '../language/ast';
import type { Compiled } from '../language/compiled';
import { constantOf } from '../language/constant';
import type { ProblemList } from '../language/diagnostics';
import { compileExpr } from '../language/expression';
import type { NameResolver, Value } from '../language/values';
import { environment, moveTo, type Scene, sceneOf, Variables, type World } from '../view/environment';
import { type F, type RoutineSpec, scenarioRoutine, slotNames } from './frame';
import type { Program, StatementInfo } from './program';
import type { Failure, Report } from './report';
import { RunState } from './state';

/** Everything the statements of one run work with. */
export class RunContext {
  readonly world: World;
  readonly scene: Scene;
  readonly state: RunState;
  readonly variables: Variables;
  /** Numbers of the statements that became code: under another profile some don't. */
  readonly compiled = new Set<number>();
  readonly #variableNumbers: ReadonlyMap<string, number>;

  constructor(
    readonly program: Program,
    readonly kernel: Kernel,
    readonly problems: ProblemList,
    readonly report: Report,
  ) {
    const { names } = program;
    this.variables = new Variables(kernel.store, names.variables.length);
    const lines = program.statements.map(({ position }) => position.line);
    this.world = { kernel, routines: [], names, variables: this.variables, lines };
    this.scene = sceneOf(this.world);
    this.state = new RunState(kernel);
    this.#variableNumbers = new Map(names.variables.map(({ name }, number) => [name, number]));
  }

  variable(name: string): number {
    return this.#variableNumbers.get(name) ?? -1;
  }

  taskNumber(name: string): number {
    return this.program.names.tasks.indexOf(name);
  }

  /** Row of a device by its name; rows are handed out in the order of the declarations. */
  deviceRow(name: string): number {
    return this.program.names.devices.indexOf(name) + 1;
  }

  /** The driver of a device. */
  driverOf(device: number): Driver {
    const driver = this.program.drivers[this.program.layout.devices[device - 1]?.driver ?? 0];
    if (driver === undefined) throw new Error(`device ${device} has no driver`);
    return driver;
  }

  /** The machine's row of a file of the scenario. */
  fileRow(name: string): FileRow {
    return (this.program.names.files.indexOf(name) + 1) as FileRow;
  }

  info(statement: Statement): StatementInfo {
    const info = this.program.statements[this.program.indexOf.get(statement) ?? -1];
    if (info === undefined) throw new Error('a statement without a number');
    this.compiled.add(info.index);
    return info;
  }

  /** The scene at a frame of the task that runs. */
  at(f: F): Scene {
    return moveTo(this.scene, this.kernel.task, f.$base);
  }

  /** A statement begins. */
  begin(statement: number): void {
    this.state.begun.add(statement, 1);
    this.kernel.emit('statement', statement);
  }

  /** An expectation does not hold. */
  fail(failure: Failure): void {
    const { statement, expectation } = failure;
    this.report.failure = failure;
    this.state.failed.add(statement, 1);
    this.kernel.emit('expect_failed', statement, expectation);
  }

  process(): ProcessRow {
    return this.kernel.tasks.processOf(this.kernel.task);
  }
}

/** A number that a statement needs, computed when it runs. */
export type NumberCode = (scene: Scene) => number;

/** The text that is being compiled: whose names hold, and the routine it becomes. */
export class Body {
  readonly resolver: NameResolver<Scene>;
  readonly #slots: readonly string[];

  constructor(
    readonly ctx: RunContext,
    readonly spec: RoutineSpec,
    /** Name of the task that executes it. */
    readonly task: string,
    /** Buffers and values that its process has named so far. Threads share the set. */
    readonly own: Set<string>,
    /** Counters of the loops that are open here, the captured ones first. */
    readonly visible: readonly string[],
    /** Depth of open loops. */
    readonly depth: number,
    /** The device whose context executes it; 0 = a CPU does. */
    readonly device = 0,
  ) {
    this.#slots = slotNames(spec);
    this.resolver = environment(ctx.world, { routine: linkedAs(spec) });
  }

  /** Number of a counter's slot. */
  slot(counter: string): number {
    return this.#slots.indexOf(counter);
  }

  /** Slots of the counters that are open here, in the order of `visible`. */
  get openSlots(): number[] {
    return this.visible.map((counter) => this.slot(counter));
  }

  /** The inside of a loop. */
  inside(counter: string | undefined): Body {
    const visible = counter === undefined ? this.visible : [...this.visible, counter];
    return new Body(this.ctx, this.spec, this.task, this.own, visible, this.depth + 1, this.device);
  }

  compile(expr: Expr): Compiled<Scene> | undefined {
    const result = compileExpr(expr, this.resolver);
    if (result.ok) return result.compiled;
    this.ctx.problems.add(result.problem);
    return undefined;
  }

  /** A whole number. What has no value when it is asked for throws EvaluationError. */
  number(expr: Expr): NumberCode {
    const constant = this.constant(expr);
    if (constant !== undefined) return () => constant;
    const compiled = this.compile(expr);
    if (compiled === undefined) return () => 0;
    const { evaluate, type } = compiled;
    const text = this.source(expr);
    return (scene) => {
      const value = evaluate(scene);
      return asNumber(type.toNumber && value !== undefined ? type.toNumber(value, scene) : value, text);
    };
  }

  /** The value of an expression that is the same in every run. */
  constant(expr: Expr): number | undefined {
    return constantOf(expr, (name) => {
      const shadowed = this.own.has(name) || this.visible.includes(name);
      return shadowed ? undefined : this.ctx.program.names.constants.get(name);
    });
  }

  source(of: { readonly span: { readonly start: number; readonly end: number } }): string {
    return this.ctx.program.text.slice(of.span.start, of.span.end);
  }
}

function asNumber(value: Value, text: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  if (value === undefined) throw new EvaluationError(`\`${text}\` has no value here`);
  throw new EvaluationError(`\`${text}\` is not a whole number here`);
}

/** A routine before it is linked, for the names of its counters: their slots are known already. */
function linkedAs(spec: RoutineSpec): LinkedRoutine {
  const routine = scenarioRoutine(spec, []);
  return { routine, id: -1, entry: -1, end: -1, slots: slotsOf(routine), listing: [] };
}
