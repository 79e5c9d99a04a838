/** Statements that concern no memory: let, print, expect, repeat, loop. */

import { EvaluationError } from '../language/arithmetic';
import type {
  ExpectStatement,
  Expr,
  LetDecl,
  LoopStatement,
  PrintStatement,
  RepeatStatement,
} from '../language/ast';
import type { Compiled } from '../language/compiled';
import { holds } from '../language/expression';
import { showValue } from '../language/values';
import type { Scene } from '../view/environment';
import type { Body } from './context';
import { endNodes, mustEnd } from './ending';
import { type F, placed, r, type ScenarioNode, setSlot, slot } from './frame';
import type { Generator } from './generator';
import { reportProblem } from './outcome';
import { checkProblem } from './problems';
import { whyConditionFails } from './reasons';

export function letNodes(body: Body, statement: LetDecl): ScenarioNode[] {
  const { ctx } = body;
  const { index, position, text } = ctx.info(statement);
  const value = body.number(statement.value);
  body.own.add(statement.name.text);
  const variable = ctx.variable(statement.name.text);
  const set = checkProblem(body, index, (_, f) => {
    ctx.variables.setValue(ctx.process(), variable, value(ctx.at(f)));
    return true;
  });
  return placed([r.yield('statement'), r.step(text, (k, f) => void set(k, f))], position);
}

type Shown = (scene: Scene) => string;

/** A value as text. */
function shown(body: Body, expr: Expr): Shown {
  const compiled = body.compile(expr);
  if (compiled === undefined) return () => '';
  return (scene) => {
    const value = compiled.evaluate(scene);
    return typeof value === 'string' ? value : showValue(value, compiled.type, scene);
  };
}

/** What to do where an expression has no value: its reason stands for it. */
function orReason(text: Shown): Shown {
  return (scene) => {
    try {
      return text(scene);
    } catch (error) {
      if (error instanceof EvaluationError) return `(${error.message})`;
      throw error;
    }
  };
}

export function printNodes(body: Body, statement: PrintStatement): ScenarioNode[] {
  const { ctx } = body;
  const { index, position, text } = ctx.info(statement);
  const parts = statement.parts.map((part): Shown => {
    if ('expr' in part) return orReason(shown(body, part.expr));
    const constant = part.text;
    return () => constant;
  });
  const print = r.step(text, (k, f: F) => {
    const scene = ctx.at(f);
    ctx.report.printed = () => parts.map((part) => part(scene)).join('');
    k.emit('print', index, 0);
  });
  return placed([r.yield('statement'), print], position);
}

/** What came where a condition does not hold: of `A and B` the first that does not, of a comparison its left side. */
function explain(body: Body, expr: Expr): Shown {
  if (expr.kind === 'binary' && expr.op === 'and') {
    const left = body.compile(expr.left);
    const explainLeft = explain(body, expr.left);
    const explainRight = explain(body, expr.right);
    return (scene) => (left !== undefined && holds(left.evaluate(scene)) ? explainRight : explainLeft)(scene);
  }
  const compared = expr.kind === 'binary' && ['==', '!=', '<', '<=', '>', '>='].includes(expr.op);
  const value = orReason(shown(body, compared ? expr.left : expr));
  return (scene) => `expected ${body.source(expr)}, found ${value(scene)}`;
}

function conditionHolds(compiled: Compiled<Scene>, scene: Scene): boolean {
  return holds(compiled.evaluate(scene));
}

export function expectNodes(body: Body, statement: ExpectStatement): ScenarioNode[] {
  const { ctx } = body;
  const { index, position, text } = ctx.info(statement);
  const compiled = body.compile(statement.condition);
  if (compiled === undefined) return [];
  const message = explain(body, statement.condition);
  const reasons = whyConditionFails(body, statement.condition);
  const check = r.step(text, (_, f: F) => {
    const scene = ctx.at(f);
    ctx.begin(index);
    try {
      if (conditionHolds(compiled, scene)) return;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      reportProblem(body, index, error.message, f);
      return;
    }
    ctx.fail({ statement: index, expectation: 0, message: () => `${message(scene)}${reasons(scene)}` });
  });
  return placed([r.yield('statement'), check], position);
}

/** Names of a loop's slots at a depth: its counter, where it has no name of its own, and its end. */
export const counterSlot = (statement: RepeatStatement, depth: number): string =>
  statement.as?.text ?? `$count${depth}`;
export const limitSlot = (depth: number): string => `$limit${depth}`;

export function repeatNodes(generator: Generator, body: Body, statement: RepeatStatement): ScenarioNode[] {
  const { ctx } = body;
  const { index, position, text } = ctx.info(statement);
  const counter = body.slot(counterSlot(statement, body.depth));
  const limit = body.slot(limitSlot(body.depth));
  const count = body.number(statement.count);
  const inner = generator.statements(statement.body, body.inside(statement.as?.text));
  const begin = checkProblem(body, index, (_, f) => {
    const times = count(ctx.at(f));
    if (times < 0) throw new EvaluationError(`a block cannot be repeated ${times} times`);
    setSlot(f, counter, -1);
    setSlot(f, limit, times);
    return true;
  });
  const again = r.loop(
    'again',
    (k, f: F) => {
      const next = slot(f, counter) + 1;
      if (next >= slot(f, limit) || mustEnd(k)) return false;
      setSlot(f, counter, next);
      return true;
    },
    inner,
  );
  return placed(
    [
      r.yield('statement'),
      r.when(text, begin, [again]),
      r.when('a signal ends the process', mustEnd, endNodes(ctx)),
    ],
    position,
  );
}

export function loopNodes(generator: Generator, body: Body, statement: LoopStatement): ScenarioNode[] {
  const { ctx } = body;
  const { position } = ctx.info(statement);
  const inner = generator.statements(statement.body, body.inside(undefined));
  return placed(
    [r.yield('statement'), r.loop('for ever', (k) => !mustEnd(k), inner), ...endNodes(ctx)],
    position,
  );
}
