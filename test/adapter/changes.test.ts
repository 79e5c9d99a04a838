import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { describe, expect, it } from 'vitest';
import { Client } from './client';

const path = '/scenarios/changes.hmm';
const text = `profile 6.12
device gpu0 private 64MiB
process app {
    buf = mmap 32KiB
    write buf[0..4] = 0x11
    migrate buf[0..4] to gpu0
    read buf[3] expect 0x11
    write buf[3] = 0x12
    write buf[3] + 5 = 0x13
}
`;
const two = text.replace('read buf[3]', 'fork child { write buf[3] = 0x99 }\n    read buf[3]');

/** Stopped at the first page_fault, which is about buf[3]. */
async function atFault(scenario = text): Promise<{ c: Client; frameId: number }> {
  const c = new Client(new Map([[path, scenario]]));
  await c.startAtFault('process == app and address == app.buf + 0x3000');
  return { c, frameId: await c.topFrame(1) };
}

const info = (c: Client, args: Dap.DataBreakpointInfoArguments) => c.request('dataBreakpointInfo', args);

/** Sets one data breakpoint as the client was told to. */
async function set(c: Client, args: Dap.DataBreakpointInfoArguments): Promise<Dap.Breakpoint | undefined> {
  const { dataId } = await info(c, args);
  const breakpoints = [{ dataId: dataId ?? '' }];
  return (await c.request('setDataBreakpoints', { breakpoints })).breakpoints[0];
}

const goOn = (c: Client) => c.move('continue', { threadId: 1 });
const goBack = (c: Client) => c.move('reverseContinue', { threadId: 1 });

async function scopeReference(c: Client, name: string): Promise<number> {
  const { scopes } = await c.request('scopes', { frameId: await c.topFrame(1) });
  return scopes.find((scope) => scope.name === name)?.variablesReference ?? 0;
}

describe('dataBreakpointInfo', () => {
  it('takes variables of This Page for the page that they show', async () => {
    const { c } = await atFault();
    const variablesReference = await scopeReference(c, 'This Page');
    const { dataId, description, accessTypes } = await info(c, { variablesReference, name: 'refcount' });
    expect(dataId).toMatch(/^pfn\(0x[0-9a-f]+\)\.refcount$/);
    expect(description).toBe(dataId);
    expect(accessTypes).toEqual(['write']);
  });

  it('takes an expression in a frame for what it means there', async () => {
    const { c, frameId } = await atFault();
    const of = async (name: string) => (await info(c, { name, frameId })).dataId;
    const { result } = await c.request('evaluate', { expression: 'address', frameId });
    expect(await of('pte(address)')).toBe(`pte(${result.replace(/^0x0+/, '0x')})`);
    expect(await of('buf[3]')).toBe('pte(buf[3])');
    expect(await of('buf[3].page.flags')).toBe('buf[3].page.flags');
    expect(await of('device.free')).toBe('gpu0.free');
  });

  it('takes an address, with as many bytes as a page has room for', async () => {
    const { c } = await atFault();
    const at = (name: string, bytes?: number) =>
      info(c, { name, asAddress: true, ...(bytes === undefined ? {} : { bytes }) });
    expect((await at('0x7f0000003000')).dataId).toBe('byte(0x7f0000003000)');
    expect((await at('0x7f0000003000', 8)).dataId).toBe('bytes(0x7f0000003000, 8)');
    expect(await at('0x7f0000003fff', 2)).toMatchObject({
      dataId: null,
      description: 'These bytes lie in two pages; watch each part.',
    });
    expect(await at('elsewhere')).toMatchObject({ dataId: null, description: 'elsewhere is no address.' });
  });

  it('says why something can’t be watched', async () => {
    const { c, frameId } = await atFault();
    const why = async (name: string) => {
      const { dataId, description } = await info(c, { name, frameId });
      expect(dataId).toBeNull();
      return description;
    };
    expect(await why('address')).toBe('`address` is a local of dmirror_devmem_fault: it ends with it.');
    expect(await why('buf')).toBe('`buf` never changes; its members do.');
    expect(await why('buf[3].page.refcoun')).toContain('did you mean `refcount`?');
  });

  it('names the process where there are several, and takes the name of one', async () => {
    const { c, frameId } = await atFault(two);
    expect((await info(c, { name: 'app: buf[3]', frameId })).dataId).toBe('app: pte(buf[3])');
    expect((await info(c, { name: 'nobody: buf[3]', frameId })).description).toBe(
      'There is no process nobody with memory.',
    );
    const { dataId } = await info(c, { name: 'buf[3].page', frameId });
    expect(dataId).toBe('app: buf[3].page');
  });
});

