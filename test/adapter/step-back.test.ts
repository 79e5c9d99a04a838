import { describe, expect, it } from 'vitest';
import { Client } from './client';

const TEXT = `process app {
    buf = mmap 64KiB
    thread A {
        read buf[0]
        read buf[1]
    }
    join A
    write buf = 1
    print "x"
    print "y"
}
`;
const APP = 1;

/** A session that has run to the end. */
async function ended(): Promise<Client> {
  const client = new Client(new Map([['/a.hmm', TEXT]]));
  await client.start({ stopAtFirstFault: false });
  return client;
}

async function threadA(client: Client): Promise<number> {
  const threads = await client.threads();
  return threads.find(({ name }) => name.startsWith('app.A'))?.id ?? -1;
}

const timeOf = async (client: Client): Promise<number> => (await client.request('hmm/position', {})).time;

describe.each(['stepBack', 'hmm/reverseStepOut'] as const)('%s', (move) => {
  it('at the end goes to the last thing the task began, and on from there', async () => {
    const client = await ended();
    const lines: string[] = [];
    for (let i = 0; i < 4; i++) {
      await client.move(move, { threadId: APP });
      lines.push((await client.stack(APP)).at(-1) ?? '');
    }
    expect(lines).toEqual(['app:11', 'app:10', 'app:9', 'app:8']);
  });

  it('is undone by a step forwards', async () => {
    const client = await ended();
    const end = await timeOf(client);
    await client.move(move, { threadId: APP });
    expect(await timeOf(client)).toBeLessThan(end);
    const stop = await client.move('next', { threadId: APP });
    expect(stop.description).toBe('Paused at the end');
    expect(await timeOf(client)).toBe(end);
  });

  it('of a thread that has ended goes to its own last step', async () => {
    const client = await ended();
    const A = await threadA(client);
    await client.move('stepBack', { threadId: APP });
    await client.move(move, { threadId: A });
    expect(await client.stack(A)).toEqual(['A:6']);
    await client.move(move, { threadId: A });
    expect(await client.stack(A)).toEqual(['A:5']);
  });
});

describe('from the first statement of a thread', () => {
  it('a step back is the start of the run, as there is nothing before it', async () => {
    const client = await ended();
    const A = await threadA(client);
    for (let i = 0; i < 3; i++) await client.move('stepBack', { threadId: A });
    expect(await client.stack(A)).toEqual(['A:4']);
    const stop = await client.move('stepBack', { threadId: A });
    expect(stop.text).toBe('This is the start of the run.');
  });
});
