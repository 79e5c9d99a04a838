import { describe, expect, it } from 'vitest';
import { cli, fileOf } from './harness';

const GOOD = `device gpu0 private 64MiB
process app {
    buf = mmap 16KiB
    write buf = 0x11
    migrate buf to gpu0
    read buf[3] expect 0x11
    expect gpu0.used == 3
}
`;

describe('hmm-trace run', () => {
  it('exits 0 when every expectation holds', async () => {
    const { code, out, error } = await cli(['run', fileOf(GOOD)]);
    expect(error).toBe('');
    expect(out).toContain('2 expectations held');
    expect(code).toBe(0);
  });

  it('shows the fault, the callback in it and the migration in that, each further to the right', async () => {
    const { out } = await cli(['run', fileOf(GOOD)]);
    const indent = (text: string): number => {
      const line = out.split('\n').find((candidate) => candidate.includes(text)) ?? '';
      expect(line).not.toBe('');
      return line.slice(7).search(/\S/);
    };
    const migrated = indent('migrate_to_ram buf[3]');
    expect(indent('app:6  read buf[3]')).toBeLessThan(indent('handle_mm_fault buf[3]'));
    expect(indent('handle_mm_fault buf[3]')).toBeLessThan(migrated);
    expect(migrated).toBeLessThan(indent('migrate_vma_setup buf[3]'));
  });

  it("calls the callback as the profile's kernel does", async () => {
    const { code, out } = await cli(['run', fileOf(GOOD), '--profile', '4.14']);
    expect(code).toBe(0);
    expect(out).toContain('page_fault buf[3]');
    expect(out).not.toContain('migrate_to_ram buf[3]');
  });

  it('exits 1 when an expectation fails, and says expected, found, where and when', async () => {
    const file = fileOf(GOOD.replace('used == 3', 'used == 4').replace('expect 0x11', 'expect 0x22'));
    const { code, out } = await cli(['run', file]);
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`^${file}:6:5: expected 0x22, found 0x11 \\(app, step \\d+\\)$`, 'm'));
    expect(out).toMatch(
      new RegExp(`^${file}:7:5: expected gpu0.used == 4, found 3 \\(app, step \\d+\\)$`, 'm'),
    );
    expect(out).toContain('2 failed');
  });

  it('exits 2 when a scenario has errors, names each place, and runs nothing', async () => {
    const bad = fileOf('process app {\n    buf = mmap 5\n    read bfu[0]\n    frobnicate\n}\n');
    const { code, out, error } = await cli(['run', bad, fileOf(GOOD)]);
    expect(code).toBe(2);
    expect(out).toBe('');
    for (const place of ['2:16: ', '3:10: ', '4:5: ']) expect(error).toContain(`${bad}:${place}`);
    expect(error).toContain('did you mean `buf`?');
  });

  it('reports members that things do not have before anything runs', async () => {
    const file = fileOf(GOOD.replace('gpu0.used', 'gpu0.usde'));
    const { code, out, error } = await cli(['run', file]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(error).toMatch(/:7:\d+: .*`usde`.*did you mean `used`/);
  });

  it('stops an endless loop at the limit of steps and says so', async () => {
    const file = fileOf('process app {\n    loop { let a = 1 }\n}\n'.replace('let a = 1', 'print "x"'));
    const { code, out } = await cli(['run', file, '--max-steps', '5000', '--level', 'quiet']);
    expect(code).toBe(1);
    expect(out).toContain(
      'it was stopped after 5000 steps and had not ended; --max-steps sets another limit',
    );
  });

  it('calls a fault a livelock after as many repetitions as it was told', async () => {
    const race = 'scenarios/races/livelock-of-two-threads.hmm';
    const { code, out } = await cli(['run', race, '--livelock', '7', '--level', 'quiet']);
    expect(code).toBe(1);
    expect(out).toMatch(/Livelock: app\.[AB] has taken the same fault at 0x\w+ 7 times/);
    const bad = await cli(['run', race, '--livelock', '0']);
    expect(bad.error).toContain('--livelock takes a whole number of at least 1');
  });

  it('ends at Ctrl-C with the shell’s code for it', async () => {
    const { code, out } = await cli(['run', fileOf('process app {\n    loop { drain lru }\n}\n')], {
      interrupt: true,
    });
    expect(code).toBe(130);
    expect(out).toMatch(/it was interrupted at step \d+/);
  });

  it('names what a task waits for that can never wake', async () => {
    const file = fileOf('process app {\n    fork child\n    wait child\n}\n');
    const { code, out } = await cli(['run', file]);
    expect(code).toBe(1);
    expect(out).toMatch(
      /at step \d+: app waits for child to end\. It can never wake: child waits for something to do, and nobody is left to end that\./,
    );
  });

  it('fails when a signal nobody expected cost expectations', async () => {
    const file = fileOf('process app {\n    read 0x1000\n    expect 1 == 1\n}\n');
    const { code, out } = await cli(['run', file]);
    expect(code).toBe(1);
    expect(out).toContain(
      `${file}:2:5: SIGSEGV at 0x0000000000001000 ended app; 1 expectation after it not reached`,
    );
  });

  it('writes no more lines than asked for', async () => {
    const { out } = await cli(['run', fileOf(GOOD), '--max-lines', '3']);
    expect(out.split('\n').filter((line) => /^ *\d+ {2}/.test(line))).toHaveLength(3);
    expect(out).toMatch(/… \d+ more lines/);
  });

  it('prints what the scenario prints, at every level', async () => {
    const file = fileOf('process app {\n    repeat 2 as i { print "i is {i}" }\n}\n');
    const { out } = await cli(['run', file, '--level', 'quiet']);
    expect(out).toContain('app: i is 0\napp: i is 1\n');
  });

  it('says that a machine has too little memory for a device', async () => {
    const file = fileOf(
      'machine { node 0 { normal 16MiB } }\ndevice gpu0 private 64GiB\nprocess app { drain lru }\n',
    );
    const { code, error } = await cli(['run', file]);
    expect(code).toBe(2);
    expect(error).toContain('struct pages');
  });
});

