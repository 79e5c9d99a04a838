import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, fileOf } from './harness';

describe('hmm-trace', () => {
  it('explains itself', async () => {
    const { code, out } = await cli(['--help']);
    expect(code).toBe(0);
    for (const name of ['run', 'check', 'format', 'dap']) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect((await cli(['run', '--help'])).out).toContain('--max-steps');
  });

  it.each([
    [['rnu', 'x.hmm'], 'there is no command `rnu`; did you mean `run`?'],
    [['run'], 'no file was given'],
    [['run', 'x.hmm', '--jsn'], 'there is no option --jsn; did you mean `json`?'],
    [['run', 'x.hmm', '--profile', '6.13'], 'there is no profile 6.13; nearest are 6.12 and 7.2'],
    [['run', 'x.hmm', '--max-steps', 'many'], '--max-steps takes a whole number of at least 1, not `many`'],
    [['run', 'x.hmm', '--level', 'loud'], '--level is quiet, statements, events and all, not `loud`'],
    [['run', '/nowhere/x.hmm'], '/nowhere/x.hmm: there is no such file'],
    [['run', '/tmp'], '/tmp: it is a directory'],
  ])('%j is answered in one sentence', async (args, sentence) => {
    const { code, out, error } = await cli(args);
    expect(error).toContain(sentence);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it('says that a binary file is none', async () => {
    const file = fileOf(Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xfe]));
    expect((await cli(['run', file])).error).toBe(`${file}: it is not a text file\n`);
    expect((await cli(['run', fileOf('process app {}\n\0')])).code).toBe(2);
  });
});

describe('hmm-trace check', () => {
  it('is silent about a good scenario and exits 0', async () => {
    const { code, out } = await cli(['check', fileOf('process app {\n    drain lru\n}\n')]);
    expect(out).toBe('');
    expect(code).toBe(0);
  });

  it('prints file:line:column for each error and exits 2', async () => {
    const file = fileOf('process app {\n    red buf\n    expect nothing == 1\n}\n');
    const { code, out } = await cli(['check', file]);
    expect(code).toBe(2);
    expect(out).toContain(`${file}:2:5: `);
    expect(out).toContain(`${file}:3:12: `);
  });

  it('checks against the profile it is given', async () => {
    const file = fileOf(
      'device gpu0 private 64MiB\nprocess app {\n    buf = mmap 4KiB\n    gpu0 exclusive buf\n}\n',
    );
    expect((await cli(['check', file])).code).toBe(0);
    expect((await cli(['check', file, '--profile', '4.14'])).out).toContain('needs Linux 5.14');
  });
});

describe('hmm-trace format', () => {
  const untidy = 'process app {\nread   0x1000\n}\n';

  it('puts a file into the one layout', async () => {
    const file = fileOf(untidy);
    expect((await cli(['format', '--check', file])).code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(untidy);
    expect((await cli(['format', file])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('process app {\n    read 0x1000\n}\n');
    expect((await cli(['format', '--check', file])).code).toBe(0);
  });

  it('leaves a file with errors alone and exits 2', async () => {
    const file = fileOf('process app {\nread   \n');
    const { code, error } = await cli(['format', file]);
    expect(code).toBe(2);
    expect(error).toContain(`${file}:`);
    expect(readFileSync(file, 'utf8')).toBe('process app {\nread   \n');
  });

  it('reads more than one file', async () => {
    const good = fileOf('process app {\n    drain lru\n}\n');
    const { code, error } = await cli(['check', good, join('/nowhere', 'x.hmm')]);
    expect(error).toContain('/nowhere/x.hmm');
    expect(code).toBe(2);
  });
});
