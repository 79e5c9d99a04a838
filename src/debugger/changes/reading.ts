/** What an expression comes to at one moment, so that two moments can be compared. */

import { isList, showValue, type Type, type Value } from '../../language';
import type { Scene } from '../../view/environment';

/** A number, a truth value, a text, or a thing: a row of its table where it is the thing that matters, else all of it. */
export type Reading = number | bigint | string | boolean | undefined;

/** Things whose rows say which they are; what they are like is read by their members. */
const BY_ROW: ReadonlySet<string> = new Set(['page', 'zone', 'device', 'process', 'task']);

const isPlain = (value: Value): value is number | bigint | boolean =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';

/** What a value is compared by. */
export function readingOf(value: Value, type: Type<Scene>, scene: Scene): Reading {
  if (value === undefined || typeof value === 'string') return value;
  const plain = type.members === undefined || BY_ROW.has(type.family);
  if (plain && isPlain(value)) return value;
  if (isList(value) || type.family !== 'pte') return showValue(value, type, scene);
  // The words for an entry leave out the bits that are of interest to few.
  return `${showValue(value, type, scene)}, ${String(type.member?.('bits')?.get(value, scene))}`;
}

/** What was read, as a person reads it. */
export function showReading(reading: Reading, type: Type<Scene>, scene: Scene): string {
  return typeof reading === 'string' ? reading : showValue(reading, type, scene);
}