interface Line {
  readonly e?: string;
  readonly op?: string;
  readonly p?: string;
  readonly depth?: number;
  readonly ret?: number;
  readonly page?: number;
  readonly refcount?: number;
  readonly result?: Record<string, unknown>;
  readonly end?: string;
  readonly failed?: number;
  readonly message?: string;
}

async function json(text: string, ...args: readonly string[]): Promise<Line[]> {
  const { out } = await cli(['run', fileOf(text), '--json', ...args]);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe('hmm-trace run --json', () => {
  it('has one object a line, with the events of a fault in the order in which they began', async () => {
    const lines = await json(GOOD);
    const fault = lines.findIndex(({ e, ret }) => e === 'handle_mm_fault' && ret === 0x400);
    const events = lines.slice(fault).filter(({ e }) => e !== undefined);
    expect(events.slice(0, 7).map(({ e, depth }) => [e, depth])).toEqual([
      ['handle_mm_fault', 0],
      ['do_swap_page', 1],
      ['handle_mm_fault', 0],
      ['do_swap_page', 1],
      ['migrate_to_ram', 2],
      ['migrate_vma_setup', 3],
      ['invalidate', 4],
    ]);
    const callback = lines.find(({ e }) => e === 'migrate_to_ram');
    expect(callback).toMatchObject({
      p: 'app',
      buf: 'buf',
      page: 3,
      frame: 'D3',
      devIdx: 3,
      dev: 0,
      refcount: 2,
    });
    expect(lines.find(({ e }) => e === 'page_free')).toMatchObject({ frame: 'D3', refcount: 0, mapcount: 0 });
  });

  it('gives results as the recorded programs do', async () => {
    const lines = await json(
      `${GOOD.replace('read buf[3]', 'gpu0 fail migrate_to_ram\n    read buf[2]')}`.replace(
        'expect 0x11',
        'expect SIGBUS',
      ),
    );
    const results = lines.flatMap(({ op, result }) => (op === undefined ? [] : [[op, result]]));
    expect(results).toEqual([
      ['mmap', { ret: 0, err: 0 }],
      ['write', { ret: 0, err: 0 }],
      ['migrate', { ret: 0, err: 0, cpages: 4, faults: 0, data: [0x11, 0x11, 0x11, 0x11] }],
      ['dev fail', { ret: 0, err: 0, cpages: 0, faults: 0, data: [] }],
      ['read', { sig: 'SIGBUS', code: 2, at: { buf: 'buf', page: 2 } }],
    ]);
  });

  it('ends with how it ended', async () => {
    const lines = await json(GOOD.replace('used == 3', 'used == 9'));
    expect(lines.find(({ e }) => e === 'expect_failed')?.message).toBe('expected gpu0.used == 9, found 3');
    expect(lines.at(-1)).toMatchObject({ end: 'end', failed: 1 });
  });
});
