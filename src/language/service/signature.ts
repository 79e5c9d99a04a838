/** The form of the statement or function that is being written, and which part of it. */

import { functionFacts } from '../functions';
import { KNOWLEDGE, type Knowledge } from '../knowledge';
import type { Token } from '../lexer';
import { VOCABULARY } from '../vocabulary';
import { expectedAfter } from './forms';
import { situationAt } from './situation';
import { formsOf } from './statement-forms';

export interface Signature {
  readonly form: string;
  readonly doc: string;
  /** The part that is being written, as a piece of the form. */
  readonly active?: { readonly start: number; readonly end: number };
}

/** Help for the statement or call at an offset; undefined where none is begun. */
export function signatureAt(
  text: string,
  offset: number,
  knowledge: Knowledge = KNOWLEDGE,
): Signature | undefined {
  const s = situationAt(text, offset, knowledge);
  if (s.quoted) return undefined;
  const call = openCall(s.before);
  if (call !== undefined) return call;
  if (s.before.length === 0 || s.inBraces) return undefined;
  const place = s.blocks.length === 0 ? 'top' : 'statement';
  const forms = formsOf(s, s.before, place);
  const fitting = fittest(forms, s.before);
  if (fitting === undefined) return undefined;
  const { inside, parts } = expectedAfter([fitting], s.before);
  const part = [...inside, ...parts][0];
  const entry = VOCABULARY.find(({ form }) => form.split(' | ').some((one) => fitting.startsWith(one)));
  const active = part === undefined ? undefined : pieceOf(fitting, part);
  return { form: fitting, doc: entry?.doc ?? '', ...(active === undefined ? {} : { active }) };
}

/** The form that has most of the words that are there, of those that can hold them. */
function fittest(forms: readonly string[], before: readonly Token[]): string | undefined {
  const words = new Set(before.map(({ text }) => text));
  const score = (form: string): number => (form.match(/\w+/g) ?? []).filter((word) => words.has(word)).length;
  const reached = forms.filter((form) => {
    const next = expectedAfter([form], before);
    return next.words.size + next.parts.size + next.inside.size > 0;
  });
  return [...(reached.length > 0 ? reached : forms)].sort((x, y) => score(y) - score(x))[0];
}

function pieceOf(form: string, part: string): Signature['active'] {
  const found = new RegExp(`\\b${part}\\b`).exec(form);
  return found === null ? undefined : { start: found.index, end: found.index + part.length };
}

/** The function whose brackets are open. */
function openCall(before: readonly Token[]): Signature | undefined {
  let depth = 0;
  for (let at = before.length - 1; at > 0; at--) {
    const text = before[at]?.text;
    if (text === ')') depth++;
    if (text !== '(' || depth-- > 0) continue;
    const name = before[at - 1]?.text ?? '';
    const facts = functionFacts(name);
    if (facts === undefined) return undefined;
    const { form, doc } = facts;
    const active = /[A-Z]+/.exec(form);
    return {
      form,
      doc,
      ...(active ? { active: { start: active.index, end: active.index + active[0].length } } : {}),
    };
  }
  return undefined;
}
