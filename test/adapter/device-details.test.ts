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

test("a device's own entry of an address is an expression", async () => {
  const client = open(MAPPED);
  await client.start();
  const ask = async (expression: string): Promise<string> =>
    (await client.request('evaluate', { expression, context: 'repl' })).result;
  expect(await ask('gpu0.mirror(buf[3])')).toMatch(/^read, write, pfn 0x[0-9a-f]+/);
  expect(await ask('gpu0.mirror(buf[3]).access')).toBe('read, write');
  expect(await ask('gpu0.mirror(buf[3]).write')).toBe('true');
  expect(await ask('gpu0.mirror(buf[3]).page.pfn == buf[3].page.pfn')).toBe('true');
  expect(await ask('gpu0.mirror(buf[3]).differs')).toBe('none');
  expect(await ask('gpu0.mirror(buf[7])')).toBe('none');
  expect(await ask('gpu0.mirror(buf + 3 * 4KiB).access')).toBe('read, write');
  for (const [wrong, why] of [
    ['gpu0.mirror', /takes an address: `mirror\(buf\[3\]\)`/],
    ['gpu0.miror(buf[3])', /has no function `miror`; did you mean `mirror`/],
    ['gpu0.mirror()', /`mirror` takes one address/],
    ['gpu0.mirror(gpu0)', /`mirror` takes one address/],
    ['buf[3].page.mirror(buf)', /page has no function `mirror`/],
  ] as const)
    await expect(ask(wrong), wrong).rejects.toThrow(why);
  const { targets } = await client.request('completions', { text: 'gpu0.mi', column: 8 });
  expect(targets.map(({ label }) => label)).toEqual(['mirror']);
});

test("an expression finds in what a device's entry differs", async () => {
  const path = inProject('scenarios', 'races', 'stale-device-mapping.hmm');
  const client = open(readFileSync(path, 'utf8'));
  await client.start();
  const { mirrors } = await client.request('hmm/device', { device: 'gpu0' });
  const stale = mirrors[0]?.runs.find(({ differs }) => differs !== undefined);
  const expression = `gpu0.mirror(${stale?.address}).differs`;
  const { result } = await client.request('evaluate', { expression, context: 'repl' });
  expect(result).toBe(stale?.differs);
});
