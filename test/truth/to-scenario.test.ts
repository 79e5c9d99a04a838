import { describe, expect, it } from 'vitest';
import { checkScenario, formatScenario } from '../../src/language';
import { operationName } from './record';
import { allPrograms, KEPT_RECORDS } from './records';
import { settingOf } from './setting';
import { toScenario } from './to-scenario';

const programs = allPrograms(KEPT_RECORDS);

describe('a record as a scenario', () => {
  it('has every kind of operation among the kept records', () => {
    const kinds = new Set(programs.flatMap((record) => record.ops.map(operationName)));
    expect([...kinds].sort().join(', ')).toBe(
      'cfu, dev check, dev exclusive, dev migrate, dev read, dev snapshot, dev tosys, dev write, devclose, devopen, ' +
        'exit, failnext, fork, madvise, mlock, mmap, mprotect, mremap, munlock, munmap, pin, read, unpin, write',
    );
  });

  it('is a scenario without errors or warnings', () => {
    for (const record of programs) {
      const { text } = toScenario(record);
      expect({ id: record.id, problems: checkScenario(text, record.id) }).toEqual({
        id: record.id,
        problems: [],
      });
    }
  });

  it('is laid out as the formatter does', () => {
    for (const record of programs.slice(0, 20)) {
      const { text } = toScenario(record);
      expect(formatScenario(text)).toBe(text);
    }
  });

  it('knows the line of each operation and of the drain after it', () => {
    for (const record of programs) {
      const { text, lines, drained } = toScenario(record);
      const at = text.split('\n');
      record.ops.forEach((op, index) => {
        const line = lines[index] ?? 0;
        if (op.result.skipped !== undefined) {
          expect([line, drained[index]]).toEqual([0, 0]);
          return;
        }
        if (op.op === 'unpin' && op.result.ret === 0) {
          expect(line).toBe(0);
          expect(at[(drained[index] ?? 0) - 2]?.trim()).toBe('# nothing is pinned');
          return;
        }
        expect(at[line - 2]).toContain(`# ${index}: ${op.op}`);
        expect(at[(drained[index] ?? 0) - 1]?.trim()).toBe('drain lru');
        expect(drained[index]).toBeGreaterThan(line);
      });
    }
  });

  const lineOf = (op: string, args: string[], result: object) => {
    const buffers = { A: { npages: 4, prot: 'rw', kind: 'anon' } };
    const more = { setting: settingOf('x.jsonl'), wide: false };
    const rest = { events: [], state: [], devUsed: [0, 0] };
    const mmap = { op: 'mmap', args: ['P0', 'A', '4', 'rw', 'anon'], result: { ret: 0, err: 0 }, ...rest };
    const ops = [mmap, { op, args, result, ...rest }];
    const { text, lines } = toScenario({ id: 'x', seed: 1, kernel: '6.12', buffers, ops, ...more });
    return text.split('\n')[(lines[1] ?? 0) - 1]?.trim();
  };
  const ok = { ret: 0, err: 0 };

  it.each([
    ['read', ['P0', 'A', '1'], { ...ok, value: 7 }, 'on P0 read A[1] expect 7'],
    [
      'read',
      ['P0', 'A', '5'],
      { sig: 'SIGSEGV', code: 1, at: { buf: 'A', page: 5 } },
      'on P0 read A[5] past end expect SIGSEGV code MAPERR at 0x1000005000',
    ],
    ['write', ['P0', 'A', '0', '9'], ok, 'on P0 write A[0] = 9 expect ok'],
    ['munmap', ['P0', 'A', '1', '5'], ok, 'on P0 munmap A[1..6] past end expect ok'],
    ['mprotect', ['P0', 'A', '0', '4', 'r'], ok, 'on P0 mprotect A[0..4] r expect ok'],
    [
      'madvise',
      ['P0', 'A', '0', '1', 'POPULATE_READ'],
      { ret: -1, err: 14 },
      'on P0 madvise A[0] populate_read expect EFAULT',
    ],
    ['mremap', ['P0', 'A', '4'], ok, 'on P0 mremap A to 0x1800000000 expect ok'],
    ['pin', ['P0', 'A', '0', '2', 'w'], { ret: 2, err: 0 }, 'on P0 pin A[0..2] w longterm fast expect ok'],
    ['unpin', [], { ret: 2, err: 0 }, 'unpin'],
    ['failnext', ['2'], ok, 'dmirror fail migrate_to_ram as sigbus times 2'],
    ['fork', ['P0', 'P1'], ok, 'on P0 fork P1 expect ok'],
    ['exit', ['P0'], ok, 'on P0 exit'],
    ['devclose', ['P0', '1'], ok, 'on P0 close gpu1 expect ok'],
    [
      'dev',
      ['P0', '1', 'read', 'A', '0', '2'],
      { ...ok, cpages: 2, faults: 1, data: [1, 2] },
      'on P0 gpu1 read A[0..2] expect [1, 2], cpages 2, faults 1',
    ],
    [
      'dev',
      ['P0', '0', 'write', 'A', '0', '2', '40'],
      { ...ok, cpages: 2, faults: 0 },
      'on P0 gpu0 write A[0..2] = 40 expect cpages 2, faults 0',
    ],
    [
      'dev',
      ['P0', '0', 'migrate', 'A', '3', '1'],
      { ret: -1, err: 2, cpages: 0, faults: 0 },
      'on P0 migrate A[3] to gpu0 expect ENOENT',
    ],
    ['dev', ['P0', '0', 'tosys', 'A', '3', '1'], ok, 'on P0 migrate A[3] from gpu0 expect ok'],
  ])('writes %s %j', (op, args, result, expected) => {
    expect(lineOf(op, args, result)).toBe(expected);
  });

  const wideLine = (file: string, op: string, args: string[], result: object = ok) => {
    const rest = { events: [], state: [], devUsed: [0, 0, 0, 0] };
    const more = { setting: settingOf(file), wide: true, seed: 1, kernel: '6.12', buffers: {} };
    const { text, lines } = toScenario({ id: 'x', ops: [{ op, args, result, ...rest }], ...more });
    return text.split('\n')[(lines[0] ?? 0) - 1]?.trim();
  };

  it.each([
    ['mmap', ['P0', 'A', '2', '4', 'rw', 'anonshared'], 'A = mmap 4 pages anon shared rw at 0x1000002000'],
    ['mmap', ['P0', 'a', '0', '1', 'r', 'F1p'], 'a = mmap 1 page file F1 private r at 0x1800000000'],
    [
      'mremap',
      ['P0', 'A', '1', '2', '4', 'b', '3'],
      'mremap 0x1000001000 for 2 pages size 4 pages to 0x2800003000',
    ],
    ['mlock', ['P0', 'B', '0', '1'], 'mlock 0x2000000000 for 1 page'],
    ['cfu', ['P0', 'A', '3'], 'copy_from_user 0x1000003000 for 1 page'],
    ['gup', ['P0', 'A', '0', '2', 'w'], 'gup 0x1000000000 for 2 pages w fast'],
    ['pin', ['P0', 'A', '0', '2', 'r', 'l', '3'], 'pin 0x1000000000 for 2 pages r longterm fast as slot3'],
    ['pin', ['P0', 'A', '0', '2', 'r', 'n', '0'], 'pin 0x1000000000 for 2 pages r fast as slot0'],
    ['dev', ['P0', '2', 'check', 'A', '0', '1'], 'gpu2 check_exclusive 0x1000000000 for 1 page'],
  ])('writes %s %j of a wide program', (op, args, expected) => {
    expect(wideLine('mixed.jsonl', op, args)).toBe(`on P0 ${expected} expect ok`);
  });

  it('puts the buffers of shifted programs before a boundary, and swap beside those that swap', () => {
    expect(wideLine('shifted-2.jsonl', 'read', ['P0', 'a', '1'])).toBe(
      'on P0 read 0x17ffffb000 for 1 page expect ok',
    );
    expect(settingOf('6.12/wide/swap-2.jsonl.gz').swap).toBe(true);
    expect(settingOf('6.12/wide/mixed.jsonl.gz').swap).toBe(false);
  });
});
