/** Files that are none, outputs that take nothing, and texts that would steer a terminal: one sentence, exit code 2. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../package.json';
import { writeSource } from '../../src/cli/files';
import { buildCommandLine } from '../tools/build';
import { cli, fileOf } from './harness';

const folder = mkdtempSync(join(tmpdir(), 'hmm-files-'));
const inFolder = (name: string) => join(folder, name);
const bundle = inFolder('hmm-trace.cjs');
beforeAll(() => buildCommandLine(bundle));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file that is none', () => {
  it.each([
    ['a directory', 'it is a directory', () => folder],
    ['a pipe', 'it is a pipe', (name: string) => execFileSync('mkfifo', [name]) && name],
    ['a device', 'it is a device', () => '/dev/zero'],
    ['a text without end', 'it is too large for a scenario', (name: string) => long(name)],
    ['a link to itself', 'its symbolic links lead in a circle', (name: string) => circle(name)],
    ['a part of a file', 'a part of its path is not a directory', () => `${fileOf('x')}/y.hmm`],
    ['a name of 300 characters', 'its name is too long', () => inFolder('x'.repeat(300))],
  ])('%s', async (name, reason, make) => {
    const file = make(inFolder(name.replaceAll(' ', '-')));
    for (const command of ['run', 'check', 'format'])
      expect(await cli([command, file])).toEqual({ code: 2, out: '', error: `${file}: ${reason}\n` });
  });

  const long = (name: string): string => {
    writeFileSync(name, '# '.repeat(3 * 2 ** 20));
    return name;
  };
  const circle = (name: string): string => {
    symlinkSync(name, name);
    return name;
  };

  it('a socket', async () => {
    const file = inFolder('socket');
    const server = createServer().listen(file);
    await new Promise((resolve) => server.once('listening', resolve));
    expect((await cli(['run', file])).error).toBe(`${file}: it is a socket\n`);
    server.close();
  });
});

describe('hmm-trace as a program', () => {
  const scenario = fileOf('process app {\n    print "hello"\n}\n');
  const program = (args: readonly string[], stdout: number | 'pipe' = 'pipe') =>
    spawnSync(process.execPath, [bundle, ...args], { stdio: ['ignore', stdout, 'pipe'], encoding: 'utf8' });

  it.each([
    ['a full device', () => openSync('/dev/full', 'w'), 'no space is left'],
    ['a file that is only open for reading', () => openSync(scenario, 'r'), 'it is closed'],
  ])('says so when its output goes to %s', (_, stdout, reason) => {
    const { status, stderr } = program(['run', scenario], stdout());
    expect(stderr).toBe(`hmm-trace: the output can't be written: ${reason}\n`);
    expect(status).toBe(2);
  });

  // Node opens /dev/null for reading and writing in place of a closed descriptor, before any code of ours runs: the same
  // that a parent gives who wants no output.
  it('ends as its run does when its output was closed before the start, or nobody wants it', () => {
    const failing = fileOf('process app {\n    let a = 1\n    expect a == 2\n}\n');
    for (const [file, code] of [
      [scenario, 0],
      [failing, 1],
    ] as const) {
      const run = `"${process.execPath}" "${bundle}" run "${file}"`;
      const closed = spawnSync('sh', ['-c', `${run} >&-`], { encoding: 'utf8' });
      expect({ status: closed.status, stderr: closed.stderr }).toEqual({ status: code, stderr: '' });
      const unwanted = spawnSync(process.execPath, [bundle, 'run', file], { stdio: 'ignore' });
      expect(unwanted.status).toBe(code);
    }
  });

  it('is silent when its reader has seen enough', () => {
    const command = `"${process.execPath}" "${bundle}" --help | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });

  it('says which version it is', async () => {
    expect(await cli(['--version'])).toEqual({ code: 0, out: `hmm-trace ${version}\n`, error: '' });
  });

  it('can be run after the build', () => {
    expect(spawnSync(bundle, ['--version'], { encoding: 'utf8' }).stdout).toBe(`hmm-trace ${version}\n`);
  });

  it('says that a file can not be written', () => {
    expect(() => writeSource(folder, '')).toThrow(`${folder}: it can't be written: it is a directory`);
  });
});

describe('a text that would steer a terminal', () => {
  it('is printed with its code points', async () => {
    const { out } = await cli([
      'run',
      fileOf('process app {\n    print "\u001b[2Jred\u009b31m\u202eabc"\n}\n'),
    ]);
    expect(out).toContain('<U+001B>[2Jred<U+009B>31m<U+202E>abc');
    const named = await cli(['run', '/nowhere/\u001b]0;title\u0007.hmm']);
    expect(named.error).toBe('/nowhere/<U+001B>]0;title<U+0007>.hmm: there is no such file\n');
  });
});
