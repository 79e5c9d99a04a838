/** Drives work of the session in slices, so that messages are read in between. */

import type { StopReport } from '../debugger/reports';
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

export class Runner {
  #work: Work<StopReport> | undefined;
  #onDone: ((stop: StopReport) => void) | undefined;

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

  /** Starts work; `done` is called with what it ends in, unless it is given up before. */
  start(work: Work<StopReport>, pace: Pace, done: (stop: StopReport) => void): void {
    this.#work = work;
    this.#onDone = done;
    this.#slice(work, pace);
  }

  /** Gives the work up; true if there was any. */
  cancel(): boolean {
    const work = this.#work;
    this.#work = undefined;
    work?.return(undefined as never);
    return work !== undefined;
  }

  #slice(work: Work<StopReport>, pace: Pace): void {
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
        this.#onDone?.(result.value);
        return;
      }
      this.onSlice();
    } catch (error) {
      this.#work = undefined;
      this.onError(error);
      return;
    }
    this.host.defer(() => this.#slice(work, pace));
  }

  #adjust(pace: Pace, took: number): void {
    if (took > PIECE_MS) pace.sliceSteps = Math.max(LEAST_STEPS, pace.sliceSteps >> 1);
    else if (took < PIECE_MS / 4) pace.sliceSteps = Math.min(MOST_STEPS, pace.sliceSteps << 1);
  }
}
