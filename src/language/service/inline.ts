/** What is worth showing behind the lines of a stopped scenario: the values of its names and of what it expects. */

import type { Block, Expr, Statement } from '../ast';
import { parseScenario } from '../parser';
import type { Span } from '../source';

/** Expressions of a piece of a text, outermost first: things with members, and names of values. */
export function inlineExpressions(text: string, within: Span): Span[] {
  const spans: Span[] = [];
  const values = new Set<string>();
  const expr = (of: Expr): void => {
    if (of.kind === 'member' || (of.kind === 'call' && of.object !== undefined)) spans.push(of.span);
    else if (of.kind === 'name' && values.has(of.name)) spans.push(of.span);
    else if (of.kind === 'unary') expr(of.operand);
    else if (of.kind === 'binary') {
      expr(of.left);
      expr(of.right);
    } else if (of.kind === 'call') of.args.forEach(expr);
    else if (of.kind === 'list') of.items.forEach(expr);
  };
  const statement = (of: Statement): void => {
    if (of.kind === 'let' || of.kind === 'let-read') {
      values.add(of.name.text);
      spans.push(of.name.span);
    }
    if (of.kind === 'expect') expr(of.condition);
    if (of.kind === 'let') expr(of.value);
    if (of.kind === 'print') for (const part of of.parts) if ('expr' in part) expr(part.expr);
    if ('body' in of && of.body !== undefined) block(of.body);
  };
  const block = ({ statements }: Block): void => statements.forEach(statement);
  for (const item of parseScenario(text).scenario.items) if (item.kind === 'process') block(item.body);
  return spans.filter(({ start, end }) => start >= within.start && end <= within.end);
}
