/** Random messages to the debug adapter: each request is answered once, in a sentence of ours, and the session goes on. */

import { Writable } from 'node:stream';
import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import fc from 'fast-check';
import { Adapter } from '../../src/adapter/adapter';
import { Frames } from '../../src/adapter/frames';
import { REQUESTS } from '../../src/adapter/registry';
import { hostOf } from '../adapter/client';
import { onePage } from '../adapter/one-page';
import type { FuzzKind } from './kind';

const PATH = '/scenarios/fuzz.hmm';
const SCENARIO = onePage('write buf[0] = 0x22\n        read buf[0]', 'read buf[0]\n        read buf[0]');
/** Messages within one session. */
const MESSAGES = 100;
/** No answer within that is none, in milliseconds. */
const PATIENCE = 60_000;

const texts = fc.oneof(
  fc.constantFrom('buf', 'buf[0]', 'buf[0].page', 'page.refcount > 2', 'address in buf[0..4]', 'why buf[0]'),
  fc.constantFrom(
    'calls page_fault where page.refcount > 2 show page, address',
    'events page_free between 3 and 900',
    'changes gpu0.free',
    'hits line 5',
    'biography buf[0]',
    'holders(buf[0])',
  ),
  fc.constantFrom('page_fault', 'invalidate', 'do_swap_page', 'sigbus', 'expect', '==2', 'schedule', 'waits'),
  fc.constantFrom(
    '',
    PATH,
    `file://${PATH}`,
    'hmm-kernel:/6.12/mm/memory.c/do_swap_page',
    '0x1000',
    'app',
    'indexed',
  ),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '\0',
    '\u200b',
    '('.repeat(300),
    'x'.repeat(5000),
    'NaN',
    '1e99',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const numbers = fc.oneof(
  fc.nat(12),
  fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e300),
  fc.integer(),
);
const source = fc.record({ path: texts, sourceReference: numbers, name: texts }, { requiredKeys: [] });
const breakpoint = fc.record(
  { line: numbers, column: numbers, name: texts, condition: texts, hitCondition: texts, logMessage: texts },
  { requiredKeys: ['line'] },
);

/** What requests take, each by a value that may be right. */
const fitting: Record<string, fc.Arbitrary<unknown>> = {
  ...Object.fromEntries(
    ['threadId', 'frameId', 'variablesReference', 'start', 'count', 'startFrame', 'levels'].map((name) => [
      name,
      numbers,
    ]),
  ),
  ...Object.fromEntries(
    ['line', 'endLine', 'column', 'offset', 'time', 'timeline', 'sourceReference'].map((name) => [
      name,
      numbers,
    ]),
  ),
  ...Object.fromEntries(
    [
      'expression',
      'query',
      'context',
      'text',
      'memoryReference',
      'parent',
      'process',
      'address',
      'schedule',
    ].map((name) => [name, texts]),
  ),
  filter: fc.constantFrom('indexed', 'named'),
  program: fc.constant(PATH),
  adapterID: texts,
  source,
  breakpoints: fc.array(breakpoint, { maxLength: 4 }),
  filters: fc.array(texts, { maxLength: 3 }),
  filterOptions: fc.array(fc.record({ filterId: texts, condition: texts }), { maxLength: 3 }),
  ...Object.fromEntries(
    ['singleThread', 'stopOnEntry', 'noDebug', 'linesStartAt1'].map((n) => [n, fc.boolean()]),
  ),
};

/** All that fits, with some of it replaced or left out. */
const args = fc
  .tuple(
    fc.record(fitting),
    fc.dictionary(fc.constantFrom(...Object.keys(fitting)), fc.anything(), { maxKeys: 3 }),
  )
  .map(([right, wrong]) => ({ ...right, ...wrong }));

type Message = { readonly command: string; readonly arguments: unknown } | { readonly bytes: Uint8Array };

/** Requests that move and look come often; those that end the session end it too soon. */
const commands = [...REQUESTS.keys()].filter(
  (name) => !['disconnect', 'terminate', 'launch', 'restart'].includes(name),
);
const message: fc.Arbitrary<Message> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      command: fc.oneof(
        { weight: 20, arbitrary: fc.constantFrom(...commands) },
        { weight: 1, arbitrary: texts },
      ),
      arguments: fc.oneof({ weight: 9, arbitrary: args }, { weight: 1, arbitrary: fc.anything() }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ command: fc.constantFrom('launch', 'restart', 'terminate'), arguments: args }),
  },
  { weight: 2, arbitrary: fc.record({ bytes: fc.uint8Array({ maxLength: 40 }) }) },
);

/** A session behind the frames of a stream; answers come as objects. */
class Session {
  readonly #frames = new Frames({ passedOver: () => {} });
  readonly #adapter = new Adapter(
    hostOf(async () => new TextEncoder().encode(SCENARIO)),
    () => {},
  );
  readonly #answers = new Map<number, { success: boolean; message?: string }>();
  #seq = 1;
  #wake: () => void = () => {};

  constructor() {
    this.#adapter.onDidSendMessage((sent) => {
      const { type, request_seq, ...answer } = { ...(sent as Dap.Response) };
      if (type !== 'response') return;
      this.#answers.set(request_seq, answer);
      this.#wake();
    });
    this.#adapter.start(this.#frames, new Writable({ write: (_chunk, _encoding, done) => done() }));
  }

  send(bytes: Uint8Array): void {
    // A piece of garbage ends, as a header does: what follows is a message again.
    this.#frames.receive(Buffer.concat([bytes, Buffer.from('\r\n\r\n')]));
  }

  /** What is wrong with the answer; undefined where nothing is. */
  async ask(command: string, given: unknown): Promise<string | undefined> {
    const seq = this.#seq++;
    const body = Buffer.from(JSON.stringify({ seq, type: 'request', command, arguments: given }));
    this.#frames.receive(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
    const end = Date.now() + PATIENCE;
    while (!this.#answers.has(seq) && Date.now() < end)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 1000).unref();
      });
    const answer = this.#answers.get(seq);
    if (!answer) return `no answer to ${command} ${JSON.stringify(given)}`;
    if (answer.success || !answer.message?.includes('could not be carried out')) return undefined;
    return `${answer.message} (${JSON.stringify(given)})`;
  }

  async start(): Promise<void> {
    await this.ask('initialize', { adapterID: 'hmm' });
    await this.ask('launch', { program: PATH });
    await this.ask('configurationDone', {});
  }

  close(): void {
    this.#adapter.stopRunning();
  }
}

async function wrongIn(messages: readonly Message[]): Promise<string[]> {
  const session = new Session();
  await session.start();
  const wrong: string[] = [];
  for (const sent of messages) {
    if ('bytes' in sent) session.send(sent.bytes);
    else wrong.push(...([await session.ask(sent.command, sent.arguments)].filter(Boolean) as string[]));
  }
  if ((await session.ask('threads', {})) !== undefined) wrong.push('threads is no longer answered');
  session.close();
  return wrong;
}

export const messages: FuzzKind = {
  name: 'messages',
  about: 'messages to the debug adapter',
  few: 600,
  many: 50_000,
  run: async (cases, seed) => {
    const size = Math.min(cases, MESSAGES);
    const sessions = fc.sample(fc.array(message, { minLength: size, maxLength: size }), {
      seed,
      numRuns: Math.ceil(cases / size),
    });
    const wrong: string[] = [];
    for (const session of sessions) wrong.push(...(await wrongIn(session)));
    return wrong;
  },
};
