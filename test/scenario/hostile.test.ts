import { describe, expect, it } from 'vitest';
import { checkScenario, formatScenario, parseExpression } from '../../src/language/index';
import { compileScenario } from '../../src/program';
import { statementDiagnostics, wrap } from './helpers';

/** Lines made from their number. */
const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

describe('a tall expression', () => {
  const chain = (terms: number): string => `expect ${'1 + '.repeat(terms - 1)}1 > 0`;

  it('works up to a bound', () => {
    expect(statementDiagnostics(chain(300))).toEqual([]);
    expect(compileScenario(wrap(chain(300)), 'f').program).toBeDefined();
  });

  it.each([3000, 6000, 40_000])('of %i terms is refused with its place', (terms) => {
    expect(statementDiagnostics(chain(terms))).toEqual([
      '1:8: more than 400 operators in a row; name parts of it with `let`',
    ]);
  });

  it.each([
    ['brackets with chains in them', `${'('.repeat(45)}1${`${'+ 1'.repeat(40)})`.repeat(45)}`],
    ['a chain of and', `${'a and '.repeat(9000)}b`],
    ['a chain in an index', `buf[${'1 + '.repeat(9000)}1]`],
    ['a condition of a breakpoint', `page.refcount > ${'1 + '.repeat(9000)}1`],
  ])('as %s is refused', (_, text) => {
    expect(parseExpression(text).problems.map(({ code }) => code)).toEqual(['too-deep']);
  });

  it('may be as wide as it likes', () => {
    expect(statementDiagnostics(`read buf expect [${'1, '.repeat(20_000)}1]`)).toEqual([]);
  });
});

/** What takes more than linear time would run into the time limit of a test. */
describe('a long text', () => {
  it.each([
    ['backslashes', `print "${'\\'.repeat(1_000_000)}`, 1],
    ['closed backslashes', `print "${'\\\\'.repeat(400_000)}"`, 0],
    ['empty lines', 'read buf\n'.repeat(2) + '\n'.repeat(190_000), 0],
    ['empty lines between comments', '# a\n\n\n'.repeat(45_000), 0],
    ['empty lines in brackets', `expect (${'\n'.repeat(190_000)}1)`, 0],
    ['names and forks', lines(9000, (i) => `b${i} = mmap 4KiB\nfork f${i}`), 0],
    ['names that do not exist', lines(15_000, (i) => `b${i} = mmap 4KiB\nread c${i}x`), 100],
    ['names of values', lines(15_000, (i) => `let v${i} = ${i === 0 ? 1 : `v${i - 1} + 1`}`), 0],
    ['too many tasks', lines(12_000, (i) => `fork f${i}`), 1],
  ])('of %s is read and laid out', (_, statements, problems) => {
    const text = wrap(statements);
    expect(checkScenario(text, 'f')).toHaveLength(problems);
    const laidOut = formatScenario(text);
    expect(formatScenario(laidOut)).toBe(laidOut);
  });
});

describe('a text in quotes', () => {
  it.each([
    ['print "a"', []],
    ['print "a\\""', []],
    ['print "a\\\\"', []],
    ['print "a\\"', ['1:7: this text has no closing quote']],
    ['print "', ['1:7: this text has no closing quote']],
    ['print "a\\\nread buf', ['1:7: this text has no closing quote']],
  ])('%j', (statement, found) => {
    expect(statementDiagnostics(statement)).toEqual(found);
  });
});

describe('a message', () => {
  it('shortens a long name', () => {
    const [only] = statementDiagnostics(`read ${'x'.repeat(20_000)}`);
    expect(only).toBe(`1:6: there is no buffer \`${'x'.repeat(40)}…\``);
  });

  it.each([
    ['read\u200b buf', '1:5: `<U+200B>` has no meaning here: U+200B, a zero-width space, cannot be seen'],
    [
      'read \u202ebuf',
      '1:6: `<U+202E>` has no meaning here: U+202E, a right-to-left override, cannot be seen',
    ],
    [
      'read \u001b[31m buf',
      '1:6: `<U+001B>` has no meaning here: U+001B, an escape character, cannot be seen',
    ],
    ['read buf ä', '1:10: `ä` has no meaning here'],
  ])('names what cannot be seen in %j', (statement, message) => {
    expect(statementDiagnostics(statement)[0]).toBe(message);
  });

  it('never holds a character that steers a terminal', () => {
    for (const found of statementDiagnostics('print "\u001b[2J" "\u001b]0;x\u0007"\nfork "\u009b31m"'))
      expect(found).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('a problem', () => {
  it('that is an error takes the place of a warning', () => {
    expect(statementDiagnostics('exit 0\nnowhere read buf')).toEqual([
      expect.stringContaining('2:1: there is no device `nowhere`'),
    ]);
  });

  it('that is an error is found behind any number of warnings', () => {
    const text = wrap(`${lines(150, (i) => `barrier b${i}`)}\nloop { read buf }\nread bux`);
    expect(checkScenario(text, 'f').filter(({ severity }) => severity === 'error')).toHaveLength(1);
    expect(compileScenario(text, 'f').program).toBeUndefined();
  });
});

describe('a child', () => {
  it('sees what its parent named before the fork, and not what either names later', () => {
    const text = `let a = 1
fork kid { expect a == 1; let a = 2; let own = 3 }
let later = 4
fork second { expect later + a > 0 }
on_parent = mmap 4KiB
fork third { read on_parent; expect own == 3 }`;
    expect(statementDiagnostics(text)).toEqual(['6:37: there is no `own` here']);
  });

  it('forgets the count of a loop that has ended', () => {
    expect(statementDiagnostics('repeat 2 as i { read buf[i] }\nfork kid { expect i == 0 }')).toEqual([
      expect.stringContaining('2:19: there is no `i` here'),
    ]);
  });
});
