import { describe, expect, it } from 'vitest';
import { CELL_CHANGED, CELL_MIXED, CELL_STATE, type PageTableNode } from '../../src/protocol';
import { AddressMap } from '../../src/views/address-map/model';
import { Client } from './client';

const path = '/scenarios/map.hmm';
const text = `profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 64 pages anon rw
    other = mmap 8 pages anon rw
    write buf[0..32] = 0x11
    migrate buf[0..8] to gpu0
    read other[2..4]
    mprotect other r
    read buf[3] expect 0x11
    fork child {
        munmap other
        read buf[5] expect 0x11
        exit 0
    }
    wait child
}
`;

async function stopped(condition: string): Promise<Client> {
  const c = new Client(new Map([[path, text]]));
  await c.startAtFault(condition);
  return c;
}

/** What each page of the map says, by its name. */
function said(map: AddressMap): Record<string, string> {
  const words: Record<string, string> = {};
  for (let i = 0; i < map.length; i++) {
    const cell = map.cell(i);
    if (cell !== undefined) words[map.nameOf(cell)] = cell.state?.label ?? 'none';
  }
  return words;
}

/** What Page Tables says of each page of a process that is mapped, runs opened. */
async function inPageTables(c: Client, process: string): Promise<Record<string, string>> {
  const words: Record<string, string> = {};
  const open = async (node: PageTableNode): Promise<void> => {
    if (node.level === 'pte') words[node.label] = node.description.split(' · ')[0] ?? '';
    else
      for (const child of (await c.request('hmm/pageTables', { parent: node.id })).nodes) await open(child);
  };
  const { nodes } = await c.request('hmm/pageTables', {});
  for (const node of nodes.filter(({ id }) => id === process)) await open(node);
  return words;
}

