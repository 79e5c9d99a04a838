import type { ArithmeticOp, BinaryOp, CompareOp, Expr, Name } from './ast';
import { type Cursor, SyntaxFault } from './cursor';
import { GLUE_AFTER, GLUE_BEFORE, type Token } from './lexer';
import { hasUnit, PAGE_SIZE, readNumber, UNITS } from './numbers';
import { cover, spanOf } from './source';
import { RESERVED } from './vocabulary';

const OR = 1;
const AND = 2;
const NOT = 3;
const COMPARE = 4;
/** From here on an expression may stand before a word of a statement, as in `write buf + 4096 = 1`. */
const BITS = 5;

/** Units that may stand apart from their number. */
const UNITS_APART: ReadonlySet<string> = new Set([...UNITS.keys()].filter((unit) => unit !== 'B'));

/** Reserved words that may stand where a value does: some are values, some name what is at hand. */
const EXPRESSION_WORDS: ReadonlySet<string> = new Set([
  ...['true', 'false', 'none', 'why'],
  ...['device', 'process', 'profile', 'machine'],
]);

/** Words that never are names, not even where an expression stands alone. */
const OPERATOR_WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in']);

interface Operator {
  readonly op: BinaryOp;
  readonly level: number;
}

const COMPARISONS: readonly CompareOp[] = ['==', '!=', '<', '<=', '>', '>='];
const ARITHMETIC: readonly (readonly ArithmeticOp[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['or', { op: 'or', level: OR }],
  ['||', { op: 'or', level: OR }],
  ['and', { op: 'and', level: AND }],
  ['&&', { op: 'and', level: AND }],
  ['in', { op: 'in', level: COMPARE }],
  ...COMPARISONS.map((op): [string, Operator] => [op, { op, level: COMPARE }]),
  ...ARITHMETIC.flatMap((ops, i) => ops.map((op): [string, Operator] => [op, { op, level: BITS + i }])),
]);

/** Tallest tree of an expression: what reads one goes down into it by recursion. */
const MAX_HEIGHT = 400;

const heights = new WeakMap<Expr, number>();

/** An expression made of others. Fails where it would be taller than `MAX_HEIGHT`. */
function over<T extends Expr>(parts: readonly Expr[], expr: T): T {
  const height = 1 + parts.reduce((most, part) => Math.max(most, heights.get(part) ?? 0), 0);
  if (height > MAX_HEIGHT) {
    const message = `more than ${MAX_HEIGHT} operators in a row; name parts of it with \`let\``;
    throw new SyntaxFault('too-deep', message, spanOf(expr.span));
  }
  heights.set(expr, height);
  return expr;
}

/** A whole expression: of `expect`, a breakpoint's condition, a watch. */
export function parseExpr(c: Cursor): Expr {
  return parseLevel(c, OR);
}

/** An expression without comparisons: a size, an address, a value to store. */
export function parseValue(c: Cursor): Expr {
  return parseLevel(c, BITS);
}

function operatorAt(token: Token): Operator | undefined {
  return token.kind === 'word' || token.kind === 'punct' ? OPERATORS.get(token.text) : undefined;
}

function parseLevel(c: Cursor, level: number): Expr {
  return c.nested(() => {
    let left = level <= NOT && c.is('not') ? parseNot(c) : parseUnary(c);
    let compared = false;
    for (;;) {
      const found = operatorAt(c.peek());
      if (found === undefined || found.level < level) return left;
      const sign = c.next();
      if (compared && found.level === COMPARE) {
        throw new SyntaxFault(
          'chained-comparison',
          'two comparisons in a row; join them with `and`',
          spanOf(sign),
        );
      }
      compared = found.level === COMPARE;
      const right = parseLevel(c, found.level + 1);
      const span = cover(left.span, right.span);
      left = over([left, right], { kind: 'binary', op: found.op, left, right, span });
    }
  });
}

/** `not a == b` is `not (a == b)`; `!a == b` is the same as `not`, except that `!` may stand before any operand. */
function parseNot(c: Cursor): Expr {
  const sign = c.next();
  if (sign.text === '!') sign.layout |= GLUE_AFTER;
  const operand = sign.text === '!' ? parseUnary(c) : parseLevel(c, NOT);
  return over([operand], { kind: 'unary', op: 'not', operand, span: cover(sign, operand.span) });
}

function parseUnary(c: Cursor): Expr {
  return c.nested(() => {
    if (c.is('!')) return parseNot(c);
    const sign = c.take('-', GLUE_AFTER) ?? c.take('~', GLUE_AFTER);
    if (sign === undefined) return parsePostfix(c);
    const operand = parseUnary(c);
    const op = sign.text === '-' ? '-' : '~';
    return over([operand], { kind: 'unary', op, operand, span: cover(sign, operand.span) });
  });
}

function parsePostfix(c: Cursor): Expr {
  let expr = parsePrimary(c);
  for (let steps = 0; ; steps++) {
    if (steps > 40) throw new SyntaxFault('too-deep', 'too many members and indexes in a row', expr.span);
    if (c.take('.', GLUE_BEFORE | GLUE_AFTER)) {
      expr = parseMember(c, expr);
    } else if (c.is('[') && expr.kind !== 'number') {
      expr = parseIndex(c, expr);
    } else {
      return expr;
    }
  }
}

