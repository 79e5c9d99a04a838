/** Listings read like C where the kernel has a line, and like a sentence where it has none. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { buildRun } from '../../src/program';
import { programOf } from '../scenario/run-scenario';
import { inProject } from '../tools/project';

/** An article or an order, and nothing that says what happens: `the next page`, `first entry in use`, `which range`. */
const NOUN_PHRASE = /^(the|an?|its|next|first|which|how|where) (\w+ )?\w+( (of|in|on) (the )?\w+)?$/;
/** With a verb, however short it is. */
const SENTENCE = /\b(is|has|have|stays|waits|fails|starts|completes|grows|walks|moved)\b/;

it.each(['4.14', '6.12'])('no step is a noun phrase, under %s', (profile) => {
  const seen = new Map<string, string>();
  const files = readdirSync(inProject('scenarios')).filter((name) => name.endsWith('.hmm'));
  for (const name of files) {
    const text = readFileSync(inProject('scenarios', name), 'utf8');
    if (/^profile/m.test(text) && !text.includes(`profile ${profile}`)) continue;
    for (const { routine, listing } of buildRun(programOf(text, profile)).interpreter.linked.routines)
      if (!routine.scenario)
        for (const { text: line, pc } of listing) if (pc >= 0) seen.set(line.trim(), routine.name);
  }
  expect(seen.size).toBeGreaterThan(200);
  const wrong = [...seen].filter(([line]) => NOUN_PHRASE.test(line) && !SENTENCE.test(line));
  expect(wrong).toEqual([]);
});
