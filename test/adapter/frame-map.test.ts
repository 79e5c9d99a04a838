import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PageRow, Pfn } from '../../src/engine/machine/ids';
import { MAPPING_ANON, MAPPING_FILE, Pg } from '../../src/engine/machine/pages';
import { CELL_CHANGED, CELL_STATE, type FrameColour, type FrameMapResult } from '../../src/protocol';
import { mappingsOf, processName } from '../../src/view/environment';
import { FrameMap } from '../../src/views/frame-map/model';
import { inProject } from '../tools/project';
import { Client } from './client';

const path = '/scenarios/frames.hmm';

async function launched(text: string): Promise<Client> {
  const c = new Client(new Map([[path, text]]));
  await c.start({ stopAtFirstFault: false, stopOnEntry: true });
  return c;
}

type World = Client['adapter']['session']['debuggee']['world'];

/** What a frame should be called, from its struct page alone. */
function expected(world: World, colour: FrameColour, pfn: Pfn): string | undefined {
  const { pages } = world.kernel;
  const page = pages.find(pfn);
  if (page === 0) return undefined;
  const folio = pages.folio(page);
  if (colour === 'refcount') {
    const count = pages.refcount.get(folio);
    return count >= 16 ? 'refcount 16 or more' : `refcount ${count}`;
  }
  if (colour === 'process') return ownersOf(world, page);
  if (pages.has(page, Pg.Free)) return 'free';
  const mapping = pages.mapping.get(folio);
  const use = pages.has(page, Pg.Table)
    ? 'page table'
    : (mapping & MAPPING_ANON) !== 0
      ? 'anonymous'
      : (mapping & MAPPING_FILE) !== 0
        ? 'file'
        : 'kernel or driver';
  const notes = [
    ...(pages.pins.get(folio) > 0 ? ['pinned'] : []),
    ...(pages.has(folio, Pg.Locked) ? ['locked'] : []),
  ];
  return [use, ...notes].join(', ');
}

/** The owners as the reverse map says them, which the picture doesn't use. */
function ownersOf(world: World, page: PageRow): string {
  if (page === world.kernel.zeroPage) return 'zero page';
  const names = new Set(mappingsOf(world.kernel, page).map(({ process }) => processName(world, process)));
  return names.size > 1 ? 'more than one' : ([...names][0] ?? 'nobody');
}

/** The range of frames that the map shows, page by page around everything that is used. */
async function part(c: Client, colour: FrameColour, from: number, pages: number): Promise<FrameMapResult> {
  const hex = (pfn: number): string => `0x${(pfn * 4096).toString(16)}`;
  return c.request('hmm/frameMap', { most: 65_536, colour, from: hex(from), to: hex(from + pages) });
}

describe.each(['two-devices', 'fork-copy-on-write', 'swapped-out-under-pressure'])(
  'the frame map of %s',
  (name) => {
    let c: Client;
    let last = 0;

    beforeAll(async () => {
      c = await launched(readFileSync(inProject('scenarios', `${name}.hmm`), 'utf8'));
      await c.move('continue', { threadId: 1 });
      ({ last } = await c.request('hmm/position', {}));
    });

    it('says of each frame what its struct page says, at any time, forwards and backwards', async () => {
      const moments = fc.record({
        at: fc.nat(last),
        colour: fc.constantFrom<FrameColour>('state', 'refcount', 'process'),
      });
      await fc.assert(
        fc.asyncProperty(moments, async ({ at, colour }) => {
          await c.move('hmm/seek', { time: at });
          const { world } = c.adapter.session.debuggee;
          const { pages } = world.kernel;
          for (const range of pages.ranges.rows()) {
            const end = pages.rangeStart.get(range) + pages.rangePages.get(range);
            const size = Math.min(4096, pages.rangePages.get(range));
            const map = new FrameMap(await part(c, colour, end - size, size));
            expect(map.length).toBe(size);
            for (let i = 0; i < size; i++) {
              const label = map.cell(i)?.state?.label;
              const wanted = expected(world, colour, (end - size + i) as Pfn);
              if (wanted !== 'zero page' && label !== wanted)
                expect(`${map.nameOf(map.cell(i) as never)}: ${label}`).toBe(wanted);
            }
          }
        }),
        { numRuns: 12 },
      );
    });

    it('counts each frame once, however large the cells are', async () => {
      await c.move('hmm/seek', { time: last });
      const sums = [];
      for (const most of [64, 1000, 65_536]) {
        const result = await c.request('hmm/frameMap', { most });
        sums.push(Object.fromEntries(result.states.map(({ label, pages }) => [label, pages])));
        const cells = new FrameMap(result);
        expect(cells.length).toBeLessThanOrEqual(most);
      }
      expect(sums[1]).toEqual(sums[0]);
      expect(sums[2]).toEqual(sums[0]);
    });
  },
);

describe('the frame map', () => {
  const text = `profile 6.12
device gpu0 private 80GiB driver dmirror

process app {
    buf = mmap 1024 pages anon rw
    write buf = 0x11
    migrate buf[0..600] to gpu0
    read buf[3] expect 0x11
}
`;

  it('shows a device of 80 GiB in a bounded answer, its used frames among those never handed out', async () => {
    const c = await launched(text);
    await c.request('setFunctionBreakpoints', { breakpoints: [{ name: 'page_fault' }] });
    await c.move('continue', { threadId: 1 });
    const map = new FrameMap(await c.request('hmm/frameMap', { most: 65_536 }));
    expect(map.length).toBeLessThanOrEqual(65_536);
    const device = map.result.areas.findIndex(({ label }) => label === 'gpu0');
    expect(map.result.areas[device]?.pages).toBe((80 * 2 ** 30) / 4096);
    const used = [...(map.cells[device] ?? [])].filter((byte) => (byte & CELL_STATE) !== 0);
    expect(used.length).toBe(Math.ceil(600 / map.result.pagesPerCell));
    expect(map.result.faults).toHaveLength(1);
    expect(map.cell(map.at(Number(map.result.faults[0])) ?? -1)?.area).toBe(device);
    const { states } = await c.request('hmm/frameMap', { most: 65_536, colour: 'buffer' });
    expect(states.find(({ label }) => label === 'buf')?.pages).toBe(1024);
    await c.move('stepOut', { threadId: 1 });
    const after = new FrameMap(await c.request('hmm/frameMap', { most: 65_536 }));
    expect([...(after.cells[device] ?? [])].some((byte) => (byte & CELL_CHANGED) !== 0)).toBe(true);
  });

  it('refuses what is no map in a sentence', async () => {
    const c = await launched(text);
    const refused = async (args: object) => (await c.ask('hmm/frameMap', { most: 10, ...args })).message;
    expect(await refused({ most: 0 })).toBe('A map has cells from 1 to 65536, not 0.');
    expect(await refused({ from: 'x' })).toBe('x is no address.');
    expect(await refused({ colour: 'smell' })).toMatch(/colour/);
  });
});
