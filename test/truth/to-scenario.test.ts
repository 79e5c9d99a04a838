import { describe, expect, it } from 'vitest';
import { checkScenario, formatScenario } from '../../src/language';
import { operationName } from './record';
import { allPrograms, KEPT_RECORDS } from './records';
import { toScenario } from './to-scenario';

const programs = allPrograms(KEPT_RECORDS);

describe('a record as a scenario', () => {
  it('has every kind of operation among the kept records', () => {
    const kinds = new Set(programs.flatMap((record) => record.ops.map(operationName)));
    expect([...kinds].sort().join(', ')).toBe(
      'dev exclusive, dev migrate, dev read, dev snapshot, dev tosys, dev write, devclose, devopen, exit, failnext, ' +
        'fork, madvise, mmap, mprotect, mremap, munmap, pin, read, unpin, write',
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
    const rest = { events: [], state: [], devUsed: [0, 0] };
    const mmap = { op: 'mmap', args: ['P0', 'A', '4', 'rw', 'anon'], result: { ret: 0, err: 0 }, ...rest };
    const ops = [mmap, { op, args, result, ...rest }];
    const { text, lines } = toScenario({ id: 'x', seed: 1, kernel: '6.12', buffers, ops });
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
});
