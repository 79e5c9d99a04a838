import { BIGINTS, EvaluationError, NUMBERS } from './arithmetic';
import type { ArithmeticOp, BinaryExpr, CallExpr, CompareOp, Expr } from './ast';
import { readable } from './characters';
import { COMPARE, compareAll, same, toBigint } from './compare';
import { absent, asNumber, type Compiled, constantly, mapped, numberOf } from './compiled';
import type { Problem } from './diagnostics';
import type { Span } from './source';
import { didYouMean } from './suggest';
import {
  type Accessor,
  ANY,
  type Binding,
  BOOLEAN,
  isList,
  listOf,
  type NameResolver,
  NONE,
  NUMBER,
  STRING,
  type Type,
  type Value,
} from './values';

class CompileFault {
  constructor(
    readonly message: string,
    readonly span: Span,
    readonly code: string,
    readonly fix?: Problem['fix'],
  ) {}
}

function fail(span: Span, message: string, code = 'expression', fix?: Problem['fix']): never {
  throw new CompileFault(message, span, code, fix);
}

/**
 * Turns an expression into closures over a resolver's names and types. Names and members that do not exist, and
 * comparisons that can never hold, are errors here, before anything runs. Evaluating allocates nothing for plain
 * numbers and for handles that are numbers.
 */
export function compileExpr<C>(
  expr: Expr,
  resolver: NameResolver<C>,
): { readonly ok: true; readonly compiled: Compiled<C> } | { readonly ok: false; readonly problem: Problem } {
  try {
    return { ok: true, compiled: new Compiler(resolver).compile(expr) };
  } catch (fault) {
    if (!(fault instanceof CompileFault)) throw fault;
    const { message, span, code, fix } = fault;
    const problem: Problem = { severity: 'error', code, message: readable(message), span };
    return { ok: false, problem: fix === undefined ? problem : { ...problem, fix } };
  }
}

/** Whether a value counts as true: not false, not 0, not nothing; a list where all its elements do. */
export function holds(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (isList(value)) return value.every(holds);
  return value !== undefined && value !== 0 && value !== 0n;
}

class Compiler<C> {
  constructor(private readonly resolver: NameResolver<C>) {}

  compile(expr: Expr): Compiled<C> {
    switch (expr.kind) {
      case 'number':
      case 'string':
      case 'bool': {
        const { value } = expr;
        const type = expr.kind === 'number' ? NUMBER : expr.kind === 'string' ? STRING : BOOLEAN;
        return { type, evaluate: () => value, ...(typeof value === 'number' ? { constant: value } : {}) };
      }
      case 'none':
        return { type: NONE, evaluate: () => undefined };
      case 'name':
        return this.name(expr.name, expr.span);
      case 'member':
        return this.member(this.compile(expr.object), expr.member.text, expr.member.span);
      case 'index':
        return this.index(expr.object, expr.index, expr.span);
      case 'slice':
        return this.slice(expr);
      case 'call':
        return this.call(expr);
      case 'list':
        return this.list(expr.items);
      case 'unary':
        return this.unary(expr.op, expr.operand);
      case 'binary':
        return this.binary(expr);
    }
  }

  private name(text: string, span: Span): Compiled<C> {
    const found: Binding<C> | undefined = this.resolver.name(text);
    if (found === undefined)
      fail(span, `there is no \`${text}\` here${didYouMean(text, this.resolver.names())}`, 'unknown-name');
    const { type, get, constant } = found;
    return { type, evaluate: get, ...(constant === undefined ? {} : { constant }) };
  }

  private member(object: Compiled<C>, name: string, span: Span): Compiled<C> {
    const element = object.type.element;
    if (element !== undefined && object.type.member?.(name) === undefined) {
      const accessor = this.accessor(element, name, span);
      return mapped(object, accessor);
    }
    const { get, type } = this.accessor(object.type, name, span);
    const of = object.evaluate;
    return {
      type,
      evaluate: (context) => {
        const value = of(context);
        return value === undefined ? undefined : get(value, context);
      },
    };
  }

  private accessor(type: Type<C>, name: string, span: Span): Accessor<C> {
    const found = type.member?.(name);
    if (found !== undefined) return found;
    if (type.function?.(name) !== undefined)
      fail(span, `\`${name}\` of ${type.name} takes an address: \`${name}(buf[3])\``, 'unknown-member');
    const known = type.members?.() ?? [];
    const has = known.length > 0 && known.length <= 8 ? `; it has ${known.join(', ')}` : '';
    return fail(span, `${type.name} has no \`${name}\`${didYouMean(name, known) || has}`, 'unknown-member');
  }

