/** What could be written at a place of a text. */

import { compileExpr } from '../expression';
import { type DriverVerb, KNOWLEDGE, type Knowledge } from '../knowledge';
import { knownNames } from '../known-names';
import type { Token } from '../lexer';
import { detailOf, functionDetail, membersOf } from '../members';
import { parseExpression } from '../parser';
import { ERRNOS, SIGNALS } from '../signals';
import type { SymbolKind } from '../symbols';
import {
  ADVICES,
  DEVICE_TYPES,
  DEVICE_VERBS,
  FAULT_RESULTS,
  formOf,
  KERNEL_ALLOCATIONS,
  STATEMENT_WORDS,
  TOP_WORDS,
  type WordPlace,
  wordsAt,
  ZONES,
} from '../vocabulary';
import { chainStart } from './chain';
import { expectedAfter } from './forms';
import { type Situation, situationAt } from './situation';
import { SNIPPETS, type Snippet } from './snippets';
import { formsOf } from './statement-forms';

/** Something that could be written at a place. */
export interface Completion {
  readonly label: string;
  readonly kind: 'keyword' | 'name' | 'constant' | 'function' | 'member' | 'snippet';
  /** One line about it. */
  readonly detail: string;
  /** What is inserted in place of the label, with places to fill in. */
  readonly snippet?: string;
}

/** What could stand at an offset of a text, whatever state the text is in. What has been typed of a word is not used to filter. */
export function completeAt(text: string, offset: number, knowledge: Knowledge = KNOWLEDGE): Completion[] {
  const s = situationAt(text, offset, knowledge);
  if (s.quoted) return [];
  if (s.before.at(-1)?.text === '.') return members(s);
  if (s.inBraces) return expression(s);
  const seen = new Set<string>();
  return suggest(s, s.before).filter(({ label }) => !seen.has(label) && seen.add(label));
}

function suggest(s: Situation, before: readonly Token[]): Completion[] {
  if (s.blocks.length === 0) return before.length === 0 ? topStart(s) : topRest(s, before);
  if (s.blocks[0] === 'machine') return before.length > 0 ? [] : machinePart(s);
  if (s.blocks[0] === 'schedule') return scheduled(s);
  const told = toldStatement(before);
  if (told !== undefined) return suggest(s, told);
  return before.length === 0 ? statementStart(s) : fromForms(s, before, 'statement');
}

/** Of `on A …` and `under 6.12 …` the words of the statement that follows; undefined where none follows yet. */
function toldStatement(before: readonly Token[]): readonly Token[] | undefined {
  const first = before[0]?.text;
  if (first === 'on') return before.length >= 2 ? before.slice(2) : undefined;
  if (first !== 'under') return undefined;
  const versions = before.slice(1).findIndex(({ text }) => !/^[\d.,]/.test(text));
  const end = versions < 0 ? before.length : versions + 1;
  return end > 1 && before[end - 1]?.text !== ',' ? before.slice(end) : undefined;
}

function topStart(s: Situation): Completion[] {
  return [...keywords(TOP_WORDS, 'top'), ...snippets('top'), ...(s.empty ? snippets('file') : [])];
}

/** A schedule goes on with more tasks, of any number. */
function topRest(s: Situation, before: readonly Token[]): Completion[] {
  const [first, second] = before;
  const lists = first?.text === 'schedule' && second !== undefined && second.text !== 'seed';
  return lists ? scheduled(s) : fromForms(s, before, 'top');
}

function scheduled(s: Situation): Completion[] {
  return [...tasks(s), ...(s.blocks.length < 2 ? keywords(['loop'], 'statement') : [])];
}

function statementStart(s: Situation): Completion[] {
  return [...keywords(STATEMENT_WORDS, 'statement'), ...named(s, 'device'), ...snippets('statement')];
}

function machinePart(s: Situation): Completion[] {
  return s.blocks.length > 1 ? constants(ZONES, 'a zone') : keywords(wordsAt('machine'), 'machine');
}

/** What the forms of the statement say may come next. */
function fromForms(s: Situation, before: readonly Token[], place: WordPlace): Completion[] {
  const forms = formsOf(s, before, place);
  if (forms.length === 0) return deviceVerbs(s, before);
  const { words, parts } = expectedAfter(forms, before);
  const literal = [...words]
    .filter((word) => /^\w/.test(word))
    .map((word) => (forms.some((form) => form.includes(`${word}=`)) ? `${word}=` : word));
  return [...[...parts].flatMap((part) => PARTS[part]?.(s) ?? []), ...keywords(literal, 'attribute')];
}

