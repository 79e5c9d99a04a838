/**
 * A short session of every example and every race as the client sees it: what it asks, what is answered, what it is told, as
 * it was when somebody last looked. `npx vitest run test/golden -u` takes over what is there now.
 */

import { readdirSync, readFileSync } from 'node:fs';
import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { expect, test } from 'vitest';
import { Adapter } from '../../src/adapter/adapter';
import type { Host } from '../../src/adapter/host';
import type { Args, RequestName } from '../../src/adapter/protocol';
import { Client, hostOf } from '../adapter/client';
import { inProject } from '../tools/project';

const scenarios = readdirSync(inProject('scenarios'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.hmm') && !name.startsWith('selftests'))
  .sort();

/** How often a session goes on from a stop before it is left. */
const STOPS = 3;

type Stopped = Dap.StoppedEvent['body'];

/** What depends on how fast the machine is. */
const isTimely = (message: Dap.ProtocolMessage): boolean =>
  message.type === 'event' && (message as Dap.Event).event === 'hmm/running';

function line(message: Dap.ProtocolMessage): string {
  if (message.type === 'event') {
    const { event, body } = message as Dap.Event;
    return `  ${event} ${JSON.stringify(body)}`;
  }
  const { success, body, message: problem } = message as Dap.Response;
  return `  ${success ? JSON.stringify(body ?? {}) : `refused: ${problem}`}`;
}

/** A client that writes down what it asks and what comes. */
class Recorder extends Client {
  readonly lines: string[] = [];
  #told = 0;

  override async ask<Name extends RequestName>(command: Name, args?: Args<Name>): Promise<Dap.Response> {
    this.note();
    this.lines.push(`${command} ${JSON.stringify(args ?? {})}`);
    return super.ask(command, args);
  }

  /** Moves in time; the next stop, or undefined where the session has ended instead. */
  async go<Name extends RequestName>(command: Name, args: Args<Name>): Promise<Stopped | undefined> {
    const from = this.received.length;
    await this.request(command, args);
    const { event, body } = await Promise.race([this.event('stopped', from), this.event('terminated', from)]);
    return event === 'stopped' ? (body as Stopped) : undefined;
  }

  note(): void {
    for (const message of this.received.slice(this.#told))
      if (!isTimely(message)) this.lines.push(line(message));
    this.#told = this.received.length;
  }
}

async function look(client: Recorder, threadId: number): Promise<void> {
  await client.request('threads', undefined);
  const { stackFrames } = await client.request('stackTrace', { threadId });
  const { scopes } = await client.request('scopes', { frameId: stackFrames[0]?.id ?? 0 });
  for (const { variablesReference } of scopes.slice(0, 2))
    await client.request('variables', { variablesReference });
}

/** A host whose clock goes on by a millisecond whenever it is looked at: what is told of a long run depends on it. */
function hostWith(text: string): Host {
  let ms = 0;
  return { ...hostOf(async () => new TextEncoder().encode(text)), now: () => ms++ };
}

test.each(scenarios)('%s', async (name) => {
  const text = readFileSync(inProject('scenarios', name), 'utf8');
  const client = new Recorder(
    new Map([[`/${name}`, text]]),
    (onClose) => new Adapter(hostWith(text), onClose),
  );
  let stop: Stopped | undefined = await client.start();
  for (let i = 0; i < STOPS && stop !== undefined; i++) {
    const { threadId = 1, reason }: Stopped = stop;
    await look(client, threadId);
    if (reason === 'exception') break; // what goes on from a livelock never stops
    stop = await client.go('next', { threadId });
    stop &&= await client.go('stepBack', { threadId });
    stop &&= await client.go('continue', { threadId });
  }
  await client.request('disconnect', {});
  client.note();
  await expect(`${client.lines.join('\n')}\n`).toMatchFileSnapshot(
    `transcripts/${name.replace('/', '-')}.txt`,
  );
});

/** What is asked about all that has run, and a data breakpoint that is hit forwards and backwards. */
test('page-comes-home.hmm, asked about its history', async () => {
  const name = 'page-comes-home.hmm';
  const client = new Recorder(
    new Map([[`/${name}`, readFileSync(inProject('scenarios', name), 'utf8')]]),
    (onClose) => new Adapter(hostWith(readFileSync(inProject('scenarios', name), 'utf8')), onClose),
  );
  const { threadId = 1 } = await client.start();
  const frameId = await client.topFrame(threadId);
  for (const query of [
    'calls page_fault where page.refcount > 1 show address, page',
    'events page_free',
    'changes gpu0.free between 0 and 600',
  ])
    await client.request('hmm/history', { query });
  await client.request('hmm/biography', { expression: 'address', frameId });
  await client.request('evaluate', { expression: 'holders(address)', context: 'repl', frameId });
  const { dataId } = await client.request('dataBreakpointInfo', { name: 'gpu0.free' });
  await client.request('setDataBreakpoints', {
    breakpoints: [{ dataId: dataId ?? '', accessType: 'write' }],
  });
  await client.go('continue', { threadId });
  await client.go('reverseContinue', { threadId });
  await client.request('disconnect', {});
  client.note();
  await expect(`${client.lines.join('\n')}\n`).toMatchFileSnapshot('transcripts/asked-about-history.txt');
});