  private index(objectExpr: Expr, indexExpr: Expr, span: Span): Compiled<C> {
    const object = this.compile(objectExpr);
    const index = this.numeric(indexExpr);
    const element = object.type.index;
    if (element !== undefined) {
      const { get, type } = element;
      return {
        type,
        evaluate: (context) => {
          const of = object.evaluate(context);
          const at = index(context);
          return of === undefined || typeof at !== 'number' ? undefined : get(of, at, context);
        },
      };
    }
    const type = object.type.element;
    if (type === undefined) fail(span, `${object.type.name} has no elements`);
    return {
      type,
      evaluate: (context) => {
        const list = object.evaluate(context);
        const at = index(context);
        return isList(list) && typeof at === 'number' ? list[at] : undefined;
      },
    };
  }

  private slice(expr: Extract<Expr, { kind: 'slice' }>): Compiled<C> {
    const object = this.compile(expr.object);
    const slice = object.type.slice;
    if (slice === undefined) fail(expr.span, `${object.type.name} has no ranges`);
    const first = expr.first === undefined ? absent : this.numeric(expr.first);
    const end = expr.end === undefined ? absent : this.numeric(expr.end);
    const { get, type } = slice;
    return {
      type,
      evaluate: (context) => {
        const of = object.evaluate(context);
        return of === undefined
          ? undefined
          : get(of, asNumber(first(context)), asNumber(end(context)), context);
      },
    };
  }

  /** A call of a function that a thing has. */
  private method(object: Compiled<C>, { callee, args: exprs, span }: CallExpr): Compiled<C> {
    const { type: of } = object;
    const found = of.function?.(callee.text);
    if (found === undefined) {
      const near = didYouMean(callee.text, of.functions?.() ?? []);
      return fail(callee.span, `${of.name} has no function \`${callee.text}\`${near}`, 'unknown-member');
    }
    const args = exprs.map((arg) => this.compile(arg));
    const binding = found(args.map(({ type }) => type));
    if ('error' in binding) return fail(span, binding.error);
    const { get, type } = binding;
    return {
      type,
      evaluate: (context) => {
        const handle = object.evaluate(context);
        if (handle === undefined) return undefined;
        return get(
          handle,
          args.map((arg) => arg.evaluate(context)),
          context,
        );
      },
    };
  }

  private call(expr: CallExpr): Compiled<C> {
    if (expr.object !== undefined) return this.method(this.compile(expr.object), expr);
    const name = expr.callee.text;
    const found = this.resolver.call?.(name);
    if (found === undefined) {
      const near = didYouMean(name, this.resolver.calls?.() ?? []);
      return fail(expr.callee.span, `there is no function \`${name}\`${near}`, 'unknown-name');
    }
    const args = expr.args.map((arg) => this.compile(arg));
    const binding = found(args.map((arg) => arg.type));
    if ('error' in binding) return fail(expr.span, binding.error);
    const { get, type } = binding;
    const [only] = args;
    if (only !== undefined && args.length === 1) {
      return { type, evaluate: (context) => get([only.evaluate(context)], context) };
    }
    return {
      type,
      evaluate: (context) =>
        get(
          args.map((arg) => arg.evaluate(context)),
          context,
        ),
    };
  }

  private list(items: readonly Expr[]): Compiled<C> {
    const compiled = items.map((item) => this.compile(item));
    const type = listOf<C>(compiled[0]?.type ?? ANY);
    return { type, evaluate: (context) => compiled.map((item) => item.evaluate(context)) };
  }

  private unary(op: '-' | '~' | 'not', operandExpr: Expr): Compiled<C> {
    if (op === 'not') {
      const { evaluate } = this.compile(operandExpr);
      return { type: BOOLEAN, evaluate: (context) => !holds(evaluate(context)) };
    }
    const compiled = this.compile(operandExpr);
    if (op === '-' && compiled.constant !== undefined) return constantly(-compiled.constant);
    const operand = this.numericOf(compiled, operandExpr.span);
    const negate = op === '-';
    return {
      type: NUMBER,
      evaluate: (context) => {
        const value = operand(context);
        if (value === undefined) return undefined;
        return typeof value === 'bigint' ? (negate ? -value : ~value) : negate ? -value : -value - 1;
      },
    };
  }

  private binary(expr: BinaryExpr): Compiled<C> {
    const { op } = expr;
    if (op === 'and' || op === 'or') return this.logical(op, expr);
    if (op === 'in') return this.membership(expr);
    if (op in NUMBERS) return this.arithmetic(op as ArithmeticOp, expr);
    return this.comparison(op as CompareOp, expr);
  }

