import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { leaf_offset, ptep_get } from '../../src/engine/kernel/mm/pgtable';
import { type MmRow, type Vpn, vpnOf } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { kindOf, Pte } from '../../src/engine/machine/pte';
import { PROFILE_NAMES } from '../../src/engine/profiles';
import type { Diagram } from '../../src/protocol';
import { inProject } from '../tools/project';
import { Client } from './client';

const path = '/scenarios/path.hmm';
const most = 100;

const open = (text: string): Client => new Client(new Map([[path, text]]));

const home = (profile: string, more = '') => `profile ${profile}
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 16 pages anon rw
    write buf[0..8] = 0x11
    migrate buf[0..8] to gpu0
    ${more}
    read buf[3]
}
`;

/** The fault at the page that the session stands at, as the machine has it. */
function machineAt(c: Client) {
  const k = c.adapter.session.debuggee.world.kernel;
  const [fault] = [...k.faults.table.rows()];
  if (fault === undefined) return undefined;
  const task = k.faults.task.get(fault);
  const mm = k.tasks.mm.get(k.tasks.process.get(task)) as MmRow;
  const entry = leaf_offset(k, mm, vpnOf(k.faults.address.get(fault)) as Vpn);
  return { k, kind: kindOf(ptep_get(k, entry)), page: k.tables.hi.get(entry) };
}

const doneOf = ({ stages }: Diagram): string[] =>
  stages.filter(({ state }) => state === 'done').map(({ name }) => name);

describe.each(PROFILE_NAMES)('the fault path under %s', (profile) => {
  it('says at each step what the machine has, and the same on the way back', async () => {
    const c = open(home(profile));
    await c.startAtFault('address in buf[3..4]');
    const source = machineAt(c)?.page;
    const shown = new Map<number, Diagram>();
    for (let at = machineAt(c); at !== undefined; at = machineAt(c)) {
      const { time } = c.adapter.session.engine;
      const diagram = await c.request('hmm/faultPath', { threadId: 1, most });
      shown.set(time, diagram);
      const done = doneOf(diagram);
      const { k, kind, page } = at;
      // Migration entries stand there from the unmapping on until the page is mapped at home.
      if (kind === Pte.Migration) expect(done).toContain('unmapped');
      expect(done.includes('mapped at home')).toBe(kind === Pte.Present && page !== source);
      expect(done.includes('device page freed')).toBe(k.pages.has(source as never, Pg.Free));
      for (const { time: when } of diagram.stages)
        if (when !== undefined) expect(when).toBeLessThan(time + 1);
      await c.move('stepIn', { threadId: 1 });
    }
    expect(doneOf([...shown.values()].at(-1) as Diagram)).toEqual([
      'collected',
      'unmapped',
      'copied',
      'mapped at home',
      'device page freed',
    ]);
    for (const [time, diagram] of [...shown].reverse()) {
      await c.move('hmm/seek', { time });
      expect(await c.request('hmm/faultPath', { threadId: 1, most })).toEqual(diagram);
    }
  });

  it('says why a page could not come home', async () => {
    const c = open(home(profile, 'gpu0 fail copy'));
    await c.startAtFault('address in buf[3..4]');
    const refusal = async () => {
      const { stages } = await c.request('hmm/faultPath', { threadId: 1, most });
      return stages.find(({ state }) => state === 'refused');
    };
    // The page is asked for within so many steps, or this never ends.
    while ((await refusal()) === undefined) await c.move('stepIn', { threadId: 1 });
    expect((await refusal())?.why).toMatch(/fail copy/);
  });
});

describe('the fault path', () => {
  it('says so where no fault is pending', async () => {
    const c = open(home('6.12'));
    await c.start({ stopOnEntry: true });
    expect(await c.request('hmm/faultPath', { most })).toEqual({
      summary: 'No CPU fault is pending.',
      boxes: [],
      arrows: [],
      stages: [],
    });
  });

  it('refuses a number of boxes that it can not have', async () => {
    const c = open(home('6.12'));
    await c.start({ stopOnEntry: true });
    await expect(c.request('hmm/faultPath', { most: 0 })).rejects.toThrow(
      'A diagram has boxes from 1 to 200, not 0.',
    );
  });
});

/** What the chains in words say, as pairs: who waits, and for what. */
async function waitsInWords(c: Client): Promise<Set<string>> {
  const { text } = await c.request('hmm/waits', {});
  const pairs = new Set<string>();
  for (const line of text.split('\n')) {
    const parts = line.split(' → ');
    for (let i = 0; i + 1 < parts.length; i += 2) pairs.add(`${parts[i]} → ${parts[i + 1]}`);
  }
  return pairs;
}

const pairsOf = ({ boxes, arrows }: Diagram): Set<string> => {
  const titles = new Map(boxes.map(({ id, title }) => [id, title]));
  const waits = arrows.filter(({ from }) => from.startsWith('task'));
  return new Set(waits.map(({ from, to }) => `${titles.get(from)} → ${titles.get(to)}`));
};

describe('the wait graph', () => {
  it('shows a circle of tasks that wait for each other', async () => {
    const text = readFileSync(inProject('scenarios/races/recursive-driver-lock.hmm'), 'utf8');
    const c = open(text);
    await c.start({ stopAtFirstFault: false });
    const diagram = await c.request('hmm/waitGraph', { most });
    expect(diagram.summary).toMatch(/in a circle: none of them can go on/);
    expect(diagram.arrows.some(({ kind }) => kind === 'circle')).toBe(true);
    expect(pairsOf(diagram)).toEqual(await waitsInWords(c));
  });

  const threads = `profile 6.12
device gpu0 private 64MiB driver dmirror
process app {
    buf = mmap 8 pages anon rw
    write buf[0..8] = 0x11
    migrate buf[0..8] to gpu0
    thread a cpu 0 { read buf[3]; migrate buf[0..8] to gpu0 }
    thread b cpu 1 { read buf[3]; write buf[3] = 1 }
    thread c cpu 1 { mprotect buf[0..4] r }
}
schedule seed 7
`;

  it('says at each stop what the chains say in words', async () => {
    const c = open(threads);
    await c.start({ stopOnEntry: true });
    let waiting = 0;
    for (let i = 0; i < 4000 && !c.closed; i += 7) {
      await c.move('hmm/seek', { time: i });
      const diagram = await c.request('hmm/waitGraph', { most });
      expect(pairsOf(diagram)).toEqual(await waitsInWords(c));
      waiting += diagram.arrows.length;
    }
    expect(waiting).toBeGreaterThan(0);
  });

  it('draws no more boxes than asked for, and says so', async () => {
    const c = open(threads);
    await c.start({ stopOnEntry: true });
    const waits = async () => (await c.request('hmm/waitGraph', { most })).boxes.length > 2;
    for (let time = 0; !(await waits()); time += 7) await c.move('hmm/seek', { time });
    const some = await c.request('hmm/waitGraph', { most: 2 });
    expect(some.boxes.length).toBeLessThan(3);
    expect(some.summary).toMatch(/1 task more is not drawn/);
  });
});
