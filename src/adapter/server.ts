/** Requests in, answers and events out: @vscode/debugadapter's server, with an order that holds and a sentence for what is wrong. */

import type { Writable } from 'node:stream';
import { ProtocolServer } from '@vscode/debugadapter/lib/protocol';
import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { RequestError } from './errors';

/** Complaints about messages that can't be answered; after these the client has been told enough. */
const MOST_COMPLAINTS = 20;

/** An answer before it is sent: the server numbers it. */
type Answer = Omit<Dap.Response, 'seq' | 'type'>;

function problemOf(error: unknown, command: string): { message: string; showUser: boolean } {
  if (error instanceof RequestError) return { message: error.message, showUser: error.showUser };
  const reason = error instanceof Error ? error.message : String(error);
  return { message: `The request ${command} could not be carried out: ${reason}`, showUser: false };
}

export abstract class RequestServer extends ProtocolServer {
  /** Requests are carried out one after the other, each to its answer. */
  #queue: Promise<void> = Promise.resolve();
  #after: (() => void)[] = [];
  #complaints = 0;
  /** Where messages go; undefined where they are handed over in memory. */
  #output: Writable | undefined;

  constructor() {
    super();
    this.on('error', () => this.complain('A message that is no JSON was passed over.'));
  }

  /** Carries out a request whose envelope is right; throws RequestError where it can't. */
  protected abstract perform(command: string, args: unknown): Promise<unknown>;

  override start(input: NodeJS.ReadableStream, output: Writable): void {
    this.#output = output;
    super.start(input, output);
  }

  /** A message has come. Never throws. */
  override handleMessage(message: unknown): void {
    const { type, command, seq } = (message ?? {}) as Partial<Dap.Request>;
    if (type === 'response' || type === 'event') return;
    if (type !== 'request' || typeof command !== 'string' || !Number.isSafeInteger(seq))
      this.complain('A message that is no request was passed over: it has no type, command or seq.');
    else super.handleMessage(message as Dap.Request);
  }

  /** Told of each request when it comes, before its turn. */
  protected abstract arrived(command: string): void;

  protected override dispatchRequest(request: Dap.Request): void {
    this.arrived(request.command);
    this.#queue = this.#queue.then(() => this.#answer(request));
  }

  async #answer({ command, seq, arguments: args }: Dap.Request): Promise<void> {
    const head = { request_seq: seq, command };
    try {
      const body = await this.perform(command, args ?? {});
      this.#respond({ ...head, success: true, ...(body === undefined ? {} : { body }) });
    } catch (error) {
      const { message, showUser } = problemOf(error, command);
      const body = { error: { id: 1, format: message, showUser } };
      this.#respond({ ...head, success: false, message, body });
    }
  }

  #respond(answer: Answer): void {
    this.#gather();
    this.sendResponse({ seq: 0, type: 'response', ...answer });
    const after = this.#after;
    this.#after = [];
    for (const action of after) action();
  }

  event(event: string, body?: object): void {
    this.#gather();
    this.sendEvent({ seq: 0, type: 'event', event, ...(body ? { body } : {}) });
  }

  /** Messages sent in one go leave in one write, and wake the client once. */
  #gather(): void {
    const output = this.#output;
    if (!output || output.writableCorked > 0) return;
    output.cork();
    queueMicrotask(() => output.uncork());
  }

  /** Does something once the answer to the request at hand has been sent. */
  after(action: () => void): void {
    this.#after.push(action);
  }

  /** Tells the user of a message that nobody can be answered for. */
  complain(sentence: string): void {
    if (++this.#complaints > MOST_COMPLAINTS) return;
    this.event('output', { category: 'stderr', output: `${sentence}\n` });
  }
}
