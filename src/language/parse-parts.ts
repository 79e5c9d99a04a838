import type {
  Expr,
  Name,
  Outcome,
  OutcomeData,
  OutcomeItem,
  OutcomeStatus,
  Prot,
  Range,
  TemplatePart,
  Word,
} from './ast';
import { Cursor, SyntaxFault } from './cursor';
import type { ProblemList } from './diagnostics';
import { GLUE_AFTER, GLUE_BEFORE, lex, type Token } from './lexer';
import { optional, parseExpr, parseValue, stringValue } from './parse-expression';
import { ERRNOS, SIGNAL_CODES, SIGNALS } from './signals';
import { cover, type Span, spanOf } from './source';
import { didYouMean, oneOf } from './suggest';
import { RESERVED } from './vocabulary';

/** A name that is declared or used here. */
export function parseName(c: Cursor, what: string): Name {
  if (!c.isWord()) c.fail(what);
  const token = c.next();
  if (RESERVED.has(token.text)) {
    const message = `expected ${what}, but \`${token.text}\` is a word of the language; choose another name`;
    throw new SyntaxFault('reserved-name', message, spanOf(token));
  }
  return { text: token.text, span: spanOf(token) };
}

/** A word out of a list, with the nearest one where it is none of them. */
export function parseWordOf<T extends string>(c: Cursor, words: readonly T[], what: string): Word<T> {
  const token = c.peek();
  const word = words.find((w) => w === token.text);
  if (token.kind !== 'word' || word === undefined) {
    const near = token.kind === 'word' ? didYouMean(token.text, words) : '';
    const known = near === '' && words.length <= 8 ? ` (${oneOf(words)})` : '';
    return c.fail(`${what}${known}`, near === '' ? 'syntax' : 'unknown-word', near);
  }
  c.next();
  return { text: word, span: spanOf(token) };
}

/** A word that may hold digits, dots and hyphens, such as a version or the name of a switch. */
export function parseJoinedWord(c: Cursor, what: string): Word {
  const first = c.peek();
  if (first.kind !== 'word' && first.kind !== 'number') c.fail(what);
  c.next();
  let last: Token = first;
  let text = first.text;
  for (;;) {
    const token = c.peek();
    const joins =
      token.kind === 'word' || token.kind === 'number' || token.text === '-' || token.text === '.';
    if (token.start !== last.end || !joins || token.kind === 'end') break;
    c.next().layout |= GLUE_BEFORE;
    text += token.text;
    last = token;
  }
  return { text, span: cover(first, last) };
}

const PROT = /^(?:none|r?w?x?)$/;

/** Whether a word is a protection such as `rw`. */
export function isProt(text: string): boolean {
  return text !== '' && PROT.test(text);
}

/** `none`, `r`, `rw`, `rwx`, … */
export function parseProt(c: Cursor): Prot {
  const token = c.peek();
  if (token.kind !== 'word' || !isProt(token.text)) c.fail('a protection (none, r, rw, rwx, …)');
  c.next();
  const none = token.text === 'none';
  const has = (letter: string): boolean => !none && token.text.includes(letter);
  return { read: has('r'), write: has('w'), exec: has('x'), span: spanOf(token) };
}

/** What a statement works on: pages of a buffer, or an address with or without a size. */
export function parseRange(c: Cursor): Range {
  if (c.atEnd()) c.fail('a buffer or an address, as in `buf[0..4]`');
  const target = parseValue(c);
  const size = c.take('for') ? parseValue(c) : undefined;
  const pastEnd = c.take('past') !== undefined;
  if (pastEnd) c.expect('end', '`end`, as in `buf[0..6] past end`');
  const span = c.spanFrom(target.span.start);
  const pages = size === undefined ? pagesOf(target, span, pastEnd) : undefined;
  return pages ?? { kind: 'address', address: target, ...optional({ size }), pastEnd, span };
}

function pagesOf(target: Expr, span: Span, pastEnd: boolean): Range | undefined {
  const base = target.kind === 'index' || target.kind === 'slice' ? target.object : target;
  if (base.kind !== 'name') return undefined;
  const buffer = { text: base.name, span: base.span };
  const common = { kind: 'pages' as const, buffer, pastEnd, span };
  if (target.kind === 'index') return { ...common, single: true, first: target.index };
  if (target.kind === 'slice') {
    return { ...common, single: false, ...optional({ first: target.first, end: target.end }) };
  }
  return { ...common, single: false };
}

/** What follows `expect` at the end of a statement: parts with commas between them. */
export function parseOutcome(c: Cursor): Outcome {
  const start = c.peek().start;
  const parts: { status?: OutcomeStatus; data?: OutcomeData; cpages?: Expr; faults?: Expr } = {};
  do {
    const at = c.peek();
    const part = parseOutcomePart(c);
    if (Object.keys(part).some((key) => key in parts)) {
      throw new SyntaxFault('syntax', 'this is expected twice', c.spanFrom(at.start));
    }
    Object.assign(parts, part);
  } while (c.take(',', GLUE_BEFORE));
  return { ...parts, span: c.spanFrom(start) };
}