  private logical(op: 'and' | 'or', expr: BinaryExpr): Compiled<C> {
    const left = this.compile(expr.left).evaluate;
    const right = this.compile(expr.right).evaluate;
    const evaluate =
      op === 'and'
        ? (context: C) => holds(left(context)) && holds(right(context))
        : (context: C) => holds(left(context)) || holds(right(context));
    return { type: BOOLEAN, evaluate };
  }

  private membership(expr: BinaryExpr): Compiled<C> {
    const container = this.compile(expr.right);
    const { contains } = container.type;
    if (contains === undefined) {
      const { element } = container.type;
      if (element === undefined) fail(expr.right.span, `nothing can be \`in\` ${container.type.name}`);
      const sought = this.compile(expr.left).evaluate;
      return {
        type: BOOLEAN,
        evaluate: (context) => {
          const list = container.evaluate(context);
          return isList(list) && list.some((item) => same(item, sought(context)));
        },
      };
    }
    const sought = this.numeric(expr.left);
    return {
      type: BOOLEAN,
      evaluate: (context) => {
        const of = container.evaluate(context);
        const value = sought(context);
        return of !== undefined && value !== undefined && contains(of, Number(value), context);
      },
    };
  }

  private arithmetic(op: ArithmeticOp, expr: BinaryExpr): Compiled<C> {
    const first = this.compile(expr.left);
    const second = this.compile(expr.right);
    const plain = NUMBERS[op];
    const wide = BIGINTS[op];
    if (first.constant !== undefined && second.constant !== undefined)
      return constantly(computed(plain, first.constant, second.constant, expr.span));
    const left = this.numericOf(first, expr.left.span);
    const right = this.numericOf(second, expr.right.span);
    return {
      type: NUMBER,
      evaluate: (context) => {
        const a = left(context);
        const b = right(context);
        if (typeof a === 'number' && typeof b === 'number') return plain(a, b);
        if (a === undefined || b === undefined) return undefined;
        return wide(toBigint(a), toBigint(b));
      },
    };
  }

  private comparison(op: CompareOp, expr: BinaryExpr): Compiled<C> {
    const left = this.compile(expr.left);
    const right = this.compile(expr.right);
    this.comparable(left.type, right.type, expr);
    const a = numberOf(left);
    const b = numberOf(right);
    const compare = COMPARE[op];
    return {
      type: BOOLEAN,
      evaluate: (context) => {
        const x = a(context);
        const y = b(context);
        return typeof x === 'number' && typeof y === 'number' ? compare(x, y) : compareAll(op, x, y);
      },
    };
  }

  /** Two kinds of thing that can never be equal are a mistake of the author, such as a page and a zone. */
  private comparable(left: Type<C>, right: Type<C>, expr: BinaryExpr): void {
    const a = left.element ?? left;
    const b = right.element ?? right;
    if (a.family === b.family || a.family === 'any' || b.family === 'any') return;
    const numeric = (type: Type<C>): boolean => type.family === 'number' || type.toNumber !== undefined;
    if (numeric(a) && numeric(b)) return;
    const member = a.members?.().find((name) => a.member?.(name)?.type.family === b.family);
    const hint = member === undefined ? '' : `; did you mean its \`${member}\`?`;
    const after = expr.left.span.end;
    const fix = member === undefined ? undefined : { span: { start: after, end: after }, text: `.${member}` };
    fail(expr.span, `${a.name} and ${b.name} cannot be compared${hint}`, 'type', fix);
  }

  /** A closure that gives a number: of a number, or of a thing that stands for one, such as a buffer for its address. */
  private numeric(expr: Expr): (context: C) => number | bigint | undefined {
    return this.numericOf(this.compile(expr), expr.span);
  }

  private numericOf(compiled: Compiled<C>, span: Span): (context: C) => number | bigint | undefined {
    const { family, name, toNumber } = compiled.type;
    if (family !== 'number' && family !== 'any' && toNumber === undefined) {
      fail(span, `expected a number, found ${name}`, 'type');
    }
    const get = numberOf(compiled);
    return (context) => {
      const value = get(context);
      if (value === undefined || typeof value === 'number' || typeof value === 'bigint') return value;
      throw new EvaluationError(`expected a number, found ${isList(value) ? 'a list' : `a ${typeof value}`}`);
    };
  }
}

/** What an operation on two constants gives; what it can't give is an error of the text. */
function computed(op: (a: number, b: number) => number, a: number, b: number, span: Span): number {
  try {
    return op(a, b);
  } catch (error) {
    if (error instanceof EvaluationError) return fail(span, error.message, 'arithmetic');
    throw error;
  }
}
