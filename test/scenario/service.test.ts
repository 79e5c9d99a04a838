import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkScenario,
  coloursOf,
  completeAt,
  describeAt,
  fixesFor,
  foldsOf,
  inlineExpressions,
  referencesAt,
  renameAt,
  signatureAt,
} from '../../src/language';
import { scenario } from './generate';
import { bare } from './helpers';

const TEXT = `# What it shows,
# in two lines.
device gpu0 private 64MiB
let pages = 4

process app {
    buf = mmap 64KiB
    let v = read buf[0]
    repeat pages as i { write buf[i] = 1 }
    fork kid { read buf[0]; expect app.buf.pages == 16 and v == 0 }
    pin buf[1] w as p
    expect buf[0].page.refcount == 1 and pages == v + 4
    barrier meet
    unpin p
    gpu0 read buf
}

process other {
    buf = mmap 4KiB
    read buf
    barrier meet
    expect kid.exited or sum(buf[0..1].page.pins) == 0
}
`;

/** Where `|` stands in a text, and the text without it. */
function at(text: string): [text: string, offset: number] {
  return [text.replace('|', ''), text.indexOf('|')];
}

/** Offset of the nth (from 0) occurrence of a piece of the text. */
function nth(piece: string, n = 0): number {
  let offset = TEXT.indexOf(piece);
  for (let i = 0; i < n; i++) offset = TEXT.indexOf(piece, offset + 1);
  return offset;
}

const lineOf = (offset: number): number => TEXT.slice(0, offset).split('\n').length;

describe('references', () => {
  const lines = (offset: number) => referencesAt(TEXT, offset).map(({ span }) => lineOf(span.start));

  it.each<[string, number, number[]]>([
    ['a buffer of one process, as its member too', nth('buf = '), [7, 8, 9, 10, 10, 11, 12, 15]],
    ['a buffer of the same name in another process', nth('buf = ', 1), [19, 20, 22]],
    ['a value of the whole scenario', nth('pages'), [4, 9, 12]],
    ['a value that a child sees', nth('v = '), [8, 10, 12]],
    ['the count of a loop', nth('as i') + 3, [9, 9]],
    ['a device', nth('gpu0'), [3, 15]],
    ['a pin', nth('unpin p') + 6, [11, 14]],
    ['a barrier of two processes', nth('meet'), [13, 21]],
    ['a child', nth('kid'), [10, 22]],
    ['a process', nth('app'), [6, 10]],
    ['a word of the language', nth('mmap'), []],
    ['a member', nth('refcount'), []],
  ])('of %s', (_, offset, found) => {
    expect(lines(offset)).toEqual(found);
  });
});

describe('renaming', () => {
  const apply = (offset: number, to: string): string => {
    const result = renameAt(TEXT, offset, to);
    if ('error' in result) return result.error;
    return [...result.edits]
      .reverse()
      .reduce((text, { span, text: by }) => text.slice(0, span.start) + by + text.slice(span.end), TEXT);
  };

  it('changes every place and nothing else', () => {
    const renamed = apply(nth('buf = '), 'data');
    expect(renamed).toContain('expect app.data.pages == 16');
    expect(renamed).toContain('process other {\n    buf = mmap 4KiB\n    read buf\n');
    expect(checkScenario(renamed, 'f')).toEqual(checkScenario(TEXT, 'f'));
  });

  it.each([
    ['read', '`read` is a word of the language.'],
    ['Device', '`Device` means a part of the machine.'],
    ['gpu0', '`gpu0` is already the name of a device.'],
    ['two words', 'A name is letters, digits and `_`.'],
  ])('to %s is refused in a sentence', (to, sentence) => {
    expect(apply(nth('buf = '), to)).toBe(sentence);
  });

  it('of what the scenario does not name is refused', () => {
    expect(apply(nth('refcount'), 'x')).toBe('Only names that the scenario gives can be changed.');
  });

  it('of any name in any scenario, there and back, leaves the text as it was', () => {
    fc.assert(
      fc.property(scenario, fc.nat(), (text, n) => {
        const names = coloursOf(text).filter(({ colour }) => colour !== 'property' && colour !== 'function');
        const { span } = names[n % names.length] ?? { span: { start: 0, end: 0 } };
        const old = text.slice(span.start, span.end);
        const there = renameAt(text, span.start, 'a_new_name');
        if ('error' in there) throw new Error(there.error);
        const renamed = [...there.edits]
          .reverse()
          .reduce((all, edit) => all.slice(0, edit.span.start) + edit.text + all.slice(edit.span.end), text);
        const shape = (of: string) => JSON.stringify(bare(of)).replaceAll('a_new_name', old);
        expect(shape(renamed)).toBe(JSON.stringify(bare(text)));
      }),
      { numRuns: 100 },
    );
  });
});

