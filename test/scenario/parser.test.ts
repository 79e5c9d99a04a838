import { describe, expect, it } from 'vitest';
import { LineMap, parseExpression, parseLogMessage, parseScenario } from '../../src/language/index';
import { bare, SAMPLE, statementDiagnostics, wrap } from './helpers';

function statementsOf(text: string): readonly { readonly kind: string }[] {
  const parsed = parseScenario(wrap(text));
  expect(parsed.problems).toEqual([]);
  const app = parsed.scenario.items.find((item) => item.kind === 'process');
  return app?.kind === 'process' ? app.body.statements.slice(1) : [];
}

describe('the parser', () => {
  it('reads the sample', () => {
    const { scenario, problems } = parseScenario(SAMPLE);
    expect(problems).toEqual([]);
    expect(scenario.items.map((item) => item.kind)).toEqual(['profile', 'device', 'process']);
    const app = scenario.items[2];
    expect(app?.kind === 'process' && app.body.statements.map((s) => s.kind)).toEqual([
      'mmap',
      'write',
      'migrate',
      'expect',
      'device-fail',
      'read',
      'munmap',
      'expect',
    ]);
  });

  it('gives every node its place', () => {
    const { scenario } = parseScenario(SAMPLE);
    const app = scenario.items[2];
    const read = app?.kind === 'process' ? app.body.statements[5] : undefined;
    expect(read && SAMPLE.slice(read.span.start, read.span.end)).toBe('read buf[3] expect SIGBUS');
    expect(new LineMap(SAMPLE).position(read?.span.start ?? 0)).toEqual({ line: 11, column: 5 });
  });

  it('reads sizes, addresses and counts of pages', () => {
    const sizes = ['64KiB', '16 pages', '0x10000', '65_536', '0.0625MiB', '65536B'];
    for (const size of sizes) {
      const [mmap] = statementsOf(`b = mmap ${size}`);
      expect(mmap).toMatchObject({ kind: 'mmap', size: { kind: 'number', value: 65536 } });
    }
    expect(statementsOf('b = mmap n pages')).toMatchObject([
      { size: { kind: 'binary', op: '*', left: { name: 'n' }, right: { value: 4096 } } },
    ]);
  });

  it.each([
    ['read buf', { kind: 'pages', single: false, pastEnd: false }],
    ['read buf[3]', { kind: 'pages', single: true, first: { value: 3 } }],
    ['read buf[2..5]', { kind: 'pages', single: false, first: { value: 2 }, end: { value: 5 } }],
    ['read buf[..5]', { kind: 'pages', end: { value: 5 } }],
    ['read buf[2..]', { kind: 'pages', first: { value: 2 } }],
    ['read buf[0..20] past end', { kind: 'pages', pastEnd: true }],
    ['read buf + 0x3010', { kind: 'address', address: { kind: 'binary', op: '+' } }],
    ['read 0x1000000000 for 8KiB', { kind: 'address', size: { value: 8192 } }],
    ['read buf[1] for 8KiB', { kind: 'address', address: { kind: 'index' } }],
  ])('reads the range of `%s`', (text, range) => {
    expect(statementsOf(text)).toMatchObject([{ kind: 'read', range }]);
  });

  it.each([
    ['a = mmap 4KiB', { source: { kind: 'anon' }, sharing: 'private', pages: 'small' }],
    ['a = mmap 4KiB shmem', { source: { kind: 'shmem' }, sharing: 'shared' }],
    [
      'a = mmap 4KiB device pmem0',
      { source: { kind: 'device', device: { text: 'pmem0' } }, sharing: 'shared' },
    ],
    [
      'a = mmap 4KiB r private file data',
      { source: { kind: 'file' }, sharing: 'private', prot: { write: false } },
    ],
    [
      'a = mmap 4KiB none at 0x1000',
      { prot: { read: false, write: false, exec: false }, at: { value: 4096 } },
    ],
    ['a = mmap 2MiB hugetlb anon rwx', { pages: 'hugetlb', prot: { exec: true } }],
  ])('reads `%s`', (text, mmap) => {
    expect(statementsOf(text)).toMatchObject([mmap]);
  });

  it.each([
    ['read buf expect ok', { status: { kind: 'ok' } }],
    ['read buf expect SIGBUS', { status: { kind: 'signal', number: 7 } }],
    ['read buf expect SIGSEGV code ACCERR at buf', { status: { code: { value: 2 }, at: { name: 'buf' } } }],
    ['munmap buf expect EINVAL', { status: { kind: 'errno', name: 'EINVAL', number: 22 } }],
    ['read buf expect 0x11', { data: { kind: 'each', value: { value: 17 }, rising: false } }],
    ['read buf expect 1 rising', { data: { rising: true } }],
    [
      'gpu0 snapshot buf expect [0x22 times 3, 2]',
      { data: { items: [{ times: { value: 3 } }, { value: { value: 2 } }] } },
    ],
    ['gpu0 read buf expect cpages 4, faults 1', { cpages: { value: 4 }, faults: { value: 1 } }],
    ['wait kid expect 3', { data: { value: { value: 3 } } }],
  ])('reads the outcome of `%s`', (text, outcome) => {
    expect(statementsOf(text)).toMatchObject([{ outcome }]);
  });

  it.each([
    [
      'gpu0 fail page_fault as oom times 3',
      { kind: 'device-fail', point: { text: 'migrate_to_ram' }, as: { text: 'oom' } },
    ],
    ['fail kernel alloc', { kind: 'kernel-fail' }],
    [
      'fail kernel alloc page_table times 2',
      { kind: 'kernel-fail', what: { text: 'page_table' }, times: { value: 2 } },
    ],
    ['repair kernel', { kind: 'kernel-repair' }],
    ['gpu0 fail copy', { kind: 'device-fail', point: { text: 'copy' } }],
    ['migrate buf from gpu0', { kind: 'migrate', direction: 'from' }],
    [
      'pin buf[1] w longterm fast as p',
      { kind: 'pin', write: true, longterm: true, fast: true, as: { text: 'p' } },
    ],
    ['under 4.14, 6.12 read buf', { kind: 'under', profiles: [{ text: '4.14' }, { text: '6.12' }] }],
    ['fork kid', { kind: 'fork', name: { text: 'kid' } }],
    ['on kid read buf', { kind: 'on', body: { statements: [{ kind: 'read' }] } }],
    [
      'on kid { read buf; write buf = 1 }',
      { kind: 'on', body: { statements: [{ kind: 'read' }, { kind: 'write' }] } },
    ],
    [
      'thread A cpu 1\n{\nread buf\n}',
      { kind: 'thread', cpu: { value: 1 }, body: { statements: [{ kind: 'read' }] } },
    ],
    ['repeat 3 as i { read buf[i] }', { kind: 'repeat', as: { text: 'i' } }],
    ['add 1 to buf[0]', { kind: 'add', value: { value: 1 } }],
    ['let v = read buf[0]', { kind: 'let-read', name: { text: 'v' } }],
    ['barrier b of 3', { kind: 'barrier', of: { value: 3 } }],
    [
      'print "a{buf}b{{}}"',
      { kind: 'print', parts: [{ text: 'a' }, { expr: { name: 'buf' } }, { text: 'b{}' }] },
    ],
  ])('reads `%s`', (text, statement) => {
    expect(statementsOf(text)).toMatchObject([statement]);
  });

  it.each([
    'schedule A*2 B loop { B A }',
    'schedule { A*2 B } loop { B A }',
    'schedule {\n A*2\n B\n loop { B\n A } }',
    'schedule { A*2 B loop {\n B A\n }\n }',
  ])('reads what is repeated of `%s`', (text) => {
    const { scenario, problems } = parseScenario(`${text}\n`);
    expect(problems).toEqual([]);
    const names = (entries: readonly { task: { text: string } }[]) => entries.map(({ task }) => task.text);
    const [schedule] = scenario.items;
    if (schedule?.kind !== 'schedule') throw new Error('no schedule');
    expect([names(schedule.entries), names(schedule.loop)]).toEqual([
      ['A', 'B'],
      ['B', 'A'],
    ]);
  });

  it.each([
    ['schedule { A loop { } }', 'the names of the tasks that are repeated'],
    ['schedule { loop { A } B }', 'nothing comes after what is repeated'],
    ['schedule { loop { A loop { B } } }', 'the names of the tasks that are repeated'],
    ['schedule loop { A } B', 'nothing comes after what is repeated'],
  ])('says what is wrong with `%s`', (text, sentence) => {
    expect(
      parseScenario(`${text}\n`)
        .problems.map(({ message }) => message)
        .join(),
    ).toContain(sentence);
  });

  it('joins the words of versions, switches and schedules', () => {
    const text = 'switch flush-tlb-60bae7370896 off\nschedule A B*3 gpu0\n';
    expect(bare(text)).toMatchObject({
      items: [
        { kind: 'switch', name: { text: 'flush-tlb-60bae7370896' }, on: false },
        { entries: [{ task: { text: 'A' } }, { times: { value: 3 } }, { task: { text: 'gpu0' } }] },
      ],
    });
  });

  it('reports several errors, each at its place, and reads on', () => {
    expect(
      statementDiagnostics(
        'write buf[0..4 = 0x11\nwrite buf 1\nmunmpa buf\nread buf[3] expect SIGBUZ\nread buf\ngpu0 fial copy',
      ),
    ).toEqual([
      '1:16: expected `]`, found `=`',
      '2:11: expected `=` and a value, as in `write buf[0] = 0x11`, found `1`',
      '3:1: there is no statement `munmpa`; did you mean `munmap`?',
      '4:20: `SIGBUZ` is not a signal; did you mean `SIGBUS`?',
      '6:6: a device cannot `fial`; did you mean `fail`?',
    ]);
  });

  it('reads the rest of a misspelt block, and says once that a brace is missing', () => {
    const text = 'procss app {\n  repaet 3 {\n    raed x\n  }\n}\nprocess b {\n  loop {\n}\nprocess c {\n}\n';
    expect(parseScenario(text).problems.map((p) => p.message)).toEqual([
      '`procss` does not begin a declaration; did you mean `process`?',
      'there is no statement `repaet`; did you mean `repeat`?',
      'there is no statement `raed`; did you mean `read`?',
      'this block is never closed; `}` is missing',
    ]);
    expect(parseScenario(text).scenario.items).toHaveLength(3);
  });

  it('places an error of a line that stops too early at its end', () => {
    expect(statementDiagnostics('read')).toEqual([
      '1:5: expected a buffer or an address, as in `buf[0..4]`, found the end of the line',
    ]);
  });

  it.each([
    ['mmap 64KB', '`KB` is not a unit; did you mean `64KiB`?'],
    ['mmap 1e30', '`1e30` is more than 2^53, the largest number here'],
    ['mmap 0x', '`0x` is not a number'],
    ['mmap 3x', '`3x` is not a number; units are KiB, MiB, GiB, TiB or pages'],
    ['mmap 1.5B', '`1.5B` is not a whole number of bytes'],
  ])('explains `%s`', (text, message) => {
    expect(parseScenario(wrap(`b = ${text}`)).problems.map((p) => p.message)).toEqual([message]);
  });
});

