import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { EVENT_SCHEMA, type EventName } from '../../src/engine/routine/event-schema';
import type { Event } from '../../src/engine/routine/events';
import type { EventCategory, TimelineResult } from '../../src/protocol';
import { deviceName, taskName } from '../../src/view/environment';
import { countsOf } from '../../src/views/timeline/model';
import { inProject } from '../tools/project';
import { Client } from './client';

const path = '/scenarios/timeline.hmm';

/** Of which category each event is, written down apart from the code. */
const CATEGORY: Partial<Record<EventName, EventCategory>> = {
  handle_mm_fault: 'fault',
  device_fault: 'fault',
  hmm_range_fault: 'fault',
  migrate_vma_setup: 'migration',
  migrate_vma_pages: 'migration',
  migrate_vma_finalize: 'migration',
  migrate_device_range: 'migration',
  migrate_device_pages: 'migration',
  migrate_device_finalize: 'migration',
  alloc_and_copy: 'migration',
  finalize_and_map: 'migration',
  make_device_exclusive: 'migration',
  migrate_to_ram: 'callback',
  page_free: 'callback',
  invalidate: 'invalidation',
  signal: 'signal',
  oom: 'signal',
  exit: 'signal',
  wait: 'wait',
  expect_failed: 'finding',
};

async function atTheEnd(text: string): Promise<Client> {
  const c = new Client(new Map([[path, text]]));
  await c.start({ stopAtFirstFault: false, stopOnEntry: true });
  await c.move('continue', { threadId: 1 });
  return c;
}

const everything = { firstLane: 0, lanes: 100 } as const;

/** Every event of the run that the timeline shows, from the log as others read it. */
function told(c: Client, from: number, to: number): Event[] {
  const { events } = c.adapter.session.debuggee.world.kernel;
  return [...events.between(from, to)].filter(({ name, leave }) => !leave && CATEGORY[name] !== undefined);
}

/** The names of the lanes that an event is on. */
function lanesOf(c: Client, { task, name, args }: Event): string[] {
  const { world } = c.adapter.session.debuggee;
  const { tasks, devices } = world.kernel;
  const enter: readonly string[] = EVENT_SCHEMA[name].enter;
  const device = args[enter.indexOf('device')] ?? 0;
  const known = [...devices.devices.rows()].includes(device);
  return [
    ...(tasks.context.get(task) === 0 ? [`CPU ${tasks.cpu.get(task)}`] : []),
    ...(tasks.processOf(task) === 0 ? [] : [taskName(world, task)]),
    ...(known ? [deviceName(world, device as Parameters<typeof deviceName>[1])] : []),
  ];
}

/** How many events of each category there are on each lane in each column. */
function counted(result: TimelineResult): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, density } of result.lanes)
    for (const { category, counts: text } of density)
      for (const [column, count] of countsOf(text).entries())
        if (count > 0) counts[`${name} ${category} ${column}`] = count;
  return counts;
}

