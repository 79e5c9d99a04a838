import { type DriverWords, KNOWLEDGE, type Knowledge } from './knowledge';
import type { Token } from './lexer';
import { parseScenario } from './parser';
import { ERRNOS, SIGNALS } from './signals';
import { type ScenarioSymbol, type SymbolKind, symbolsIn, visibleAt } from './symbols';
import {
  ADVICES,
  DEVICE_TYPES,
  DEVICE_VERBS,
  FAULT_RESULTS,
  formOf,
  STATEMENT_WORDS,
  TOP_WORDS,
  VOCABULARY,
  type WordPlace,
  wordsAt,
  ZONES,
} from './vocabulary';

/** Something that could be written at a place. */
export interface Completion {
  readonly label: string;
  readonly kind: 'keyword' | 'name' | 'constant' | 'function';
  /** One line about it. */
  readonly detail: string;
}

interface Situation {
  /** Words and signs of the statement before the cursor; the word being typed is left out. */
  readonly before: readonly Token[];
  /** The word before each brace that is open, outermost first. */
  readonly blocks: readonly string[];
  readonly symbols: readonly ScenarioSymbol[];
  readonly knowledge: Knowledge;
}

/** What could stand at an offset of a text, whatever state the text is in. What has been typed of a word is not used to filter. */
export function completeAt(text: string, offset: number, knowledge: Knowledge = KNOWLEDGE): Completion[] {
  const { scenario, tokens } = parseScenario(text);
  const inComment = tokens.some((t) => t.kind === 'comment' && t.start < offset && offset <= t.end);
  if (inComment) return [];
  const symbols = visibleAt(symbolsIn(scenario, text), offset);
  return suggest({ ...situationAt(tokens, offset), symbols, knowledge });
}

