/** Where a cursor stands in a text: in which blocks, behind which words, and which names are visible. */

import { ProblemList } from '../diagnostics';
import type { Knowledge } from '../knowledge';
import type { ScenarioNames } from '../known-names';
import { lex, type Token } from '../lexer';
import { parseScenario } from '../parser';
import type { GlobalSymbol, LocalSymbol } from '../scope';
import { type ScenarioSymbol, symbolsIn, visibleAt } from '../symbols';

export interface Situation {
  readonly text: string;
  readonly offset: number;
  /** Words and signs of the statement before the cursor; the word being typed is left out. */
  readonly before: readonly Token[];
  /** The word before each brace that is open, outermost first. */
  readonly blocks: readonly string[];
  /** The cursor stands in a comment, or in a text in quotes outside of its braces. */
  readonly quoted: boolean;
  /** Between the braces of a text: an expression. */
  readonly inBraces: boolean;
  /** Nothing has been written yet but comments. */
  readonly empty: boolean;
  readonly symbols: readonly ScenarioSymbol[];
  readonly names: ScenarioNames;
  readonly knowledge: Knowledge;
}

function wordsBefore(tokens: readonly Token[], offset: number): Pick<Situation, 'before' | 'blocks'> {
  const blocks: string[] = [];
  let before: Token[] = [];
  for (const token of tokens) {
    const typing = token.end === offset && (token.kind === 'word' || token.kind === 'number');
    if (token.end > offset || typing || token.kind === 'end') break;
    if (token.kind === 'comment') continue;
    if (token.text === '{') blocks.push(before[0]?.text ?? '');
    if (token.text === '}') blocks.pop();
    if (token.kind === 'newline' || '{};'.includes(token.text)) before = [];
    else before.push(token);
  }
  return { before, blocks };
}

/** Offset of the `{` of a text in quotes that is open at the cursor. */
function braceIn(token: Token, text: string, offset: number): number | undefined {
  const open = text.slice(token.start, offset).lastIndexOf('{');
  const closed = text.slice(token.start, offset).lastIndexOf('}');
  return open > closed ? token.start + open : undefined;
}

export function situationAt(text: string, offset: number, knowledge: Knowledge): Situation {
  const { scenario, tokens } = parseScenario(text);
  const holder = tokens.find(
    (t) => (t.kind === 'comment' || t.kind === 'string') && t.start < offset && offset <= t.end,
  );
  const inString = holder?.kind === 'string' && (offset < holder.end || !/^".*"$/s.test(holder.text));
  const brace = holder !== undefined && inString ? braceIn(holder, text, offset) : undefined;
  const all = symbolsIn(scenario, text);
  const symbols = visibleAt(all, offset);
  const { before, blocks } = wordsBefore(tokens, offset);
  return {
    text,
    offset,
    blocks,
    before:
      brace === undefined
        ? before
        : wordsBefore(lex(text, new ProblemList(), brace + 1, offset), offset).before,
    quoted: brace === undefined && (holder?.kind === 'comment' || inString),
    inBraces: brace !== undefined,
    empty: tokens.every(
      ({ kind, start }) => kind === 'comment' || kind === 'newline' || kind === 'end' || start >= offset - 12,
    ),
    symbols,
    names: scenarioNames(symbols, all, knowledge),
    knowledge,
  };
}

function meaning({ kind, span }: ScenarioSymbol): GlobalSymbol | LocalSymbol | undefined {
  switch (kind) {
    case 'buffer':
      return { kind, span, pages: undefined };
    case 'value':
      return { kind, span, value: undefined };
    case 'device':
      return { kind, span, type: 'private', driver: '' };
    case 'process':
    case 'child':
    case 'thread':
      return { kind: 'task', span, role: kind, idle: false };
    default:
      return undefined;
  }
}

/** The names that a scenario declares anywhere. */
export function everyName(symbols: readonly ScenarioSymbol[], knowledge: Knowledge): ScenarioNames {
  const flat = (symbol: ScenarioSymbol): ScenarioSymbol[] => [symbol, ...symbol.children.flatMap(flat)];
  return scenarioNames(symbols.flatMap(flat), symbols, knowledge);
}

function scenarioNames(
  visible: readonly ScenarioSymbol[],
  all: readonly ScenarioSymbol[],
  knowledge: Knowledge,
): ScenarioNames {
  const find = (name: string): ScenarioSymbol | undefined =>
    [...visible].reverse().find((symbol) => symbol.name === name && meaning(symbol) !== undefined);
  const variables = new Map<string, 'buffer' | 'value'>();
  const collect = ({ kind, name, children }: ScenarioSymbol): void => {
    if (kind === 'buffer' || kind === 'value') variables.set(name, kind);
    children.forEach(collect);
  };
  for (const symbol of all) symbol.children.forEach(collect);
  return {
    find: (name) => {
      const symbol = find(name);
      return symbol && meaning(symbol);
    },
    all: () => visible.map(({ name }) => name),
    variables: () => variables,
    counters: () => [...knowledge.drivers.values()].flatMap(({ counters }) => counters),
  };
}
