/** Where a first F5 stops: at the first page_fault, at a finding, or at the expectation that does not hold. */

import { readFileSync } from 'node:fs';
import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { expect, test } from 'vitest';
import { inProject } from '../tools/project';
import { Client } from './client';

const HOME = `device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap 16KiB anon rw
    write buf = 0x11
    migrate buf to gpu0
    read buf[1]; read buf[2]
}
`;

const open = (text: string) => new Client(new Map([['/s.hmm', text]]));

async function time(client: Client): Promise<number> {
  return (await client.request('hmm/position', {})).time;
}

test('the automatic stop says what it is, and works in both directions', async () => {
  const client = open(HOME);
  const stop = await client.start();
  expect(stop).toMatchObject({
    reason: 'function breakpoint',
    description: 'First page_fault',
  });
  expect(stop.hitBreakpointIds).toBeUndefined();
  expect(client.console.join('\n')).toContain('set a breakpoint to choose your own');
  const first = await time(client);
  expect(await client.move('continue', { threadId: 1 })).toMatchObject({ description: 'Paused at the end' });
  await client.move('reverseContinue', { threadId: 1 });
  expect(await time(client)).toBe(first);
  await client.move('reverseContinue', { threadId: 1 });
  expect(await time(client)).toBe(0);
  await client.move('continue', { threadId: 1 });
  expect(await time(client)).toBe(first);
});

test('a breakpoint that works takes the place of the automatic stop; one that does not leaves it', async () => {
  const wrong = open(HOME);
  const functions = (name: string, condition?: string) => ({
    breakpoints: [{ name, ...(condition === undefined ? {} : { condition }) }],
  });
  const stop = await wrong.start({}, () =>
    wrong.request('setFunctionBreakpoints', functions('page_free', 'page.refcoun > 0')),
  );
  expect(stop.description).toBe('First page_fault');
  const right = open(HOME);
  const own = await right.start({}, () => right.request('setFunctionBreakpoints', functions('page_free')));
  expect(own.description).toBeUndefined();
  expect((await right.stack(own.threadId ?? 0))[0]).toMatch(/^dmirror_devmem_free/);
});

test('in a scenario that ends in a finding the first stop is the finding', async () => {
  const path = inProject('scenarios', 'races', 'stale-device-mapping.hmm');
  const stop = await open(readFileSync(path, 'utf8')).start();
  expect(stop.reason).toBe('exception');
});

const FAILS = `process app {
    buf = mmap 8KiB anon rw
    write buf[0] = 0x11
    expect buf[0].page.value == 0x11
    read buf[0] expect 0x12
    expect buf[0].page.value == 0x13
    write buf[1] = 1
}
`;

test('a failed expectation stops on its own line, and going on passes over it', async () => {
  const client = open(FAILS);
  const stop = await client.start();
  expect(stop).toMatchObject({ reason: 'exception', text: 'expected 0x12, found 0x11' });
  expect((await client.stack(1))[0]).toMatch(/:5$/);
  expect(await client.move('continue', { threadId: 1 })).toMatchObject({ reason: 'exception' });
  expect((await client.stack(1))[0]).toMatch(/:6$/);
  expect(await client.move('continue', { threadId: 1 })).toMatchObject({ description: 'Paused at the end' });
  await client.move('reverseContinue', { threadId: 1 });
  expect((await client.stack(1))[0]).toMatch(/:6$/);
});

test('an expectation that one has stepped to is told when it fails', async () => {
  const client = open(FAILS);
  await client.start({ stopOnEntry: true });
  for (let line = 0; line < 20; line++) {
    const stop = await client.move('next', { threadId: 1 });
    if (stop.reason === 'exception') break;
  }
  expect((await client.stack(1))[0]).toMatch(/:5$/);
});

test.each([
  ['device-write-to-read-only-memory', 'Livelock: app has taken the same fault'],
  ['drain-starvation', 'Starvation: '],
  ['oops-of-half-a-fix', 'Kernel oops in page_remove_rmap: '],
  ['recursive-driver-lock', 'Deadlock: '],
])('what a detector finds in %s stands in the Debug Console as a failure', async (name, sentence) => {
  const path = inProject('scenarios', 'races', `${name}.hmm`);
  const client = open(readFileSync(path, 'utf8'));
  const stop = await client.start();
  expect(stop.text).toContain(sentence);
  const failures = client.received.flatMap((message) => {
    const { event, body } = message as Dap.OutputEvent;
    return event === 'output' && body.category === 'stderr' ? [body] : [];
  });
  expect(failures.map(({ output }) => output)).toContainEqual(expect.stringContaining(stop.text ?? ''));
});
