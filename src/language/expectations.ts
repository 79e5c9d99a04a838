import type { Outcome, Statement } from './ast';
import { eachStatement } from './each-statement';
import { parseScenario } from './parser';
import { LineMap, type Position, type Span } from './source';

const oneLine = (text: string): string =>
  text
    .replace(/\s*#.*$/gm, '')
    .replace(/\s+/g, ' ')
    .trim();

/** A statement's own text: of one with a block only its head. */
export function statementText(text: string, statement: Statement): string {
  const body = 'body' in statement ? statement.body : undefined;
  const whole = text.slice(statement.span.start, statement.span.end);
  if (body === undefined) return oneLine(whole);
  const head = text.slice(statement.span.start, body.span.start);
  return oneLine(head.replace(/\{\s*$/, ''));
}

/** What a statement expects, as written. */
export function expectationTexts(text: string, statement: Statement): string[] {
  const source = ({ start, end }: Span): string => oneLine(text.slice(start, end));
  if (statement.kind === 'expect') return [source(statement.condition.span)];
  const outcome: Outcome | undefined = 'outcome' in statement ? statement.outcome : undefined;
  if (outcome === undefined) return [];
  const { status, data, cpages, faults } = outcome;
  return [
    ...(status === undefined ? [] : [source(status.span)]),
    ...(data === undefined ? [] : [source(data.span)]),
    ...(cpages === undefined ? [] : [`cpages ${source(cpages.span)}`]),
    ...(faults === undefined ? [] : [`faults ${source(faults.span)}`]),
  ];
}

/** A statement that expects something. */
export interface Expecting extends Position {
  /** The statement's own text, on one line. */
  readonly text: string;
}

/** Every statement of a text that expects something, in its order; also of a text that has mistakes elsewhere. */
export function expectationsIn(text: string): Expecting[] {
  const lines = new LineMap(text);
  const found: Expecting[] = [];
  eachStatement(parseScenario(text).scenario, (statement) => {
    if (expectationTexts(text, statement).length === 0) return;
    found.push({ ...lines.position(statement.span.start), text: statementText(text, statement) });
  });
  return found;
}
