import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProject } from '../tools/project';

const scenario = `profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64KiB anon rw
    write buf[0..4] = 0x11
    migrate buf[0..4] to gpu0
    read buf[1] expect 0x11
    munmap buf
    expect gpu0.used == 0
}
`;
const folder = mkdtempSync(join(tmpdir(), 'hmm-adapter-'));
const program = join(folder, 'app.hmm');
const bundle = join(folder, 'hmm-trace.cjs');

beforeAll(async () => {
  writeFileSync(program, scenario);
  await build({
    entryPoints: [inProject('src/cli/main.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One session from launch to the end, as any client would do it. */
async function wholeSession(client: DebugClient): Promise<void> {
  const stopped = client.waitForEvent('stopped');
  await Promise.all([
    client
      .waitForEvent('initialized')
      .then(() =>
        client.setFunctionBreakpointsRequest({
          breakpoints: [{ name: 'page_fault', condition: 'page.refcount == 2' }],
        }),
      )
      .then(({ body }) => {
        expect(body.breakpoints[0]?.verified).toBe(true);
        return client.configurationDoneRequest();
      }),
    client.launchRequest({ program } as DebugProtocol.LaunchRequestArguments),
  ]);
  expect((await stopped).body).toMatchObject({ reason: 'function breakpoint', threadId: 1 });

  const stack = (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames;
  expect(stack.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['do_swap_page', 'handle_mm_fault', 'app']),
  );
  expect(stack.at(-1)).toMatchObject({ line: 8, source: { path: program } });
  const listing = stack.find(({ name }) => name === 'do_swap_page')?.source;
  const text = await client.sourceRequest({ sourceReference: listing?.sourceReference ?? 0 });
  expect(text.body.content).toContain('do_swap_page');

  const place = async () =>
    (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames.map(({ line }) => line);
  const before = await place();
  await Promise.all([client.waitForEvent('stopped'), client.nextRequest({ threadId: 1 })]);
  expect(await place()).not.toEqual(before);
  await Promise.all([client.waitForEvent('stopped'), client.stepBackRequest({ threadId: 1 })]);
  expect(await place()).toEqual(before);

  await Promise.all([client.waitForEvent('stopped'), client.continueRequest({ threadId: 1 })]);
  await Promise.all([client.waitForEvent('stopped'), client.reverseContinueRequest({ threadId: 1 })]);
  expect(await place()).toEqual(before);
  await Promise.all([client.waitForEvent('stopped'), client.continueRequest({ threadId: 1 })]);
  await Promise.all([client.waitForEvent('terminated'), client.continueRequest({ threadId: 1 })]);
}

/** A client on the pipes of a process that it has not started itself. */
class PipeClient extends DebugClient {
  constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    super(process.execPath, bundle, 'hmm');
    this.connect(child.stdout, child.stdin);
  }
}

describe('hmm-trace dap over stdio', () => {
  it('runs a session from the launch to the end, and ends with it', async () => {
    const child = spawn(process.execPath, [bundle, 'dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const client = new PipeClient(child);
    await client.initializeRequest();
    await wholeSession(client);
    await client.disconnectRequest({});
    expect(await ended).toBe(0);
  });

  it('ends when only its standard output is closed', async () => {
    const child = spawn(process.execPath, [bundle, 'dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    child.stdout.destroy();
    const ask = JSON.stringify({ seq: 1, type: 'request', command: 'threads' });
    child.stdin.on('error', () => {});
    child.stdin.write(`Content-Length: ${ask.length}\r\n\r\n${ask}`);
    expect((await ended)[0]).toBe(0);
  });
});

describe('hmm-trace dap --port', () => {
  let child: ChildProcessByStdio<null, null, Readable>;
  let port: number;
  beforeAll(async () => {
    child = spawn(process.execPath, [bundle, 'dap', '--port', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    port = await new Promise<number>((resolve) => {
      child.stderr.on('data', (data: Buffer) => {
        const found = /:(\d+)/.exec(data.toString());
        if (found) resolve(Number(found[1]));
      });
    });
  });

  it('refuses a web page, also one that posts a message', async () => {
    const body = JSON.stringify({ seq: 1, type: 'request', command: 'initialize', arguments: {} });
    await expect(fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).rejects.toThrow();
  });

  it('listens on the loopback interface only', async () => {
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const { address } of others.filter(({ internal, family }) => !internal && family === 'IPv4')) {
      const socket = connect(port, address);
      await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED');
    }
  });

  it('serves sessions', async () => {
    const client = new DebugClient('node', bundle, 'hmm');
    await client.start(port);
    await client.initializeRequest();
    await wholeSession(client);
    await client.disconnectRequest({});
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });
});
