import type { Statement } from '../language/ast';
import type { Body } from './context';
import type { ScenarioNode } from './frame';

/** Reports a statement that the language has and the engine can't execute. */
export function notYet(body: Body, statement: Statement): ScenarioNode[] {
  const { text, statement: of } = body.ctx.info(statement);
  body.ctx.problems.error('not-executable', `\`${text}\`: the machine cannot do this yet`, of.span);
  return [];
}
