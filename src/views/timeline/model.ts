/** What a timeline's answer says, decoded, and its words. */

import type { EventCategory, TimelineResult, TimelineSlice } from '../../protocol/timeline';

/** A letter for each category, which says in text what its colour says. */
export const LETTERS: Readonly<Record<EventCategory, string>> = {
  fault: 'F',
  migration: 'M',
  callback: 'C',
  invalidation: 'I',
  signal: 'S',
  wait: 'W',
  finding: '!',
};

/** The numbers of a lane's columns. */
export function countsOf(text: string): Uint16Array {
  const bytes = atob(text);
  return Uint16Array.from(
    { length: bytes.length / 2 },
    (_, i) => bytes.charCodeAt(2 * i) + 256 * bytes.charCodeAt(2 * i + 1),
  );
}

/** What of one category a lane has: a row of the picture. */
interface Row {
  readonly category: EventCategory;
  readonly counts: Uint16Array;
}

export interface Lane {
  readonly name: string;
  readonly rows: readonly Row[];
  /** Its events in the order in which they begin; none where only their number is known. */
  readonly slices: readonly TimelineSlice[];
}

const plural = (count: number, category: string): string => `${count} ${category}${count === 1 ? '' : 's'}`;

export class Timeline {
  readonly lanes: readonly Lane[];

  constructor(readonly result: TimelineResult) {
    const { slices } = result;
    this.lanes = result.lanes.map(({ name, kind, density }, lane) => ({
      name,
      rows: density.map(({ category, counts }) => ({ category, counts: countsOf(counts) })),
      // Tasks of one CPU take turns in the middle of things: what lasts on a CPU overlaps.
      slices: kind === 'cpu' ? [] : (slices?.filter((slice) => slice.lane === lane) ?? []),
    }));
  }

  get columns(): number {
    const { from, to, stepsPerColumn } = this.result;
    return Math.ceil((to - from) / stepsPerColumn);
  }

  /** The first time of a column. */
  timeOf(column: number): number {
    return this.result.from + column * this.result.stepsPerColumn;
  }

  columnOf(time: number): number {
    return Math.floor((time - this.result.from) / this.result.stepsPerColumn);
  }

  /** The times of a column: `time 12`, `times 100 to 119`. */
  #times(column: number): string {
    const first = this.timeOf(column);
    const last = Math.min(this.timeOf(column + 1), this.result.to) - 1;
    return first === last ? `time ${first}` : `times ${first} to ${last}`;
  }

  /** `app · times 100 to 119 · 3 faults, 1 migration` */
  describeColumn(lane: number, column: number): string {
    const of = this.lanes[lane];
    if (of === undefined || column < 0 || column >= this.columns) return 'outside of the time shown';
    const counts = of.rows
      .filter(({ counts: numbers }) => (numbers[column] ?? 0) > 0)
      .map(({ category, counts: numbers }) => plural(numbers[column] ?? 0, category));
    return [of.name, this.#times(column), counts.join(', ') || 'nothing'].join(' · ');
  }

  /** `app · fault · time 12 to 40 · write fault at buf[3]` */
  describe(slice: TimelineSlice): string {
    const { category, from, to, text } = slice;
    const times = to === from ? `time ${from}` : `time ${from} to ${to ?? 'beyond this part'}`;
    return [this.lanes[slice.lane]?.name, category, times, text].join(' · ');
  }

  /** The picture as rows of a table, at most `most`: its events, or how many of each category the lanes have. */
  rows(most: number): string[][] {
    const { slices, ticks } = this.result;
    const marks = ticks.map(({ time, kind, text }) => [kind, String(time), text]);
    const told = slices
      ? slices.map((slice) => [this.lanes[slice.lane]?.name ?? '', String(slice.from), slice.text])
      : this.lanes.flatMap(({ name, rows }) =>
          rows.map(({ category, counts }) => [
            name,
            `${this.result.from} to ${this.result.to - 1}`,
            plural(
              counts.reduce((sum, count) => sum + count, 0),
              category,
            ),
          ]),
        );
    const all = [...marks, ...told];
    if (all.length <= most) return all;
    return [...all.slice(0, most), ['', '', `${all.length - most} more; zoom in to see them`]];
  }
}
