/** Why the pages that an expectation is about stayed where they were: what a failed expectation says besides. */

import { type ProcessRow, type TaskRow, type Vpn, vaOf } from '../engine/machine/ids';
import type { Expr } from '../language/ast';
import type { Value } from '../language/values';
import {
  isRestored,
  laterRefusal,
  placeAt,
  placeOf,
  type Refusal,
  refusalOf,
  refusalWords,
  type Scene,
  showAddress,
  showPage,
  type World,
  whyStayed,
} from '../view/environment';
import type { Body } from './context';

/** Reasons that are listed. */
const MOST_REASONS = 3;

/** What was refused to the task since its statement began, in that order. */
function refusedSince({ kernel: { events, time } }: World, task: TaskRow, statement: number): Refusal[] {
  const found: Refusal[] = [];
  for (const event of events.backwards(time + 1, ['statement', 'refused'])) {
    if (event.task !== task) continue;
    if (event.name === 'refused') found.push(refusalOf(event.args));
    else if (event.args[0] === statement) break;
  }
  return found.reverse();
}

function nameOf(world: World, { process, vpn, page }: Refusal): string {
  if (process === 0) return page === 0 ? 'the range' : showPage(world, page);
  const va = vaOf(vpn as Vpn);
  return placeOf(world, process, va) ?? showAddress(va);
}

/** The refusals of a statement of the task, one a page. */
function refusalsOf(world: World, task: TaskRow, statement: number): Refusal[] {
  const refusals = new Map<string, Refusal>();
  for (const refusal of refusedSince(world, task, statement)) {
    const key = refusal.process === 0 ? `page ${refusal.page}` : `${refusal.process}/${refusal.vpn}`;
    refusals.set(key, laterRefusal(refusals.get(key), refusal));
  }
  return [...refusals.values()];
}

/**
 * `; buf[1] stayed: refcount 1026, expected 2; held by pin p of app since step 209 (line 6)`, for the pages that a
 * statement of the task left; empty where there is none. `pages` is how many the statement was about.
 */
export function whyStatementLeft(world: World, task: TaskRow, statement: number, pages: number): string {
  const refusals = refusalsOf(world, task, statement);
  if (refusals.length === 0) return '';
  const all = refusals.length >= pages;
  const collected = refusals.some(isRestored);
  const nothing = !all ? '' : collected ? ': nothing moved' : ': nothing was collected';
  const reasons = refusals
    .slice(0, MOST_REASONS)
    .map((refusal) => `${nameOf(world, refusal)} stayed: ${refusalWords(world, refusal)}`);
  const more = refusals.length > MOST_REASONS ? [`and ${refusals.length - MOST_REASONS} more pages`] : [];
  return `${nothing}; ${[...reasons, ...more].join('; ')}`;
}

/** The pages of buffers that an expression names. */
function* pagesIn(expr: unknown): Iterable<Expr> {
  if (typeof expr !== 'object' || expr === null) return;
  if ((expr as Expr).kind === 'index') yield expr as Expr;
  for (const value of Object.values(expr)) yield* pagesIn(value);
}

/** Says why the pages that a condition names stayed where they are; nothing of those that did not. */
export function whyConditionFails(body: Body, condition: Expr): (scene: Scene) => string {
  const places = [...pagesIn(condition)].flatMap((expr) => {
    const compiled = body.compile(expr);
    return compiled?.type.family === 'place' ? [compiled] : [];
  });
  return (scene) => {
    const reasons = places.flatMap(({ evaluate }) => {
      const at: Value = evaluate(scene);
      if (at === undefined) return [];
      const { process, va } = placeAt(at);
      const stayed = whyStayed(scene, process as ProcessRow, va);
      return stayed === undefined
        ? []
        : [`${placeOf(scene.world, process, va) ?? showAddress(va)}: ${stayed}`];
    });
    return [...new Set(reasons)].map((reason) => `; ${reason}`).join('');
  };
}
