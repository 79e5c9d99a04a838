/** Lines for the debug console: batched, and never a flood. */

import type { TraceLines } from '../debugger/trace-lines';

/** Lines shown between two stops; what comes after is only counted. */
const MOST_LINES = 1000;

/** Failures beyond that which are still shown. */
const MOST_FAILURES = 100;

export type OutputEvent = (text: string, category: 'console' | 'stdout' | 'stderr', line: number) => void;

export class Output {
  #left = MOST_LINES;
  #hidden = 0;

  constructor(readonly emit: OutputEvent) {}

  /** The user has resumed: there is room again. */
  resumed(): void {
    this.#left = MOST_LINES;
    this.#hidden = 0;
  }

  /** One line; dropped and counted where there were too many. */
  line(text: string, category: 'console' | 'stdout' | 'stderr', scenarioLine = 0): void {
    if (this.#left <= (category === 'stderr' ? -MOST_FAILURES : 0)) {
      this.#hidden++;
      return;
    }
    this.#left--;
    this.emit(`${text}\n`, category, scenarioLine);
  }

  /** What has happened since the last call. */
  drain(trace: TraceLines): void {
    const { lines, skipped } = trace.take();
    for (const { text, line, isFailure } of lines) this.line(text, isFailure ? 'stderr' : 'stdout', line);
    this.#hidden += skipped;
  }

  /** The session has stopped: says how much was not shown. */
  stopped(): void {
    if (this.#hidden > 0) this.emit(`… and ${this.#hidden} more lines\n`, 'console', 0);
    this.#hidden = 0;
  }
}
