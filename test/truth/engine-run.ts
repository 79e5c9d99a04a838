/** Runs a scenario's text in the engine and shows what a comparison asks for. */

import { dmirror } from '../../src/engine/drivers/dmirror';
import { Checker, sentence } from '../../src/engine/invariants';
import { BootError } from '../../src/engine/kernel/boot';
import { VmFault } from '../../src/engine/kernel/constants';
import type { DeviceRow } from '../../src/engine/machine/ids';
import type { Kernel } from '../../src/engine/routine/kernel';
import { buildRun, compileScenario, type Run as ScenarioRun } from '../../src/program';
import type { LogRun } from './compare-log';
import type { Observation, Run, Stopped } from './compare-program';
import type { ObservedResult } from './compare-result';
import { HUGE_KERNEL } from './huge-records';
import { type RecordedKernel, recordedKernel } from './kernels';
import { LOG_VOCABULARY } from './log-events';
import type { LogRecord } from './log-record';
import { loggedPlace } from './log-to-scenario';
import { BadNesting, type ObservedEvent, observeEvents, type Vocabulary } from './observe-events';
import { type Names, observe } from './observe-state';
import type { Place } from './places';
import type { ProgramRecord } from './record';
import type { Converted } from './to-scenario';

/** The text can't be run; `line` is where the first reason stands. */
export class NotRunnable extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

/** Steps after which an operation counts as one that never ends. */
const MOST_STEPS = 5_000_000;
const SUPERVISOR = 'S';

/** How the engine tells what records of this kernel tell. */
function vocabularyOf(kernel: string): Vocabulary {
  const { events, spelling } = recordedKernel(kernel);
  const kinds = new Set(events.keys());
  return { kinds, enclosing: kinds, spelling };
}

/** Builds the machine of a scenario. Throws NotRunnable. */
function start(text: string, file: string): ScenarioRun {
  const { program, diagnostics } = compileScenario(text, file);
  if (program === undefined) {
    const first = diagnostics.find(({ severity }) => severity === 'error');
    throw new NotRunnable(first?.start.line ?? 0, first?.message ?? 'the scenario does not compile');
  }
  try {
    return buildRun(program);
  } catch (error) {
    if (error instanceof BootError) throw new NotRunnable(0, error.message);
    throw error;
  }
}

/** Devices are called gpu0, gpu1, … by the number the record gives them. */
function namesOf({ kernel, program: { names } }: ScenarioRun): Names {
  return {
    process: (row) => names.tasks[kernel.tasks.name.get(row)] ?? `process ${row}`,
    device: (row) => Number((names.devices[kernel.devices.name.get(row)] ?? '').slice(3)),
  };
}

function resultOf(args: readonly number[], place: (vpn: number) => Place): ObservedResult {
  const [, ret = 0, errno = 0, signal = 0, code = 0, va = 0, cpages = 0, faults = 0, ...data] = args;
  return { ret, errno, signal, code, at: place(Math.floor(va / 4096)), cpages, faults, data, livelock: 0 };
}

/** Why an engine stopped before it was asked to. */
type Reason = string | undefined;

/** The recorder's driver: its page_fault gives up when it was called too often in one operation. */
class GivesUp {
  #calls = 0;
  /** Times at which the callback began without mmap_lock. */
  readonly unlocked = new Set<number>();

  constructor(
    readonly k: Kernel,
    readonly mostFaults: number,
  ) {}

  get gaveUp(): boolean {
    return this.#calls > this.mostFaults;
  }

  /** Another operation begins. */
  reset(): void {
    this.#calls = 0;
  }

  called(): void {
    const { tasks } = this.k;
    if (tasks.readsMm.get(this.k.task) === 0) this.unlocked.add(this.k.time);
    this.#calls++;
    if (!this.gaveUp) return;
    // This very call, of whichever device.
    dmirror.failures.arm(this.k, 0 as DeviceRow, {
      point: 'migrate_to_ram',
      times: 1,
      result: VmFault.SIGBUS,
    });
  }
}

/** A scenario under way: runs from one line to the next. */
class Stepper {
  readonly names: Names;
  readonly driver: GivesUp;
  /** The result of the latest statement of `watched`, and when it came. */
  result: ObservedResult | undefined;
  returned = 0;
  #watched = 0;
  #until = 0;
  #reached = false;
  #problem: Reason;

