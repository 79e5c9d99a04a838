import type { TimePosition } from '../protocol';

/** The time that a person typed: a number of steps, or a percentage of what has been run. */
export function timeFrom(text: string, { first, last }: TimePosition): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim().replaceAll(/[_,](?=\d)/g, ''));
  if (match?.[1] === undefined) return undefined;
  const value = Number(match[1]);
  if (match[2] === '%') return value <= 100 ? Math.round(first + ((last - first) * value) / 100) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}
