/** What the view of callbacks asks: how often each was called, and what is wrong with conditions on it. */

import { expect, test } from 'vitest';
import { Client } from './client';

const TEXT = `device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap 16KiB anon rw
    write buf = 0x11
    migrate buf to gpu0
    read buf[2]
    read buf[3]
}
`;
const open = () => new Client(new Map([['/s.hmm', TEXT]]));

test('calls are counted up to now, and the last one has its time', async () => {
  const client = open();
  await client.start();
  const first = (await client.request('hmm/position', {})).time;
  const fault = async () => (await client.request('hmm/callbacks', {})).callbacks[0];
  expect(await fault()).toEqual({ name: 'page_fault', calls: 1 });
  await client.move('next', { threadId: 1 });
  expect(await fault()).toEqual({ name: 'page_fault', calls: 1, last: first });
  await client.move('continue', { threadId: 1 });
  const { callbacks } = await client.request('hmm/callbacks', {});
  expect(callbacks.map(({ name }) => name)).toEqual(['page_fault', 'page_free', 'invalidate']);
  expect(callbacks[0]?.calls).toBe(2);
  expect(callbacks[0]?.last).toBeGreaterThan(first);
  await client.move('hmm/seek', { time: first + 1 });
  expect(await fault()).toEqual({ name: 'page_fault', calls: 1, last: first });
});

test('a condition is checked as it would be for that callback', async () => {
  const client = open();
  await client.start();
  const check = async (condition: string) =>
    (await client.request('hmm/checkCondition', { name: 'page_free', condition })).problem;
  expect(await check('page.refcount > 0 and device == gpu0')).toBeUndefined();
  expect(await check('')).toBeUndefined();
  expect(await check('page.refcoun > 0')).toMatch(/has no `refcoun`; did you mean `refcount`\?$/);
  expect(await check('page.refcount >')).toMatch(/^Expected a value/);
  expect(await check('nonsense == 3')).toMatch(/^There is no `nonsense` here/);
});

test('a wrong condition is marked, said once, and leaves the stop at the first fault as it is', async () => {
  const client = open();
  const breakpoints = [{ name: 'page_free', condition: 'page.refcoun > 0' }];
  const { reason } = await client.start({}, async () => {
    await client.request('setFunctionBreakpoints', { breakpoints });
    await client.request('setFunctionBreakpoints', { breakpoints });
  });
  expect(reason).toBe('function breakpoint');
  expect(client.console.join('\n')).toMatch(/Paused at the first page_fault/);
  expect(client.console.filter((line) => line.startsWith('The breakpoint on page_free never stops'))).toEqual(
    ['The breakpoint on page_free never stops: A page has no `refcoun`; did you mean `refcount`?'],
  );
  const { callbacks } = await client.request('hmm/callbacks', {});
  expect(callbacks[1]?.problem).toMatch(/did you mean `refcount`/);
});

test('a log message on a callback is told at each call, and the first stop stays', async () => {
  const client = open();
  const logMessage = 'frees {page.refcount} of {device}';
  const { reason } = await client.start({}, async () => {
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'page_free', logMessage }] });
  });
  expect(reason).toBe('function breakpoint');
  await client.move('continue', { threadId: 1 });
  expect(client.console.filter((line) => /^frees \d of gpu0$/.test(line.trim()))).toHaveLength(4);
});

test('a log message stands among the events that are told, in the order of time', async () => {
  const client = open();
  const breakpoints = [{ name: 'page_free', logMessage: '{time} was logged' }];
  await client.start({ stopAtFirstFault: false }, () =>
    client.request('setFunctionBreakpoints', { breakpoints }),
  );
  const told = client.console.filter((line) => /^\d+ /.test(line));
  const times = told.map((line) => Number.parseInt(line, 10));
  expect(told.filter((line) => line.includes('was logged'))).toHaveLength(4);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('a log message is checked as it would be for that callback', async () => {
  const client = open();
  await client.start();
  const check = async (message: string) =>
    (await client.request('hmm/checkMessage', { name: 'page_free', message })).problem;
  expect(await check('{page.refcount} at {time}')).toBeUndefined();
  expect(await check('{page.refcoun}')).toMatch(/did you mean `refcount`\?$/);
  expect(await check('{page')).toMatch(/./);
});

test('each time that an answer or a finding names has a line that leads there', async () => {
  const client = open();
  await client.start({ stopAtFirstFault: false });
  const { result } = await client.request('evaluate', { expression: 'why buf[2]', context: 'repl' });
  const time = /time (\d+)/.exec(result)?.[1];
  await client.request('threads', undefined);
  const link = client.received.find((m) => m.type === 'event' && JSON.stringify(m).includes('go to time'));
  expect(link).toMatchObject({
    body: {
      output: `    go to time ${time}\n`,
      source: { path: expect.stringContaining(`hmm-time:/${time}/`) },
    },
  });
});