describe('expressions', () => {
  const shape = (text: string): string => {
    const { expr, problems } = parseExpression(text);
    expect(problems).toEqual([]);
    const show = (e: typeof expr): string => {
      if (e === undefined) return '?';
      if (e.kind === 'binary') return `(${show(e.left)} ${e.op} ${show(e.right)})`;
      if (e.kind === 'unary') return `(${e.op} ${show(e.operand)})`;
      if (e.kind === 'member') return `${show(e.object)}.${e.member.text}`;
      if (e.kind === 'index') return `${show(e.object)}[${show(e.index)}]`;
      if (e.kind === 'slice') return `${show(e.object)}[${show(e.first)}..${show(e.end)}]`;
      if (e.kind === 'call') return `${e.callee.text}(${e.args.map(show).join(' ')})`;
      if (e.kind === 'list') return `[${e.items.map(show).join(' ')}]`;
      if (e.kind === 'name') return e.name;
      return e.kind === 'none' ? 'none' : String(e.value);
    };
    return show(expr);
  };

  it.each([
    ['1 + 2 * 3', '(1 + (2 * 3))'],
    ['1 - 2 - 3', '((1 - 2) - 3)'],
    ['a & 1 == 1', '((a & 1) == 1)'],
    ['a == 1 and b == 2 or c', '(((a == 1) and (b == 2)) or c)'],
    ['a or b and c', '(a or (b and c))'],
    ['not a == b', '(not (a == b))'],
    ['!a && b', '((not a) and b)'],
    ['-a + ~b', '((- a) + (~ b))'],
    ['1 << 2 + 3', '(1 << (2 + 3))'],
    ['a | b ^ c & d', '(a | (b ^ (c & d)))'],
    ['buf[3].page.refcount > 2', '(buf[3].page.refcount > 2)'],
    ['address in buf[0..4]', '(address in buf[0..4])'],
    ['address in buf[..n + 1]', '(address in buf[?..(n + 1)])'],
    ['pte(buf+0x3000)', 'pte((buf + 12288))'],
    ['why buf[3]', 'why(buf[3])'],
    ['why(buf[3])', 'why(buf[3])'],
    ['(a < b) == (c < d)', '((a < b) == (c < d))'],
    ['x in [1, 2]', '(x in [1 2])'],
    ['(a\n+ b)', '(a + b)'],
    ['2 pages + 1', '(8192 + 1)'],
    ['device == gpu0 and process.name == file', '((device == gpu0) and (process.name == file))'],
    ['write', 'write'],
  ])('`%s` is %s', (text, expected) => {
    expect(shape(text)).toBe(expected);
  });

  it.each([
    ['1 < 2 < 3', 'two comparisons in a row; join them with `and`'],
    ['a b', 'expected the end of the expression, found `b`'],
    ['', 'expected a value, found the end of the file'],
    ['1 + and', 'expected a value, found `and`'],
    ['(1', 'expected `)`, found the end of the file'],
    ['a.', 'expected the name of a member, found the end of the file'],
  ])('`%s` is an error', (text, message) => {
    const { expr, problems } = parseExpression(text);
    expect(expr).toBeUndefined();
    expect(problems.map((p) => p.message)).toEqual([message]);
  });

  it('reads log messages', () => {
    const { parts, problems } = parseLogMessage('pfn {page.pfn} {{x}} {');
    expect(parts).toMatchObject([{ text: 'pfn ' }, { expr: { kind: 'member' } }, { text: ' {x} ' }]);
    expect(problems.map((p) => p.message)).toEqual(['this `{` has no `}`; write `{{` for a brace']);
  });
});