function parseOutcomePart(c: Cursor): Partial<Outcome> {
  if (c.atEnd()) c.fail('ok, a signal, an error name or a value');
  if (c.take('cpages')) return { cpages: parseValue(c) };
  if (c.take('faults')) return { faults: parseValue(c) };
  if (c.is('[')) return { data: parseOutcomeList(c) };
  const status = parseStatus(c);
  if (status !== undefined) return { status };
  const value = parseValue(c);
  const rising = c.take('rising') !== undefined;
  return { data: { kind: 'each', value, rising, span: c.spanFrom(value.span.start) } };
}

function parseStatus(c: Cursor): OutcomeStatus | undefined {
  const token = c.peek();
  if (token.kind !== 'word') return undefined;
  const errno = ERRNOS.get(token.text);
  const signal = SIGNALS.get(token.text);
  if (token.text === 'ok') {
    c.next();
    return { kind: 'ok', span: spanOf(token) };
  }
  if (errno !== undefined) {
    c.next();
    return { kind: 'errno', name: token.text, number: errno, span: spanOf(token) };
  }
  if (signal !== undefined) {
    c.next();
    const code = c.take('code') ? parseSignalCode(c) : undefined;
    const at = c.take('at') ? parseValue(c) : undefined;
    const span = c.spanFrom(token.start);
    return { kind: 'signal', name: token.text, number: signal, ...optional({ code, at }), span };
  }
  if (/^(SIG[A-Z0-9]+|E[A-Z]{3,})$/.test(token.text)) {
    const kind = token.text.startsWith('SIG') ? SIGNALS : ERRNOS;
    const what = kind === SIGNALS ? 'a signal' : 'an error name';
    const message = `\`${token.text}\` is not ${what}${didYouMean(token.text, kind.keys())}`;
    throw new SyntaxFault('unknown-word', message, spanOf(token));
  }
  return undefined;
}

function parseSignalCode(c: Cursor): Expr {
  const token = c.peek();
  const value = token.kind === 'word' ? SIGNAL_CODES.get(token.text) : undefined;
  if (value === undefined) return parseValue(c);
  c.next();
  return { kind: 'number', value, span: spanOf(token) };
}

function parseOutcomeList(c: Cursor): OutcomeData {
  const open = c.expect('[', '`[`', GLUE_AFTER);
  const items = c.inBrackets(() => {
    const list: OutcomeItem[] = [];
    while (!c.is(']')) {
      const value = parseValue(c);
      const times = c.take('times') ? parseValue(c) : undefined;
      list.push({ value, ...optional({ times }), span: c.spanFrom(value.span.start) });
      if (!c.take(',', GLUE_BEFORE)) break;
    }
    c.expect(']', '`,` or `]`', GLUE_BEFORE);
    return list;
  });
  return { kind: 'list', items, span: c.spanFrom(open.start) };
}

/**
 * The parts of a text with expressions in braces, as in `page {page.pfn} came home`; `{{` and `}}` are braces.
 * Offsets are those of `source`, of which the text is the piece from `start` to `end`.
 */
export function parseTemplate(
  source: string,
  start: number,
  end: number,
  problems: ProblemList,
): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let plain = '';
  let at = start;
  while (at < end) {
    const char = source.charAt(at);
    const twice = (char === '{' || char === '}') && at + 1 < end && source.charAt(at + 1) === char;
    if (char !== '{' || twice) {
      plain += char;
      at += twice ? 2 : 1;
      continue;
    }
    const close = source.slice(at + 1, end).indexOf('}');
    if (close < 0) {
      problems.error('syntax', 'this `{` has no `}`; write `{{` for a brace', { start: at, end: at + 1 });
      break;
    }
    if (plain !== '') parts.push({ text: plain });
    plain = '';
    const expr = parsePiece(source, at + 1, at + 1 + close, problems);
    if (expr !== undefined) parts.push({ expr });
    at += close + 2;
  }
  if (plain !== '' || parts.length === 0) parts.push({ text: plain });
  return parts;
}

/** One whole expression from a piece of text; what is wrong with it goes to `problems`. */
export function parsePiece(
  source: string,
  start: number,
  end: number,
  problems: ProblemList,
): Expr | undefined {
  const c = new Cursor(lex(source, problems, start, end), problems, true);
  try {
    return c.inBrackets(() => {
      const expr = parseExpr(c);
      if (!c.done) c.fail('the end of the expression');
      return expr;
    });
  } catch (fault) {
    c.report(fault);
    return undefined;
  }
}

/** The parts of a `print` text: escapes are replaced in the plain parts. */
export function parseStringTemplate(source: string, token: Token, problems: ProblemList): TemplatePart[] {
  const end = token.text.endsWith('"') && token.text.length > 1 ? token.end - 1 : token.end;
  return parseTemplate(source, token.start + 1, end, problems).map((part) =>
    'text' in part ? { text: stringValue(`"${part.text}"`) } : part,
  );
}