function deviceVerbs(s: Situation, before: readonly Token[]): Completion[] {
  const isDevice = named(s, 'device').some(({ label }) => label === before[0]?.text);
  if (!isDevice || before.length !== 1) return [];
  const own = (verbs: readonly DriverVerb[]): Completion[] =>
    verbs.map(({ word, about }) => ({ label: word, kind: 'keyword', detail: about }));
  const drivers = [...s.knowledge.drivers.values()];
  return [...keywords(DEVICE_VERBS, 'device'), ...drivers.flatMap(({ verbs }) => own(verbs))];
}

/** What each part of a form can be. */
const PARTS: Readonly<Record<string, (s: Situation) => Completion[]>> = {
  ALLOCATION: () => constants(KERNEL_ALLOCATIONS, 'what the kernel allocates'),
  ADDRESS: (s) => named(s, 'buffer', 'value'),
  ADVICE: () => constants(ADVICES, 'an advice'),
  BARRIER: (s) => named(s, 'barrier'),
  BYTE: (s) => named(s, 'value'),
  CODE: (s) => named(s, 'value'),
  DEVICE: (s) => named(s, 'device'),
  DRIVER: (s) => constants(s.knowledge.drivers.keys(), 'a driver'),
  EXPR: expression,
  FILE: (s) => named(s, 'file'),
  N: (s) => named(s, 'value'),
  OUTCOME: outcomes,
  PIN: (s) => named(s, 'pin'),
  POINT: (s) =>
    constants(new Set([...s.knowledge.drivers.values()].flatMap(({ failures }) => failures)), 'what fails'),
  PROCESS: (s) => named(s, 'child', 'process'),
  PROT: () => constants(['none', 'r', 'rw', 'rwx'], 'a protection'),
  RANGE: (s) => named(s, 'buffer', 'value'),
  RESULT: () => constants(FAULT_RESULTS, 'what the callback returns'),
  SIGNAL: () => constants(SIGNALS.keys(), 'a signal'),
  SIZE: (s) => named(s, 'value'),
  STATEMENT: statementStart,
  SWITCH: (s) => constants(s.knowledge.switches ?? [], 'a kernel fix'),
  TASK: tasks,
  THREAD: (s) => named(s, 'thread'),
  TYPE: () => keywords(DEVICE_TYPES, 'attribute'),
  VERSION: (s) => constants(s.knowledge.profiles.keys(), 'a profile'),
};

function tasks(s: Situation): Completion[] {
  return named(s, 'process', 'child', 'thread', ...(s.blocks.length === 0 ? (['device'] as const) : []));
}

function outcomes(s: Situation): Completion[] {
  const words = wordsAt('outcome').filter((word) => word !== 'code');
  return [
    ...keywords(words, 'outcome'),
    ...constants(['SIGBUS', 'SIGSEGV', 'SIGKILL'], 'a signal'),
    ...constants(ERRNOS.keys(), 'an error'),
    ...named(s, 'value'),
  ];
}

function expression(s: Situation): Completion[] {
  const names = knownNames(s.names);
  const machine = [...s.knowledge.names].map(
    (label): Completion => ({ label, kind: 'constant', detail: detailOf(names.name(label)) }),
  );
  const functions = [...s.knowledge.functions].map(
    (label): Completion => ({ label, kind: 'function', detail: functionDetail(label) }),
  );
  return [...named(s, 'buffer', 'value', 'device', 'process', 'child', 'thread'), ...machine, ...functions];
}

/** The members of the thing before a dot. */
function members(s: Situation): Completion[] {
  const dot = s.before.at(-1);
  const start = dot === undefined ? undefined : chainStart(s.before.slice(0, -1));
  if (dot === undefined || start === undefined) return [];
  const { expr } = parseExpression(s.text.slice(start, dot.start));
  const result = expr && compileExpr(expr, knownNames(s.names));
  if (!result?.ok) return [];
  return membersOf(result.compiled.type).map(({ name, detail }) => ({ label: name, kind: 'member', detail }));
}

function keywords(words: readonly string[], place: WordPlace): Completion[] {
  return words.map((label) => ({ label, kind: 'keyword', detail: formOf(label, place) }));
}

function constants(words: Iterable<string>, detail: string): Completion[] {
  return [...words].map((label) => ({ label, kind: 'constant', detail }));
}

function snippets(place: Snippet['place']): Completion[] {
  return SNIPPETS.filter((snippet) => snippet.place === place).map(({ label, detail, body }) => ({
    label,
    kind: 'snippet',
    detail,
    snippet: body,
  }));
}

function named(s: Situation, ...kinds: readonly SymbolKind[]): Completion[] {
  const seen = new Map<string, Completion>();
  for (const { kind, name, detail } of s.symbols)
    if (kinds.includes(kind)) seen.set(name, { label: name, kind: 'name', detail });
  return [...seen.values()];
}