describe('a data breakpoint', () => {
  it('stops when the value changes, says so, and is hit backwards too', async () => {
    const { c, frameId } = await atFault();
    const breakpoint = await set(c, { name: 'byte(buf[3])', frameId });
    await c.request('setFunctionBreakpoints', { breakpoints: [] });
    const from = c.received.length;
    const stop = await goOn(c);
    expect(stop).toMatchObject({
      reason: 'data breakpoint',
      hitBreakpointIds: [breakpoint?.id],
      text: expect.stringMatching(/^byte\(buf\[3\]\) changed from 0x11 to 0x12 \(app in /),
    });
    const outputs = c.received
      .slice(from)
      .filter((m): m is Dap.OutputEvent => 'event' in m && m.event === 'output');
    expect(outputs.some(({ body }) => body.output === `${stop.text}\n`)).toBe(true);
    expect((await goOn(c)).text).toMatch(/^byte\(buf\[3\]\) changed from 0x12 to none/);
    expect(await goOn(c)).toMatchObject({ reason: 'pause', description: 'Paused at the end' });
    expect((await goBack(c)).text).toMatch(/^byte\(buf\[3\]\) changed from 0x12 to none/);
    expect(await goBack(c)).toMatchObject({ reason: 'data breakpoint', text: stop.text });
    expect((await goBack(c)).text).toMatch(/^byte\(buf\[3\]\) changed from 0x0 to 0x11/);
    expect((await goBack(c)).text).toMatch(/^byte\(buf\[3\]\) changed from none to 0x0/);
  });

  it('watches bytes of one process alone', async () => {
    const c = new Client(new Map([[path, two]]));
    const breakpoints = [{ dataId: 'app: bytes(buf[3], 6)' }];
    let stop = await c.start({ stopAtFirstFault: false }, () =>
      c.request('setDataBreakpoints', { breakpoints }),
    );
    const seen: (string | undefined)[] = [];
    for (; stop.reason === 'data breakpoint'; stop = await goOn(c)) seen.push(stop.text);
    expect(seen.map((words) => words?.replace(/^.* changed from (.*) \(.*/, '$1'))).toEqual([
      'none to 00 00 00 00 00 00',
      '00 00 00 00 00 00 to 11 00 00 00 00 00',
      '11 00 00 00 00 00 to 12 00 00 00 00 00',
      '12 00 00 00 00 00 to 12 00 00 00 00 13',
      '12 00 00 00 00 13 to none',
    ]);
  });

  it('outlives a restart', async () => {
    const { c, frameId } = await atFault();
    await set(c, { name: 'gpu0.free', frameId });
    await c.request('setFunctionBreakpoints', { breakpoints: [] });
    const stop = await c.move('restart', {});
    expect(stop.text).toMatch(/^gpu0\.free changed from 16384 to 16383/);
  });

  it('that is wrong is not verified, and says why', async () => {
    const { c } = await atFault();
    const { breakpoints } = await c.request('setDataBreakpoints', {
      breakpoints: [{ dataId: 'gpu1.free' }, { dataId: 'gpu0.free', condition: 'nothing' }],
    });
    expect(breakpoints.map(({ verified }) => verified)).toEqual([false, false]);
    expect(breakpoints[0]?.message).toContain('There is no `gpu1` here');
  });

  it('on reads is offered by nothing, and refused with the reason', async () => {
    const { c, frameId } = await atFault();
    const { accessTypes } = await c.request('dataBreakpointInfo', { name: 'gpu0.free', frameId });
    expect(accessTypes).toEqual(['write']);
    for (const accessType of ['read', 'readWrite'] as const) {
      const { breakpoints } = await c.request('setDataBreakpoints', {
        breakpoints: [{ dataId: 'gpu0.free', accessType }],
      });
      expect(breakpoints).toMatchObject([
        { verified: false, message: expect.stringMatching(/^Only changes/) },
      ]);
    }
  });
});

describe('last write and next write', () => {
  it('are words of the Debug Console', async () => {
    const { c, frameId } = await atFault();
    const say = async (expression: string) => {
      const from = c.received.length;
      const { result } = await c.request('evaluate', { expression, context: 'repl', frameId });
      const stop = (await c.event('stopped', from)).body as Dap.StoppedEvent['body'];
      return [result, stop.text];
    };
    const [answer, words] = await say('last write pte(buf[3])');
    expect(answer).toBe('To the last change of pte(buf[3]).');
    expect(words).toMatch(/^pte\(buf\[3\]\) changed from migration .* to device-private/);
  });

  it('are requests; what can’t be watched is refused before anything moves', async () => {
    const { c } = await atFault();
    expect(await c.move('hmm/nextWrite', { expression: 'gpu0.free' })).toMatchObject({
      text: expect.stringMatching(/^gpu0\.free changed from 16380 to 16381/),
    });
    await expect(c.request('hmm/lastWrite', { expression: 'buf' })).rejects.toThrow('never changes');
    expect(await c.request('hmm/watchable', { expression: 'buf[2]' })).toEqual({ expression: 'pte(buf[2])' });
  });
});