/** A member, or a call of a function that the object has. */
function parseMember(c: Cursor, object: Expr): Expr {
  const member = parseMemberName(c);
  if (!c.is('('))
    return over([object], { kind: 'member', object, member, span: cover(object.span, member.span) });
  const args = parseArguments(c);
  const span = c.spanFrom(object.span.start);
  return over([object, ...args], { kind: 'call', object, callee: member, args, span });
}

function parseMemberName(c: Cursor): Name {
  if (!c.isWord()) c.fail('the name of a member');
  const token = c.next();
  return { text: token.text, span: spanOf(token) };
}

function parseIndex(c: Cursor, object: Expr): Expr {
  c.expect('[', '`[`', GLUE_BEFORE | GLUE_AFTER);
  const first = c.is('..') ? undefined : parseValue(c);
  if (first !== undefined && !c.is('..')) {
    const close = c.expect(']', '`]` or `..`', GLUE_BEFORE);
    return over([object, first], { kind: 'index', object, index: first, span: cover(object.span, close) });
  }
  c.expect('..', '`..`', GLUE_BEFORE | GLUE_AFTER);
  const end = c.is(']') ? undefined : parseValue(c);
  const close = c.expect(']', '`]`', GLUE_BEFORE);
  const parts = [object, ...(first ? [first] : []), ...(end ? [end] : [])];
  return over(parts, { kind: 'slice', object, ...optional({ first, end }), span: cover(object.span, close) });
}

/** Leaves out the fields that are not there. */
export function optional<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const key of Object.keys(fields) as (keyof T)[]) {
    const value = fields[key];
    if (value !== undefined) present[key] = value as Exclude<T[typeof key], undefined>;
  }
  return present;
}

function parsePrimary(c: Cursor): Expr {
  const token = c.peek();
  if (token.kind === 'number') return parseNumber(c);
  if (token.kind === 'string') return parseString(c);
  if (token.kind === 'word') return parseWord(c);
  if (c.is('(')) return parseParentheses(c);
  if (c.is('[')) return parseList(c);
  return c.fail('a value');
}

/** A number with its unit, which may be a word of its own, as in `4 pages`. */
export function parseNumber(c: Cursor): Expr {
  const token = c.next();
  const unit = c.peek();
  const apart = unit.kind === 'word' && UNITS_APART.has(unit.text) && !hasUnit(token.text);
  const literal = readNumber(token.text, apart ? unit.text : undefined);
  if (apart) c.next();
  const span = c.spanFrom(token.start);
  if ('error' in literal) {
    c.problems.error('bad-number', literal.error, span);
    return { kind: 'number', value: Number.NaN, span };
  }
  return { kind: 'number', value: literal.value, span };
}

function parseString(c: Cursor): Expr {
  const token = c.next();
  return { kind: 'string', value: stringValue(token.text), span: spanOf(token) };
}

/** The text of a string token: without quotes, with escapes replaced. */
export function stringValue(quoted: string): string {
  const inner = quoted.endsWith('"') && quoted.length > 1 ? quoted.slice(1, -1) : quoted.slice(1);
  return inner.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char === 't' ? '\t' : char));
}

function parseWord(c: Cursor): Expr {
  const token = c.peek();
  const span = spanOf(token);
  const barred = c.standsAlone ? OPERATOR_WORDS.has(token.text) : RESERVED.has(token.text);
  if (barred && !EXPRESSION_WORDS.has(token.text)) c.fail('a value');
  c.next();
  if (token.text === 'true' || token.text === 'false')
    return { kind: 'bool', value: token.text === 'true', span };
  if (token.text === 'none') return { kind: 'none', span };
  if (token.text === 'why') {
    const args = c.is('(') ? parseArguments(c) : [parseUnary(c)];
    return callOf(c, token, args);
  }
  if (c.is('(')) {
    const args = parseArguments(c);
    return callOf(c, token, args);
  }
  const name: Expr = { kind: 'name', name: token.text, span };
  const unit = c.take('pages');
  if (unit === undefined) return name;
  const page: Expr = { kind: 'number', value: PAGE_SIZE, span: spanOf(unit) };
  return { kind: 'binary', op: '*', left: name, right: page, span: cover(span, unit) };
}

function callOf(c: Cursor, name: Token, args: readonly Expr[]): Expr {
  const callee = { text: name.text, span: spanOf(name) };
  return over(args, { kind: 'call', callee, args, span: c.spanFrom(name.start) });
}

function parseArguments(c: Cursor): Expr[] {
  c.expect('(', '`(`', GLUE_BEFORE | GLUE_AFTER);
  return c.inBrackets(() => parseSequence(c, ')'));
}

function parseSequence(c: Cursor, close: string): Expr[] {
  const items: Expr[] = [];
  while (!c.is(close)) {
    items.push(parseExpr(c));
    if (!c.take(',', GLUE_BEFORE)) break;
  }
  c.expect(close, `\`,\` or \`${close}\``, GLUE_BEFORE);
  return items;
}

function parseParentheses(c: Cursor): Expr {
  const open = c.expect('(', '`(`', GLUE_AFTER);
  const expr = c.inBrackets(() => {
    const inner = parseExpr(c);
    c.expect(')', '`)`', GLUE_BEFORE);
    return inner;
  });
  return over([expr], { ...expr, span: c.spanFrom(open.start) });
}

function parseList(c: Cursor): Expr {
  const open = c.expect('[', '`[`', GLUE_AFTER);
  const items = c.inBrackets(() => parseSequence(c, ']'));
  return over(items, { kind: 'list', items, span: c.spanFrom(open.start) });
}
