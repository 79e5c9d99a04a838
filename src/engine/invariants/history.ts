/**
 * Which violations were found when. Going back and running again tells them again, at the same times; one that stands
 * is told once, where it begins.
 */

import type { Violation } from './violation';

/** Violations kept; a run that breaks more has shown enough. */
const MOST_VIOLATIONS = 1000;

interface Entry {
  readonly violation: Violation;
  /** Time of the check that found it: at or after what only happened. */
  readonly found: number;
  /** First time at which it no longer held. */
  until: number;
}

const same = (a: Violation, b: Violation): boolean =>
  a.invariant === b.invariant && a.target === b.target && a.row === b.row;

export class History {
  #entries: Entry[] = [];

  get violations(): readonly Violation[] {
    return this.#entries.map(({ violation }) => violation);
  }

  /** Those that stand at `time`, with those that only happened then. */
  standing(time: number): readonly Violation[] {
    return this.#entries
      .filter((entry) => entry.violation.time <= time && time < entry.until)
      .map(({ violation }) => violation);
  }

  /**
   * Takes up what a check at `time` found; `lasting` ones stand until a later check doesn't find them, unless it could
   * not tell.
   */
  take(
    time: number,
    lasting: readonly Violation[],
    passing: readonly Violation[],
    untold: (violation: Violation) => boolean,
  ): void {
    for (const entry of this.#entries) {
      const { violation } = entry;
      if (violation.time >= time || time >= entry.until || untold(violation)) continue;
      if (!lasting.some((found) => same(found, violation))) entry.until = time;
    }
    // In the order in which they came to be broken: what happened in a step, before what it left behind.
    const all = [...passing, ...lasting].sort((a, b) => a.step.time - b.step.time);
    for (const found of all)
      this.#add(found, time, passing.includes(found) ? time + 1 : Number.POSITIVE_INFINITY);
  }

  #add(found: Violation, time: number, until: number): void {
    const known = this.#entries.some(
      ({ violation, until: end }) =>
        same(violation, found) &&
        (violation.time === found.time || (violation.time < found.time && found.time < end)),
    );
    if (!known && this.#entries.length < MOST_VIOLATIONS)
      this.#entries.push({ violation: found, found: time, until });
  }

  /** Those that the check at `time` found first, in the order in which they were found. */
  foundAt(time: number): readonly Violation[] {
    return this.#entries.filter(({ found }) => found === time).map(({ violation }) => violation);
  }

  /** Nothing from `time` on has happened: another timeline begins there. */
  truncate(time: number): void {
    this.#entries = this.#entries.filter(({ found }) => found < time);
    for (const entry of this.#entries) if (entry.until > time) entry.until = Number.POSITIVE_INFINITY;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }
}
