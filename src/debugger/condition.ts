/** Conditions, hit conditions and log messages of breakpoints, compiled once. */

import type { LinkedRoutine } from '../engine/routine/link';
import {
  type Compiled,
  compileExpr,
  EvaluationError,
  holds,
  type NameResolver,
  parseExpression,
  parseLogMessage,
  showValue,
} from '../language';
import { environment, type Scene, type World } from '../view/environment';

/** Either what was compiled, or one sentence on what is wrong. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

export type Test = (scene: Scene) => boolean;
export type HitTest = (count: number) => boolean;
export type Message = (scene: Scene) => string;

const fail = (message: string): { ok: false; message: string } => ({ ok: false, message });

/** Compiles an expression for the frame of a routine, or for no frame in particular. */
export function compileText(
  world: World,
  text: string,
  routine: LinkedRoutine | undefined,
): Result<Compiled<Scene>> {
  return compileIn(text, environment(world, routine ? { routine } : {}));
}

/** Compiles an expression with what names mean. */
export function compileIn(text: string, names: NameResolver<Scene>): Result<Compiled<Scene>> {
  const { expr, problems } = parseExpression(text);
  if (expr === undefined) return fail(sentence(problems[0]?.message ?? 'this is not an expression'));
  const result = compileExpr(expr, names);
  return result.ok ? { ok: true, value: result.compiled } : fail(sentence(result.problem.message));
}

/** Compiles a condition; it holds as an `expect` does. */
export function compileCondition(
  world: World,
  text: string,
  routine: LinkedRoutine | undefined,
): Result<Test> {
  const compiled = compileText(world, text, routine);
  if (!compiled.ok) return compiled;
  const { evaluate } = compiled.value;
  return { ok: true, value: (scene) => holds(evaluate(scene)) };
}

const HIT_CONDITION = /^(>=|<=|==|=|>|<|%)?\s*(\d{1,15})$/;

/** `>5`, `==3`, `%2`; a plain number is `>=` that number. */
export function parseHitCondition(text: string): Result<HitTest> {
  const [, sign = '>=', digits] = HIT_CONDITION.exec(text.trim()) ?? [];
  const n = Number(digits);
  if (digits === undefined || (sign === '%' && n === 0))
    return fail(`A hit count is written as 5, >5, ==3 or %2, not as \`${text}\`.`);
  const tests: Record<string, HitTest> = {
    '>=': (count) => count >= n,
    '<=': (count) => count <= n,
    '==': (count) => count === n,
    '=': (count) => count === n,
    '>': (count) => count > n,
    '<': (count) => count < n,
    '%': (count) => count % n === 0,
  };
  return { ok: true, value: tests[sign] ?? (() => true) };
}

/** Compiles a log message with expressions in braces. */
export function compileMessage(
  world: World,
  text: string,
  routine: LinkedRoutine | undefined,
): Result<Message> {
  const { parts, problems } = parseLogMessage(text);
  if (problems[0] !== undefined) return fail(sentence(problems[0].message));
  const names = environment(world, routine ? { routine } : {});
  const pieces: Message[] = [];
  for (const part of parts) {
    if ('text' in part) {
      pieces.push(() => part.text);
      continue;
    }
    const result = compileExpr(part.expr, names);
    if (!result.ok) return fail(sentence(result.problem.message));
    const { evaluate, type } = result.compiled;
    pieces.push((scene) => plainText(showValue(evaluate(scene), type, scene)));
  }
  return { ok: true, value: (scene) => pieces.map((piece) => piece(scene)).join('') };
}

/** Texts without their quotes. */
const plainText = (shown: string): string => (/^".*"$/.test(shown) ? (JSON.parse(shown) as string) : shown);

/** What can go wrong while an expression is evaluated, as a sentence; throws on what is a defect of ours. */
export function evaluationProblem(error: unknown): string {
  if (error instanceof EvaluationError) return sentence(error.message);
  throw error;
}

/** With a capital and a full stop. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
