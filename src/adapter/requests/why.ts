/** `why`, also of what the event log has dropped: history is run again for that, as long work that can be given up. */

import type { ProcessRow } from '../../engine/machine/ids';
import type { LinkedRoutine } from '../../engine/routine/link';
import { parseExpression } from '../../language';
import { addressOf, isForgotten, type Scene, subjectAt, why } from '../../view/environment';
import type { Stopped } from '../request';

/** Where the page at an address is and what brought it there. */
export async function explain(
  adapter: Stopped,
  scene: Scene,
  process: ProcessRow,
  va: number,
): Promise<string> {
  const { world } = scene;
  const subject = subjectAt(world, process, va);
  if (!isForgotten(world, subject)) return why(scene, process, va);
  return why(scene, process, va, await adapter.ask(adapter.session.recall(subject)));
}

/** The answer to an expression that is `why ADDRESS`; undefined for any other, and where the address is none. */
export async function explainAsked(
  adapter: Stopped,
  text: string,
  routine: LinkedRoutine | undefined,
  scene: Scene,
): Promise<string | undefined> {
  const { expr } = parseExpression(text);
  if (expr?.kind !== 'call' || expr.callee.text !== 'why') return undefined;
  const [argument] = expr.args;
  if (argument === undefined || expr.args.length !== 1) return undefined;
  const compiled = adapter.view.compile(text.slice(argument.span.start, argument.span.end), routine);
  const at = addressOf(compiled.type, compiled.evaluate(scene), scene);
  return at && explain(adapter, scene, at.process, at.va);
}
