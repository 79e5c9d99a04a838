/** What a person reads of a page that lives on a device, and of a callback's locals. */

import { expect, test } from 'vitest';
import { Client } from './client';

const evaluate = async (client: Client, expression: string) =>
  client.request('evaluate', { expression, frameId: await client.topFrame(1), context: 'watch' });

const TEXT = `device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap 16KiB anon rw
    write buf = 0x11 rising
    migrate buf to gpu0
    read buf[2]
}
`;

test("a device page's contents are its real bytes, and zone_device_data leads to what holds them", async () => {
  const client = new Client(new Map([['/s.hmm', TEXT]]));
  await client.start();
  const page = await client.scope(1, 'This Page');
  expect(page['contents']?.value).toMatch(/^(every byte|byte 0) 0x13/);
  expect(page['zone_device_data']?.value).toMatch(/^its backing, pfn 0x/);
  const backing = await client.children(page['zone_device_data']?.variablesReference ?? 0);
  expect(backing['contents']?.value).toMatch(/^(every byte|byte 0) 0x13/);
  const { data } = (await client.request('readMemory', {
    memoryReference: page['contents']?.memoryReference ?? '',
    count: 1,
  })) ?? { data: '' };
  expect(Buffer.from(data ?? '', 'base64')).toEqual(Buffer.from([0x13]));
});

test.each([
  ['4.14', 1],
  ['6.12', 0],
])('under Linux %s each reference of a device page that is touched is named', async (profile, base) => {
  const client = new Client(new Map([['/s.hmm', `profile ${profile}\n${TEXT}`]]));
  const { threadId = 1 } = await client.start();
  const page = await client.scope(threadId, 'This Page');
  expect(page['mapped at']?.value).toMatch(/^app buf\[2\] 0x/);
  const holders = await client.children(page['refcount']?.variablesReference ?? 0);
  expect(holders['PTE (device-private) of app: buf[2]']?.value).toMatch(
    /^1, it was migrated by app at time \d+$/,
  );
  expect(holders).not.toHaveProperty('unknown');
  expect(Object.keys(holders).filter((name) => name.startsWith('ZONE_DEVICE'))).toHaveLength(base);
});

test('where no failure is injected, a normal fault shows none', async () => {
  const client = new Client(new Map([['/s.hmm', TEXT]]));
  const stop = await client.start();
  const threadId = stop.threadId ?? 1;
  await client.move('next', { threadId });
  await client.move('next', { threadId });
  const locals = await client.scope(threadId, 'Locals');
  expect(locals['injected']?.value).toBe('none');
  expect(locals['ret']?.value).toBe('not set');
  expect((await evaluate(client, 'ret')).result).toBe('not set');
});

test('a local that was given 0 is 0, and what a routine returned is shown where it returned to', async () => {
  const client = new Client(new Map([['/s.hmm', TEXT]]));
  const { threadId = 1 } = await client.start();
  await client.move('stepOut', { threadId });
  const locals = await client.scope(threadId, 'Locals');
  expect(Object.keys(locals)[0]).toBe('dmirror_devmem_fault()');
  expect(locals['dmirror_devmem_fault()']?.value).toBe('0');
  expect(locals['ret']?.value).toBe('0');
  await client.move('hmm/stepBackOne', { threadId });
  expect(await client.scope(threadId, 'Locals')).not.toHaveProperty('dmirror_devmem_fault()');
  await client.move('next', { threadId });
  expect(await client.scope(threadId, 'Locals')).toHaveProperty('dmirror_devmem_fault()');
  await client.move('next', { threadId });
  expect(await client.scope(threadId, 'Locals')).not.toHaveProperty('dmirror_devmem_fault()');
});

test('what a failed callback returned is shown by its names', async () => {
  const failing = TEXT.replace('    read', '    gpu0 fail migrate_to_ram\n    read');
  const client = new Client(new Map([['/s.hmm', failing]]));
  const { threadId = 1 } = await client.start();
  await client.move('stepOut', { threadId });
  const locals = await client.scope(threadId, 'Locals');
  expect(locals['dmirror_devmem_fault()']?.value).toBe('VM_FAULT_SIGBUS');
});

test('the machine is in Variables for clients without views of it, and only there', async () => {
  const names = async (clientID: string): Promise<string[]> => {
    const client = new Client(new Map([['/s.hmm', TEXT]]));
    client.clientID = clientID;
    const { threadId = 1 } = await client.start();
    const { scopes } = await client.request('scopes', { frameId: await client.topFrame(threadId) });
    return scopes.map(({ name }) => name);
  };
  const own = ['Locals', 'This Page', 'Locks Held'];
  expect(await names('vscode')).toEqual(own);
  expect(await names('emacs')).toEqual([...own, 'Pending Faults', 'Zones', 'Devices', 'Address Space']);
});
