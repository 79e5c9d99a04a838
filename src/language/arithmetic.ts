import type { ArithmeticOp } from './ast';

/** An expression that cannot be evaluated in the state at hand, such as a division by zero. */
export class EvaluationError extends Error {}

const TWO_32 = 2 ** 32;

function small(a: number, b: number): boolean {
  return (a | 0) === a && (b | 0) === b;
}

/** Bits of two numbers up to 2^53, in halves of 32, for JavaScript's own operators know only 32. */
function bitwise(a: number, b: number, op: (x: number, y: number) => number): number {
  const high = op(Math.floor(a / TWO_32), Math.floor(b / TWO_32));
  return high * TWO_32 + (op(a >>> 0, b >>> 0) >>> 0);
}

const and = (x: number, y: number): number => x & y;
const or = (x: number, y: number): number => x | y;
const xor = (x: number, y: number): number => x ^ y;

/** A number that has not lost anything: whole, and below 2^53. */
function exact(value: number): number {
  if (!Number.isSafeInteger(value))
    throw new EvaluationError('the result is more than 2^53 - 1, the largest number here');
  return value;
}

function divisor(b: number): number {
  if (b === 0) throw new EvaluationError('division by zero');
  return b;
}

/** Arithmetic on whole numbers below 2^53: `/` rounds towards zero. What has no such result throws EvaluationError. */
export const NUMBERS: Readonly<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  '+': (a, b) => exact(a + b),
  '-': (a, b) => exact(a - b),
  '*': (a, b) => exact(a * b),
  '/': (a, b) => Math.trunc(a / divisor(b)),
  '%': (a, b) => a % divisor(b),
  '&': (a, b) => (small(a, b) ? a & b : bitwise(a, b, and)),
  '|': (a, b) => (small(a, b) ? a | b : bitwise(a, b, or)),
  '^': (a, b) => (small(a, b) ? a ^ b : bitwise(a, b, xor)),
  '<<': (a, b) => exact(a * 2 ** places(b)),
  '>>': (a, b) => Math.floor(a / 2 ** places(b)),
};

/** The same for 64-bit values such as a page-table entry. */
export const BIGINTS: Readonly<Record<ArithmeticOp, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / nonZero(b),
  '%': (a, b) => a % nonZero(b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << shift(b),
  '>>': (a, b) => a >> shift(b),
};

/** How far a value is shifted. */
function places(b: number): number {
  if (b < 0 || b > 64) throw new EvaluationError('a shift is between 0 and 64');
  return b;
}

const shift = (b: bigint): bigint => BigInt(places(Number(b)));

function nonZero(b: bigint): bigint {
  if (b === 0n) throw new EvaluationError('division by zero');
  return b;
}
