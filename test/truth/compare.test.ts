import { describe, expect, it } from 'vitest';
import { compareProgram, type Observation } from './compare-program';
import { asRecorded } from './compare-result';
import type { Level } from './divergence';
import type { ObservedEvent } from './observe-events';
import type { ObservedRow } from './observe-state';
import type { ProgramRecord } from './record';
import { allPrograms, KEPT_RECORDS } from './records';
import { replay } from './replay';

const programs = allPrograms(KEPT_RECORDS);

function program(id: string): ProgramRecord {
  const record = programs.find((candidate) => candidate.id.startsWith(id));
  if (record === undefined) throw new Error(`no record ${id}`);
  return record;
}

/** The first difference when `change` is made to what is seen of operation `at`: `op field`. */
function planted(
  record: ProgramRecord,
  at: number,
  change: (seen: Observation) => Observation,
  level: Level = 'events',
) {
  const found = compareProgram(
    record,
    replay(record, (seen, index) => (index === at ? change(seen) : seen)),
    level,
  );
  return found === undefined ? 'agrees' : `${found.index} ${found.found[0].field}`;
}

const changeRow = (key: string, change: (row: ObservedRow) => ObservedRow) => (seen: Observation) => {
  const row = seen.state.rows.get(key);
  if (row === undefined) throw new Error(`no row ${key}`);
  const rows = new Map(seen.state.rows).set(key, change(row));
  return { ...seen, state: { ...seen.state, rows } };
};

const changeEvents =
  (change: (events: readonly ObservedEvent[]) => ObservedEvent[]) => (seen: Observation) => ({
    ...seen,
    events: change(seen.events),
  });

/** The first operation of the record with this name, at or after `from`. */
const find = (record: ProgramRecord, name: string, from = 0) =>
  record.ops.findIndex((op, index) => index >= from && (op.args[2] === name || op.op === name));

