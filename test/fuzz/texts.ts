/** Damaged scenarios, given to everything that reads a text: nothing may throw, and a good one keeps its meaning in the one layout. */

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  checkScenario,
  coloursOf,
  completeAt,
  definitionAt,
  describeAt,
  fixesFor,
  foldsOf,
  formatScenario,
  inlineExpressions,
  parseExpression,
  parseLogMessage,
  parseScenario,
  referencesAt,
  renameAt,
  signatureAt,
  symbolsOf,
} from '../../src/language/index';
import { generatedWords } from '../scenario/generated-words';
import { bare } from '../scenario/helpers';
import type { FuzzKind } from './kind';

const folder = new URL('../../scenarios/', import.meta.url);
const SCENARIOS = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.hmm'))
  .sort()
  .map((name) => readFileSync(new URL(name, folder), 'utf8'));

/** What has gone wrong in some reader of text somewhere. */
const HOSTILE = [
  ...['__proto__', 'constructor', 'toString', 'moveTo', 'NaN', 'Infinity', '9007199254740993', '1e309', '0x'],
  ...[
    '\\',
    '"',
    '\\"',
    '{{',
    '{',
    '}',
    '\u200b',
    '\u202e',
    '\ud800',
    '\0',
    '\r',
    '\u2028',
    '\ufeff',
    '\u001b[31m',
  ],
  ...[
    '('.repeat(200),
    '1 + '.repeat(500),
    '['.repeat(200),
    '.a'.repeat(60),
    'not '.repeat(200),
    '\n'.repeat(300),
  ],
  ...[
    'x'.repeat(5000),
    '9'.repeat(400),
    'loop {\n'.repeat(120),
    'on A '.repeat(120),
    'fork f {\n'.repeat(110),
  ],
];

interface Damage {
  /** Where, as a part of the text. */
  readonly at: number;
  /** How many characters it takes away, or repeats. */
  readonly length: number;
  readonly how: 'replace' | 'repeat' | 'swap';
  readonly by: string;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.nat(8), fc.nat(200)),
  how: fc.constantFrom('replace', 'replace', 'repeat', 'swap'),
  by: fc.oneof(generatedWords, fc.constantFrom('', ...HOSTILE), fc.string({ unit: 'binary', maxLength: 6 })),
});

function damaged(text: string, { at, length, how, by }: Damage): string {
  const start = Math.floor(at * text.length);
  const piece = text.slice(start, start + length);
  const rest = text.slice(start + length);
  if (how === 'repeat') return text.slice(0, start) + piece.repeat(3) + rest;
  if (how === 'swap') return text.slice(0, start) + rest.slice(0, length) + piece + rest.slice(length);
  return text.slice(0, start) + by + rest;
}

const broken: fc.Arbitrary<{ text: string; at: number }> = fc
  .tuple(
    fc.constantFrom(...SCENARIOS),
    fc.array(damage, { minLength: 1, maxLength: 5 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([text, damages, at]) => {
    const result = damages.reduce(damaged, text);
    return { text: result, at: Math.floor(at * result.length) };
  });

/** Does everything that an editor does with a text, at one place of it. */
function readAll(text: string, at: number): void {
  checkScenario(text, 'f');
  completeAt(text, at);
  describeAt(text, at);
  definitionAt(text, at);
  symbolsOf(text);
  referencesAt(text, at);
  renameAt(text, at, 'other');
  signatureAt(text, at);
  foldsOf(text);
  coloursOf(text);
  inlineExpressions(text, { start: 0, end: at });
  fixesFor(checkScenario(text, 'f'));
  const line = text.slice(at, at + 80);
  parseExpression(line);
  parseLogMessage(line);
}

/** What the formatter has changed besides the layout. */
function changed(text: string): string | undefined {
  if (parseScenario(text).problems.length > 0) return undefined;
  const once = formatScenario(text);
  if (formatScenario(once) !== once) return 'formatting twice is not formatting once';
  const same = JSON.stringify(bare(once)) === JSON.stringify(bare(text));
  return same ? undefined : 'formatting changes what it says';
}

function wrongIn({ text, at }: { text: string; at: number }): string | undefined {
  try {
    readAll(text, at);
    return changed(text);
  } catch (error) {
    return String(error);
  }
}

export const texts: FuzzKind = {
  name: 'texts',
  about: 'damaged scenarios',
  few: 200,
  many: 100_000,
  run: async (cases, seed) => {
    const wrong: string[] = [];
    const property = fc.property(broken, (found) => {
      const what = wrongIn(found);
      if (what !== undefined) wrong.push(`${what} at ${found.at} of ${JSON.stringify(found.text)}`);
    });
    fc.assert(property, { numRuns: cases, seed });
    return wrong;
  },
};
