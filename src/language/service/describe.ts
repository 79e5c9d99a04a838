/** What is known about the word under the mouse. */

import { compileExpr } from '../expression';
import { KNOWLEDGE } from '../knowledge';
import { knownNames } from '../known-names';
import type { Token } from '../lexer';
import { detailOf, functionDetail } from '../members';
import { parseExpression, parseScenario } from '../parser';
import type { Span } from '../source';
import { VOCABULARY, type WordPlace } from '../vocabulary';
import { chainStart } from './chain';
import { type Situation, situationAt } from './situation';

export interface Description extends Span {
  readonly markdown: string;
}

/** The form of a word and what it does, the declaration of a name, or the type and meaning of a member. Markdown. */
export function describeAt(text: string, offset: number): Description | undefined {
  const { tokens } = parseScenario(text);
  const token = tokens.find((t) => t.kind === 'word' && t.start <= offset && offset < t.end);
  if (token === undefined) return undefined;
  const s = situationAt(text, token.start, KNOWLEDGE);
  const markdown = ofMember(s, token) ?? ofSymbol(s, token) ?? ofWord(s, token) ?? ofMachine(s, token);
  return markdown === undefined ? undefined : { start: token.start, end: token.end, markdown };
}

function ofMember(s: Situation, token: Token): string | undefined {
  const dot = s.before.at(-1);
  const start = dot?.text === '.' ? chainStart(s.before.slice(0, -1)) : undefined;
  if (dot === undefined || start === undefined) return undefined;
  const { expr } = parseExpression(s.text.slice(start, dot.start));
  const result = expr && compileExpr(expr, knownNames(s.names));
  if (!result?.ok) return undefined;
  const { type } = result.compiled;
  const member = type.member?.(token.text) ?? type.element?.member?.(token.text);
  if (member === undefined) return type.function?.(token.text) && functionDetail(token.text);
  return `\`${token.text}\` — ${detailOf(member)}`;
}

function ofSymbol(s: Situation, { text }: Token): string | undefined {
  const symbol = [...s.symbols].reverse().find(({ name }) => name === text);
  return symbol && `\`${symbol.detail}\`\n\nA ${symbol.kind}.`;
}

function ofMachine(s: Situation, { text }: Token): string | undefined {
  const named = knownNames(s.names, true).name(text);
  const detail = named === undefined ? functionDetail(text) : `\`${text}\` — ${detailOf(named)}`;
  return detail === '' ? undefined : detail;
}

function ofWord(s: Situation, { text }: Token): string | undefined {
  for (const place of placesFor(s)) {
    const entry = VOCABULARY.find((e) => e.place === place && e.word === text);
    if (entry !== undefined) return `\`${entry.form}\`\n\n${entry.doc}`;
  }
  return undefined;
}

/** Where a word may belong, the likeliest first. */
function placesFor({ before, blocks, symbols }: Situation): WordPlace[] {
  const rest: WordPlace[] = ['attribute', 'outcome', 'expression', 'statement', 'top', 'machine', 'device'];
  const afterDevice = symbols.some(({ kind, name }) => kind === 'device' && name === before[0]?.text);
  if (blocks[0] === 'machine') return ['machine', ...rest];
  if (before.length === 0) return blocks.length === 0 ? ['top', ...rest] : ['statement', ...rest];
  return afterDevice && before.length === 1 ? ['device', ...rest] : rest;
}
