/** Says how far a long run or search has come, for as long as it goes on. */

import type { RunningState } from '../protocol';

/** A run, or a search, that takes less long is not worth a word. */
const AFTER_MS = { forwards: 1000, backwards: 400, again: 400 } as const;
/** Between two words. */
const EVERY_MS = 300;

export type Direction = keyof typeof AFTER_MS;

const TITLES: Record<Direction, string> = {
  forwards: 'Running the scenario',
  backwards: 'Searching backwards',
  again: 'Going through the run again',
};

export interface ProgressTarget {
  event(name: string, body: object): void;
  /** Milliseconds since some moment. */
  now(): number;
  /** Whether the client shows progress. */
  shows(): boolean;
}

const grouped = (count: number): string => count.toLocaleString('en-US');

export class Progress {
  #id = 0;
  #shown = false;
  #since = 0;
  #told = 0;
  #from = 0;

  constructor(readonly target: ProgressTarget) {}

  /** Something begins to run at `time`. */
  begin(time: number): void {
    this.end();
    this.#id++;
    this.#since = this.target.now();
    this.#told = this.#since;
    this.#from = time;
  }

  /** It has come to where `state` says. */
  tick(direction: Direction, state: () => RunningState): void {
    const now = this.target.now();
    if (now - this.#since < AFTER_MS[direction] || (this.#shown && now - this.#told < EVERY_MS)) return;
    this.#told = now;
    const at = state();
    this.target.event('hmm/running', at);
    if (!this.target.shows()) return;
    const progressId = `run-${this.#id}`;
    const rate = Math.round((Math.abs(at.time - this.#from) / (now - this.#since)) * 1000);
    const message =
      direction === 'forwards'
        ? `step ${grouped(at.time)}, ${grouped(rate)} a second`
        : `at step ${grouped(at.time)}`;
    if (this.#shown) this.target.event('progressUpdate', { progressId, message });
    else
      this.target.event('progressStart', {
        progressId,
        title: TITLES[direction],
        message,
        cancellable: true,
      });
    this.#shown = true;
  }

  /** It has ended or was given up. */
  end(): void {
    if (this.#shown) this.target.event('progressEnd', { progressId: `run-${this.#id}` });
    this.#shown = false;
  }
}