describe.each(['two-threads', 'device-context', 'fork-copy-on-write'])('the timeline of %s', (name) => {
  let c: Client;
  let last = 0;
  let lanes: ReadonlyMap<Event, string[]>;

  beforeAll(async () => {
    c = await atTheEnd(readFileSync(inProject('scenarios', `${name}.hmm`), 'utf8'));
    ({ last } = await c.request('hmm/position', {}));
    lanes = new Map(told(c, 0, last + 1).map((event) => [event, lanesOf(c, event)]));
    expect(lanes.size).toBeGreaterThan(3);
  });

  it('counts the events of each lane in any part of time, wherever the session stands', async () => {
    const parts = fc.record({
      at: fc.nat(last),
      from: fc.nat(last - 1),
      steps: fc.integer({ min: 1, max: last }),
      most: fc.integer({ min: 1, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(parts, async ({ at, from, steps, most }) => {
        await c.move('hmm/seek', { time: at });
        const to = Math.min(from + steps, last + 1);
        const result = await c.request('hmm/timeline', { ...everything, from, to, most });
        const expected: Record<string, number> = {};
        let events = 0;
        for (const [event, names] of lanes) {
          if (event.time < from || event.time >= to) continue;
          events++;
          const column = Math.floor((event.time - from) / result.stepsPerColumn);
          for (const lane of names) {
            const key = `${lane} ${CATEGORY[event.name]} ${column}`;
            expected[key] = (expected[key] ?? 0) + 1;
          }
        }
        expect(counted(result)).toEqual(expected);
        expect(result).toMatchObject({ from, to, now: at, last, events });
        expect(Math.ceil((to - from) / result.stepsPerColumn)).toBeLessThanOrEqual(most);
      }),
      { numRuns: 25 },
    );
  });

  it('shows each event with its end, also those that a part of time lies in the middle of', async () => {
    const { events } = c.adapter.session.debuggee.world.kernel;
    const ended = new Map<string, number>();
    const open = new Map<string, number[]>();
    for (const { time, task, name: kind, leave } of events.between(0, last + 1)) {
      const key = `${task} ${kind}`;
      if (leave) ended.set(`${key} ${open.get(key)?.pop()}`, time);
      else open.set(key, [...(open.get(key) ?? []), time]);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(last - 1), fc.integer({ min: 1, max: last }), async (from, steps) => {
        const to = Math.min(from + steps, last + 1);
        const result = await c.request('hmm/timeline', { ...everything, from, to, most: 100 });
        const shown = (result.slices ?? []).map(
          (slice) => `${result.lanes[slice.lane]?.name} ${slice.category} ${slice.from}-${slice.to ?? ''}`,
        );
        const expected = [...lanes].flatMap(([{ time, task, name: kind }, names]) => {
          const lasts = 'leave' in EVENT_SCHEMA[kind];
          const end = lasts ? ended.get(`${task} ${kind} ${time}`) : time;
          if (time >= to || (end !== undefined && end < from)) return [];
          const seen = end !== undefined && end < to ? end : '';
          return names
            .filter((lane) => !lane.startsWith('CPU '))
            .map((lane) => `${lane} ${CATEGORY[kind]} ${time}-${seen}`);
        });
        expect(shown.sort()).toEqual(expected.sort());
      }),
      { numRuns: 25 },
    );
  });
});

describe('the timeline', () => {
  const text = `profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 16 pages anon rw
    write buf = 0x11
    migrate buf[0..8] to gpu0
    read buf[3] expect 0x12
    read buf[5] expect 0x11
}
`;

  it('says what an event is about, and marks findings and where the session has stopped', async () => {
    const c = new Client(new Map([[path, text]]));
    await c.start({}, () => c.request('setFunctionBreakpoints', { breakpoints: [{ name: 'page_fault' }] }));
    const { now } = await c.request('hmm/timeline', { ...everything, most: 100 });
    await c.request('setFunctionBreakpoints', { breakpoints: [] });
    await c.request('setExceptionBreakpoints', { filters: [] });
    await c.move('continue', { threadId: 1 });
    const { slices = [], ticks, lanes } = await c.request('hmm/timeline', { ...everything, most: 100 });
    expect(lanes.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'cpu CPU 0',
      'cpu CPU 1',
      'task app',
      'device gpu0',
    ]);
    const migration = slices.find(({ text: words }) => words.startsWith('migrate_vma_setup buf[0]'));
    expect(migration).toMatchObject({
      category: 'migration',
      text: 'migrate_vma_setup buf[0], 8 pages',
      process: 'app',
    });
    expect(
      slices
        .filter(({ category, lane }) => category === 'callback' && lane === 2)
        .map(({ text: words }) => words),
    ).toEqual(expect.arrayContaining([expect.stringMatching(/^callback migrate_to_ram for buf\[3\]/)]));
    expect(ticks.filter(({ kind }) => kind === 'stop')).toEqual([
      { time: now, kind: 'stop', text: 'function breakpoint' },
    ]);
    expect(ticks.filter(({ kind }) => kind === 'finding')).toHaveLength(1);
  });

  it('refuses what is no part of time in a sentence', async () => {
    const c = await atTheEnd(text);
    const refused = async (args: object) =>
      (await c.ask('hmm/timeline', { ...everything, most: 100, ...args })).message;
    expect(await refused({ most: 0 })).toBe('A timeline has columns from 1 to 4096, not 0.');
    expect(await refused({ most: 1e9 })).toMatch(/1 to 4096/);
    expect(await refused({ lanes: 101 })).toMatch(/1 to 100, not 101/);
    expect(await refused({ firstLane: -1 })).toMatch(/0 to/);
    expect(await refused({ from: 1e12 })).toMatch(/begins at 0 to/);
    expect(await refused({ from: 5, to: 5 })).toBe('A part of time ends after it begins: 5 is not after 5.');
  });
});
