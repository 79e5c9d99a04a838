import type { Expr, Name, Outcome, Range } from './ast';
import type { CheckContext } from './check-context';
import type { Problem } from './diagnostics';
import { compileExpr } from './expression';
import { optional } from './parse-expression';
import { describeSymbol, type LocalSymbol, type Scope } from './scope';
import { didYouMean } from './suggest';
import type { Type } from './values';

const ADDRESSES = 2 ** 47;

/** Checks an expression: its names, the pages it names, and its members and types. */
export function checkExpr(ctx: CheckContext, expr: Expr, scope: Scope | undefined): void {
  checkNames(ctx, expr, scope);
  const result = compileExpr(expr, ctx.names(scope));
  if (!result.ok) ctx.problems.add(result.problem);
}

/** Checks an expression that must give a number. */
export function checkNumber(ctx: CheckContext, expr: Expr, scope: Scope | undefined): void {
  checkNames(ctx, expr, scope);
  const result = compileExpr(expr, ctx.names(scope));
  const problem = result.ok ? notNumber(result.compiled.type, expr) : result.problem;
  if (problem !== undefined) ctx.problems.add(problem);
}

/** Checks an expression that must give a whole number between two bounds. */
export function checkBetween(
  ctx: CheckContext,
  expr: Expr,
  scope: Scope | undefined,
  what: string,
  least: number,
  most: number,
): void {
  checkNumber(ctx, expr, scope);
  ctx.between(expr, scope, what, least, most);
}

function notNumber({ family, name, toNumber }: Type<unknown>, expr: Expr): Problem | undefined {
  if (family === 'number' || family === 'any' || toNumber !== undefined) return undefined;
  return { severity: 'error', code: 'type', message: `expected a number, found ${name}`, span: expr.span };
}

function checkNames(ctx: CheckContext, expr: Expr, scope: Scope | undefined): void {
  switch (expr.kind) {
    case 'name':
      checkName(ctx, { text: expr.name, span: expr.span }, scope);
      break;
    case 'member':
      checkNames(ctx, expr.object, scope);
      break;
    case 'index':
      checkNames(ctx, expr.object, scope);
      checkNames(ctx, expr.index, scope);
      checkPages(ctx, bufferOf(expr.object, scope), expr, scope);
      break;
    case 'slice':
      checkNames(ctx, expr.object, scope);
      if (expr.first !== undefined) checkNames(ctx, expr.first, scope);
      if (expr.end !== undefined) checkNames(ctx, expr.end, scope);
      checkPages(ctx, bufferOf(expr.object, scope), expr, scope);
      break;
    case 'call':
      if (expr.object !== undefined) checkNames(ctx, expr.object, scope);
      else if (!ctx.knowledge.functions.has(expr.callee.text)) {
        const near = didYouMean(expr.callee.text, ctx.knowledge.functions);
        ctx.error('unknown-name', `there is no function \`${expr.callee.text}\`${near}`, expr.callee.span);
      }
      for (const arg of expr.args) checkNames(ctx, arg, scope);
      break;
    case 'list':
      for (const item of expr.items) checkNames(ctx, item, scope);
      break;
    case 'unary':
      checkNames(ctx, expr.operand, scope);
      break;
    case 'binary':
      checkNames(ctx, expr.left, scope);
      checkNames(ctx, expr.right, scope);
      break;
    default:
      break;
  }
}

function checkName(ctx: CheckContext, name: Name, scope: Scope | undefined): void {
  if (scope?.find(name.text) !== undefined) return;
  if (ctx.globals.has(name.text) || ctx.knowledge.names.has(name.text)) return;
  const known = [...(scope?.names() ?? []), ...ctx.globals.keys(), ...ctx.knowledge.names];
  ctx.error(
    'unknown-name',
    `there is no \`${name.text}\` here${ctx.definedLater(name) || didYouMean(name.text, known)}`,
    name.span,
  );
}

function bufferOf(
  expr: Expr,
  scope: Scope | undefined,
): (LocalSymbol & { readonly name: string }) | undefined {
  const symbol = expr.kind === 'name' ? scope?.find(expr.name) : undefined;
  return expr.kind === 'name' && symbol !== undefined ? { ...symbol, name: expr.name } : undefined;
}

interface Bounds {
  readonly span: { readonly start: number; readonly end: number };
  readonly kind: string;
  readonly index?: Expr;
  readonly first?: Expr;
  readonly end?: Expr;
}

