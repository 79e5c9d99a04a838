import { describe, expect, it } from 'vitest';
import { BadOption, readOptions } from './options';
import { causes, details, summary, verdictLine } from './report';
import type { Verdict } from './verdict';

describe('the command line of the comparison', () => {
  it('compares everything at every level where nothing is said', () => {
    expect(readOptions([], '/records')).toEqual({
      records: '/records',
      level: 'events',
      record: undefined,
      scenario: undefined,
      byCause: false,
      show: false,
    });
  });

  it('takes its options in any order', () => {
    const options = readOptions(['--by-cause', '--level', 'state', '--records', '/other'], '/records');
    expect(options).toMatchObject({ records: '/other', level: 'state', byCause: true });
    expect(readOptions(['--show', 'r1'], '/records')).toMatchObject({ record: 'r1', show: true });
  });

  it.each([
    [['--colour'], 'there is no option --colour'],
    [['--level'], '--level needs a value'],
    [['--level', 'deep'], '--level is one of results, state, events, not deep'],
    [['--scenario', 'a.hmm'], '--scenario needs the id of a record: --record ID'],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => readOptions(args, '/records')).toThrow(new BadOption(message));
  });
});

describe('what the comparison tells', () => {
  const source = { order: 0, file: 'a.jsonl', line: 3 };
  const divergence = {
    level: 'state' as const,
    field: 'refcount',
    where: 'P0 A 1',
    kernel: '2',
    engine: '1',
    time: 77,
  };
  const differ: Verdict = {
    ...source,
    kind: 'differ',
    id: 'r1',
    difference: {
      index: 4,
      operation: 'fork',
      text: 'fork P0 P1',
      found: [divergence],
      recorded: { result: { ret: 0 }, events: [{ e: 'do_fault', depth: 0, p: 'P0' }] },
      events: [],
    },
  };
  const agree: Verdict = { ...source, kind: 'agree', id: 'r2' };
  const unsupported: Verdict = {
    ...source,
    kind: 'unsupported',
    id: 'r3',
    operation: 'teleport',
    reason: 'unknown',
  };

  it('has one line for each record that does not agree', () => {
    expect([differ, agree, unsupported].map(verdictLine)).toEqual([
      'r1#4 fork P0 P1: refcount of P0 A 1: kernel 2, engine 1 (time 77)',
      undefined,
      'a.jsonl:3: r3: not supported: unknown',
    ]);
  });

  it('counts, and what is not supported by operation', () => {
    expect(summary([differ, agree, agree, unsupported], 1.25)).toEqual([
      'not supported: teleport: 1',
      '2 agree, 1 differ, 0 known to differ, 1 not supported (1.3 s)',
    ]);
  });

  it('groups by cause', () => {
    expect(causes([differ, { ...differ, id: 'r9' }, agree])).toEqual([
      '    2  fork · state refcount',
      '       fork P0 P1: refcount of P0 A 1: kernel 2, engine 1 (time 77)',
      '       r1#4 r9#4',
    ]);
  });

  it('shows one record with both event lists', () => {
    const text = details(differ).join('\n');
    expect(text).toContain('r1#4 fork P0 P1');
    expect(text).toContain('refcount of P0 A 1: kernel 2, engine 1');
    expect(text).toMatch(/do_fault P0 +\| $/m);
  });
});
