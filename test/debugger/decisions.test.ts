import { describe, expect, it } from 'vitest';
import { CodeMap, listingText } from '../../src/debugger/code-map';
import { DebugSession } from '../../src/debugger/session';
import { scopesOf } from '../../src/debugger/variables/scopes';
import { RULES } from '../../src/engine/kernel/refusals';
import { finish } from '../../src/engine/time/work';
import { buildRun } from '../../src/program';
import { programOf } from '../scenario/run-scenario';

const text = `device gpu0 private 1MiB
process app {
    buf = mmap 8KiB anon rw
    write buf = 1
    get_page buf[1]
    migrate buf to gpu0
    gpu0 exclusive buf
    mprotect buf r
    pin buf[0] r as p
    reclaim buf
}
`;
const run = (profile = '6.12') =>
  buildRun(programOf(profile === '4.14' ? text.replace(/^ *gpu0 exclusive.*\n/m, '') : text, profile));

function sessionAt(...names: string[]) {
  const { interpreter, schedule, world, kernel } = run();
  const session = new DebugSession({ interpreter, schedule, world, path: '/test.hmm', text });
  const bound = session.breakpoints.setFunctions(names.map((name) => ({ name })));
  return { session, world, kernel, bound, stack: () => stackOf(session) };
}

const stackOf = (session: DebugSession): string[] =>
  session.leaves.frames(session.stopped.task).map(({ routine }) => routine.routine.name);

/** Parameters and returned values of the innermost frame, as they are shown. */
function locals(session: DebugSession): Record<string, string> {
  const { task } = session.stopped;
  const [top] = session.leaves.frames(task);
  const { interpreter } = session.engine;
  const [scope] = scopesOf(session.debuggee.world, task, top, interpreter.returned);
  return Object.fromEntries(scope?.children.named?.().map(({ name, value }) => [name, value]) ?? []);
}

it('every function that refuses something can be broken on', () => {
  const maps = ['6.12', '7.2'].map((profile) => new CodeMap(run(profile).linked, '/test.hmm'));
  const functions = Object.values(RULES).filter((name) => !name.startsWith('fail '));
  expect(functions.filter((name) => maps.every((map) => map.entries(name).length === 0))).toEqual([]);
});

it.each(['4.14', '6.1', '6.12', '7.2'])('each of them has a listing under %s', (profile) => {
  const map = new CodeMap(run(profile).linked, '/test.hmm');
  for (const leaf of map.linked.leaves.all) {
    const listing = map.listing(map.pathOf(leaf));
    expect(listing && listingText(listing)).toContain(`${leaf.routine.name}(`);
    expect(leaf.listing.filter(({ pc }) => pc >= 0).length).toBeGreaterThan(0);
  }
  const names = map.linked.leaves.all.map(({ routine }) => routine.name);
  expect(new Set(names).size).toBe(names.length);
});

it.each([
  'check_vma_flags',
  'can_change_pte_writable',
  'try_to_migrate_one',
  'page_make_device_exclusive_one',
  'get_page',
  'folio_get',
  'zone_device_page_init',
  'folio_migrate_mapping',
  'migrate_vma_collect_pmd',
])('%s can be broken on', (name) => {
  expect(new CodeMap(run().linked, '/test.hmm').entries(name).length).toBeGreaterThan(0);
});

it('a breakpoint on a decision stops inside it, before it is made, and leaving it tells what it said', () => {
  const { session, kernel, bound, stack } = sessionAt('migrate_vma_check_page');
  expect(bound[0]).toMatchObject({ verified: true, message: undefined });
  const refusals = (): number =>
    [...kernel.events.between(0, kernel.time)].filter(({ name }) => name === 'refused').length;
  finish(session.continue());
  expect(stack().slice(0, 2)).toEqual(['migrate_vma_check_page', 'migrate_device_unmap']);
  expect(locals(session)).toEqual({ page: expect.stringContaining('pfn'), fault_page: 'none' });
  finish(session.continue());
  expect(refusals()).toBe(0);
  finish(session.stepOut(session.stopped.task));
  expect(stack()[0]).toBe('migrate_device_unmap');
  expect(refusals()).toBe(1);
  expect(locals(session)['migrate_vma_check_page()']).toMatch(
    /^refused: refcount 2, expected 1; held by other code of the kernel \(get_page\)/,
  );
});

it('a condition of such a breakpoint sees its parameters', () => {
  const { session, bound, stack } = sessionAt();
  const [found] = session.breakpoints.setFunctions([
    { name: 'migrate_vma_check_page', condition: 'page == page(buf[1]) and fault_page == none' },
  ]);
  expect(bound).toEqual([]);
  expect(found).toMatchObject({ verified: true });
  finish(session.continue());
  expect(stack()[0]).toBe('migrate_vma_check_page');
  finish(session.continue());
  expect(session.atEnd).toBe(true);
});

describe('stepping', () => {
  it('goes into what a step runs, one inside the other, without a moment passing, and back out', () => {
    const { session, stack } = sessionAt('migrate_vma_collect_pmd');
    finish(session.continue());
    const { task } = session.stopped;
    const { time } = session;
    const entered = stack();
    expect(entered.slice(0, 2)).toEqual(['migrate_vma_collect_pmd', 'migrate_vma_collect']);
    finish(session.stepIn(task));
    expect(stack()).toEqual(['get_page', ...entered]);
    finish(session.stepBack(task));
    finish(session.stepBack(task));
    expect(stack()).toEqual(entered.slice(1));
    expect(session.time).toBe(time);
    finish(session.stepIn(task));
    expect(stack()).toEqual(entered);
    finish(session.next(task));
    expect(stack()).toEqual(entered.slice(1));
    expect(session.time).toBe(time + 1);
  });

  it('backwards from behind it stops before it, and reverse continue inside it', () => {
    const { session, stack } = sessionAt('migrate_vma_check_page');
    finish(session.continue());
    const { task } = session.stopped;
    const { time } = session;
    finish(session.next(task));
    finish(session.stepBack(task));
    expect([session.time, stack()[0]]).toEqual([time, 'migrate_device_unmap']);
    finish(session.next(task));
    finish(session.reverseContinue());
    expect([session.time, stack()[0]]).toEqual([time, 'migrate_vma_check_page']);
  });
});

it('a function that the step does not come to is not stopped in', () => {
  // The shared zero page is collected as a hole: it is no page whose exclusiveness could be taken away.
  const text = `device gpu0 private 1MiB
process app {
    buf = mmap 4KiB anon rw
    read buf
    migrate buf to gpu0
}
`;
  const { interpreter, schedule, world } = buildRun(programOf(text));
  const session = new DebugSession({ interpreter, schedule, world, path: '/test.hmm', text });
  const [bound] = session.breakpoints.setFunctions([{ name: 'folio_try_share_anon_rmap_pte' }]);
  expect(bound?.verified).toBe(true);
  finish(session.continue());
  expect(session.atEnd).toBe(true);
});

it('a line of its listing can be broken on', () => {
  const { session, stack } = sessionAt();
  const leaf = session.map.leafNamed('check_vma_flags');
  if (!leaf) throw new Error('check_vma_flags is not linked');
  const [bound] = session.breakpoints.setLines(session.map.pathOf(leaf), [{ line: 4 }]);
  expect(bound).toMatchObject({ verified: true, line: 4 });
  finish(session.continue());
  expect(stack()[0]).toBe('check_vma_flags');
});