describe('quick fixes', () => {
  const mended = (statement: string): string[] => {
    const text = `device gpu0 private 64MiB\nprocess app {\nbuf = mmap 64KiB\n${statement}\n}\n`;
    return fixesFor(checkScenario(text, 'f')).map(
      ({ edit: { span, text: by } }) =>
        (text.slice(0, span.start) + by + text.slice(span.end)).split('\n')[3] ?? '',
    );
  };

  it.each([
    ['read bug', 'read buf'],
    ['expect buf[0].page.refcoun == 1', 'expect buf[0].page.refcount == 1'],
    ['expect gpu0.usd == 0', 'expect gpu0.used == 0'],
    ['reed buf', 'read buf'],
    ['gpu0 raed buf', 'gpu0 read buf'],
    ['madvise buf dontned', 'madvise buf dontneed'],
    ['read buf expect SIGBUSS', 'read buf expect SIGBUS'],
    ['b = mmap 64KB', 'b = mmap 64KiB'],
    ['expect buf[0].page == Device', 'expect buf[0].page.zone == Device'],
  ])('%s', (wrong, right) => {
    expect(mended(wrong)).toEqual([right]);
  });

  it('are not offered where nothing is near', () => {
    expect(mended('write buf = 256')).toEqual([]);
  });
});

describe('completion', () => {
  const head =
    'device gpu0 private 64MiB\nprocess app {\n  buf = mmap 64KiB\n  let v = 1\n  thread A { }\n  ';
  const labels = (text: string): string[] => completeAt(...at(text)).map(({ label }) => label);

  it.each<[string, string[]]>([
    [`${head}expect buf.|`, ['page', 'pte', 'vma', 'pagemap', 'address', 'pages', 'size']],
    [`${head}expect buf[0].|`, ['page', 'pte', 'vma', 'pagemap', 'address']],
    [`${head}expect buf[0..v + 1].|`, ['page', 'pte', 'vma', 'pagemap', 'address']],
    [`${head}expect pte(buf[0]).pa|`, ['kind', 'page', 'present']],
    [`${head}expect gpu0.|`, ['used', 'free', 'calloc']],
    [`${head}expect app.|`, ['buf', 'v', 'exited']],
    [`${head}expect zone.Device.|`, ['spanned', 'free']],
    [`${head}print "{buf[0].page.|}"`, ['refcount', 'holders']],
    [`${head}print "of {|"`, ['buf', 'gpu0', 'count']],
  ])('of members: %j', (text, expected) => {
    expect(labels(text)).toEqual(expect.arrayContaining(expected));
  });

  it.each<[string, string[]]>([
    [`${head}write |`, ['buf', 'v']],
    [`${head}migrate buf to |`, ['gpu0']],
    [`${head}migrate buf |`, ['to', 'for', 'past', 'from']],
    [`${head}pin buf |`, ['for', 'past', 'r', 'w']],
    [`${head}pin buf w fast |`, ['longterm', 'as', 'expect']],
    [`${head}gpu0 fail migrate_to_ram |`, ['as', 'times', 'expect']],
    [`${head}join |`, ['A']],
    [`${head}fork |`, []],
    [`${head}under 6.12 write |`, ['buf', 'v']],
    [`${head}on A migrate buf to |`, ['gpu0']],
    ['device g private 64MiB driver |', ['dmirror']],
  ])('only of what fits: %j', (text, expected) => {
    expect(labels(text)).toEqual(expected);
  });

  it('offers snippets only where they may stand', () => {
    const snippets = (text: string): string[] =>
      completeAt(...at(text)).flatMap(({ kind, label }) => (kind === 'snippet' ? [label] : []));
    expect(snippets('|')).toContain('scenario');
    expect(snippets(`${head}|`)).toContain('repeat { … }');
    expect(snippets(`${head}|`)).not.toContain('scenario');
    expect(snippets(`${head}read |`)).toEqual([]);
  });

  it('says the type and the meaning of members', () => {
    const found = completeAt(...at(`${head}expect buf[0].page.|`)).find(({ label }) => label === 'pins');
    expect(found?.detail).toBe('a number: how often FOLL_PIN holds it');
  });
});

