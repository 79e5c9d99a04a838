import { describe, expect, it } from 'vitest';
import { problemsOf, runText } from './run-scenario';

const MANY = 9_007_199_254_740_991;
const TOO_LARGE = 'the result is more than 2^53 - 1, the largest number here';

/** What a statement prints or why it can't, in a process with 16 pages of which the first two were written. */
function said(text: string): string[] {
  const { printed, failures } = runText(`process app {
buf = mmap 64KiB
write buf[0..2] = 1
let v = ${MANY}
let one = read buf[0]
${text}
}`);
  return [...printed, ...failures];
}

describe('an aggregate', () => {
  it.each([
    ['sum(buf[0..2].page.mapcount)', '2'],
    ['sum(buf.page.mapcount)', '1'],
    ['min(buf[0..2].page.mapcount)', '1'],
    ['max([3, 7, 5])', '7'],
    ['count([3, 7, 5])', '3'],
  ])('%s is %s', (expression, value) => {
    expect(said(`print ${expression}`)).toEqual([value]);
  });

  it.each(['sum', 'min', 'max', 'count'])('%s over what is not there is none', (name) => {
    expect(said(`print ${name}(buf[0..4].page.refcount)`)).toEqual(['none']);
    expect(said(`print ${name}(buf[0..4].page.refcount) + 1`)).toEqual(['none']);
    for (const comparison of ['== 0', '< 5', '> 5', '<= 0', '>= 0'])
      expect(said(`print ${name}(buf[0..4].page.refcount) ${comparison}`)).toEqual(['false']);
    expect(said(`print ${name}(buf[0..4].page.refcount) == none`)).toEqual(['true']);
  });

  it('adds exactly or not at all', () => {
    expect(said('print sum([v, 0])')).toEqual([String(MANY)]);
    expect(said('print sum([v, 1])')).toEqual([`(${TOO_LARGE})`]);
  });
});

describe('arithmetic on numbers that are known', () => {
  it.each([
    [`${MANY} + 1`, TOO_LARGE],
    [`-${MANY} - 1`, TOO_LARGE],
    [`${MANY} * ${MANY}`, TOO_LARGE],
    ['1 << 53', TOO_LARGE],
    ['1 << 70', 'a shift is between 0 and 64'],
    ['1 >> 65', 'a shift is between 0 and 64'],
    ['1 << -1', 'a shift is between 0 and 64'],
    ['1 / 0', 'division by zero'],
    ['5 % (3 - 3)', 'division by zero'],
    ['2 + LARGE * LARGE', TOO_LARGE],
  ])('%s is refused before the run', (expression, why) => {
    const problems = problemsOf(`let LARGE = 1 << 40\nprocess app { print ${expression} }`);
    expect(problems).toEqual([expect.stringMatching(/^2:\d+: /)]);
    expect(problems[0]).toContain(why);
  });

  it.each([
    ['-5 / 2', '-2'],
    ['-5 % 2', '-1'],
    ['1 << 52', String(2 ** 52)],
    ['-1 >> 64', '-1'],
    ['1 >> 64', '0'],
    ['0 << 64', '0'],
    [`${MANY} & 0xff`, '255'],
    ['-1 & 0xffff_ffff_ffff', '281474976710655'],
    ['-0', '0'],
  ])('%s is %s', (expression, value) => {
    expect(said(`print ${expression}`)).toEqual([value]);
  });
});

describe('arithmetic on numbers of the run', () => {
  it.each([
    ['v + one', TOO_LARGE],
    ['0 - v - 2', TOO_LARGE],
    ['v * 2', TOO_LARGE],
    ['one << 53', TOO_LARGE],
    ['one << 65', 'a shift is between 0 and 64'],
    ['one >> (0 - one)', 'a shift is between 0 and 64'],
    ['v % (one - one)', 'division by zero'],
  ])('%s has no value', (expression, why) => {
    expect(said(`print ${expression}`)).toEqual([`(${why})`]);
    expect(said(`let x = ${expression}`)).toEqual([`6: ${why}`]);
  });
});

describe('pages that are not the buffer’s', () => {
  it.each([
    'count(buf[0..one * 1000000000000].page.refcount)',
    'sum(buf[0..one * 1000000000000].page.refcount)',
    'buf[0..one * 1000000000000].page.refcount',
    'buf[0..one * 1000000000000].page.refcount == 1',
    'buf[0..one * 1000000000000]',
    'buf[one * 999999999999]',
    'buf[one * 999999999999].page',
    'pte(buf[one * 999999999999])',
    'why buf[one * 999999999999]',
  ])('%s says so', (expression) => {
    expect(said(`print ${expression}`)).toEqual([
      '(page 999999999999 is outside `buf`, which has pages 0 to 15)',
    ]);
    expect(said(`expect (${expression}) != none`)).toEqual([
      '6: page 999999999999 is outside `buf`, which has pages 0 to 15',
    ]);
  });

  it('and what is no address of user space is nothing', () => {
    for (const address of ['v', '0 - one', '1 << 47'])
      expect(said(`print pte(${address})`)).toEqual(['none']);
  });
});

describe('a buffer of 1 TiB', () => {
  const inBig = (text: string): string[] => [
    ...runText(`process app {\nbig = mmap 1TiB r\n${text}\n}`).printed,
  ];
  const TOO_MANY = '(this range has 268,435,456 pages: an expression looks at 65,536 pages at most)';

  it('is not gone through by an expression', () => {
    expect(inBig('print count(big[0..].page.refcount)')).toEqual([TOO_MANY]);
    expect(inBig('print big[0..].page == none')).toEqual([TOO_MANY]);
    expect(inBig('print count(big[0..40000].address) + count(big[0..40000].address)')).toEqual([
      '(this range has 40,000 pages: an expression looks at 65,536 pages at most)',
    ]);
    expect(inBig('print count(big[0..40000].address)\nprint count(big[0..40000].address)')).toEqual([
      '40000',
      '40000',
    ]);
  });

  it('is shown by its first pages', () => {
    const [text = ''] = inBig('print big[0..]');
    expect(text.split('\n')).toHaveLength(17);
    expect(text).toMatch(/… 268,435,440 more pages$/);
    expect(inBig('print big[0..2000].page')[0]).toMatch(/none, … 1000 more\]$/);
  });
});
