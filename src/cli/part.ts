/** Where the runs of one scenario under two kernels part. */

import type { Look, Looks } from './looks';

/** A kernel's run. */
export interface Ran {
  readonly profile: string;
  readonly looks: Looks;
}

const shown = (result: string): string => (result === '' ? 'ok' : result);

/** The first page that is not the same, in words; undefined where all are. */
function pageThatDiffers(a: Look, b: Look, [old, now]: readonly [string, string]): string | undefined {
  for (const where of new Set([...a.pages.keys(), ...b.pages.keys()])) {
    const [was, is] = [a.pages.get(where) ?? 'nothing', b.pages.get(where) ?? 'nothing'];
    if (was !== is) return `${where} is ${was} under ${old}, and ${is} under ${now}`;
  }
  return undefined;
}

function difference(a: Look, b: Look, names: readonly [string, string]): string | undefined {
  if (a.result === b.result) return pageThatDiffers(a, b, names);
  return `${shown(a.result)} under ${names[0]}, and ${shown(b.result)} under ${names[1]}`;
}

/** Places of the statements that a kernel's program has. */
const placesOf = ({ looks }: Ran): ReadonlySet<string> =>
  new Set(looks.run.program.statements.map(({ position: { line, column } }) => `${line}:${column}`));

/** The looks of each task, in their order, at statements that the other kernel's program has too. */
function byTask(ran: Ran, other: ReadonlySet<string>): Map<string, Look[]> {
  const found = new Map<string, Look[]>();
  for (const look of ran.looks.looks)
    if (other.has(look.place)) found.set(look.task, [...(found.get(look.task) ?? []), look]);
  return found;
}

/**
 * A sentence: the first statement whose result or pages differ, or that one of them does not come to. Statements that only
 * one of them has are passed over.
 */
export function whereTheyPart(file: string, a: Ran, b: Ran): string {
  const names = [a.profile, b.profile] as const;
  const both = `${file}: ${names[0]} and ${names[1]}`;
  const theirs = byTask(b, placesOf(a));
  const at = (look: Look): string => `${both} part at ${file}:${look.place} \`${look.text}\``;
  const alone = (look: Look, has: string, not: string): string =>
    `${at(look)} (step ${look.time} under ${has}): under ${not} ${look.task} does not come to its end.`;
  const places = placesOf(b);
  for (const look of a.looks.looks) {
    if (!places.has(look.place)) continue;
    const other = theirs.get(look.task)?.shift();
    if (other?.place !== look.place) return alone(look, names[0], names[1]);
    const found = difference(look, other, names);
    if (found !== undefined) return `${at(look)} (steps ${look.time} and ${other.time}): ${found}.`;
  }
  const [more] = [...theirs.values()].flat();
  if (more !== undefined && !a.looks.cut) return alone(more, names[1], names[0]);
  const cut = a.looks.cut || b.looks.cut ? ', as far as was looked' : '';
  return `${both} do not part in what statements return and pages are${cut}.`;
}
