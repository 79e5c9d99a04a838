import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MmRow, type Vpn, vaOf, vpnOf } from '../../src/engine/machine/ids';
import { PROFILE_NAMES } from '../../src/engine/profiles';
import type { FlowBlock, PageFlowResult } from '../../src/protocol';
import { deviceOfPage, pageAt, showAddress } from '../../src/view/environment';
import { COLUMNS, sorted } from '../../src/views/page-flow/columns';
import { Client } from './client';

const path = '/scenarios/flow.hmm';
const most = 100;
const START = 0x1000000000;
/** More than 2 MiB, so that there are two blocks; what happens is near the boundary. */
const PAGES = 520;
const EDGE = 508;
const UNTIL = 516;

const scenario = (profile: string, lines: readonly string[]) => `profile ${profile}
device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap ${PAGES} pages anon rw at ${START}
    ${lines.join('\n    ')}
}
`;

const open = (text: string): Client => new Client(new Map([[path, text]]));

const index = fc.integer({ min: EDGE, max: UNTIL - 1 });
const range = fc.tuple(index, index).map(([a, b]) => `buf[${Math.min(a, b)}..${Math.max(a, b) + 1}]`);
const statement = fc.oneof(
  range.map((part) => `write ${part} = 1`),
  range.map((part) => `migrate ${part} to gpu0`),
  index.map((i) => `read buf[${i}]`),
  index.map((i) => `write buf[${i}] = 2`),
);
const program = fc.array(statement, { minLength: 1, maxLength: 12 });

/** Where the pages of the buffer are: 0 nowhere, 1 in system memory, 2 on the device; by the machine itself. */
function places(c: Client): number[] {
  const { world } = c.adapter.session.debuggee;
  const { kernel: k } = world;
  const [mm] = [...k.mm.mms.rows()] as MmRow[];
  return Array.from({ length: UNTIL - EDGE }, (_, i) => {
    const page = mm === undefined ? 0 : pageAt(k, mm, (vpnOf(START) + EDGE + i) as Vpn);
    if (page === 0) return 0;
    return deviceOfPage(k, page) === 0 ? 1 : 2;
  });
}

interface Counted {
  toDevice: number;
  toSystem: number;
}

/** What must have moved between two moments outside of a migration. */
function count(before: readonly number[], after: readonly number[], blocks: Counted[]): void {
  for (const [i, place] of after.entries()) {
    const block = blocks[EDGE + i < 512 ? 0 : 1];
    if (block === undefined || place === before[i]) continue;
    if (place === 2) block.toDevice++;
    if (place === 1 && before[i] === 2) block.toSystem++;
  }
}

const blockOf = ({ blocks }: PageFlowResult, first: boolean): FlowBlock | undefined =>
  blocks.find(({ address }) => Number(address) < START + 512 * 4096 === first);

const countedOf = (block: FlowBlock | undefined): Counted => ({
  toDevice: block?.toDevice ?? 0,
  toSystem: block?.toSystem ?? 0,
});

describe.each(PROFILE_NAMES)('page flow under %s', (profile) => {
  it('counts the moves that the machine has made at each line, and the same on the way back', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (lines) => {
        const c = open(scenario(profile, lines));
        await c.start({ stopOnEntry: true });
        const expected: Counted[] = [
          { toDevice: 0, toSystem: 0 },
          { toDevice: 0, toSystem: 0 },
        ];
        const seen: Counted[][] = [];
        let before = places(c);
        for (let line = 0; line < lines.length + 1; line++) {
          await c.move('next', { threadId: 1 });
          const after = places(c);
          count(before, after, expected);
          before = after;
          const flow = await c.request('hmm/pageFlow', { most });
          seen.push([true, false].map((first) => countedOf(blockOf(flow, first))));
          expect(seen.at(-1)).toEqual(expected);
        }
        for (const past of seen.slice(0, -1).reverse()) {
          await c.move('stepBack', { threadId: 1 });
          const flow = await c.request('hmm/pageFlow', { most });
          expect([true, false].map((first) => countedOf(blockOf(flow, first)))).toEqual(past);
        }
      }),
      { numRuns: 8 },
    );
  });
});

const pingPong = scenario('6.12', [
  'write buf[0..4] = 1',
  'migrate buf[0..4] to gpu0',
  'read buf[1]',
  'migrate buf[1] to gpu0',
  'read buf[1]',
  'write buf[3] = 2',
  'print 0',
]);

