/**
 * Counts of hits. A breakpoint's count is the number of its hits (its condition held) from the start of the run up to
 * now, whenever the breakpoint was set and whichever way the present was reached. So the fifth hit is always the same
 * moment of the run. Where the count is not known, it is found by running again.
 */

/** Distance of remembered counts in steps. */
const MARK_DISTANCE = 50_000;

interface Mark {
  readonly time: number;
  readonly values: readonly number[];
}

export class HitCounts {
  #values: number[] = [];
  /** Time of each counter's last hit. */
  #last: number[] = [];
  #marks: Mark[] = [{ time: 0, values: [] }];
  /** Hits before this time are counted. */
  #until = 0;

  /** Starts anew with this many counters. */
  reset(count: number): void {
    this.#values = new Array<number>(count).fill(0);
    this.#marks = [{ time: 0, values: this.#values.slice() }];
    this.#last = [];
    this.#until = 0;
  }

  get isEmpty(): boolean {
    return this.#values.length === 0;
  }

  /** Whether the counts are those of a run that stands at `time`. */
  knows(time: number): boolean {
    return this.isEmpty || this.#until === time;
  }

  /** A hit of a counter at `time`; returns which one it is, from 1. Asking twice about the same time counts once. */
  hit(counter: number, time: number): number {
    const before = this.#values[counter] ?? 0;
    if (time < this.#until || this.#last[counter] === time) return before;
    this.#values[counter] = before + 1;
    this.#last[counter] = time;
    return before + 1;
  }

  /** All hits before `time` have been reported. */
  reached(time: number): void {
    if (this.isEmpty || time <= this.#until) return;
    this.#until = time;
    const hitNow = this.#last.includes(time);
    if (!hitNow && time - (this.#marks.at(-1)?.time ?? 0) >= MARK_DISTANCE)
      this.#marks.push({ time, values: this.#values.slice() });
  }

  /** Time of the latest remembered counts at or before `time`. */
  markBefore(time: number): number {
    return this.#find(time).time;
  }

  /** Puts back the counts of the latest mark at or before `time`. */
  rewind(time: number): void {
    const mark = this.#find(time);
    this.#values = mark.values.slice();
    this.#last = [];
    this.#until = mark.time;
  }

  /** Forgets what was counted at or after `time`. */
  truncate(time: number): void {
    while (this.#marks.length > 1 && (this.#marks.at(-1)?.time ?? 0) > time) this.#marks.pop();
    if (this.#until > time) this.rewind(time);
  }

  #find(time: number): Mark {
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle]?.time ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return this.#marks[low - 1] ?? { time: 0, values: this.#values.map(() => 0) };
  }
}
