/** What a person reads of a page that lives on a device, and of a callback's locals. */

import { expect, test } from 'vitest';
import { Client } from './client';

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

test('where no failure is injected, a normal fault shows none', async () => {
  const client = new Client(new Map([['/s.hmm', TEXT]]));
  const stop = await client.start();
  const threadId = stop.threadId ?? 1;
  await client.move('next', { threadId });
  await client.move('next', { threadId });
  const locals = await client.scope(threadId, 'Locals');
  expect(locals['injected']?.value).toBe('none');
  expect(locals['ret']?.value).toBe('0');
});
