/** Conditions of breakpoints while they are typed: what is wrong with them, and what could come next. */

import { ProblemList } from '../diagnostics';
import { compileExpr } from '../expression';
import { KNOWLEDGE } from '../knowledge';
import { knownNames } from '../known-names';
import { lex } from '../lexer';
import { detailOf, functionDetail, membersOf } from '../members';
import { parseExpression } from '../parser';
import { symbolsOf } from '../symbols';
import type { NameResolver } from '../values';
import { chainStart } from './chain';
import type { Completion } from './complete';
import { everyName } from './situation';

/** What is wrong with a condition, in a sentence without a full stop. */
interface ConditionProblem {
  readonly message: string;
  /** It may be a local of the routine: only a session knows those. */
  readonly isUnsure: boolean;
}

const namesOf = (scenario: string): NameResolver<unknown> =>
  knownNames(everyName(symbolsOf(scenario), KNOWLEDGE), true);

/** Checks a condition with the names of a scenario and those of every stop; undefined where nothing is wrong. */
export function conditionProblem(scenario: string, condition: string): ConditionProblem | undefined {
  if (condition.trim() === '') return undefined;
  const { expr, problems } = parseExpression(condition);
  if (expr === undefined || problems[0] !== undefined)
    return { message: problems[0]?.message ?? 'this is not an expression', isUnsure: false };
  const result = compileExpr(expr, namesOf(scenario));
  if (result.ok) return undefined;
  const { message, code } = result.problem;
  return { message, isUnsure: code === 'unknown-name' };
}

/** A completion of the word that a condition ends in, with the whole condition that it makes. */
export interface ConditionCompletion extends Completion {
  readonly whole: string;
}

/** What the word at the end of a condition could become. */
export function completeCondition(scenario: string, condition: string): ConditionCompletion[] {
  const tokens = lex(condition, new ProblemList()).filter(({ kind }) => kind !== 'newline' && kind !== 'end');
  const last = tokens.at(-1);
  const word = last?.kind === 'word' && last.end === condition.length ? last : undefined;
  const before = word === undefined ? tokens : tokens.slice(0, -1);
  const typed = word?.text ?? '';
  const head = condition.slice(0, condition.length - typed.length);
  const names = namesOf(scenario);
  const found = before.at(-1)?.text === '.' ? members(names, condition, before) : anyName(names);
  return found
    .filter(({ label }) => label !== typed && label.toLowerCase().startsWith(typed.toLowerCase()))
    .map((completion) => ({ ...completion, whole: head + completion.label }));
}

function members(names: NameResolver<unknown>, text: string, before: ReturnType<typeof lex>): Completion[] {
  const dot = before.at(-1);
  const start = chainStart(before.slice(0, -1));
  if (dot === undefined || start === undefined) return [];
  const { expr } = parseExpression(text.slice(start, dot.start));
  const result = expr && compileExpr(expr, names);
  if (!result?.ok) return [];
  return membersOf(result.compiled.type).map(({ name, detail }) => ({ label: name, kind: 'member', detail }));
}

const anyName = (names: NameResolver<unknown>): Completion[] => [
  ...[...new Set(names.names())].map(
    (label): Completion => ({ label, kind: 'name', detail: detailOf(names.name(label)) }),
  ),
  ...(names.calls?.() ?? []).map(
    (label): Completion => ({ label, kind: 'function', detail: functionDetail(label) }),
  ),
];
