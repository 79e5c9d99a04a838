/** A difference between what the kernel did and what the engine did. */

export interface Divergence {
  readonly level: 'result' | 'state' | 'event';
  /** What differs, without names of pages and processes: `ret`, `refcount`, `do_swap_page.flags`. */
  readonly field: string;
  /** Which one: `P0 A[1]`, `event 3 of 7`. */
  readonly where: string;
  readonly kernel: string;
  readonly engine: string;
  /** The engine's time, to be opened in the debugger. */
  readonly time: number;
  /** Index of the event at which the sequences part, among the operation's. */
  readonly event?: number;
}

/** How deep the comparison goes; each level has what the one before has. */
export const LEVELS = ['results', 'state', 'events'] as const;
export type Level = (typeof LEVELS)[number];

/** A value as a person reads it. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function showDivergence(found: Divergence): string {
  const where = found.where === '' ? '' : ` of ${found.where}`;
  return `${found.field}${where}: kernel ${found.kernel}, engine ${found.engine} (time ${found.time})`;
}
