/** A client of the adapter in memory: sends requests, waits for answers and events, in the order in which they come. */

import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { Adapter } from '../../src/adapter/adapter';
import type { Host } from '../../src/adapter/host';
import type { Args, RequestName, Result } from '../../src/adapter/protocol';

type Received = Dap.Response | Dap.Event;

/** A host whose files are what `readFile` says, under their own names only. */
export const hostOf = (readFile: Host['readFile']): Host => ({
  readFile,
  paths: {
    absolute: (path) => path,
    identity: async (path) => path,
    ofUri: (uri) => new URL(uri).pathname,
    toUri: (path) => `file://${path}`,
  },
  defer: (callback) => setImmediate(callback),
  now: () => performance.now(),
});

const reading =
  (files: ReadonlyMap<string, string | Uint8Array>): Host['readFile'] =>
  async (path) => {
    const found = files.get(path);
    if (found === undefined) throw new Error('no such file');
    return typeof found === 'string' ? new TextEncoder().encode(found) : found;
  };

export class Client {
  /** Everything the adapter has sent, in order. */
  readonly received: Received[] = [];
  closed = false;
  /** How it calls itself; VS Code has views of its own for the machine. */
  clientID = 'vscode';
  /** Whether its console shows colours, as VS Code's does. */
  hasColours = false;
  readonly adapter: Adapter;
  #seq = 1;
  #waiting: (() => void)[] = [];

  constructor(
    readonly files: ReadonlyMap<string, string | Uint8Array>,
    connect: (onClose: () => void) => Adapter = (onClose) => new Adapter(hostOf(reading(files)), onClose),
  ) {
    this.adapter = connect(() => {
      this.closed = true;
    });
    this.adapter.onDidSendMessage((message) => this.#receive(structuredClone(message) as Received));
  }

  #receive(message: Received): void {
    this.received.push(message);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #find<T extends Received>(from: number, matches: (message: Received) => message is T): Promise<T> {
    for (let at = from; ; ) {
      for (; at < this.received.length; at++) {
        const message = this.received[at];
        if (message && matches(message)) return message;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The answer, whether it is good or bad. */
  async ask<Name extends RequestName>(command: Name, args?: Args<Name>): Promise<Dap.Response> {
    const seq = this.#seq++;
    const from = this.received.length;
    this.adapter.handleMessage({ seq, type: 'request', command, arguments: args });
    return this.#find(
      from,
      (message): message is Dap.Response =>
        message.type === 'response' && (message as Dap.Response).request_seq === seq,
    );
  }

  /** The body of a good answer; throws the adapter's sentence otherwise. */
  async request<Name extends RequestName>(command: Name, args?: Args<Name>): Promise<Result<Name>> {
    const response = await this.ask(command, args);
    if (!response.success) throw new Error(response.message);
    return response.body as Result<Name>;
  }

  /** The next event of this name after `from` messages. */
  async event(name: string, from = 0): Promise<Dap.Event> {
    return this.#find(
      from,
      (message): message is Dap.Event => message.type === 'event' && (message as Dap.Event).event === name,
    );
  }

  /** Sends a request that moves in time, and waits for the stop. */
  async move<Name extends RequestName>(command: Name, args?: Args<Name>): Promise<Dap.StoppedEvent['body']> {
    const from = this.received.length;
    await this.request(command, args);
    return (await this.event('stopped', from)).body as Dap.StoppedEvent['body'];
  }

  /** Launches a scenario and sets breakpoints; resolves at the first stop. */
  async start(
    args: Omit<Args<'launch'>, 'program'> & { program?: string } = {},
    configure: () => Promise<unknown> = async () => {},
  ): Promise<Dap.StoppedEvent['body']> {
    const vscode = this.clientID === 'vscode' ? { supportsInvalidatedEvent: true } : {};
    const colours = this.hasColours ? { supportsANSIStyling: true } : {};
    await this.request('initialize', { adapterID: 'hmm', clientID: this.clientID, ...vscode, ...colours });
    const program = args.program ?? [...this.files.keys()][0] ?? '';
    await this.request('launch', { ...args, program });
    await this.event('initialized');
    await configure();
    return this.move('configurationDone', {});
  }

  /** Launches a scenario and stops at the first page_fault for which a condition holds. */
  async startAtFault(condition: string): Promise<Dap.StoppedEvent['body']> {
    const breakpoints = [{ name: 'page_fault', condition }];
    return this.start({}, () => this.request('setFunctionBreakpoints', { breakpoints }));
  }

  /** The threads, each with what is said of it besides its name. */
  async threads(): Promise<{ id: number; name: string; state: string | undefined }[]> {
    const { threads } = await this.request('threads', undefined);
    return threads.map(({ id, name }) => {
      const [own = '', state] = name.split(' · ');
      return { id, name: own, state };
    });
  }

  /** Names and lines of a thread's frames, the innermost first. */
  async stack(threadId: number): Promise<string[]> {
    const { stackFrames } = await this.request('stackTrace', { threadId });
    return stackFrames.map(({ name, line }) => `${name}:${line}`);
  }

  async topFrame(threadId: number): Promise<number> {
    const { stackFrames } = await this.request('stackTrace', { threadId, levels: 1 });
    return stackFrames[0]?.id ?? -1;
  }

  /** A scope's variables by name. */
  async scope(threadId: number, name: string): Promise<Record<string, Dap.Variable>> {
    const { scopes } = await this.request('scopes', { frameId: await this.topFrame(threadId) });
    const scope = scopes.find((candidate) => candidate.name === name);
    if (!scope) throw new Error(`no scope ${name} among ${scopes.map((found) => found.name).join(', ')}`);
    return this.children(scope.variablesReference);
  }

  async children(variablesReference: number): Promise<Record<string, Dap.Variable>> {
    const { variables } = await this.request('variables', { variablesReference });
    return Object.fromEntries(variables.map((variable) => [variable.name, variable]));
  }

  /** Texts of the debug console. */
  get console(): string[] {
    return this.received
      .filter(
        (message): message is Dap.OutputEvent =>
          message.type === 'event' && (message as Dap.Event).event === 'output',
      )
      .map(({ body }) => body.output.trimEnd());
  }
}
