import { EvaluationError, NUMBERS } from './arithmetic';
import type { Expr } from './ast';

/**
 * The number an expression always has, where its names are constants too; undefined where it depends on the run, is
 * no number, or cannot be computed.
 */
export function constantOf(expr: Expr, lookup: (name: string) => number | undefined): number | undefined {
  const value = evaluate(expr, lookup);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function evaluate(expr: Expr, lookup: (name: string) => number | undefined): number | undefined {
  if (expr.kind === 'number') return expr.value;
  if (expr.kind === 'name') return lookup(expr.name);
  if (expr.kind === 'unary' && expr.op === '-') {
    const operand = evaluate(expr.operand, lookup);
    return operand === undefined ? undefined : -operand;
  }
  if (expr.kind !== 'binary' || !(expr.op in NUMBERS)) return undefined;
  const left = evaluate(expr.left, lookup);
  const right = evaluate(expr.right, lookup);
  if (left === undefined || right === undefined) return undefined;
  try {
    return NUMBERS[expr.op as keyof typeof NUMBERS](left, right);
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}
