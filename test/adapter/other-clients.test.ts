/**
 * Sessions as other clients hold them: what each says of itself, in which order it asks, and what it opens. Taken from the
 * sources of nvim-dap, dap-mode 0.7, dape and Helix; `arguments` of a request that has none is left out or null.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { afterAll, describe, expect, it } from 'vitest';
import { Adapter } from '../../src/adapter/adapter';
import { listingFolder } from '../../src/adapter/listing-folder';
import { Client, hostOf } from './client';

const PATH = '/scenarios/other.hmm';
const SCENARIO = `device gpu0 private 64MiB
process app {
    buf = mmap 64KiB
    write buf[0..4] = 0x11
    migrate buf[0..4] to gpu0
    read buf[1] expect 0x11
    munmap buf
}
`;
const LINE = 6;

const folder = mkdtempSync(join(tmpdir(), 'hmm-listings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface OtherClient {
  readonly name: string;
  readonly initialize: Dap.InitializeRequestArguments;
  /** What it sends between `initialized` and its first stop. */
  readonly configuration: readonly (readonly [command: string, args?: unknown])[];
  /** It opens files only: listings have to be some. */
  readonly opensFiles?: boolean;
}

const breakpoints = ['setBreakpoints', { source: { path: PATH }, breakpoints: [{ line: LINE }] }] as const;
const CLIENTS: readonly OtherClient[] = [
  {
    name: 'nvim-dap',
    initialize: {
      clientID: 'neovim',
      clientName: 'neovim',
      adapterID: 'nvim-dap',
      pathFormat: 'path',
      columnsStartAt1: true,
      linesStartAt1: true,
      supportsRunInTerminalRequest: true,
      supportsVariableType: true,
      supportsProgressReporting: true,
      supportsStartDebuggingRequest: true,
      locale: 'en_US.UTF-8',
    },
    configuration: [
      [
        'setBreakpoints',
        {
          source: { path: PATH, name: 'other.hmm' },
          breakpoints: [{ line: LINE }],
          lines: [LINE],
          sourceModified: false,
        },
      ],
      ['setExceptionBreakpoints', { filters: ['expect'] }],
      ['configurationDone'],
    ],
  },
  {
    name: 'dap-mode',
    initialize: {
      clientID: 'vscode',
      clientName: 'Visual Studio Code',
      adapterID: 'hmm',
      pathFormat: 'path',
      linesStartAt1: true,
      columnsStartAt1: true,
      supportsVariableType: true,
      supportsVariablePaging: true,
      supportsRunInTerminalRequest: true,
      locale: 'en-us',
    },
    configuration: [breakpoints, ['setExceptionBreakpoints', { filters: [] }], ['configurationDone']],
    opensFiles: true,
  },
  {
    name: 'dape',
    initialize: {
      clientID: 'dape',
      adapterID: 'hmm',
      pathFormat: 'path',
      linesStartAt1: true,
      columnsStartAt1: true,
      supportsRunInTerminalRequest: true,
      supportsArgsCanBeInterpretedByShell: true,
      supportsProgressReporting: true,
      supportsStartDebuggingRequest: true,
    },
    configuration: [['setExceptionBreakpoints', { filters: [] }], breakpoints, ['configurationDone']],
  },
  {
    name: 'Helix',
    initialize: {
      clientID: 'hx',
      clientName: 'helix',
      adapterID: 'hmm',
      locale: 'en-us',
      linesStartAt1: true,
      columnsStartAt1: true,
      pathFormat: 'path',
      supportsVariableType: true,
      supportsVariablePaging: false,
      supportsRunInTerminalRequest: true,
      supportsMemoryReferences: false,
      supportsProgressReporting: false,
      supportsInvalidatedEvent: false,
    },
    configuration: [breakpoints, ['configurationDone', null]],
    opensFiles: true,
  },
];

/** A session up to its first stop, as the client holds it. */
async function started({ initialize, configuration, opensFiles }: OtherClient): Promise<Client> {
  const bytes = new TextEncoder().encode(SCENARIO);
  const host = hostOf(async () => bytes);
  const listings = opensFiles ? { listings: listingFolder(folder) } : {};
  const c = new Client(new Map([[PATH, SCENARIO]]), (close) => new Adapter({ ...host, ...listings }, close));
  await c.request('initialize', initialize);
  const launched = c.ask('launch', { program: PATH, request: 'launch', type: 'hmm', name: 'HMM' } as never);
  await c.event('initialized');
  for (const [command, args] of configuration) {
    const answer = await c.ask(command as 'configurationDone', args as Record<string, never>);
    expect(answer).toMatchObject({ command, success: true });
  }
  await c.event('stopped');
  expect(await launched).toMatchObject({ success: true });
  return c;
}

