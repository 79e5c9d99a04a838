/** What a run came to: which expectations were reached, which failed, and how processes ended. */

import type { TaskRow } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/events';
import { type Run, type StatementInfo, signalName } from '../program';
import { showAddress, taskName } from '../view/environment';
import { isDetected, stuckText } from '../view/waits';

/** Failures that are kept with their words; more are only counted. */
const MOST_FAILURES = 100;

export interface FailureLine {
  readonly statement: StatementInfo;
  readonly time: number;
  readonly task: string;
  readonly message: string;
}

export class Tally {
  readonly failures: FailureLine[] = [];
  failed = 0;
  /** Expectations that were checked, each time. */
  checked = 0;
  readonly #reached = new Set<number>();
  /** Tasks whose process a signal ended that nobody expected, and the statement it came in. */
  readonly #killed = new Map<
    string,
    { readonly statement: StatementInfo; readonly signal: number; va: number }
  >();

  constructor(readonly run: Run) {}

  /** What a detector found, in a sentence: the run gets nowhere. */
  stuck: string | undefined;

  see(task: TaskRow, name: EventName, args: readonly number[]): void {
    if (isDetected(name)) {
      this.stuck ??= stuckText(this.run.world, name, args, task);
      return;
    }
    const statement = this.run.program.statements[args[0] ?? -1];
    if (statement === undefined) return;
    if (name === 'statement') {
      this.#reached.add(statement.index);
      this.checked += statement.expectations.length;
    } else if (name === 'expect_failed') this.#failure(task, statement, args[1] ?? 0);
    else if (name === 'result') this.#result(statement, args[3] ?? 0, args[5] ?? 0);
  }

  #failure(task: TaskRow, statement: StatementInfo, expectation: number): void {
    this.failed++;
    if (this.failures.length >= MOST_FAILURES) return;
    const message = this.run.expectation(statement.index, expectation);
    const { world, kernel } = this.run;
    this.failures.push({ statement, time: kernel.time, task: taskName(world, task), message });
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
    this.#killed.set(statement.task, { statement, signal, va });
  }

  /** For each process that a signal ended which nobody expected: a sentence, and how many expectations it cost. */
  unreached(): { readonly sentence: string; readonly statement: StatementInfo; readonly count: number }[] {
    const { statements } = this.run.program;
    return [...this.#killed].map(([task, { statement, signal, va }]) => {
      const lost = statements.filter(
        (s) =>
          s.task === task &&
          s.expectations.length > 0 &&
          this.run.compiled.has(s.index) &&
          !this.#reached.has(s.index),
      );
      const cost = lost.length === 0 ? '' : `; ${count(lost.length, 'expectation')} after it not reached`;
      const sentence = `${signalName(signal)} at ${showAddress(va)} ended ${task}${cost}`;
      return { sentence, statement, count: lost.length };
    });
  }
}

export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
