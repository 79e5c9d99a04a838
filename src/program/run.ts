/** A scenario's machine, ready to run. */

import { start_bottom_half } from '../engine/drivers/context';
import { boot } from '../engine/kernel/boot';
import { alloc_file } from '../engine/kernel/fs/file';
import { mm_alloc, process_alloc, task_alloc } from '../engine/kernel/kernel/process';
import { kworker, start_workers } from '../engine/kernel/mm/swap/workqueue';
import { kswapd, provide_kswapds } from '../engine/kernel/mm/vmscan/kswapd';
import type { DeviceRow, ProcessRow } from '../engine/machine/ids';
import { Kernel } from '../engine/routine/kernel';
import { type Linked, link } from '../engine/routine/link';
import type { AnyRoutine } from '../engine/routine/routine';
import { Interpreter } from '../engine/time/interpreter';
import { type Order, Schedule } from '../engine/time/schedule';
import type { ProcessDecl } from '../language/ast';
import { constantOf } from '../language/constant';
import { type Problem, ProblemList } from '../language/diagnostics';
import { bottomHalfName, kswapdName, workerName } from '../language/task-names';
import type { World } from '../view/environment';
import { RunContext } from './context';
import type { ScenarioNode } from './frame';
import { Generator } from './generator';
import { contextDevices } from './names';
import { swaponCall } from './page-statements';
import type { Program } from './program';
import { programWaits } from './program-waits';
import { Report } from './report';
import type { RunState } from './state';
import { startTask } from './tasks';

/** A machine that has been set up and has not run, with everything needed to run and to look at it. */
export interface Run {
  readonly program: Program;
  readonly kernel: Kernel;
  readonly linked: Linked;
  readonly interpreter: Interpreter;
  readonly schedule: Schedule;
  readonly world: World;
  /** The words of the `expect_failed` and `print` events; to be asked while the event is being reported. */
  readonly report: Report;
  readonly state: RunState;
  /** Numbers of the statements that became code: under another profile some don't. */
  readonly compiled: ReadonlySet<number>;
  /** The text of an expectation; while its `expect_failed` event is being reported also what was found. */
  readonly expectation: (statement: number, expectation: number) => string;
}

interface ProcessCode {
  readonly decl: ProcessDecl;
  readonly routine: AnyRoutine;
}

/** The first process turns on the swap area that is on from the start. */
function prelude(program: Program, first: boolean): ScenarioNode[] {
  return first && program.swapPages > 0 ? [swaponCall(() => program.swapPages, program.swapSync)] : [];
}

/** The drivers' services of device faults, which run as tasks of their own. */
function services({ program }: RunContext): AnyRoutine[] {
  return program.drivers.flatMap(({ operations: { service_faults } }) => service_faults ?? []);
}

/** A program's statements as code, and what that works on. A machine runs once, and so does its code. */
interface Generated {
  readonly ctx: RunContext;
  readonly code: readonly ProcessCode[];
  readonly roots: readonly AnyRoutine[];
}

/** The code of programs that have been checked and have not run: the first run takes it. */
const unrun = new WeakMap<Program, Generated>();

function generate(program: Program): Generated {
  const kernel = new Kernel(program.profile, program.drivers);
  const ctx = new RunContext(program, kernel, new ProblemList(), new Report());
  const generator = new Generator(ctx);
  const code: ProcessCode[] = [];
  for (const item of program.scenario.items)
    if (item.kind === 'process')
      code.push({ decl: item, routine: generator.process(item, prelude(program, code.length === 0)) });
  generator.finish();
  const own = [...code.map(({ routine }) => routine), ...generator.started];
  return { ctx, code, roots: [...own, kworker, kswapd, ...services(ctx)] };
}

/** What is wrong with a program's statements: names that expressions don't know, and what can't be executed. */
export function problemsOf(program: Program): readonly Problem[] {
  const generated = generate(program);
  unrun.set(program, generated);
  return generated.ctx.problems.problems;
}

function setUp(ctx: RunContext, code: readonly ProcessCode[]): void {
  const { kernel: k, program } = ctx;
  boot(k, program.layout);
  for (const [name, { pages, fill }] of program.files.entries()) {
    const file = alloc_file(k, pages, true, fill);
    k.files.name.set(file, name);
    k.files.users.set(file, 1);
  }
  for (const { decl, routine } of code) {
    const name = ctx.taskNumber(decl.name.text);
    const process = process_alloc(k, name, mm_alloc(k, 0), 0 as ProcessRow);
    ctx.state.processNamed.set(name, process);
    const cpu =
      decl.cpu === undefined ? undefined : constantOf(decl.cpu, (text) => program.names.constants.get(text));
    startTask(ctx, task_alloc(k, process, name), { name, cpu, routine, idle: false, captured: [] });
  }
}

export interface RunOptions {
  /** Who runs when, in place of what the scenario says. */
  readonly order?: Order;
}

/** Builds the machine and starts the processes. Throws BootError where the machine can't be. */
export function buildRun(program: Program, options: RunOptions = {}): Run {
  const { ctx, code, roots } = unrun.get(program) ?? generate(program);
  unrun.delete(program);
  const { kernel, report } = ctx;
  const linked = link(program.profile, roots, program.drivers);
  const interpreter = new Interpreter(kernel, linked);
  const schedule = new Schedule(kernel, options.order ?? program.order);
  interpreter.scheduler = schedule;
  kernel.program = programWaits(ctx);
  setUp(ctx, code);
  if (kernel.cpus > 1) start_workers(kernel, (cpu) => ctx.taskNumber(workerName(cpu)));
  provide_kswapds(kernel, (node) => ctx.taskNumber(kswapdName(node)));
  for (const device of contextDevices(program.scenario))
    start_bottom_half(kernel, ctx.deviceRow(device) as DeviceRow, ctx.taskNumber(bottomHalfName(device)));
  kernel.tasks.setCurrent(1 as Parameters<typeof kernel.tasks.setCurrent>[0]);
  const world: World = {
    kernel,
    routines: linked.routines,
    names: program.names,
    variables: ctx.variables,
    lines: ctx.world.lines ?? [],
  };
  const expectation = (statement: number, number: number): string => {
    const { failure } = report;
    if (failure?.statement === statement && failure.expectation === number) return failure.message();
    return program.statements[statement]?.expectations[number] ?? 'the statement could not be executed';
  };
  const { compiled, state } = ctx;
  return { program, kernel, linked, interpreter, schedule, world, report, state, compiled, expectation };
}
