/** What a run of a row has found. */

export type Unit = 'ns' | 'µs' | 'ms' | 's' | 'million' | '×' | 'steps' | 'bytes' | 'KiB' | 'MiB';

export interface Figure {
  /** What was measured, with its goal where it has one. */
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
}

/** What can't be measured on this machine, and why. */
interface LeftOut {
  readonly what: string;
  readonly leftOut: string;
}

export type Finding = Figure | LeftOut;

const PER_SECOND = { s: 1, ms: 1e3, µs: 1e6, ns: 1e9 } as const;

/** A figure of so many seconds, in a unit that suits it. */
export const time = (what: string, seconds: number, unit: keyof typeof PER_SECOND): Figure => ({
  what,
  value: seconds * PER_SECOND[unit],
  unit,
});

export const ratio = (what: string, value: number): Figure => ({ what, value, unit: '×' });

/** The middle one; of an even number of values the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

export function show(value: number, unit: Unit): string {
  const whole = unit === 'steps' || unit === 'bytes' || unit === 'KiB' || unit === 'MiB' || unit === 'ns';
  return unit === '×' ? `${value.toFixed(2)} ×` : `${value.toFixed(whole ? 0 : 2)} ${unit}`;
}
