import type { Expr, Scenario, TemplatePart } from './ast';
import { Cursor } from './cursor';
import { type Problem, ProblemList } from './diagnostics';
import { lex, type Token } from './lexer';
import { parsePiece, parseTemplate } from './parse-parts';
import { parseTopLevel } from './parse-top';

/** What was read of a scenario, whatever state its text is in. */
export interface Parsed {
  readonly scenario: Scenario;
  /** Only what is wrong with the syntax; names and sizes are the checker's. */
  readonly problems: readonly Problem[];
  /** All tokens with comments, and with the layout the parser has given them; the last is `end`. */
  readonly tokens: readonly Token[];
}

/** Reads a scenario. Never throws: errors are in `problems`, and the tree holds what could be read around them. */
export function parseScenario(text: string): Parsed {
  const problems = new ProblemList();
  const tokens = lex(text, problems);
  const items = parseTopLevel(new Cursor(tokens, problems), text);
  const scenario: Scenario = { kind: 'scenario', items, span: { start: 0, end: text.length } };
  return { scenario, problems: problems.problems, tokens };
}

/** Reads one expression: a watch, a hover, a breakpoint's condition. `expr` is missing where it has errors. */
export function parseExpression(text: string): {
  readonly expr?: Expr;
  readonly problems: readonly Problem[];
} {
  const problems = new ProblemList();
  const expr = parsePiece(text, 0, text.length, problems);
  const good = expr !== undefined && problems.problems.length === 0;
  return { ...(good ? { expr } : {}), problems: problems.problems };
}

/** Reads a log message with expressions in braces. */
export function parseLogMessage(text: string): {
  readonly parts: readonly TemplatePart[];
  readonly problems: readonly Problem[];
} {
  const problems = new ProblemList();
  const parts = parseTemplate(text, 0, text.length, problems);
  return { parts, problems: problems.problems };
}
