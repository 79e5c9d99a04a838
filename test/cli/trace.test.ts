import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../../src/view/trace-events';
import { Client } from '../adapter/client';
import { inProject } from '../tools/project';
import { cli, fileOf } from './harness';

const folder = mkdtempSync(join(tmpdir(), 'hmm-trace-'));

const eventsOf = (text: string): TraceEvent[] =>
  (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents;

async function traced(file: string, name: string): Promise<TraceEvent[]> {
  const to = join(folder, `${name}.json`);
  await cli(['run', file, '--level', 'quiet', '--trace-out', to]);
  return eventsOf(readFileSync(to, 'utf8'));
}

/** What the format asks for: times that rise on each track, every slice closed by its own end, every flow begun before it ends. */
function problemsOf(events: readonly TraceEvent[]): string[] {
  const problems: string[] = [];
  const stacks = new Map<number, string[]>();
  const flows = new Set<unknown>();
  const last = new Map<number, number>();
  for (const { ph, name, ts, tid, ...more } of events) {
    if (ph === 'M') continue;
    if (ts < (last.get(tid) ?? 0)) problems.push(`${name} at ${ts} goes back`);
    last.set(tid, ts);
    const stack = stacks.get(tid) ?? [];
    stacks.set(tid, stack);
    if (ph === 'B') stack.push(name);
    if (ph === 'E' && stack.pop() !== name) problems.push(`${name} at ${ts} ends and is not the innermost`);
    if (ph === 's') flows.add(more['id']);
    if (ph === 'f' && !flows.delete(more['id'])) problems.push(`flow ${more['id']} ends and has not begun`);
    if ((ph === 's' || ph === 'f') && stack.length === 0) problems.push(`a flow at ${ts} is in no slice`);
  }
  for (const [tid, stack] of stacks) for (const name of stack) problems.push(`${name} of ${tid} never ends`);
  return problems;
}

const scenarios = [
  'two-devices',
  'two-threads',
  'device-context',
  'fork-copy-on-write',
  'races/recursive-driver-lock',
];

describe('a run as a trace', () => {
  it.each(scenarios)('keeps to the format in %s', async (name) => {
    const events = await traced(inProject('scenarios', `${name}.hmm`), name.replace('/', '-'));
    expect(problemsOf(events)).toEqual([]);
    expect(events.filter(({ ph }) => ph === 'B').length).toBeGreaterThan(3);
  });

  it('tells of tasks, slices with what came of them, flows of pages, and the memory of devices', async () => {
    const file = fileOf(`profile 6.12
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 4 pages anon rw
    write buf = 0x11
    migrate buf[0..2] to gpu0
    read buf[1] expect 0x11
}
`);
    const events = await traced(file, 'small');
    const named = events.filter(({ ph }) => ph === 'M').map(({ args }) => (args as { name: string }).name);
    expect(named).toEqual(expect.arrayContaining(['app', 'gpu0']));
    const home = events.find(({ ph, name }) => ph === 'B' && name === 'migrate_to_ram');
    expect(home?.['args']).toMatchObject({ what: expect.stringMatching(/for buf\[1\]/) });
    const used = events.filter(({ ph }) => ph === 'C').map(({ args }) => (args as { pages: number }).pages);
    expect(used).toEqual([0, 1, 2, 1, ...used.slice(4)]);
    expect(events.filter(({ ph }) => ph === 's')).toHaveLength(2);
    expect(events.filter(({ ph }) => ph === 'f')).toHaveLength(1);
  });

  it('is the same from a session, whichever way it has gone, and leaves it where it stands', async () => {
    const path = inProject('scenarios', 'two-devices.hmm');
    const c = new Client(new Map([[path, readFileSync(path)]]));
    await c.start({ stopAtFirstFault: false, stopOnEntry: true });
    await c.move('continue', { threadId: 1 });
    const { last } = await c.request('hmm/position', {});
    await c.move('hmm/seek', { time: Math.floor(last / 3) });
    const { text, until } = await c.request('hmm/trace', {});
    expect(until).toBe(last);
    expect((await c.request('hmm/position', {})).time).toBe(Math.floor(last / 3));
    expect(eventsOf(text)).toEqual(await traced(path, 'again'));
  });

  it('says in a sentence what it can not write', async () => {
    const file = fileOf('profile 6.12\nprocess app {\n    exit 0\n}\n');
    const ran = await cli(['run', file, '--trace-out', join(folder, 'no', 'such')]);
    expect(ran.code).toBe(2);
    expect(ran.error).toMatch(/can't be written: there is no such file/);
    expect((await cli(['run', file, file, '--trace-out', join(folder, 'x')])).error).toMatch(
      /--trace-out takes the run of one scenario/,
    );
  });
});
