import type { Expr } from './ast-expression';

/** The expressions that an expression is made of, in the order of the text. */
function partsOf(expr: Expr): readonly (Expr | undefined)[] {
  switch (expr.kind) {
    case 'member':
      return [expr.object];
    case 'index':
      return [expr.object, expr.index];
    case 'slice':
      return [expr.object, expr.first, expr.end];
    case 'call':
      return [expr.object, ...expr.args];
    case 'list':
      return expr.items;
    case 'unary':
      return [expr.operand];
    case 'binary':
      return [expr.left, expr.right];
    default:
      return [];
  }
}

/** Visits an expression and everything it is made of, in the order of the text. */
export function eachExpression(expr: Expr, visit: (part: Expr) => void): void {
  visit(expr);
  for (const part of partsOf(expr)) if (part) eachExpression(part, visit);
}
