import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkScenario,
  completeAt,
  definitionAt,
  describeAt,
  formatScenario,
  LineMap,
  parseExpression,
  parseLogMessage,
  parseScenario,
  symbolsOf,
} from '../../src/language/index';
import { respaced, scenario } from './generate';
import { generatedWords } from './generated-words';
import { bare } from './helpers';

/** Everything an editor does with a text, at one place of it. */
function useAll(text: string, offset: number): void {
  for (const d of checkScenario(text, 'f')) {
    expect(d.start.line).toBeGreaterThanOrEqual(1);
    expect(d.span.start).toBeLessThanOrEqual(text.length);
    expect(d.message).not.toBe('');
  }
  formatScenario(text);
  completeAt(text, offset);
  describeAt(text, offset);
  definitionAt(text, offset);
  symbolsOf(text);
  parseExpression(text);
  parseLogMessage(text);
}

describe('any text', () => {
  it('is read without an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(300), (text, offset) =>
        useAll(text, offset),
      ),
      { numRuns: 300 },
    );
  });

  it('made of the words of the language is read without an exception', () => {
    fc.assert(
      fc.property(fc.array(generatedWords, { maxLength: 60 }), fc.nat(300), (words, offset) => {
        useAll(words.join(' '), offset);
      }),
      { numRuns: 500 },
    );
  });

  it('that a scenario was damaged into is read without an exception', () => {
    const damage = fc.tuple(
      fc.nat(2000),
      fc.nat(40),
      fc.oneof(generatedWords, fc.constantFrom('', '{', '}', '[', '"', '\n')),
    );
    fc.assert(
      fc.property(scenario, fc.array(damage, { minLength: 1, maxLength: 4 }), (text, damages) => {
        let broken = text;
        for (const [at, length, by] of damages) {
          const start = at % (broken.length + 1);
          broken = broken.slice(0, start) + by + broken.slice(start + length);
        }
        useAll(broken, damages[0]?.[0] ?? 0);
      }),
      { numRuns: 300 },
    );
  });

  it('that was cut off is read without an exception, and what stands before is still there', () => {
    fc.assert(
      fc.property(scenario, fc.nat(), (text, at) => {
        const cut = text.slice(0, at % text.length);
        useAll(cut, cut.length);
        const declarations = (cut.match(/^(machine|device|file) .*\n/gm) ?? []).length;
        const kinds = parseScenario(cut).scenario.items.map((item) => item.kind);
        expect(
          kinds.filter((kind) => kind === 'machine' || kind === 'device' || kind === 'file').length,
        ).toBeGreaterThanOrEqual(declarations);
      }),
      { numRuns: 200 },
    );
  });
});

describe('any scenario', () => {
  it('is read without a syntax error', () => {
    fc.assert(
      fc.property(scenario, (text) => {
        expect(parseScenario(text).problems).toEqual([]);
        // What random expressions are made of needn't fit together: types and arithmetic may be wrong.
        const errors = checkScenario(text, 'f').filter(
          ({ severity, code }) =>
            severity === 'error' && !['type', 'expression', 'arithmetic'].includes(code),
        );
        expect(errors).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('says the same when it is formatted, and formatting again changes nothing', () => {
    fc.assert(
      fc.property(scenario, fc.nat(), (text, seed) => {
        const messy = respaced(text, seed);
        const once = formatScenario(messy);
        expect(bare(once)).toEqual(bare(text));
        expect(formatScenario(once)).toBe(once);
        expect(once.match(/#[^\n]*/g)).toEqual(messy.match(/#[^\n]*/g));
        expect(once).toBe(formatScenario(text));
      }),
      { numRuns: 300 },
    );
  });

  it('has the place of every node inside the place of its parent', () => {
    const inside = (node: unknown, outer: { start: number; end: number }): void => {
      if (typeof node !== 'object' || node === null) return;
      const own = 'span' in node ? (node.span as { start: number; end: number }) : undefined;
      if (own !== undefined) {
        expect(own.start).toBeGreaterThanOrEqual(outer.start);
        expect(own.end).toBeLessThanOrEqual(outer.end);
        expect(own.start).toBeLessThanOrEqual(own.end);
      }
      for (const [key, value] of Object.entries(node)) if (key !== 'span') inside(value, own ?? outer);
    };
    fc.assert(
      fc.property(scenario, (text) => inside(parseScenario(text).scenario, { start: 0, end: text.length })),
      { numRuns: 50 },
    );
  });
});

describe('places', () => {
  it('go from offset to line and column and back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\r\n') }), fc.nat(60), (text, n) => {
        const lines = new LineMap(text);
        const offset = Math.min(n, text.length);
        const place = lines.position(offset);
        expect(lines.offset(place)).toBe(offset);
        expect(lines.lines).toBe(text.split(/\r\n|\r|\n/).length);
      }),
    );
  });
});

/** What takes more than the square of its size would run into the time limit of a test. */
describe('a text of great size', () => {
  it('is read and formatted', () => {
    const body = 'write buf[0..4] = 0x11 expect ok\n'.repeat(15_000);
    const text = `process app {\nbuf = mmap 64KiB\n${body}}\n`;
    expect(checkScenario(text, 'f')).toEqual([]);
    expect(formatScenario(text)).toContain('    buf = mmap 64KiB\n    write buf[0..4] = 0x11 expect ok\n');
  });

  it.each([
    ['open brackets', '('.repeat(50_000)],
    ['open blocks', 'loop {\n'.repeat(50_000)],
    ['signs', `expect ${'-'.repeat(50_000)}1`],
    ['members', `expect a${'.b'.repeat(50_000)}`],
    ['empty lines', `fork a${'\n'.repeat(300_000)}`],
    ['forks', 'fork a\n\n\n'.repeat(30_000)],
    ['braces', '}'.repeat(100_000)],
    ['quotes', '"'.repeat(100_000)],
    ['one word', 'x'.repeat(500_000)],
    ['one number', '1'.repeat(500_000)],
    ['templates', `print "${'{a}'.repeat(30_000)}"`],
    ['open templates', `print "${'{'.repeat(99_999)}"`],
    ['strange characters', 'ä'.repeat(400_000)],
    ['too much text', 'read buf\n'.repeat(300_000)],
    ['unknown names', 'read bfu\n'.repeat(30_000)],
  ])('%s: is read to its end, and said to be wrong', (_, inner) => {
    for (const text of [inner, `process app {\nbuf = mmap 4KiB\n${inner}`])
      expect(checkScenario(text, 'f').length).toBeGreaterThan(0);
  });
});
