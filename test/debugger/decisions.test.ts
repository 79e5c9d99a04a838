import { expect, it } from 'vitest';
import { CodeMap } from '../../src/debugger/code-map';
import { DebugSession } from '../../src/debugger/session';
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
const run = (profile = '6.12') => buildRun(programOf(text, profile));

it('every function that refuses something can be broken on', () => {
  const maps = ['6.12', '7.2'].map((profile) => new CodeMap(run(profile).linked, '/test.hmm'));
  const functions = Object.values(RULES).filter((name) => !name.startsWith('fail '));
  expect(functions.filter((name) => maps.every((map) => map.entries(name).length === 0))).toEqual([]);
});

it('a breakpoint on a decision stops before it is made, and the next step has made it', () => {
  const { interpreter, schedule, world, kernel } = run();
  const session = new DebugSession({ interpreter, schedule, world, path: '/test.hmm', text });
  const [bound] = session.breakpoints.setFunctions([{ name: 'migrate_vma_check_page' }]);
  expect(bound?.verified).toBe(true);
  const refusals = (): number =>
    [...kernel.events.between(0, kernel.time)].filter(({ name }) => name === 'refused').length;
  const seen: number[] = [];
  for (let page = 0; page < 2; page++) {
    finish(session.continue());
    seen.push(refusals());
    finish(session.next(kernel.task));
    seen.push(refusals());
  }
  expect(seen).toEqual([0, 0, 0, 1]);
});

it.each([
  'check_vma_flags',
  'can_change_pte_writable',
  'try_to_migrate_one',
  'page_make_device_exclusive_one',
])('%s can be broken on', (name) => {
  expect(new CodeMap(run().linked, '/test.hmm').entries(name).length).toBeGreaterThan(0);
});
