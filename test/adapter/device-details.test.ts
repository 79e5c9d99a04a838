/** What a driver knows of its device: its table for each process beside the CPU's, its free list. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inProject } from '../tools/project';
import { Client } from './client';

const open = (text: string) => new Client(new Map([['/s.hmm', text]]));

const MAPPED = `device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap 32KiB anon rw
    write buf = 0x11
    gpu0 read buf[0..4]
    migrate buf[4..6] to gpu0
    gpu0 write buf[4..6] = 1
    read buf[5]
}
`;

test("the mirror has runs of like entries, which agree with the CPU's table", async () => {
  const client = open(MAPPED);
  await client.start();
  const { mirrors, untouched, faults } = await client.request('hmm/device', { device: 'gpu0' });
  expect(mirrors).toHaveLength(1);
  expect(mirrors[0]?.process).toBe('app');
  expect(mirrors[0]?.runs.map(({ place, access, differs }) => ({ place, access, differs }))).toEqual([
    { place: 'buf[0..4]', access: 'read, write', differs: undefined },
    { place: 'buf[4..6]', access: 'read, write', differs: undefined },
  ]);
  expect(untouched).toBe(16384 - 2);
  expect(faults).toEqual([]);
});

test('a page that has come back is first on the free list', async () => {
  const client = open(MAPPED);
  await client.start({ stopAtFirstFault: false });
  const { mirrors, freeList } = await client.request('hmm/device', { device: 'gpu0' });
  expect(mirrors).toEqual([]);
  expect(freeList).toHaveLength(2);
});

test("an entry that the CPU's table no longer bears out is marked", async () => {
  const path = inProject('scenarios', 'races', 'stale-device-mapping.hmm');
  const client = open(readFileSync(path, 'utf8'));
  await client.start();
  const { mirrors } = await client.request('hmm/device', { device: 'gpu0' });
  expect(mirrors.flatMap(({ runs }) => runs.map(({ differs }) => differs))).toContain(
    'the CPU has another page',
  );
});

test('an unknown device is named', async () => {
  const client = open(MAPPED);
  await client.start();
  await expect(client.request('hmm/device', { device: 'gpu1' })).rejects.toThrow('There is no device gpu1');
});
