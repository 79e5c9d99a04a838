/** Whatever is asked of the adapter, the answer is a sentence and the session goes on. */

import { describe, expect, it } from 'vitest';
import { Client } from './client';
import { client, path, text } from './two-pages';

describe('bad input', () => {
  it.each([
    ['an unknown request', 'hop', {}, 'There is no request hop.'],
    ['a request before launch', 'stackTrace', { threadId: 1 }, 'No scenario has been launched yet.'],
  ])('%s gets one sentence', async (_, command, args, message) => {
    const c = client();
    const response = await c.ask(command as 'stackTrace', args as { threadId: number });
    expect(response).toMatchObject({ success: false, message });
  });

  it.each([
    ['variables', { variablesReference: 4711 }, 'There are no variables with reference 4711.'],
    ['scopes', { frameId: 99 }, 'There is no frame 99.'],
    ['stackTrace', { threadId: 7 }, 'There is no thread 7.'],
    ['next', { threadId: 7 }, 'There is no thread 7.'],
    ['evaluate', { expression: 'bof[1]' }, 'There is no `bof` here; did you mean `buf`?'],
    [
      'source',
      { sourceReference: 0, source: { path: 'hmm-kernel:/no' } },
      'There is no source hmm-kernel:/no.',
    ],
    ['exceptionInfo', { threadId: 1 }, 'The session has not stopped on an exception.'],
  ])('%s with a bad reference: the session survives', async (command, args, message) => {
    const c = client();
    await c.start();
    const response = await c.ask(command as 'next', args as { threadId: number });
    expect(response).toMatchObject({ success: false, message });
    expect((await c.stack(1)).length).toBeGreaterThan(1);
  });

  it('says what is wrong with a scenario or a configuration', async () => {
    const bad = client('process app {\n    raed buf\n}\n');
    const response = await bad.ask('launch', { program: path });
    expect(response.success).toBe(false);
    expect(response.message).toMatch(/two\.hmm:2:5: /);
    expect((await client().ask('launch', { program: '/none.hmm' })).message).toBe(
      "The scenario /none.hmm can't be read.",
    );
    expect((await client().ask('launch', { program: path, profile: '2.4' })).message).toContain(
      'There is no profile 2.4',
    );
    expect((await client().ask('launch', { program: path, schedule: 'ap*2' })).message).toContain(
      'did you mean `app`',
    );
    const binary = new Client(new Map([[path, new Uint8Array([0, 1, 2])]]));
    expect((await binary.ask('launch', { program: path })).message).toContain('is not a text file');
  });

  it('pauses and disconnects within 100 ms while a scenario loops for ever', async () => {
    const c = client(text.replace('    munmap buf', '    loop {\n        write buf[0] = 1\n    }'));
    await c.request('initialize', { adapterID: 'hmm' });
    await c.request('launch', { program: path, stopAtFirstFault: false });
    await c.request('configurationDone', {});
    const took: number[] = [];
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      const asked = performance.now();
      expect(await c.move('pause', { threadId: 1 })).toMatchObject({ reason: 'pause' });
      took.push(performance.now() - asked);
      await c.request('continue', { threadId: 1 });
    }
    // The middle one: the machine that runs this may have other things to do now and then.
    expect(took.sort((x, y) => x - y)[2]).toBeLessThan(100);
    expect(c.console.length).toBeLessThan(5500);
    const again = performance.now();
    await c.request('disconnect', {});
    expect(performance.now() - again).toBeLessThan(100);
    expect(c.closed).toBe(true);
  });

  it('stops on a failed expect, with what was expected and found', async () => {
    const c = client(text.replace('gpu0.used == 0', 'gpu0.used == 5'));
    expect(await c.start({ stopAtFirstFault: false })).toMatchObject({ reason: 'exception' });
    const info = await c.request('exceptionInfo', { threadId: 1 });
    expect(info.exceptionId).toBe('expect');
    expect(info.description).toMatch(/gpu0\.used/);
  });

  it('stops on SIGBUS where asked, forwards and backwards', async () => {
    const c = client(
      text.replace(
        '    read buf[1]',
        '    gpu0 fail migrate_to_ram\n    read buf[1] expect SIGBUS\n    gpu0 repair',
      ),
    );
    const filterOptions = [{ filterId: 'sigbus', condition: 'address in buf[1..2]' }];
    const first = await c.start({ stopAtFirstFault: false }, () =>
      c.request('setExceptionBreakpoints', { filters: [], filterOptions }),
    );
    expect(first).toMatchObject({ reason: 'exception', text: expect.stringContaining('SIGBUS') });
    const { time } = await c.request('hmm/position', {});
    await c.move('continue', { threadId: 1 });
    expect(await c.move('reverseContinue', { threadId: 1 })).toMatchObject({ reason: 'exception' });
    expect((await c.request('hmm/position', {})).time).toBe(time);
  });
});
