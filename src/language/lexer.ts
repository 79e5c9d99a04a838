import { invisible } from './characters';
import type { ProblemList } from './diagnostics';
import type { Span } from './source';

type TokenKind = 'word' | 'number' | 'string' | 'punct' | 'newline' | 'comment' | 'end';

/** How the formatter sets a token, as bits: the parser knows an index bracket from a list, a minus from a sign. */
export const GLUE_BEFORE = 1;
export const GLUE_AFTER = 2;
/** A line break that only stands before an opening brace. */
export const DROPPED = 4;

export interface Token extends Span {
  readonly kind: TokenKind;
  readonly text: string;
  /** The formatter's bits, set by the parser. */
  layout: number;
}

/** Longest text that is read, in UTF-16 units. */
const MAX_TEXT = 1 << 20;
/** Most tokens that are read. */
const MAX_TOKENS = 200_000;

const BLANK = /[ \t\f\v\u00a0\ufeff]+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /(?:0[xX][0-9A-Fa-f_]*|0[bB][01_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)[A-Za-z_0-9]*/y;
/** A part of a text in quotes, with at most so many escapes that matching needs little memory. */
const TEXT = /(?:[^"\\\r\n]+|\\[^\r\n]){1,500}/y;
const LAST_BACKSLASH = /\\/y;
const COMMENT = /#[^\r\n]*/y;
const NEWLINE = /\r\n|\n|\r/y;
const PUNCT = /\.\.|==|!=|<=|>=|<<|>>|&&|\|\||[{}()[\],;:=+\-*/%&|^~!<>.]/y;
const STRANGE = /[^\sA-Za-z0-9_#"{}()[\],;:=+\-*/%&|^~!<>.]+/y;

const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ['word', WORD],
  ['number', NUMBER],
  ['punct', PUNCT],
  ['newline', NEWLINE],
  ['comment', COMMENT],
];

function match(rule: RegExp, text: string, at: number): string | undefined {
  rule.lastIndex = at;
  return rule.exec(text)?.[0];
}

/**
 * Cuts a piece of text into tokens; offsets are those of the whole text. The last token is `end`. What is no token is
 * reported once for each run of such characters and left out.
 */
export function lex(text: string, problems: ProblemList, from = 0, to = text.length): Token[] {
  const tokens: Token[] = [];
  let end = to;
  if (end - from > MAX_TEXT) {
    problems.error('too-long', `a scenario may have at most ${MAX_TEXT} characters`, {
      start: from,
      end: from,
    });
    end = from + MAX_TEXT;
  }
  const source = end === text.length ? text : text.slice(0, end);
  let at = from;
  while (at < end) {
    const blank = match(BLANK, source, at);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const token = nextToken(source, at, problems);
    if (token === undefined) {
      at = skipStrange(source, at, problems);
      continue;
    }
    at = token.end;
    tokens.push(token);
    if (tokens.length >= MAX_TOKENS) {
      problems.error('too-long', `a scenario may have at most ${MAX_TOKENS} words and signs`, token);
      break;
    }
  }
  tokens.push({ kind: 'end', text: '', start: at, end: at, layout: 0 });
  return tokens;
}

function nextToken(source: string, at: number, problems: ProblemList): Token | undefined {
  if (source.charAt(at) === '"') return stringToken(source, at, problems);
  for (const [kind, rule] of RULES) {
    const text = match(rule, source, at);
    if (text !== undefined && text.length > 0)
      return { kind, text, start: at, end: at + text.length, layout: 0 };
  }
  return undefined;
}

/** A text in quotes: to the next quote without a backslash before it, or to the end of the line. */
function stringToken(source: string, start: number, problems: ProblemList): Token {
  let end = start + 1;
  for (;;) {
    const part = match(TEXT, source, end) ?? match(LAST_BACKSLASH, source, end);
    if (part === undefined) break;
    end += part.length;
  }
  if (source.charAt(end) === '"') end++;
  else problems.error('open-string', 'this text has no closing quote', { start, end });
  return { kind: 'string', text: source.slice(start, end), start, end, layout: 0 };
}

function skipStrange(source: string, at: number, problems: ProblemList): number {
  const run = match(STRANGE, source, at) ?? source.slice(at, at + 1);
  problems.error('strange-character', `\`${run}\` has no meaning here${invisible(run)}`, {
    start: at,
    end: at + run.length,
  });
  return at + run.length;
}
