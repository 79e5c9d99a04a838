import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatScenario } from '../../src/language/index';
import { VOCABULARY } from '../../src/language/vocabulary';
import { diagnosticsOf, statementDiagnostics } from './helpers';

const doc = readFileSync(new URL('../../scenarios/LANGUAGE.md', import.meta.url), 'utf8');
const blocks = [...doc.matchAll(/```hmm\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

describe('the documentation of the language', () => {
  it('has examples', () => {
    expect(blocks.length).toBeGreaterThan(10);
  });

  it.each(blocks.map((block) => [block.split('\n')[0] ?? '', block]))('example "%s" is right', (_, block) => {
    const whole = /^process /m.test(block);
    expect(whole ? diagnosticsOf(block) : statementDiagnostics(block)).toEqual([]);
    if (whole) expect(formatScenario(block)).toBe(block);
  });

  it('explains every word of the language', () => {
    const text = doc.replace(/[`*]/g, '');
    const missing = VOCABULARY.map((entry) => entry.word).filter(
      (word) => !new RegExp(`\\b${word}\\b`).test(text),
    );
    expect(missing).toEqual([]);
  });
});
