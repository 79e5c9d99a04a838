import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProgram } from './check-record';
import { type Read, readRecords } from './read-records';
import { KEPT_RECORDS } from './records';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'truth-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const program = (id: string, more: object = {}) => ({
  id,
  seed: 1,
  kernel: '6.12',
  buffers: { A: { npages: 2, prot: 'rw', kind: 'anon' } },
  ops: [
    {
      op: 'read',
      args: ['P0', 'A', '0'],
      result: { ret: 0, err: 0, value: 0 },
      events: [],
      state: [],
      devUsed: [0, 0],
      ...more,
    },
  ],
});

const brief = (reads: Iterable<Read>) =>
  [...reads].map((read) =>
    'problem' in read
      ? `${read.file}:${read.line}: ${read.problem}`
      : `${read.file}:${read.line} ${(read.value as { id: string }).id}`,
  );

describe('reading records', () => {
  it('finds plain and gzipped files below a directory, in the order of their names', () => {
    mkdirSync(join(dir, 'deep', 'deeper'), { recursive: true });
    writeFileSync(join(dir, 'one.json'), JSON.stringify(program('a'), null, 1));
    writeFileSync(
      join(dir, 'deep', 'two.jsonl'),
      `${JSON.stringify(program('b'))}\n\n${JSON.stringify(program('c'))}\n`,
    );
    writeFileSync(
      join(dir, 'deep', 'deeper', 'three.jsonl.gz'),
      gzipSync(`${JSON.stringify(program('d'))}\n`),
    );
    writeFileSync(join(dir, 'notes.txt'), 'not a record');
    expect(brief(readRecords(dir))).toEqual([
      join('deep', 'deeper', 'three.jsonl.gz:1 d'),
      join('deep', 'two.jsonl:1 b'),
      join('deep', 'two.jsonl:3 c'),
      'one.json:1 a',
    ]);
  });

  it('names a line that is cut off and goes on', () => {
    const text = JSON.stringify(program('b'));
    writeFileSync(join(dir, 'x.jsonl'), `${text}\n${text.slice(0, 40)}\n${text}\n`);
    expect(brief(readRecords(dir))).toEqual([
      'x.jsonl:1 b',
      'x.jsonl:2: the record is truncated',
      'x.jsonl:3 b',
    ]);
  });

  it('reads what is left of a gzipped file that was cut off, and says where it ends', () => {
    const kept = readFileSync(join(KEPT_RECORDS, '6.12', 'random.jsonl.gz'));
    writeFileSync(join(dir, 'cut.jsonl.gz'), kept.subarray(0, kept.length / 2));
    const lines = brief(readRecords(dir));
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.at(-1)).toBe(`cut.jsonl.gz:${lines.length}: the record is truncated`);
    expect(lines.filter((line) => line.includes('truncated'))).toHaveLength(1);
  });

  it('survives a file that is no gzip, an empty one and one that is not JSON', () => {
    writeFileSync(join(dir, 'a.jsonl.gz'), 'hello');
    writeFileSync(join(dir, 'b.jsonl'), '');
    writeFileSync(join(dir, 'c.json'), '{\n "a": 1,\n oops }');
    expect(brief(readRecords(dir))).toEqual([
      'a.jsonl.gz:1: the file is truncated or not gzipped',
      'c.json:3: this is not JSON',
    ]);
  });
});

describe('checking records', () => {
  const reason = (value: unknown) => {
    const checked = checkProgram(value, 'x.jsonl');
    return 'reason' in checked ? `${checked.operation}: ${checked.reason}` : 'good';
  };

  it('takes a program', () => {
    expect(reason(program('a'))).toBe('good');
  });

  it.each([
    [{ ...program('a'), colour: 1 }, 'record: the record has an unknown field `colour`'],
    [[], 'record: the record is not an object'],
    [{ ...program('a'), id: 3 }, 'record: the record has no id or no kernel'],
    [program('a', { op: 'teleport' }), 'teleport: operation 0 is an unknown operation `teleport`'],
    [
      program('a', { op: 'dev', args: ['P0', '0', 'launch', 'A', '0', '1'] }),
      'dev launch: operation 0 is an unknown operation `dev launch`',
    ],
    [program('a', { args: ['P0'] }), 'read: operation 0 (read) has 1 arguments, not 3'],
    [program('a', { smell: 1 }), 'record: operation 0 has an unknown field `smell`'],
    [
      program('a', { result: { ret: 0, mood: 2 } }),
      'read: the result of operation 0 (read) has an unknown field `mood`',
    ],
    [
      program('a', { events: [{ e: 'do_magic', depth: 0, p: 'P0' }] }),
      'read: operation 0 (read) has an unknown event `do_magic`',
    ],
    [
      program('a', { events: [{ e: 'do_fault', depth: 0, p: 'P0', luck: 1 }] }),
      'read: event `do_fault` of operation 0 (read) has an unknown field `luck`',
    ],
    [
      program('a', { state: [{ p: 'P0', hue: 3 }] }),
      'read: a row of operation 0 (read) has an unknown field `hue`',
    ],
    [program('a', { devUsed: 7 }), 'read: devUsed of operation 0 (read) is missing or not a list'],
  ])('names what it does not know: %#', (value, expected) => {
    expect(reason(value)).toBe(expected);
  });
});
