/** Statements that cannot be executed, because what they name is not there. */

import type { Kernel } from '../engine/routine/kernel';
import { EvaluationError } from '../language/arithmetic';
import type { Body } from './context';
import type { F } from './frame';
import { reportProblem } from './outcome';

/** Begins a statement; where the preparation throws EvaluationError its reason is reported, and the answer is false. */
export function checkProblem(
  body: Body,
  statement: number,
  prepare: (k: Kernel, f: F) => boolean,
): (k: Kernel, f: F) => boolean {
  return (k, f) => {
    body.ctx.begin(statement);
    try {
      return prepare(k, f);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      reportProblem(body, statement, error.message, f);
      return false;
    }
  };
}