describe('the address map', () => {
  it.each(['address in buf[3..4]', 'address in buf[5..6]'])(
    'says of each page what its entry says, at %s',
    async (at) => {
      const c = await stopped(at);
      for (const process of (await c.request('hmm/addressMap', { most: 4096 })).processes) {
        const map = new AddressMap(await c.request('hmm/addressMap', { process, most: 4096 }));
        const mapped = Object.entries(said(map)).filter(([, state]) => state !== 'none');
        expect(Object.fromEntries(mapped)).toEqual(await inPageTables(c, process));
      }
    },
  );

  it('begins with the process whose fault is pending, names buffers, and marks the faulting page', async () => {
    const c = await stopped('address in buf[5..6]');
    const map = new AddressMap(await c.request('hmm/addressMap', { most: 4096 }));
    expect(map.result).toMatchObject({ process: 'child', processes: ['app', 'child'], pagesPerCell: 1 });
    expect(map.result.areas).toMatchObject([{ label: 'buf', firstPage: 0, note: 'rw-p', pages: 64 }]);
    const faulting = Array.from({ length: map.length }, (_, i) => map.cell(i)).filter(
      (cell) => cell?.faulting,
    );
    expect(faulting.map((cell) => cell && map.nameOf(cell))).toEqual(['buf[5]']);
    expect(map.runs(100).map(([name, state]) => `${name} ${state}`)).toEqual([
      'buf[0..3] gpu0 r-',
      'buf[3] RAM r-',
      'buf[4] gpu0 r-',
      'buf[5] gpu0 r-',
      'buf[6..8] gpu0 r-',
      'buf[8..32] RAM r-',
      'buf[32..64] nothing mapped',
    ]);
  });

  it('counts pages by state, and says which cells differ from the stop before', async () => {
    const c = await stopped('address in buf[3..4]');
    const before = await c.request('hmm/addressMap', { most: 4096 });
    const pages = Object.fromEntries(before.states.map(({ label, pages: count }) => [label, count]));
    expect(pages).toEqual({ 'gpu0 rw': 8, 'RAM rw': 24, 'zero page': 2 });
    await c.move('stepOut', { threadId: 1 });
    const map = new AddressMap(await c.request('hmm/addressMap', { most: 4096 }));
    const differ = Array.from({ length: map.length }, (_, i) => map.cell(i)).filter((cell) => cell?.changed);
    expect(differ.map((cell) => cell && map.describe(cell).split(' · ').slice(0, 2).join(' '))).toEqual([
      'buf[3] RAM rw',
    ]);
  });

  it('groups pages where more would be needed than asked for, and shows a part in full', async () => {
    const c = await stopped('address in buf[3..4]');
    const coarse = new AddressMap(await c.request('hmm/addressMap', { most: 20 }));
    expect(coarse.result.pagesPerCell).toBe(4);
    expect(coarse.length).toBe(18);
    const buffer = coarse.result.areas.findIndex(({ label }) => label === 'buf');
    const bytes = [...(coarse.cells[buffer] ?? [])];
    expect(bytes.map((byte) => coarse.result.states[(byte & CELL_STATE) - 1]?.label ?? '-').join(' ')).toBe(
      'gpu0 rw gpu0 rw RAM rw RAM rw RAM rw RAM rw RAM rw RAM rw - - - - - - - -',
    );
    expect(bytes.some((byte) => byte & (CELL_MIXED | CELL_CHANGED))).toBe(false);
    const cell = coarse.cell((coarse.firsts[buffer] ?? 0) + 1);
    if (cell === undefined) throw new Error('no such cell');
    const part = new AddressMap(await c.request('hmm/addressMap', { most: 20, ...coarse.rangeOf(cell) }));
    expect(Object.keys(said(part))).toEqual(['buf[4]', 'buf[5]', 'buf[6]', 'buf[7]']);
  });

  it('shows beside each part what the devices mirror of it, and where they differ', async () => {
    const c = await stopped('address in buf[3..4]');
    for (const _ of [1, 2]) {
      const map = new AddressMap(await c.request('hmm/addressMap', { most: 4096, mirrors: true }));
      const shown = Object.entries(said(map)).filter(
        ([name, state]) => name.includes("'s ") && state !== 'none',
      );
      const { mirrors } = await c.request('hmm/device', { device: 'gpu0' });
      const runs = mirrors.flatMap(({ runs: all }) => all);
      expect(runs.length).toBeGreaterThan(0);
      expect(shown.length).toBe(runs.reduce((sum, { pages }) => sum + pages, 0));
      const words = {
        read: 'the device may read',
        'read, write': 'the device may read and write',
        atomic: '',
      };
      for (const { address, pages, access, differs } of runs)
        for (let page = 0; page < pages; page++) {
          const at = Number(address) + page * 4096;
          const area = map.result.areas.findIndex(
            ({ mirror, start, pages: size }) =>
              mirror === 'gpu0' && at >= Number(start) && at < Number(start) + size * 4096,
          );
          const offset = (at - Number(map.result.areas[area]?.start)) / 4096;
          const cell = map.cell((map.firsts[area] ?? 0) + offset);
          const expected = `${words[access]}${differs === undefined ? '' : `, but ${differs}`}`;
          expect(cell?.state?.label).toBe(expected);
          expect(cell?.state?.differs ?? false).toBe(differs !== undefined);
        }
      await c.move('stepOut', { threadId: 1 });
    }
  });

  it('refuses what is no map in a sentence', async () => {
    const c = await stopped('address in buf[3..4]');
    const refused = async (args: object) => (await c.ask('hmm/addressMap', args as { most: number })).message;
    expect(await refused({ most: 0 })).toBe('A map has cells from 1 to 65536, not 0.');
    expect(await refused({ most: 1e9 })).toMatch(/1 to 65536/);
    expect(await refused({ most: 10, process: 'nobody' })).toBe('There is no process nobody with memory.');
    expect(await refused({ most: 10, from: 'x' })).toBe('x is no address.');
  });
});