/** Checks that literal page numbers lie in a buffer whose size is known. */
function checkPages(
  ctx: CheckContext,
  buffer: (LocalSymbol & { readonly name: string }) | undefined,
  at: Bounds,
  scope: Scope | undefined,
  mayPass = false,
): void {
  const constant = (expr: Expr | undefined): number | undefined =>
    expr === undefined ? undefined : ctx.constant(expr, scope);
  const single = at.kind === 'index';
  const first = single ? constant(at.index) : at.first === undefined ? 0 : constant(at.first);
  const end = single ? (first === undefined ? undefined : first + 1) : constant(at.end);
  if (first !== undefined && first < 0) {
    ctx.error('outside-buffer', 'pages count from 0', at.span);
  } else if (first !== undefined && end !== undefined && end <= first) {
    ctx.error(
      'empty-range',
      `this range is empty: it ends before page ${end} and begins at ${first}`,
      at.span,
    );
  } else if (buffer?.kind === 'buffer' && buffer.pages !== undefined && !mayPass) {
    const last = Math.max(end ?? 0, (first ?? -1) + 1);
    if (last > buffer.pages) outside(ctx, buffer.name, buffer.pages, at);
  }
}

function outside(ctx: CheckContext, name: string, pages: number, at: Bounds): void {
  const has = pages === 1 ? 'one page, page 0' : `${pages} pages, 0 to ${pages - 1}`;
  const message = `this range is outside \`${name}\`, which has ${has}; if that is meant, write \`past end\` after it`;
  ctx.error('outside-buffer', message, at.span);
}

/**
 * Checks what a statement works on. A range may go past the end of its buffer where it says so, or where the statement
 * expects an error or a signal.
 */
export function checkRange(ctx: CheckContext, range: Range, scope: Scope, outcome?: Outcome): void {
  if (range.kind === 'address') {
    checkNumber(ctx, range.address, scope);
    checkAddress(ctx, range.address, scope);
    if (range.size !== undefined) checkRangeSize(ctx, range.size, scope);
    return;
  }
  for (const bound of [range.first, range.end]) if (bound !== undefined) checkNumber(ctx, bound, scope);
  const symbol = checkBuffer(ctx, range.buffer, scope);
  const status = outcome?.status?.kind;
  const mayPass = range.pastEnd || status === 'errno' || status === 'signal';
  const buffer = symbol === undefined ? undefined : { ...symbol, name: range.buffer.text };
  const { span, first, end } = range;
  if (range.single) {
    checkPages(ctx, buffer, { span, kind: 'index', ...optional({ index: first }) }, scope, mayPass);
  } else if (first !== undefined || end !== undefined) {
    checkPages(ctx, buffer, { span, kind: 'slice', ...optional({ first, end }) }, scope, mayPass);
  }
}

function checkBuffer(ctx: CheckContext, name: Name, scope: Scope): LocalSymbol | undefined {
  const local = scope.find(name.text);
  if (local !== undefined) return local;
  const global = ctx.globals.get(name.text);
  if (global?.kind === 'value') return global;
  if (global !== undefined) {
    ctx.error('wrong-kind', `\`${name.text}\` is ${describeSymbol(global)}, not a buffer`, name.span);
    return undefined;
  }
  const near = ctx.definedLater(name) || didYouMean(name.text, scope.names());
  const hint =
    near === '' && scope.names().length === 0
      ? `; nothing is mapped yet: \`${name.text} = mmap 64KiB\``
      : near;
  ctx.error('unknown-name', `there is no buffer \`${name.text}\`${hint}`, name.span);
  return undefined;
}

/** An address must lie in user space. */
export function checkAddress(ctx: CheckContext, expr: Expr, scope: Scope): void {
  const value = ctx.constant(expr, scope);
  if (value !== undefined && (value < 0 || value >= ADDRESSES)) {
    ctx.error(
      'bad-address',
      `0x${Math.abs(value).toString(16)} is not an address of user space, which ends at 0x800000000000`,
      expr.span,
    );
  }
}

function checkRangeSize(ctx: CheckContext, size: Expr, scope: Scope): void {
  checkNumber(ctx, size, scope);
  ctx.size(size, scope, {
    what: 'a range',
    empty: 'this range has no size',
    most: ADDRESSES,
    why: 'the address space',
  });
}

/** Checks the values of an expected outcome. */
export function checkOutcome(ctx: CheckContext, outcome: Outcome, scope: Scope): void {
  const values: Expr[] = [];
  if (outcome.status?.kind === 'signal') {
    for (const expr of [outcome.status.code, outcome.status.at]) if (expr !== undefined) values.push(expr);
  }
  for (const expr of [outcome.cpages, outcome.faults]) if (expr !== undefined) values.push(expr);
  if (outcome.data?.kind === 'each') values.push(outcome.data.value);
  if (outcome.data?.kind === 'list') {
    for (const item of outcome.data.items) {
      values.push(item.value);
      if (item.times !== undefined) {
        values.push(item.times);
        ctx.between(item.times, scope, 'how often a value is repeated', 1, 1 << 20);
      }
    }
  }
  for (const value of values) checkNumber(ctx, value, scope);
}