async function ranTo(text: string, lines: number): Promise<Client> {
  const c = open(text);
  await c.start({ stopOnEntry: true });
  for (let line = 0; line <= lines; line++) await c.move('next', { threadId: 1 });
  return c;
}

describe('page flow', () => {
  it('tells ping-pong, faults by their cause, and where the pages spent their time', async () => {
    const c = await ranTo(pingPong, 7);
    const flow = await c.request('hmm/pageFlow', { most });
    expect(flow.blocks).toHaveLength(1);
    // buf[1] came home, went out again and came home: three times back to where it had been; buf[3] came home once.
    expect(flow.blocks[0]).toMatchObject({
      name: 'buf[0..4]',
      process: 'app',
      address: showAddress(vaOf(vpnOf(START))),
      toDevice: 5,
      toSystem: 3,
      cpuFaults: 4 + 3,
      migrateToRam: 3,
      deviceFaults: 0,
      pingPong: (3 + 1) / 4,
    });
    expect(flow.blocks[0]?.onDevice).toBeGreaterThan(0.5);
    expect(flow.blocks[0]?.onDevice).toBeLessThan(1);
    const arrows = flow.arrows.map(({ label, weight }) => [label, weight]);
    expect(arrows).toEqual([
      ['5 pages', 1],
      ['3 pages', 3 / 5],
    ]);
    expect(flow.summary).toBe('8 moves of pages, 4 of them back to where the page had been.');
  });

  it('has pages that went to the device before they were written come from nowhere', async () => {
    const c = await ranTo(scenario('6.12', ['migrate buf[0..3] to gpu0', 'print 0']), 2);
    const { boxes, arrows } = await c.request('hmm/pageFlow', { most });
    expect(boxes.map(({ title }) => title)).toEqual(['not yet written', 'gpu0']);
    expect(arrows.map(({ label }) => label)).toEqual(['3 pages']);
  });

  it('names the busiest blocks and says how many it leaves out', async () => {
    const lines = [
      'write buf[0..2] = 1',
      'write buf[512..516] = 1',
      'migrate buf[512..516] to gpu0',
      'print 0',
    ];
    const c = await ranTo(scenario('6.12', lines), 4);
    const { blocks, left } = await c.request('hmm/pageFlow', { most: 1 });
    expect(blocks.map(({ name }) => name)).toEqual(['buf[512..516]']);
    expect(left).toBe(1);
  });

  it('says that nothing has moved, and refuses a table without a bound', async () => {
    const c = await ranTo(scenario('6.12', ['print 0']), 1);
    const flow = await c.request('hmm/pageFlow', { most });
    expect(flow.summary).toBe('No page has moved yet.');
    expect(flow.blocks).toEqual([]);
    await expect(c.request('hmm/pageFlow', { most: 0 })).rejects.toThrow(
      'A table has rows from 1 to 2000, not 0.',
    );
  });
});

const block = (name: string, toDevice: number): FlowBlock => ({
  name,
  process: 'app',
  address: '0x0',
  toDevice,
  toSystem: 0,
  cpuFaults: 0,
  migrateToRam: 0,
  deviceFaults: 0,
  pingPong: 0,
});

describe('the table of page flow', () => {
  const blocks = [block('buf[0..512]', 2), block('buf[1024..1536]', 7), block('buf[512..1024]', 2)];
  const names = (title: string, isReversed: boolean): string[] => {
    const by = COLUMNS.find((column) => column.title === title);
    if (by === undefined) throw new Error(`no column ${title}`);
    return sorted(blocks, { by, isReversed }).map(({ name }) => name);
  };

  it('is sorted by numbers from the largest, by names as people count, and the other way round', () => {
    expect(names('To device', false)).toEqual(['buf[1024..1536]', 'buf[0..512]', 'buf[512..1024]']);
    expect(names('To device', true)).toEqual(['buf[0..512]', 'buf[512..1024]', 'buf[1024..1536]']);
    expect(names('Pages', false)).toEqual(['buf[0..512]', 'buf[512..1024]', 'buf[1024..1536]']);
    expect(names('Pages', true)).toEqual(['buf[1024..1536]', 'buf[512..1024]', 'buf[0..512]']);
  });
});
