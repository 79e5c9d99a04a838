/** Comparisons of values: numbers of either kind, things, and lists of them. */

import { EvaluationError } from './arithmetic';
import type { CompareOp } from './ast';
import { isList, type Value } from './values';

export function toBigint(value: number | bigint): bigint {
  if (typeof value === 'number' && !Number.isInteger(value)) throw new EvaluationError('not a whole number');
  return BigInt(value);
}

export const COMPARE: Readonly<Record<CompareOp, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** A list and one value: every element must compare so. Two lists: element by element. */
export function compareAll(op: CompareOp, a: Value, b: Value): boolean {
  if (isList(a) && isList(b)) {
    const equal = a.length === b.length && a.every((item, i) => compareOne('==', item, b[i]));
    if (op === '==' || op === '!=') return equal === (op === '==');
    return a.length === b.length && a.every((item, i) => compareOne(op, item, b[i]));
  }
  if (isList(a)) return a.every((item) => compareOne(op, item, b));
  if (isList(b)) return b.every((item) => compareOne(op, a, item));
  return compareOne(op, a, b);
}

function compareOne(op: CompareOp, a: Value, b: Value): boolean {
  if (op === '==') return same(a, b);
  if (op === '!=') return !same(a, b);
  if (typeof a === 'number' && typeof b === 'number') return COMPARE[op](a, b);
  if ((typeof a !== 'number' && typeof a !== 'bigint') || (typeof b !== 'number' && typeof b !== 'bigint'))
    return false;
  const x = toBigint(a);
  const y = toBigint(b);
  return COMPARE[op](x < y ? -1 : x > y ? 1 : 0, 0);
}

export function same(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a === 'bigint' && typeof b === 'number') return a === toBigint(b);
  if (typeof a === 'number' && typeof b === 'bigint') return toBigint(a) === b;
  return false;
}
