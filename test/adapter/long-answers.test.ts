import { describe, expect, it } from 'vitest';
import { Client } from './client';

const ENDLESS = `process app {
    buf = mmap 64KiB
    thread A { loop { read buf[0] } }
    loop { write buf = 1 }
}
`;
const SCHEDULE = { expression: 'schedule', context: 'repl' } as const;

/** A session that stands far from its start. */
async function farAway(time: number, schedule: string): Promise<Client> {
  const client = new Client(new Map([['/a.hmm', `schedule ${schedule}\n${ENDLESS}`]]));
  await client.start({ stopOnEntry: true });
  await client.move('hmm/seek', { time });
  return client;
}

describe('a long answer', () => {
  it.each(['pause', 'cancel'] as const)(
    'is given up for %s, and the session stands where it stood',
    async (how) => {
      const client = await farAway(1_000_000, 'seed 3');
      const answer = client.ask('evaluate', SCHEDULE);
      const after = client.ask(how, how === 'pause' ? { threadId: 1 } : {});
      expect(await answer).toMatchObject({ success: false, message: 'This was given up.' });
      expect(await after).toMatchObject({ success: true });
      expect((await client.request('hmm/position', {})).time).toBe(1_000_000);
      expect((await client.request('evaluate', { expression: 'time' })).result).toBe('1000000');
    },
  );

  it('is given up in the middle, too', async () => {
    const client = await farAway(1_000_000, 'seed 3');
    const answer = client.ask('evaluate', SCHEDULE);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await client.ask('pause', { threadId: 1 });
    const { success, message } = await answer;
    if (!success) expect(message).toBe('This was given up.');
    expect((await client.request('hmm/position', {})).time).toBe(1_000_000);
  });

  it('says where a schedule was cut', async () => {
    const client = await farAway(1_500_000, 'seed 3');
    const { result } = await client.request('evaluate', SCHEDULE);
    expect(result).toMatch(/^\w+(\*\d+)? .* # cut after 100000 turns$/);
    expect((await client.request('hmm/position', {})).time).toBe(1_500_000);
  });

  it('of a short schedule is whole', async () => {
    const client = await farAway(40, 'A*3 app');
    expect((await client.request('evaluate', SCHEDULE)).result).toMatch(/^\w+(\*\d+)?( \w+(\*\d+)?)*$/);
  });
});
