/** Questions about the whole of history: what is looked for, under which condition, when, and what is shown of it. */

import { didYouMean } from '../../language';
import type { Result } from '../condition';

export const QUESTIONS = ['calls', 'hits', 'events', 'changes', 'writes'] as const;
type Question = (typeof QUESTIONS)[number];

export interface Query {
  readonly question: Question;
  /** A routine or callback, a line, a kind of event, an expression. */
  readonly subject: string;
  readonly where: string | undefined;
  /** Times from the first to the last that are looked at. */
  readonly from: number;
  readonly to: number;
  readonly show: readonly string[];
}

const fail = (message: string): { ok: false; message: string } => ({ ok: false, message });

const FORM =
  'A question is written as calls NAME, hits line N, events NAME, changes EXPR or writes EXPR, and may go on with where CONDITION, between TIME and TIME, show EXPR, EXPR';

const CLAUSES = ['where', 'between', 'show'] as const;
type Clause = (typeof CLAUSES)[number];
const isClause = (word: string): word is Clause => (CLAUSES as readonly string[]).includes(word);

/** What stands in a text outside of quotes and brackets: words, commas. */
const PARTS = /"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.]*|[()[\]{},]|[^\s"A-Za-z_()[\]{},]+/g;

/** Places of words and commas that stand in no brackets and no quotes. */
function outside(text: string): { word: string; at: number }[] {
  let depth = 0;
  const found: { word: string; at: number }[] = [];
  for (const { 0: word, index } of text.matchAll(PARTS)) {
    if (/^[([{]$/.test(word)) depth++;
    else if (/^[)\]}]$/.test(word)) depth--;
    else if (depth === 0) found.push({ word, at: index });
  }
  return found;
}

/** The parts between commas. */
function list(text: string): string[] {
  const commas = outside(text).filter(({ word }) => word === ',');
  const starts = [0, ...commas.map(({ at }) => at + 1)];
  return starts.map((start, i) => text.slice(start, commas[i]?.at ?? text.length).trim());
}

/** Splits a text at its clauses; undefined where one stands twice. */
function clausesOf(text: string): Map<Clause | 'subject', string> | undefined {
  const marks = outside(text).filter((part): part is { word: Clause; at: number } => isClause(part.word));
  const parts = new Map<Clause | 'subject', string>([['subject', text.slice(0, marks[0]?.at).trim()]]);
  for (const [i, { word, at }] of marks.entries()) {
    if (parts.has(word)) return undefined;
    parts.set(word, text.slice(at + word.length, marks[i + 1]?.at).trim());
  }
  return parts;
}

function times(text: string | undefined): Result<{ from: number; to: number }> {
  if (text === undefined) return { ok: true, value: { from: 0, to: Number.POSITIVE_INFINITY } };
  const [, from, to] = /^(\d{1,15})\s+and\s+(\d{1,15})$/.exec(text) ?? [];
  if (from === undefined || to === undefined || Number(from) > Number(to))
    return fail(`Times are written as between 200 and 900, not as \`between ${text}\`.`);
  return { ok: true, value: { from: Number(from), to: Number(to) } };
}

/** Whether a text is meant as a question. */
export const isQuestion = (text: string): boolean =>
  (QUESTIONS as readonly string[]).includes(/^\s*(\w+)\s+\S/.exec(text)?.[1] ?? '');

/** Reads a question, or says in a sentence what is wrong with it. */
export function parseQuery(text: string): Result<Query> {
  const [, first = '', rest = ''] = /^\s*(\w*)\s*(.*)$/s.exec(text) ?? [];
  const question = QUESTIONS.find((known) => known === first);
  if (question === undefined)
    return fail(
      `${FORM}${first === '' ? '' : `; \`${first}\` is none of these${didYouMean(first, QUESTIONS)}`}.`,
    );
  const parts = clausesOf(rest);
  if (parts === undefined) return fail('Each of where, between and show stands at most once.');
  const empty = [...parts].find(([, part]) => part === '');
  if (empty)
    return fail(`Nothing stands behind \`${empty[0] === 'subject' ? question : empty[0]}\`. ${FORM}.`);
  const range = times(parts.get('between'));
  if (!range.ok) return range;
  const shown = parts.get('show');
  const show = shown === undefined ? [] : list(shown);
  if (show.includes('')) return fail('An expression is missing behind `show`.');
  const subject = parts.get('subject') ?? '';
  return { ok: true, value: { question, subject, where: parts.get('where'), ...range.value, show } };
}