  /** `place` says which page of a buffer a virtual page number is. */
  constructor(
    readonly run: ScenarioRun,
    readonly place: (vpn: number) => Place,
    kernel: RecordedKernel,
  ) {
    this.names = namesOf(run);
    this.driver = new GivesUp(run.kernel, kernel.mostFaults);
    new Checker(run.interpreter).onBroken = (violation) => {
      if (!kernel.breaks.has(violation.invariant.number)) this.#problem ??= sentence(violation);
    };
    run.kernel.events.observer = (_, name, leave, args) => {
      if (name === 'result') this.#onResult(args);
      else if (name === 'migrate_to_ram' && !leave) this.driver.called();
      else if (name === 'expect_failed' && args[1] === -1 && !leave)
        this.#problem = run.report.failure?.message();
    };
  }

  #onResult(args: readonly number[]): void {
    const line = this.run.program.statements[args[0] ?? -1]?.position.line;
    if (line === this.#watched) {
      this.result = { ...resultOf(args, this.place), livelock: this.driver.gaveUp ? 1 : 0 };
      this.returned = this.run.kernel.time;
    }
    if (line !== this.#until) return;
    this.#reached = true;
    this.run.interpreter.interrupt();
  }

  /**
   * Runs to the result of the statement on line `until` (0: to the end), keeping that of line `watched`.
   */
  advance(watched: number, until: number): Reason {
    const { interpreter, kernel } = this.run;
    this.#watched = watched;
    this.#until = until;
    this.#reached = false;
    this.#problem = undefined;
    this.result = undefined;
    this.driver.reset();
    try {
      const stop = interpreter.run(kernel.time + MOST_STEPS, true);
      if (this.#problem !== undefined) return this.#problem;
      if (this.#reached || (until === 0 && stop === 'end')) return undefined;
      return stop === 'time' ? `not finished after ${MOST_STEPS} steps` : `the run stops: ${stop}`;
    } catch (error) {
      return `the engine fails: ${error instanceof Error ? error.message : error}`;
    }
  }

  /** Events since `from`, and why they can't be read where they don't nest. */
  events(from: number, vocabulary: Vocabulary): [ObservedEvent[], Reason] {
    const { kernel } = this.run;
    const log = kernel.events.between(from, Number.POSITIVE_INFINITY);
    try {
      const events = observeEvents(kernel, this.names, log, vocabulary, this.place);
      return [events.map((event) => this.#withLock(event)), undefined];
    } catch (error) {
      if (!(error instanceof BadNesting)) throw error;
      return [[], error.message];
    }
  }

  #withLock(event: ObservedEvent): ObservedEvent {
    if (event.e !== 'migrate_to_ram') return event;
    return { ...event, mmapSem: this.driver.unlocked.has(event.time) ? 0 : 1 };
  }
}

class ProgramRun implements Run {
  readonly #vocabulary: Vocabulary;
  readonly #stepper: Stepper;

  constructor(
    readonly record: ProgramRecord,
    readonly converted: Converted,
    run: ScenarioRun,
  ) {
    const { layout } = converted;
    this.#stepper = new Stepper(run, (vpn) => layout.placeOf(vpn), recordedKernel(record.kernel));
    this.#vocabulary = vocabularyOf(record.kernel);
    this.#stepper.advance(0, converted.started);
  }

  /** What happens in the drain that follows an operation shows in the state; the records don't tell it. */
  operation(index: number): Observation | Stopped {
    const { lines, drained, layout } = this.converted;
    const stepper = this.#stepper;
    const { kernel } = stepper.run;
    const from = kernel.time;
    const ended = stepper.advance(lines[index] ?? 0, drained[index] ?? 0);
    const { time } = kernel;
    const [seen, unreadable] = stepper.events(from, this.#vocabulary);
    const returned = stepper.result === undefined ? from : stepper.returned;
    const events = seen.filter(({ p, time: at }) => p !== SUPERVISOR || at <= returned);
    const stopped = ended ?? unreadable;
    if (stopped !== undefined) return { stopped, time, events };
    const huge = this.record.kernel === HUGE_KERNEL;
    const state = observe(kernel, stepper.names, layout, this.record.buffers, SUPERVISOR, huge);
    return { result: stepper.result, returned, time, events, state };
  }
}

/** The engine's run of a program's record. Throws NotRunnable. */
export function runProgram(record: ProgramRecord, converted: Converted): Run {
  return new ProgramRun(record, converted, start(converted.text, record.id));
}

/** The engine's run of a log's scenario, to its end. Throws NotRunnable. */
export function runLog(text: string, { test, kernel }: LogRecord): LogRun {
  const run = start(text, test);
  const stepper = new Stepper(run, loggedPlace, recordedKernel(kernel));
  const stopped = stepper.advance(0, 0);
  const [events, unreadable] = stepper.events(0, LOG_VOCABULARY);
  return { events, stopped: stopped ?? unreadable, time: run.kernel.time };
}
