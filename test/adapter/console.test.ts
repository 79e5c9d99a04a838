/** What the Debug Console shows after a way back, as a client that does what VS Code does with what it is sent. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { expect, it } from 'vitest';
import { ConsoleLog } from '../../src/adapter/console';
import { Client } from './client';

const TEXT = `profile 6.12
device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap 64KiB anon rw
    write buf[0] = 0x11
    migrate buf[0] to gpu0
    read buf[0] expect 0x12
}
`;

/** The lines that stand in a console which was sent these outputs: it is emptied where the display is cleared. */
function shown(outputs: readonly string[]): string[] {
  const text = outputs.join('');
  return (text.split('\u001b[2J').at(-1) ?? '').split('\n');
}

const bodiesOf = (client: Client): Dap.OutputEvent['body'][] =>
  client.received.flatMap((message) => {
    const { event, body } = message as Dap.OutputEvent;
    return event === 'output' ? [body] : [];
  });

const outputsOf = (client: Client): string[] => bodiesOf(client).map(({ output }) => output);

const told = (client: Client): string[] => shown(outputsOf(client)).filter((line) => /^\d+ app: /.test(line));
const timeOf = (line: string): number => Number.parseInt(line, 10);

async function atFault(hasColours: boolean): Promise<Client> {
  const client = new Client(new Map([['/a.hmm', TEXT]]));
  client.hasColours = hasColours;
  await client.start();
  return client;
}

it('after a way back nothing is told of what lies ahead, and it is told again on the way there', async () => {
  const client = await atFault(true);
  const before = told(client);
  await client.move('continue', { threadId: 1 });
  const all = told(client);
  expect(all.length).toBeGreaterThan(before.length);
  await client.move('reverseContinue', { threadId: 1 });
  const { time } = await client.request('hmm/position', {});
  expect(told(client)).toEqual(all.filter((line) => timeOf(line) < time));
  await client.move('continue', { threadId: 1 });
  expect(told(client)).toEqual(all);
});

it('a line that is told anew leads where it led', async () => {
  const client = await atFault(true);
  await client.move('continue', { threadId: 1 });
  await client.move('reverseContinue', { threadId: 1 });
  const [first, again, ...more] = bodiesOf(client).filter(({ output }) => output.includes('write fault'));
  expect(again).toMatchObject({ source: first?.source, line: 5 });
  expect(more).toEqual([]);
});

it('what was asked in later times stays, dimmed, with its time', async () => {
  const client = await atFault(true);
  await client.move('continue', { threadId: 1 });
  const { time } = await client.request('hmm/position', {});
  await client.request('evaluate', { expression: 'gpu0.used', context: 'repl' });
  await client.move('reverseContinue', { threadId: 1 });
  expect(shown(outputsOf(client)).join('\n')).toContain(
    `\u001b[2masked at time ${time}: gpu0.used\n0\u001b[22m`,
  );
});

it('a client without colours keeps all lines, and is told which of them lie ahead', async () => {
  const client = await atFault(false);
  await client.move('continue', { threadId: 1 });
  const all = told(client);
  await client.move('reverseContinue', { threadId: 1 });
  expect(told(client)).toEqual(all);
  expect(outputsOf(client).join('')).toMatch(
    /\nBack at time \d+: what is told above of later times lies ahead/,
  );
});

it('of very much only the newest is told anew, and how much is missing', () => {
  const sent: string[] = [];
  const log = new ConsoleLog(({ output }) => sent.push(output));
  for (let time = 1; time <= 1000; time++) log.say({ output: `${time}\n` }, time);
  log.goBack(990);
  const lines = shown(sent).slice(0, -2);
  const numbers = lines.filter((line) => /^\d+$/.test(line)).map(Number);
  expect(numbers.at(-1)).toBe(989);
  expect(numbers.length).toBeLessThan(600);
  const [, missing] = /… (\d+) earlier lines/.exec(sent.join('')) ?? [];
  expect(numbers[0]).toBe(Number(missing) + 1);
});
