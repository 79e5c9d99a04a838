/** Drives work of the session in slices, so that messages are read in between. */

import type { Work } from '../engine/time/work';
import type { Host } from './host';

/** Longest time between two looks at waiting messages. */
const SLICE_MS = 8;
/** Longest time of one piece of work; the number of steps in it follows. */
const PIECE_MS = 2;
const MOST_STEPS = 1 << 16;
const LEAST_STEPS = 500;

/** How many steps one piece of work has. */
export interface Pace {
  sliceSteps: number;
}

/** What becomes of work. */
export interface Ends<T> {
  readonly done: (result: T) => void;
  /** It was given up. */
  readonly givenUp?: () => void;
}

export class Runner {
  #work: Work<unknown> | undefined;
  #givenUp: (() => void) | undefined;

  constructor(
    readonly host: Host,
    /** Called after each slice. */
    readonly onSlice: () => void,
    /** Work has failed through a defect of ours. */
    readonly onError: (error: unknown) => void,
  ) {}

  get isRunning(): boolean {
    return this.#work !== undefined;
  }

  /** Starts work. */
  start<T>(work: Work<T>, pace: Pace, { done, givenUp }: Ends<T>): void {
    this.#work = work;
    this.#givenUp = givenUp;
    this.#slice(work, pace, done);
  }

  /** Gives the work up; true if there was any. */
  cancel(): boolean {
    const work = this.#work;
    const givenUp = this.#givenUp;
    this.#work = undefined;
    work?.return(undefined as never);
    if (work !== undefined) givenUp?.();
    return work !== undefined;
  }

  #slice<T>(work: Work<T>, pace: Pace, done: (result: T) => void): void {
    if (this.#work !== work) return;
    try {
      const end = this.host.now() + SLICE_MS;
      for (let now = this.host.now(); now < end; ) {
        const result = work.next();
        const after = this.host.now();
        this.#adjust(pace, after - now);
        now = after;
        if (result.done !== true) continue;
        this.#work = undefined;
        this.onSlice();
        done(result.value);
        return;
      }
      this.onSlice();
    } catch (error) {
      this.#work = undefined;
      this.onError(error);
      return;
    }
    this.host.defer(() => this.#slice(work, pace, done));
  }

  #adjust(pace: Pace, took: number): void {
    if (took > PIECE_MS) pace.sliceSteps = Math.max(LEAST_STEPS, pace.sliceSteps >> 1);
    else if (took < PIECE_MS / 4) pace.sliceSteps = Math.min(MOST_STEPS, pace.sliceSteps << 1);
  }
}