/** Commands of answers and names of events, in the order in which they came. */
const transcript = (c: Client): string[] =>
  c.received.flatMap((message) => {
    if (message.type === 'response') return [(message as Dap.Response).command];
    const { event } = message as Dap.Event;
    return event === 'output' || event.startsWith('progress') ? [] : [`(${event})`];
  });

describe.each(CLIENTS)('$name', (client) => {
  it('comes to its first stop in its own order', async () => {
    const c = await started(client);
    expect(transcript(c).filter((name) => name !== '(breakpoint)')).toEqual([
      'initialize',
      'launch',
      '(initialized)',
      ...client.configuration.map(([command]) => command),
      '(stopped)',
    ]);
    const stop = (await c.event('stopped')).body;
    expect(stop).toMatchObject({ reason: 'breakpoint', threadId: 1, allThreadsStopped: true });
  });

  it('stops at a callback, opens its listing, and goes back and to a time', async () => {
    const c = await started(client);
    const { breakpoints: set } = await c.request('setFunctionBreakpoints', {
      breakpoints: [{ name: 'page_fault' }],
    });
    expect(set).toMatchObject([{ verified: true }]);
    await c.move('continue', { threadId: 1 });
    const top = async () => (await c.request('stackTrace', { threadId: 1 })).stackFrames[0];
    const frame = await top();
    const text = await openedText(c, client, frame?.source);
    expect(text.split('\n')[(frame?.line ?? 0) - 1]).toMatch(/\S/);
    expect(text).toContain(frame?.name);
    await c.move('stepBack', { threadId: 1 });
    expect((await top())?.name).not.toBe(frame?.name);
    await c.move('reverseContinue', { threadId: 1 });
    expect(await top()).toMatchObject({ line: LINE, source: { path: PATH } });
    await c.move('hmm/seek', { time: 100 });
    expect(c.adapter.session.time).toBe(100);
    expect((await c.request('evaluate', { expression: 'time', context: 'repl' })).result).toBe('100');
  });

  it('sets breakpoints in the listing that it has opened', async () => {
    const c = await started(client);
    await c.request('setFunctionBreakpoints', { breakpoints: [{ name: 'page_fault' }] });
    await c.move('continue', { threadId: 1 });
    const { source, line } = (await c.request('stackTrace', { threadId: 1 })).stackFrames[0] ?? { line: 0 };
    const named: Dap.Source = client.opensFiles
      ? { path: source?.path ?? '' }
      : { sourceReference: source?.sourceReference ?? 0 };
    const { breakpoints: set } = await c.request('setBreakpoints', {
      source: named,
      breakpoints: [{ line: line + 1 }],
    });
    expect(set).toMatchObject([{ verified: true }]);
    const stop = await c.move('continue', { threadId: 1 });
    expect(stop).toMatchObject({ reason: 'breakpoint' });
  });
});

/** The text that the client shows for a source: of a file, or asked for by reference. */
async function openedText(c: Client, client: OtherClient, source: Dap.Source | undefined): Promise<string> {
  if (client.opensFiles) {
    expect(source?.sourceReference).toBeUndefined();
    return readFileSync(source?.path ?? '', 'utf8');
  }
  const sourceReference = source?.sourceReference ?? 0;
  expect(sourceReference).toBeGreaterThan(0);
  return (await c.request('source', { source: source ?? {}, sourceReference })).content;
}

describe('listings as files', () => {
  it('are known again in a later session, and nothing else is one', () => {
    const files = listingFolder(folder);
    const address = 'hmm-kernel:/6.12/mm/memory.c/do_swap_page';
    const path = files.fileOf(address, () => 'text\n');
    expect(path).toBe(join(folder, '6.12', 'mm', 'memory.c', 'do_swap_page'));
    expect(listingFolder(folder).addressOf(path ?? '')).toBe(address);
    expect(files.addressOf('/etc/hosts')).toBeUndefined();
    expect(files.addressOf(folder)).toBeUndefined();
  });

  it('need a folder', () => {
    expect(() => listingFolder(join(folder, 'no', 'such'))).toThrow();
    const file = listingFolder(folder).fileOf('hmm-kernel:/a', () => '') ?? '';
    expect(() => listingFolder(file)).toThrow('it is no folder');
  });
});
