import { describe, expect, it } from 'vitest';
import { cli, fileOf } from './harness';

const app = (body: string): string =>
  fileOf(`device gpu0 private 64MiB driver dmirror\nprocess app {\n    ${body}\n}\n`);
const exclusive = 'buf = mmap 16KiB anon rw\n    write buf = 1\n    gpu0 exclusive buf';

/** The lines about where kernels part, without the file's name. */
async function parting(name: string): Promise<string[]> {
  const { out } = await cli(['run', name, '--profile', 'all']);
  return out
    .split('\n')
    .filter((line) => line.includes(' part '))
    .map((line) => line.replaceAll(name, 'FILE'));
}

describe('hmm-trace run --profile all', () => {
  it('says at which statement two kernels part, and in what', async () => {
    const [first, second] = await parting(app(exclusive));
    expect(first).toBe('FILE: 6.1 and 6.12 do not part in what statements return and pages are.');
    expect(second).toMatch(
      /^FILE: 6\.12 and 7\.2 part at FILE:5:5 `gpu0 exclusive buf` \(steps \d+ and \d+\): buf\[0\] of app is .* mapcount 0 under 6\.12, and .* mapcount 1 under 7\.2\.$/,
    );
  });

  it('says what a statement returned where that differs', async () => {
    const body = `buf = mmap 32KiB at 0x1000000000\n    mprotect buf[2..4] r\n    mremap buf to 0x1200000000`;
    expect((await parting(app(body))).at(-1)).toContain('EFAULT under 6.12, and ok under 7.2.');
  });

  it('says where only one of them gets on', async () => {
    // Linux 4.14 asks again and again for a right that the device does not get.
    const body = 'buf = mmap 16KiB anon r\n    gpu0 write buf = 0x22 expect EPERM';
    expect((await parting(app(body)))[0]).toContain('under 4.14 app does not come to its end.');
  });

  it('leaves out a kernel that has not what the scenario uses, and says why', async () => {
    const name = app(exclusive);
    const { error, out, code } = await cli(['run', name, '--profile', 'all']);
    expect(error).toBe(
      `${name} is not run under 4.14: ${name}:5:5: \`exclusive\` needs Linux 5.14; this runs under 4.14\n`,
    );
    expect(out).not.toContain('under 4.14');
    expect(code).toBe(0);
  });

  it('passes over what only one of them has', async () => {
    const body = 'buf = mmap 16KiB\n    under 6.1 read buf\n    write buf = 1';
    expect(await parting(app(body))).toEqual([
      expect.stringContaining('4.14 and 6.1'),
      expect.stringContaining('6.1 and 6.12'),
      expect.stringContaining('6.12 and 7.2'),
    ]);
  });

  it('takes no output of one kernel', async () => {
    const { error, code } = await cli(['run', app(exclusive), '--profile', 'all', '--json']);
    expect(error).toContain('--profile all says where kernels part; --json and --trace-out take one kernel');
    expect(code).toBe(2);
  });
});
