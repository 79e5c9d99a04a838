/** The forms that the statement at hand may have. */

import type { Token } from '../lexer';
import { WITHOUT_OUTCOME } from '../parse-statement';
import { VOCABULARY, type WordPlace } from '../vocabulary';
import type { Situation } from './situation';

const OUTCOME = '[expect OUTCOME]';

function formsIn(place: WordPlace, word: string): string[] {
  const entry = VOCABULARY.find((e) => e.place === place && e.word === word);
  return entry?.form.split(' | ') ?? [];
}

const withOutcome = (forms: readonly string[]): string[] => forms.map((form) => `${form} ${OUTCOME}`);

/** Forms of what begins with these words; none where nothing does. */
export function formsOf(s: Situation, before: readonly Token[], place: WordPlace): string[] {
  const [first, second] = before;
  if (first === undefined) return [];
  if (place === 'top') return formsIn('top', first.text);
  if (second?.text === '=') return withOutcome(formsIn('statement', 'mmap'));
  if (first.text === 'let') return [...formsIn('top', 'let'), 'let NAME = read RANGE [expect OUTCOME]'];
  if (first.text === 'expect') return ['expect EXPR'];
  const forms = formsIn('statement', first.text);
  if (forms.length > 0) return WITHOUT_OUTCOME.has(first.text) ? forms : withOutcome(forms);
  return second === undefined ? [] : withOutcome(verbForms(s, second.text));
}

function verbForms(s: Situation, verb: string): string[] {
  const known = formsIn('device', verb);
  if (known.length > 0) return known;
  const own = [...s.knowledge.drivers.values()]
    .flatMap(({ verbs }) => verbs)
    .find(({ word }) => word === verb);
  if (own === undefined) return [];
  return [['DEVICE', verb, ...(own.range ? ['RANGE'] : []), ...(own.value ? ['= N'] : [])].join(' ')];
}
