/** References, renaming and the place of a declaration. */

import { parseScenario } from '../parser';
import type { Span } from '../source';
import { NAMES } from '../things';
import { RESERVED } from '../vocabulary';
import { namesIn, type Occurrence } from './occurrences';

/** A text in place of a piece of the source. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

function nameAt(occurrences: readonly Occurrence[], offset: number): Occurrence | undefined {
  return occurrences.find(({ span }) => span.start <= offset && offset <= span.end);
}

/** All places that name what is named at an offset, in the order of the text; none where nothing is. */
export function referencesAt(text: string, offset: number): Occurrence[] {
  const { occurrences } = namesIn(parseScenario(text).scenario);
  const at = nameAt(occurrences, offset);
  if (at?.kind === undefined) return [];
  return occurrences.filter(({ thing }) => thing === at.thing);
}

/** The name at an offset that can be given another one. */
export function renamableAt(text: string, offset: number): Occurrence | undefined {
  return referencesAt(text, offset).find(({ span }) => span.start <= offset && offset <= span.end);
}

/** What has to change so that the thing named at an offset is called `to`, or one sentence on why it can't be. */
export function renameAt(
  text: string,
  offset: number,
  to: string,
): { readonly edits: readonly Edit[] } | { readonly error: string } {
  const { occurrences } = namesIn(parseScenario(text).scenario);
  const at = nameAt(occurrences, offset);
  if (at?.kind === undefined) return { error: 'Only names that the scenario gives can be changed.' };
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(to)) return { error: 'A name is letters, digits and `_`.' };
  if (RESERVED.has(to)) return { error: `\`${to}\` is a word of the language.` };
  if (Object.hasOwn(NAMES, to)) return { error: `\`${to}\` means a part of the machine.` };
  const taken = occurrences.find(
    ({ name, kind, thing }) => name === to && kind !== undefined && thing !== at.thing,
  );
  if (taken !== undefined) return { error: `\`${to}\` is already the name of a ${taken.kind}.` };
  const edits = occurrences.filter(({ thing }) => thing === at.thing).map(({ span }) => ({ span, text: to }));
  return { edits };
}
