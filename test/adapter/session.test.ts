import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { describe, expect, it } from 'vitest';
import type { Client } from './client';
import { client, path, text } from './two-pages';

const functions =
  (c: Client, ...breakpoints: { name: string; condition?: string; hitCondition?: string }[]) =>
  () =>
    c.request('setFunctionBreakpoints', { breakpoints });

describe('a session', () => {
  it('stops at the first page_fault where nothing else was asked for', async () => {
    const c = client();
    expect(await c.start()).toMatchObject({ reason: 'function breakpoint', threadId: 1 });
    const stack = await c.stack(1);
    expect(stack[0]).toMatch(/fault/);
    expect(stack.at(-1)).toBe('app:10');
    expect(stack.join()).toContain('do_swap_page');
  });

  it('shows the page, its references and the entry, as the profile has them', async () => {
    const c = client();
    await c.start({}, functions(c, { name: 'page_fault', condition: 'address in buf[3..4]' }));
    expect((await c.stack(1)).at(-1)).toBe('app:11');
    const page = await c.scope(1, 'This Page');
    expect(page).toMatchObject({
      refcount: { value: '2' },
      mapcount: { value: '1' },
      zone: { value: 'Device, node 0' },
    });
    const holders = await c.children(page['refcount']?.variablesReference ?? 0);
    expect(Object.keys(holders)).toEqual(['PTE (device-private) of app: buf[3]', 'fault by app']);
    const memory = await c.request('readMemory', {
      memoryReference: page['contents']?.memoryReference ?? '',
      count: 16,
    });
    expect(memory).toMatchObject({ unreadableBytes: 0 });
  });

  it('comes back to exactly the same state', async () => {
    const c = client();
    const look = async () => ({
      stack: await c.stack(1),
      page: await c.scope(1, 'This Page'),
      locals: await c.scope(1, 'Locals'),
      position: (await c.request('hmm/position', {})).time,
    });
    await c.start({}, functions(c, { name: 'migrate_to_ram', hitCondition: '==2' }));
    const before = await look();
    await c.move('next', { threadId: 1 });
    await c.move('stepBack', { threadId: 1 });
    expect(await look()).toEqual(before);
    expect(await c.move('continue', { threadId: 1 })).toMatchObject({ description: 'Paused at the end' });
    expect(await c.move('reverseContinue', { threadId: 1 })).toMatchObject({ reason: 'function breakpoint' });
    expect(await look()).toEqual(before);
  });

  it('steps from statement to statement, and back', async () => {
    const c = client();
    expect(await c.start({ stopOnEntry: true })).toMatchObject({ reason: 'entry' });
    const lines: string[] = await c.stack(1);
    for (let i = 0; i < 5; i++) {
      await c.move('next', { threadId: 1 });
      lines.push(...(await c.stack(1)));
    }
    expect(lines.slice(1)).toEqual(['app:6', 'app:7', 'app:9', 'app:10', 'app:11']);
    await c.move('stepBack', { threadId: 1 });
    expect(await c.stack(1)).toEqual(['app:10']);
    await c.move('stepIn', { threadId: 1 });
    expect((await c.stack(1)).length).toBeGreaterThan(1);
    await c.move('stepOut', { threadId: 1 });
    expect(await c.stack(1)).toEqual(['app:10']);
  });

  it('ends with continue at the end, after its summary', async () => {
    const c = client();
    await c.start({ stopAtFirstFault: false });
    expect(c.console.join('\n')).toContain('app exited with 0');
    expect(c.console.at(-1)).toBe('All 2 expectations held.');
    const from = c.received.length;
    await c.request('continue', { threadId: 1 });
    await c.event('terminated', from);
    await c.request('disconnect', {});
    expect(c.closed).toBe(true);
  });

  it('restarts with its breakpoints', async () => {
    const c = client();
    await c.start({}, () => c.request('setBreakpoints', { source: { path }, breakpoints: [{ line: 8 }] }));
    expect(await c.stack(1)).toEqual(['app:9']);
    await c.move('continue', { threadId: 1 });
    expect(await c.move('restart', {})).toMatchObject({ reason: 'breakpoint' });
    expect(await c.stack(1)).toEqual(['app:9']);
  });

  it('answers before it sends the events that the request causes', async () => {
    const c = client();
    await c.start();
    const from = c.received.length;
    await c.move('next', { threadId: 1 });
    const order = c.received
      .slice(from)
      .map((m) => (m.type === 'response' ? 'response' : (m as { event: string }).event));
    expect(order.indexOf('response')).toBe(0);
    expect(order).toContain('stopped');
  });

  /** What a run without debugging prints as failures, and its exit code. */
  async function withoutDebugging(scenario: string) {
    const c = client(scenario);
    await c.request('initialize', { adapterID: 'hmm' });
    await c.request('launch', { program: path, noDebug: true });
    await functions(c, { name: 'page_fault' })();
    await c.request('configurationDone', {});
    await c.event('terminated');
    const events = c.received.filter((m): m is Dap.Event => m.type === 'event');
    expect(events.map(({ event }) => event)).not.toContain('stopped');
    return {
      errors: events.filter(({ body }) => body?.category === 'stderr').map(({ body }) => body.output.trim()),
      exitCode: events.find(({ event }) => event === 'exited')?.body.exitCode,
    };
  }

  it('runs without debugging to the end, with the exit code of the command line', async () => {
    expect(await withoutDebugging(text)).toEqual({ errors: [], exitCode: 0 });
    const failed = await withoutDebugging(text.replace('gpu0.used == 0', 'gpu0.used == 5'));
    expect(failed.exitCode).toBe(1);
    expect(failed.errors).toContainEqual(expect.stringMatching(/^line 14: expected gpu0.used == 5, found 0/));
    expect(failed.errors.at(-1)).toBe('1 of 2 expectations failed.');
    const killed = await withoutDebugging(
      text.replace('read buf[3]', 'gpu0 fail migrate_to_ram; read buf[3]'),
    );
    expect(killed.exitCode).toBe(1);
    expect(killed.errors).toContainEqual(
      expect.stringMatching(/SIGBUS .* ended app; 2 expectations after it not reached/),
    );
    const waits = text.replace('    read buf[1]', '    thread A { barrier never of 3 }\n    join A');
    expect((await withoutDebugging(waits)).exitCode).toBe(1);
  });

  it('logs what happens, once until it lies ahead again, linked to its line', async () => {
    const c = client();
    await c.start({ stopAtFirstFault: false });
    const count = c.console.length;
    const faults = c.console.filter((line) => line.includes('callback migrate_to_ram'));
    expect(faults).toHaveLength(2);
    const told = (lines: readonly string[]) => lines.filter((line) => /^\d+ /.test(line));
    await c.move('reverseContinue', { threadId: 1 });
    await c.move('continue', { threadId: 1 });
    const [mark, ...again] = c.console.slice(count).filter((line) => /^(\d|Back)/.test(line));
    const time = Number(/^Back at time (\d+): what is told above/.exec(mark ?? '')?.[1]);
    const ahead = told(c.console.slice(0, count)).filter((line) => Number.parseInt(line, 10) >= time);
    expect(again).toEqual(ahead);
    const { events } = await c.request('hmm/events', {});
    expect(events.map(({ text }) => text)).toEqual(told(c.console.slice(0, count)));
    const output = c.received.find(
      (m) => m.type === 'event' && JSON.stringify(m).includes('callback migrate_to_ram'),
    );
    const moment = expect.stringMatching(/^hmm-time:\/\d+\//);
    expect(output).toMatchObject({ body: { source: { path: moment }, line: 10 } });
  });
});

describe('what the editor asks of a stop', () => {
  it('keeps references from stop to stop', async () => {
    const c = client();
    await c.start();
    const references = async () =>
      (await c.request('scopes', { frameId: await c.topFrame(1) })).scopes.map((s) => [
        s.name,
        s.variablesReference,
      ]);
    const before = await references();
    await c.move('next', { threadId: 1 });
    expect(await references()).toEqual(before);
  });

  it('pages a large buffer', async () => {
    const c = client(text.replace('64KiB', '64MiB'));
    await c.start({ stopAtFirstFault: false }, () =>
      c.request('setBreakpoints', { source: { path }, breakpoints: [{ line: 10 }] }),
    );
    const { buf } = await c.scope(1, 'Locals');
    expect(buf).toMatchObject({ indexedVariables: 16384 });
    const page = await c.request('variables', {
      variablesReference: buf?.variablesReference ?? 0,
      start: 16300,
      count: 3,
      filter: 'indexed',
    });
    expect(page.variables.map(({ name }) => name)).toEqual(['[16300]', '[16301]', '[16302]']);
    const first = await c.request('variables', {
      variablesReference: buf?.variablesReference ?? 0,
      start: 0,
      count: 2,
      filter: 'indexed',
    });
    expect(first.variables[0]?.value).toContain('device-private');
  });

  it('evaluates and completes expressions', async () => {
    const c = client();
    await c.start();
    const frameId = await c.topFrame(1);
    const value = async (expression: string) =>
      (await c.request('evaluate', { expression, frameId, context: 'watch' })).result;
    expect(await value('buf[0..4].page.zone == Device')).toBe('true');
    expect(await value('gpu0.used')).toBe('4');
    expect(await value('device')).toMatch(/^gpu0: type private, used \d+, total 16384$/);
    expect(await value('why buf[1]')).toMatch(
      /^buf\[1\] is in the memory of gpu0 .* migrated by app at time \d+\.$/,
    );
    const { targets } = await c.request('completions', { text: 'page.ref', column: 9, frameId });
    expect(targets.map(({ label }) => label)).toEqual(['refcount', 'referenced']);
    const all = await c.request('completions', { text: 'gp', column: 3, frameId });
    expect(all.targets.map(({ label }) => label)).toEqual(['gpu0']);
  });

  it('gives the listings as sources, and binds breakpoints in them', async () => {
    const c = client();
    await c.start();
    const { stackFrames } = await c.request('stackTrace', { threadId: 1 });
    const frame = stackFrames.find(({ name }) => name === 'do_swap_page');
    expect(frame?.source?.path).toBe('hmm-kernel:/6.12/mm/memory.c/do_swap_page');
    const { content } = await c.request('source', { source: frame?.source ?? {}, sourceReference: 0 });
    expect(content.split('\n')[0]).toMatch(/^do_swap_page\(/);
    const { breakpoints } = await c.request('setBreakpoints', {
      source: frame?.source ?? {},
      breakpoints: [{ line: 1 }],
    });
    expect(breakpoints[0]).toMatchObject({ verified: true });
    await c.move('continue', { threadId: 1 });
    expect((await c.stack(1))[0]).toBe(`do_swap_page:${breakpoints[0]?.line}`);
    expect((await c.request('loadedSources', {})).sources.length).toBeGreaterThan(50);
  });

  it('shows the page tables level by level, marking what has changed', async () => {
    const c = client();
    await c.start({}, () =>
      c.request('setBreakpoints', { source: { path }, breakpoints: [{ line: 10 }, { line: 11 }] }),
    );
    const leaves = async () => {
      const found: Record<string, { entry?: string; device?: string; changed: boolean }> = {};
      const walk = async (parent?: string): Promise<void> => {
        const { nodes } = await c.request('hmm/pageTables', parent === undefined ? {} : { parent });
        for (const node of nodes) {
          if (node.level === 'pte') found[node.label] = node;
          if (node.hasChildren) await walk(node.id);
        }
      };
      await walk();
      return found;
    };
    expect((await leaves())['buf[1]']).toMatchObject({ entry: 'device-private', device: 'gpu0' });
    await c.move('continue', { threadId: 1 });
    const after = await leaves();
    expect(after['buf[1]']).toMatchObject({ entry: 'present', changed: true });
    expect(after['buf[0]']).toMatchObject({ entry: 'device-private', changed: false });
  });

  it('shows zones, devices and pending faults', async () => {
    const c = client();
    await c.start();
    const { nodes } = await c.request('hmm/zones', {});
    const device = nodes[0]?.zones.find(({ name }) => name === 'Device');
    expect(device?.counters.find(({ name }) => name === 'present')?.value).toBe(0);
    expect((await c.request('hmm/devices', {})).devices[0]).toMatchObject({
      name: 'gpu0',
      used: 4,
      type: 'private',
    });
    expect((await c.request('hmm/pendingFaults', {})).faults).toMatchObject([
      { kind: 'cpu', task: 'app', place: 'buf[1]', access: 'read' },
    ]);
  });
});

describe('several tasks', () => {
  const threads = `profile 6.12
device gpu0 private 64MiB driver dmirror
schedule seed 3

process app {
    buf = mmap 64KiB anon rw
    write buf[0..4] = 0x11
    thread A cpu 0 {
        repeat 3 { read buf[0..4] }
    }
    thread B cpu 1 {
        repeat 2 { migrate buf[0..4] to gpu0 }
    }
    join A
    join B
    munmap buf
}
`;
  /** The callbacks of a run to its end, in order. */
  async function callbacks(c: Client, args: { schedule?: string }): Promise<string[]> {
    await c.start({ ...args, stopAtFirstFault: false });
    return c.console.filter((line) => line.includes('callback')).map((line) => line.replace(/^\d+ /, ''));
  }

  it('runs again under the schedule that ran', async () => {
    const first = client(threads);
    const seen = await callbacks(first, {});
    const { schedule } = await first.request('hmm/schedule', {});
    expect(schedule).toMatch(/^\w+(\*\d+)?( \w+(\*\d+)?)+$/);
    expect(await callbacks(client(threads), { schedule })).toEqual(seen);
    expect(seen.length).toBeGreaterThan(3);
  });

  it('begins a timeline where only one task is made to run, and goes back to the first', async () => {
    const c = client(threads);
    await c.start({}, functions(c, { name: 'migrate_vma_setup' }));
    const tasks = await c.threads();
    expect(tasks.map(({ name }) => name)).toEqual(['app', 'app.A', 'app.B']);
    const { time } = await c.request('hmm/position', {});
    await c.move('continue', { threadId: 1 });
    await c.move('hmm/seek', { time: time - 5 });
    const threadId = tasks.find(({ name }) => name === 'app.B')?.id ?? 0;
    const stop = await c.move('hmm/runUntilBlocks', { threadId });
    expect(stop.threadId).toBe(threadId);
    expect(await c.request('hmm/position', {})).toMatchObject({ timeline: 1 });
    await c.move('hmm/seek', { time, timeline: 0 });
    expect(await c.request('hmm/position', {})).toMatchObject({ timeline: 0, time });
  });
});
