/** Lines for the debug console: batched, and never a flood. */

import type { TraceLine, TraceLines } from '../debugger/trace-lines';

/** Lines shown as they come between two stops; of those that follow the newest are kept for the stop. */
const MOST_LINES = 500;

export type Category = 'console' | 'stdout' | 'stderr';

/** A line, with the line of the scenario and the time that it belongs to; line 0 for none. */
export type OutputEvent = (text: string, category: Category, line: number, time: number) => void;

interface Held {
  readonly text: string;
  readonly category: Category;
  readonly line: number;
  readonly time: number;
}

export class Output {
  #left = MOST_LINES;
  #held: Held[] = [];
  #dropped = 0;

  constructor(readonly emit: OutputEvent) {}

  /** The user has resumed: there is room again. */
  resumed(): void {
    this.#left = MOST_LINES;
    this.#held = [];
    this.#dropped = 0;
  }

  /** One line, at once where there is room, and otherwise at the stop if it is among the newest. */
  line(text: string, category: Category, line = 0, time = 0): void {
    if (this.#left > 0) {
      this.#left--;
      this.emit(`${text}\n`, category, line, time);
      return;
    }
    this.#held.push({ text, category, line, time });
    if (this.#held.length >= 2 * MOST_LINES) this.#drop(MOST_LINES);
  }

  /** Lets go of the oldest that wait. */
  #drop(count: number): void {
    this.#held.splice(0, count);
    this.#dropped += count;
  }

  /** What has happened since the last call. */
  drain(trace: TraceLines): void {
    const { lines, skipped } = trace.take();
    if (skipped > 0) {
      this.#dropped += skipped + this.#held.length;
      this.#held = [];
      this.#left = 0;
    }
    for (const { text, line, time, isFailure } of lines as TraceLine[])
      this.line(text, isFailure ? 'stderr' : 'stdout', line, time);
  }

  /** The session has stopped: the newest lines, after a word on those that are missing. */
  stopped(): void {
    if (this.#held.length > MOST_LINES) this.#drop(this.#held.length - MOST_LINES);
    if (this.#dropped > 0)
      this.emit(
        `… ${this.#dropped} lines are left out here; hmm-trace run prints all of them, and Seek to Time goes to any moment\n`,
        'console',
        0,
        0,
      );
    for (const { text, category, line, time } of this.#held) this.emit(`${text}\n`, category, line, time);
    this.#held = [];
    this.#dropped = 0;
  }
}
