/** The frame that every statement has: preparation, what it does, its outcome, and the end of a process it may bring. */

import type { Kernel } from '../engine/routine/kernel';
import type { Outcome, Statement } from '../language/ast';
import type { Scene } from '../view/environment';
import type { Body } from './context';
import { longDataNodes } from './data';
import { endNodes, endProcess, mustEnd } from './ending';
import { type F, PROBLEM, placed, r, type ScenarioNode } from './frame';
import { checkExpectations, clearResult, emitResult, expectationsOf, expectedSignal } from './outcome';
import { checkProblem } from './problems';

/** What a statement does between its preparation and its outcome. */
export interface Action {
  /**
   * Evaluates what the statement names into the frame. False: there is nothing to do, and `$ret` says what comes of
   * it. Throws EvaluationError where the statement cannot be executed.
   */
  readonly prepare: (k: Kernel, f: F, scene: Scene) => boolean;
  readonly nodes: readonly ScenarioNode[];
  /** It returns a byte of each of many pages, perhaps. */
  readonly manyBytes?: boolean;
  /** After it was executed, before the outcome is checked. */
  readonly after?: (k: Kernel, f: F, scene: Scene) => void;
  /** `wait`: the outcome's one number is what the statement returns, and its signal is another process's. */
  readonly ofOther?: boolean;
}

const TEXT_LENGTH = 60;
const short = (text: string): string =>
  text.length <= TEXT_LENGTH ? text : `${text.slice(0, TEXT_LENGTH - 1)}…`;

/** Compiles a statement that does one thing. */
export function simple(
  body: Body,
  statement: Statement & { readonly outcome?: Outcome },
  action: Action,
): ScenarioNode[] {
  const { ctx } = body;
  const { index, text, position } = ctx.info(statement);
  const { outcome } = statement;
  const expectations =
    outcome === undefined ? [] : expectationsOf(body, outcome, { number: action.ofOther === true });
  const wanted = expectedSignal(outcome);
  const prepare = checkProblem(body, index, (k, f) => {
    clearResult(k, f);
    return action.prepare(k, f, ctx.at(f));
  });
  const finish = (k: Kernel, f: F): boolean => {
    // A process that has been killed doesn't see what its statement comes to.
    const returns = !mustEnd(k);
    action.after?.(k, f, ctx.at(f));
    if (f.$ret !== PROBLEM) emitResult(k, index, f.$ret);
    if (returns) checkExpectations(body, index, expectations, k, f);
    const signal = action.ofOther === true ? 0 : k.tasks.signal.get(k.task);
    if (signal !== 0 && signal !== wanted) endProcess(k, ctx.process(), 0, signal);
    return mustEnd(k);
  };
  return placed(
    [
      r.yield('statement'),
      r.when(short(text), prepare, [
        ...action.nodes,
        ...(action.manyBytes ? longDataNodes(body, outcome?.data) : []),
      ]),
      r.when('a signal ends the process', finish, endNodes(ctx)),
    ],
    position,
  );
}
