import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plainSnippet, SNIPPETS } from '../../src/language/service/snippets';
import { VOCABULARY } from '../../src/language/vocabulary';
import { diagnosticsOf, statementDiagnostics } from './helpers';

const load = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../media/${name}`, import.meta.url), 'utf8'));

/** Every value of a key anywhere in a JSON tree. */
function valuesOf(node: unknown, keys: readonly string[]): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    keys.includes(key) && typeof value === 'string' ? [value] : valuesOf(value, keys),
  );
}

describe('the TextMate grammar', () => {
  const grammar = load('hmm.tmLanguage.json');
  const rules = valuesOf(grammar, ['match', 'begin', 'end']);

  it('has expressions that compile', () => {
    expect(rules.length).toBeGreaterThan(10);
    for (const rule of rules) expect(() => new RegExp(rule)).not.toThrow();
  });

  it('colours every word of the language', () => {
    const whole = rules.map((rule) => new RegExp(rule));
    const plain = VOCABULARY.map((entry) => entry.word).filter(
      (word) =>
        !whole.some((rule) => rule.exec(word)?.[0] === word || rule.exec(`gpu0 ${word}`)?.[2] === word),
    );
    expect([...new Set(plain)]).toEqual([]);
  });

  it('includes only parts that exist', () => {
    const names = Object.keys((grammar as { repository: object }).repository);
    for (const include of valuesOf(grammar, ['include'])) expect(names).toContain(include.slice(1));
  });
});

describe('the language configuration', () => {
  const configuration = load('hmm.language-configuration.json') as { wordPattern: string };

  it('takes names and numbers as words', () => {
    const word = new RegExp(`^(?:${configuration.wordPattern})$`);
    for (const text of ['buf', 'gpu0', 'migrate_to_ram', '0x1F', '64KiB', '6.12'])
      expect(word.test(text)).toBe(true);
    for (const text of ['buf[0]', 'a.b', 'a b']) expect(word.test(text)).toBe(false);
  });
});

describe('the snippets', () => {
  it.each(SNIPPETS.map((snippet) => [snippet.label, snippet] as const))('%s is right', (_, snippet) => {
    const text = plainSnippet(snippet);
    const found = snippet.place === 'statement' ? statementDiagnostics(text) : diagnosticsOf(text);
    expect(
      found.filter((line) => !line.includes('warning') && !line.includes('a scenario needs a process')),
    ).toEqual([]);
  });
});
