/** What a run came to: which expectations were reached, which failed, and how processes ended. */

import type { TaskRow } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/event-schema';
import { signalName } from '../language/signals';
import type { Run, StatementInfo } from '../program';
import { showAddress, taskName } from '../view/environment';
import { isDetected, stuckText } from '../view/waits';

/** Failures that are kept with their words; more are only counted. */
const MOST_FAILURES = 100;

export interface FailureLine {
  readonly statement: StatementInfo;
  /** Number of the expectation in its statement; -1 where the statement could not be executed. */
  readonly expectation: number;
  readonly time: number;
  readonly task: string;
  readonly message: string;
}

/** A process that a signal ended which nobody expected. */
export interface Killed {
  readonly statement: StatementInfo;
  /** Where, and how many expectations it cost. */
  readonly sentence: string;
  readonly count: number;
}

interface Signal {
  readonly statement: StatementInfo;
  readonly signal: number;
  readonly va: number;
  readonly time: number;
}

type TalliedRun = Pick<Run, 'program' | 'state' | 'world' | 'kernel' | 'compiled' | 'expectation'>;

/** The counts are those of the machine as it stands; the words are kept as the events come by. */
export class Tally {
  #failures: FailureLine[] = [];
  /** By task: the signal that ended its process. */
  readonly #killed = new Map<string, Signal>();
  /** Times at which invariants broke, with which of which object. */
  #broken: { readonly time: number; readonly what: string }[] = [];
  /** What a detector found, in a sentence: the run gets nowhere. */
  stuck: string | undefined;

  constructor(readonly run: TalliedRun) {}

  get failures(): readonly FailureLine[] {
    return this.#failures;
  }

  /** Expectations that were checked, each time. */
  get checked(): number {
    return this.#sum(({ index, expectations }) => this.begun(index) * expectations.length);
  }

  /** Expectations that did not hold, each time. */
  get failed(): number {
    return this.#sum(({ index }) => this.run.state.failed.get(index));
  }

  /** How often a statement has begun. */
  begun(statement: number): number {
    return this.run.state.begun.get(statement);
  }

  #sum(of: (statement: StatementInfo) => number): number {
    return this.run.program.statements.reduce((sum, statement) => sum + of(statement), 0);
  }

  /** An event that happens now, be it for the first time or again. */
  see(task: TaskRow, name: EventName, args: readonly number[]): void {
    if (isDetected(name)) {
      this.stuck ??= stuckText(this.run.world, name, args, task);
      return;
    }
    if (name === 'invariant_broken') this.#breaks(args.join(' '));
    if (name !== 'expect_failed' && name !== 'result') return;
    const statement = this.run.program.statements[args[0] ?? -1];
    if (statement === undefined) return;
    if (name === 'expect_failed') this.#failure(task, statement, args[1] ?? 0);
    else this.#result(statement, args[3] ?? 0, args[5] ?? 0);
  }

  /** Invariants that broke, once for each object. */
  get broken(): number {
    return this.#broken.length;
  }

  #breaks(what: string): void {
    if (this.#broken.length < MOST_FAILURES && !this.#broken.some((known) => known.what === what))
      this.#broken.push({ time: this.run.kernel.time, what });
  }

  #failure(task: TaskRow, statement: StatementInfo, expectation: number): void {
    const { world, kernel } = this.run;
    const { time } = kernel;
    const known = this.#failures.some(
      (failure) =>
        failure.time === time && failure.statement === statement && failure.expectation === expectation,
    );
    if (known || this.#failures.length >= MOST_FAILURES) return;
    const message = this.run.expectation(statement.index, expectation);
    this.#failures.push({ statement, expectation, time, task: taskName(world, task), message });
  }

  #result(statement: StatementInfo, signal: number, va: number): void {
    if (signal === 0) return;
    const of = statement.statement;
    const outcome = 'outcome' in of ? of.outcome : undefined;
    const expected = outcome?.status?.kind === 'signal' && outcome.status.number === signal;
    if (of.kind === 'wait') {
      if (expected) this.#killed.delete(of.task.text);
      return;
    }
    if (expected) return;
    this.#killed.set(statement.task, { statement, signal, va, time: this.run.kernel.time });
  }

  /** A new timeline begins at `time`: what came after it has never been. */
  truncate(time: number): void {
    this.#failures = this.#failures.filter((failure) => failure.time < time);
    for (const [task, killed] of this.#killed) if (killed.time >= time) this.#killed.delete(task);
    this.#broken = this.#broken.filter((broken) => broken.time < time);
    this.stuck = undefined;
  }

  /** Each process that a signal ended which nobody expected. */
  unreached(): readonly Killed[] {
    const { statements } = this.run.program;
    return [...this.#killed].map(([task, { statement, signal, va }]) => {
      const lost = statements.filter(
        (s) =>
          s.task === task &&
          s.expectations.length > 0 &&
          this.run.compiled.has(s.index) &&
          this.begun(s.index) === 0,
      );
      const cost = lost.length === 0 ? '' : `; ${count(lost.length, 'expectation')} after it not reached`;
      const sentence = `${signalName(signal)} at ${showAddress(va)} ended ${task}${cost}`;
      return { sentence, statement, count: lost.length };
    });
  }
}

export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