function situationAt(tokens: readonly Token[], offset: number): Pick<Situation, 'before' | 'blocks'> {
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

function keywords(words: readonly string[], place: WordPlace): Completion[] {
  return words.map((label) => ({ label, kind: 'keyword', detail: formOf(label, place) }));
}

function constants(words: Iterable<string>, detail: string): Completion[] {
  return [...words].map((label) => ({ label, kind: 'constant', detail }));
}

function named(s: Situation, ...kinds: SymbolKind[]): Completion[] {
  const seen = new Map<string, Completion>();
  for (const symbol of s.symbols) {
    if (kinds.includes(symbol.kind))
      seen.set(symbol.name, { label: symbol.name, kind: 'name', detail: symbol.detail });
  }
  return [...seen.values()];
}

function suggest(s: Situation): Completion[] {
  const first = s.before[0]?.text;
  if (s.blocks.length === 0) return first === undefined ? keywords(TOP_WORDS, 'top') : declaration(s, first);
  if (s.blocks[0] === 'machine') return s.before.length > 0 ? [] : machinePart(s);
  if (s.blocks[0] === 'schedule') return named(s, 'process', 'child', 'thread', 'device');
  return first === undefined ? statementStart(s) : statement(s, first);
}

function machinePart(s: Situation): Completion[] {
  return s.blocks.length > 1 ? constants(ZONES, 'a zone') : keywords(wordsAt('machine'), 'machine');
}

function statementStart(s: Situation): Completion[] {
  return [...keywords(STATEMENT_WORDS, 'statement'), ...named(s, 'device')];
}

function declaration(s: Situation, first: string): Completion[] {
  const count = s.before.length;
  const last = s.before.at(-1)?.text;
  if (first === 'profile') return constants(s.knowledge.profiles.keys(), 'a profile');
  if (first === 'switch')
    return count === 1
      ? constants(s.knowledge.switches ?? [], 'a kernel fix')
      : constants(['on', 'off'], 'state');
  if (first === 'schedule')
    return [...constants(['seed'], 'schedule seed N'), ...named(s, 'process', 'child', 'thread', 'device')];
  if (first === 'device' && count === 2) return keywords(DEVICE_TYPES, 'attribute');
  if (first === 'device' && last === 'driver') return constants(s.knowledge.drivers.keys(), 'a driver');
  if (first === 'device' && count > 3) {
    const options = [...s.knowledge.drivers.values()].flatMap((driver) => driver.options);
    return [
      ...constants(['driver', 'node'], 'device … driver D node N'),
      ...options.flatMap(({ name, what }) => constants([`${name}=`], what)),
    ];
  }
  return [];
}

function statement(s: Situation, first: string): Completion[] {
  const last = s.before.at(-1)?.text ?? '';
  if (last === '.') return [];
  if (last === 'expect' && s.before.length > 1) return outcomes(s);
  if (s.before[1]?.text === '=') return mapping(s, last);
  const isDevice = named(s, 'device').some((device) => device.label === first);
  if (isDevice) return deviceVerb(s, last);
  const special = afterWord(s, first, last);
  if (special !== undefined) return special;
  return expression(s);
}

function mapping(s: Situation, last: string): Completion[] {
  if (last === '=') return keywords(['mmap'], 'statement');
  if (last === 'file') return named(s, 'file');
  if (last === 'device') return named(s, 'device');
  const words = ['anon', 'shmem', 'file', 'device', 'private', 'shared', 'huge', 'hugetlb', 'at', 'expect'];
  return [...keywords(words, 'attribute'), ...constants(['none', 'r', 'rw', 'rwx'], 'protection')];
}

const ownVerbs = ({ verbs }: DriverWords): Completion[] =>
  verbs.map(({ word, about }) => ({ label: word, kind: 'keyword', detail: about }));

function deviceVerb(s: Situation, last: string): Completion[] {
  const drivers = [...s.knowledge.drivers.values()];
  if (s.before.length === 1) return [...keywords(DEVICE_VERBS, 'device'), ...drivers.flatMap(ownVerbs)];
  if (last === 'fail') return constants(new Set(drivers.flatMap((driver) => driver.failures)), 'what fails');
  if (last === 'as') return constants(FAULT_RESULTS, 'what the callback returns');
  return expression(s);
}

/** What follows a word that leaves little choice; undefined where anything may follow. */
function afterWord(s: Situation, first: string, last: string): Completion[] | undefined {
  const taking = s.before.length === 1;
  if (first === 'migrate' && (last === 'to' || last === 'from')) return named(s, 'device');
  if (taking && (first === 'open' || first === 'close')) return named(s, 'device');
  if (taking && (first === 'on' || first === 'kill')) return named(s, 'child', 'thread', 'process');
  if (taking && first === 'join') return named(s, 'thread');
  if (taking && first === 'wait') return named(s, 'child', 'process');
  if (taking && first === 'unpin') return named(s, 'pin');
  if (taking && first === 'barrier') return named(s, 'barrier');
  if (taking && first === 'drain') return constants(['lru'], 'drain lru');
  if (first === 'under')
    return taking || last === ',' ? constants(s.knowledge.profiles.keys(), 'a profile') : statementStart(s);
  if (first === 'on' && s.before.length === 2) return statementStart(s);
  if (first === 'kill' && s.before.length === 2) return constants(SIGNALS.keys(), 'a signal');
  if (first === 'madvise' && !taking) return constants(ADVICES, 'an advice');
  if (first === 'mprotect' && !taking) return constants(['none', 'r', 'rw', 'rwx'], 'protection');
  return undefined;
}

function outcomes(s: Situation): Completion[] {
  return [
    ...keywords(
      wordsAt('outcome').filter((word) => word !== 'code'),
      'outcome',
    ),
    ...constants(['SIGBUS', 'SIGSEGV', 'SIGKILL'], 'a signal'),
    ...constants(ERRNOS.keys(), 'an error'),
    ...named(s, 'value'),
  ];
}

function expression(s: Situation): Completion[] {
  return [
    ...named(s, 'buffer', 'value', 'device', 'process', 'child', 'thread'),
    ...constants(s.knowledge.names, 'the machine'),
    ...[...s.knowledge.functions].map(
      (label): Completion => ({ label, kind: 'function', detail: `${label}(…)` }),
    ),
    ...(s.before.length > 1 ? keywords(['to', 'from', 'for', 'past', 'expect'], 'attribute') : []),
  ];
}

/** What is known about the word at an offset: its form and what it does, or the declaration it names. Markdown. */
export function describeAt(
  text: string,
  offset: number,
): { readonly start: number; readonly end: number; readonly markdown: string } | undefined {
  const { scenario, tokens } = parseScenario(text);
  const at = tokens.findIndex((t) => t.kind === 'word' && t.start <= offset && offset < t.end);
  const token = tokens[at];
  if (token === undefined) return undefined;
  const { before, blocks } = situationAt(tokens, token.start);
  const symbols = visibleAt(symbolsIn(scenario, text), offset);
  const symbol = [...symbols].reverse().find((candidate) => candidate.name === token.text);
  const follows = symbols.some((d) => d.kind === 'device' && d.name === before[0]?.text);
  const markdown =
    symbol === undefined
      ? describeWord(token.text, placesFor(before, blocks, follows))
      : `\`${symbol.detail}\`\n\nA ${symbol.kind}.`;
  return markdown === undefined ? undefined : { start: token.start, end: token.end, markdown };
}

/** Where a word may belong, the likeliest first. */
function placesFor(before: readonly Token[], blocks: readonly string[], afterDevice: boolean): WordPlace[] {
  const rest: WordPlace[] = ['attribute', 'outcome', 'expression', 'statement', 'top', 'machine', 'device'];
  if (blocks[0] === 'machine') return ['machine', ...rest];
  if (before.length === 0) return blocks.length === 0 ? ['top', ...rest] : ['statement', ...rest];
  return afterDevice && before.length === 1 ? ['device', ...rest] : rest;
}

function describeWord(word: string, places: readonly WordPlace[]): string | undefined {
  for (const place of places) {
    const entry = VOCABULARY.find((e) => e.place === place && e.word === word);
    if (entry !== undefined) return `\`${entry.form}\`\n\n${entry.doc}`;
  }
  return undefined;
}