describe('the comparison', () => {
  it.each(['results', 'state', 'events'] as const)('agrees with the records themselves in %s', (level) => {
    for (const record of programs) {
      const found = compareProgram(record, replay(record), level);
      expect({ id: record.id, found: found?.found[0] }).toEqual({ id: record.id, found: undefined });
    }
  });

  const record = program('d0897-d-fork.munmap0.close');
  const migrated = find(record, 'migrate');
  const forked = find(record, 'fork');

  it.each([
    ['w', 0],
    ['swpType', 28],
    ['refcount', 2],
    ['mapcount', 0],
    ['locked', 1],
    ['lru', 1],
    ['anon', 0],
    ['anonExclusive', 0],
    ['swapBacked', 0],
    ['data', 99],
    ['mid', 1],
    ['last', 1],
    ['devIdx', 5],
    ['zone', 'RAM'],
    ['vma', 'r-p'],
    ['pte', 'present'],
  ])('finds another %s in a row', (field, value) => {
    const change = changeRow('P0 A 0', (row) => ({ ...row, [field]: value }));
    expect(planted(record, migrated, change)).toBe(`${migrated} ${field}`);
    expect(planted(record, migrated, change, 'results')).toBe('agrees');
  });

  it('finds another pgDirty where that says something: in records of 4.14', () => {
    const change = changeRow('P0 A 0', (row) => ({ ...row, pgDirty: 1 - (row.pgDirty ?? 0) }));
    expect(planted(record, migrated, change)).toBe('agrees');
    const older = program('k000');
    const at = find(older, 'migrate');
    expect(planted(older, at, change)).toBe(`${at} pgDirty`);
  });

  it('finds another soft-dirty bit, which records of 4.14 tell', () => {
    const older = program('k000');
    const at = find(older, 'migrate');
    const change = changeRow('P0 A 0', (row) => ({ ...row, softDirty: 1 - (row.softDirty ?? 0) }));
    expect(planted(older, at, change)).toBe(`${at} softDirty`);
  });

  it('finds a row that is missing and one too many', () => {
    const missing = (seen: Observation): Observation => {
      const rows = new Map(seen.state.rows);
      rows.delete('P0 A 1');
      return { ...seen, state: { ...seen.state, rows } };
    };
    const extra = (seen: Observation): Observation => {
      const rows = new Map(seen.state.rows).set('P0 A 5', { vma: null, pte: 'swap' });
      return { ...seen, state: { ...seen.state, rows } };
    };
    expect(planted(record, migrated, missing)).toBe(`${migrated} vma`);
    expect(planted(record, migrated, extra)).toBe(`${migrated} pte`);
  });

  it('finds two frames where the kernel has one', () => {
    const change = changeRow('P1 A 0', (row) => ({ ...row, frame: 7777 as NonNullable<typeof row.frame> }));
    expect(planted(record, forked, change)).toBe(`${forked} frame`);
  });

  it('finds one frame where the kernel has two', () => {
    const change = (seen: Observation): Observation => {
      const frame = seen.state.rows.get('P0 A 0')?.frame;
      if (frame === undefined) throw new Error('no frame');
      return changeRow('P0 A 1', (row) => ({ ...row, frame }))(seen);
    };
    expect(planted(record, 2, change)).toBe('2 frame');
  });

  it('finds a frame that became another one without a reason', () => {
    const read = find(record, 'read', forked);
    const key = 'P0 A 1';
    const change = changeRow(key, (row) => ({ ...row, frame: 7777 as NonNullable<typeof row.frame> }));
    expect(planted(record, read, change)).toBe(`${read} frame`);
  });

  it('finds processes, VMAs, mirror entries and device pages in use that differ', () => {
    const state = (change: Partial<Observation['state']>) => (seen: Observation) => ({
      ...seen,
      state: { ...seen.state, ...change },
    });
    expect(planted(record, forked, state({ alive: ['P0'] }))).toBe(`${forked} alive`);
    expect(planted(record, forked, state({ vmas: [['P0', 'A', 0, 0, 2, 'rwp', 1]] }))).toBe(`${forked} vmas`);
    expect(planted(record, migrated, state({ mirror: [] }))).toBe(`${migrated} mirror`);
    expect(planted(record, migrated, state({ devUsed: [1, 0] }))).toBe(`${migrated} devUsed`);
  });

  it.each([
    ['errno', 14, 'outcome'],
    ['signal', 7, 'outcome'],
    ['cpages', 1, 'cpages'],
    ['faults', 3, 'faults'],
    ['data', [10, 12], 'data'],
  ])('finds another result: %s', (field, value, named) => {
    const change = (seen: Observation): Observation => {
      if (seen.result === undefined) throw new Error('no result');
      return { ...seen, result: { ...seen.result, [field]: value } };
    };
    expect(planted(record, migrated, change, 'results')).toBe(`${migrated} ${named}`);
  });

  it('finds the address and code of a signal', () => {
    const faulty = find(record, 'read', forked);
    expect(record.ops[faulty]?.result.sig).toBe('SIGSEGV');
    const change = (more: object) => (seen: Observation) => {
      if (seen.result === undefined) throw new Error('no result');
      return { ...seen, result: { ...seen.result, ...more } };
    };
    expect(planted(record, faulty, change({ code: 2 }))).toBe(`${faulty} si_code`);
    const at = record.ops[faulty]?.result.at;
    expect(planted(record, faulty, change({ at: { buf: 'A', alt: 0, page: 1 } }))).toBe(`${faulty} si_addr`);
    expect(planted(record, faulty, change({ at: { ...at, alt: 1 } }))).toBe(`${faulty} si_addr`);
    expect(planted(record, faulty, change({ at }))).toBe('agrees');
  });

  it('finds an event that is missing, one too many, and one out of order', () => {
    const without = changeEvents((events) => events.filter((_, i) => i !== 2));
    const twice = changeEvents((events) =>
      events.flatMap((event, i) => (i === 3 ? [event, event] : [event])),
    );
    const end = changeEvents((events) => events.slice(0, -1));
    expect(planted(record, migrated, without)).toBe(`${migrated} invalidate missing`);
    expect(planted(record, migrated, twice)).toBe(`${migrated} zone_device_page_init.devIdx`);
    expect(planted(record, migrated, end)).toBe(`${migrated} migrate_vma_finalize missing`);
    expect(planted(record, migrated, end, 'state')).toBe('agrees');
  });

  it.each([
    [0, 'flags', 3, 'migrate_vma_setup.flags'],
    [0, 'src', ['VMp', 'VMWp'], 'migrate_vma_setup.src'],
    [0, 'ret', -22, 'migrate_vma_setup.ret'],
    [0, 'cpages', 1, 'migrate_vma_setup.cpages'],
    [1, 'depth', 0, 'invalidate.depth'],
    [1, 'owner', 'none', 'invalidate.owner'],
    [1, 'mirror', ['P1', 0], 'invalidate.mirror'],
    [2, 'npages', 1, 'invalidate.npages'],
    [3, 'devIdx', 7, 'zone_device_page_init.devIdx'],
    [4, 'p', 'S', 'zone_device_page_init.p'],
    [5, 'dst', ['VWp', '-'], 'migrate_vma_pages.dst'],
  ])('finds what is wrong inside event %d: %s', (at, field, value, named) => {
    const change = changeEvents((events) =>
      events.map((event, i) => (i === at ? { ...event, [field]: value } : event)),
    );
    expect(planted(record, migrated, change)).toBe(`${migrated} ${named}`);
  });

  it('says when the engine went no further', () => {
    const run = replay(record);
    const found = compareProgram(
      record,
      {
        operation: (index) =>
          index < 3 ? run.operation(index) : { stopped: 'no task can run', time: 77, events: [] },
      },
      'results',
    );
    expect(found?.index).toBe(3);
    expect(found?.found[0]).toMatchObject({ engine: 'no task can run', time: 77 });
  });
});

describe("the recorder's gup", () => {
  const returned = (ret: number, errno = 0) => {
    const engine = { ret, errno, signal: 0, code: 0, at: undefined as never, cpages: 0, faults: 0 };
    const { errno: recorded } = asRecorded(
      { op: 'gup', args: ['P0', 'A', '2', '4', 'w'] },
      { ...engine, data: [], livelock: 0 },
    );
    return recorded;
  };

  it('returns all pages or an error', () => {
    expect(returned(4)).toBe(0);
    expect(returned(2)).toBe(14);
    expect(returned(-1, 12)).toBe(12);
  });
});