describe('signatures', () => {
  const shown = (statement: string): string | undefined => {
    const found = signatureAt(...at(`process app {\n  ${statement}`));
    if (found === undefined) return undefined;
    const { form, active } = found;
    return active === undefined
      ? form
      : `${form.slice(0, active.start)}<${form.slice(active.start, active.end)}>${form.slice(active.end)}`;
  };

  it.each([
    ['migrate |', 'migrate <RANGE> to DEVICE [expect OUTCOME]'],
    ['migrate buf from |', 'migrate RANGE from <DEVICE> [expect OUTCOME]'],
    ['write buf = |', 'write RANGE = <BYTE> [rising] [expect OUTCOME]'],
    ['expect pte(|', 'pte(<ADDRESS>)'],
    [
      'x = mmap |',
      'NAME = mmap <SIZE> [anon|shmem|file FILE|device DEVICE] [private|shared] [PROT] [huge|hugetlb] [at ADDRESS] [expect OUTCOME]',
    ],
    ['|', undefined],
    ['# migrate |', undefined],
  ])('%j', (statement, expected) => {
    expect(shown(statement)).toBe(expected);
  });
});

describe('reading', () => {
  it('folds blocks and comments', () => {
    expect(foldsOf(TEXT)).toEqual([
      { kind: 'comment', first: 1, last: 2 },
      { kind: 'block', first: 6, last: 15 },
      { kind: 'block', first: 18, last: 22 },
    ]);
  });

  it('colours names by what they are', () => {
    const of = (piece: string, n = 0) =>
      coloursOf(TEXT).find(({ span }) => span.start === nth(piece, n))?.colour;
    expect([of('gpu0'), of('buf = '), of('app {'), of('refcount'), of('sum'), of('pages')]).toEqual([
      'class',
      'variable',
      'namespace',
      'property',
      'function',
      'parameter',
    ]);
  });

  it('gives the expressions whose values are worth showing', () => {
    const spans = inlineExpressions(TEXT, { start: 0, end: TEXT.length });
    expect(spans.map(({ start, end }) => TEXT.slice(start, end))).toEqual([
      'v',
      'app.buf.pages',
      'v',
      'buf[0].page.refcount',
      'v',
      'kid.exited',
      'buf[0..1].page.pins',
    ]);
    expect(inlineExpressions(TEXT, { start: 0, end: nth('fork') })).toHaveLength(1);
  });

  it('describes members and what belongs to the machine', () => {
    expect(describeAt(TEXT, nth('refcount'))?.markdown).toMatch(
      /^`refcount` — a number: how many references/,
    );
    expect(describeAt(TEXT, nth('sum'))?.markdown).toBe('sum(LIST): their sum');
    expect(describeAt(TEXT, nth('exited'))?.markdown).toBe('`exited` — a truth value: it has ended');
  });
});
