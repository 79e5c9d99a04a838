/** What is said of broken invariants: one finding for each cause, with its objects. */

import type { Linked } from '../routine/link';
import type { Invariant } from './catalogue';
import type { Involved, Violation } from './violation';

/** Objects that are named besides the first where one step has brought several into disorder. */
const MOST_NAMED = 3;

/** What one step has broken of one invariant is one finding: the first object, with the others in its sentence. */
export function oneForEachCause(found: readonly Violation[]): Violation[] {
  const groups = new Map<string, Violation[]>();
  for (const violation of found) {
    const key = `${violation.invariant.number} ${violation.step.time} ${violation.step.pc}`;
    const group = groups.get(key);
    if (group) group.push(violation);
    else groups.set(key, [violation]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (!first || others.length === 0) return first ? [first] : [];
    const named = others.slice(0, MOST_NAMED).map(({ detail }) => detail);
    const more = others.length - named.length;
    const rest = more > 0 ? [`and ${more} more`] : [];
    return [{ ...first, detail: [first.detail, ...named, ...rest].join('; ') }];
  });
}

/** The two numbers of the event: a page or the row of another object, and an address. */
export function eventObjects({ involved, row }: Violation): [first: number, second: number] {
  return [involved.page ?? row, involved.va ?? 0];
}

/** `Broken since step 158, in dmirror_range_fault: the driver enters the pages.` */
export function brokenSince({ step }: Violation, { routines, routineOf, text }: Linked): string {
  const routine = routines[routineOf[step.pc] ?? -1]?.routine.name;
  const where = routine === undefined ? '' : `, in ${routine}: ${text[step.pc]}`;
  return `Broken since step ${step.time}${where}.`;
}

/** `I5 refcount: …`. */
export function sentence({
  invariant,
  detail,
}: {
  invariant: Invariant;
  detail: string;
  involved?: Involved;
}): string {
  return `${invariant.id} (${invariant.name}): ${detail}.`;
}
