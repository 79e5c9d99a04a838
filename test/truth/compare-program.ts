/** A whole program, operation by operation, until the first that differs. */

import { compareEvents } from './compare-events';
import { asRecorded, compareResult, type ObservedResult } from './compare-result';
import { StateComparison } from './compare-state';
import { type Divergence, LEVELS, type Level } from './divergence';
import { Expected } from './expected';
import { FrameMap } from './frames';
import { recordedKernel } from './kernels';
import type { ObservedEvent } from './observe-events';
import type { Observed } from './observe-state';
import { type Operation, operationName, operationText, type ProgramRecord } from './record';

/** What the engine shows of one operation, after the drain that follows it. */
export interface Observation {
  /** Undefined for an operation that doesn't return: `exit`. */
  readonly result: ObservedResult | undefined;
  /** Time at which it returned. */
  readonly returned: number;
  /** Time after the drain. */
  readonly time: number;
  readonly events: readonly ObservedEvent[];
  readonly state: Observed;
}

/** The engine went no further: a sentence that says why. */
export interface Stopped {
  readonly stopped: string;
  readonly time: number;
  readonly events: readonly ObservedEvent[];
}

/** A run of the engine, as the comparison sees it. Operations are asked for in order, each once. */
export interface Run {
  operation(index: number): Observation | Stopped;
}

export interface Difference {
  readonly index: number;
  /** As counted: `dev migrate`. */
  readonly operation: string;
  /** With its arguments. */
  readonly text: string;
  /** Everything that differs in this operation; the first is the one to tell. */
  readonly found: readonly [Divergence, ...Divergence[]];
  readonly recorded: Pick<Operation, 'result' | 'events'>;
  readonly events: readonly ObservedEvent[];
}

class ProgramComparison {
  readonly #frames = new FrameMap();
  readonly #expected = new Expected();

  constructor(
    readonly depth: number,
    readonly ignored: ReadonlySet<string>,
  ) {}

  /** What differs, the shallowest level first. */
  operation(op: Operation, seen: Observation): Divergence[] {
    this.#expected.apply(op);
    const events = this.depth < 2 ? undefined : compareEvents(op, seen.events, this.#frames, seen.time);
    const found: Divergence[] = [];
    if (seen.result !== undefined)
      found.push(...compareResult(op.op, op.result, asRecorded(op, seen.result), seen.returned));
    if (this.depth > 0) found.push(...this.#state(seen).compare(this.#expected, seen.state));
    if (events !== undefined) found.push(events);
    return found;
  }

  #state({ time }: Observation): StateComparison {
    return new StateComparison(this.#frames, time, this.ignored);
  }
}

/** The first operation that differs, or undefined when all agree. */
export function compareProgram(record: ProgramRecord, run: Run, level: Level): Difference | undefined {
  const comparison = new ProgramComparison(LEVELS.indexOf(level), recordedKernel(record.kernel).ignored);
  for (const [index, op] of record.ops.entries()) {
    if (op.result.skipped !== undefined) continue;
    const seen = run.operation(index);
    const found = 'stopped' in seen ? [stop(seen)] : comparison.operation(op, seen);
    const [first, ...rest] = found;
    if (first === undefined) continue;
    const { events } = seen;
    const operation = operationName(op);
    return { index, operation, text: operationText(op), found: [first, ...rest], recorded: op, events };
  }
  return undefined;
}

function stop({ stopped, time }: Stopped): Divergence {
  return { level: 'result', field: 'the run', where: '', kernel: 'goes on', engine: stopped, time };
}
