/** A breakpoint on the step that comes right after what has stopped the run. */

import { expect, it } from 'vitest';
import { DebugSession } from '../../src/debugger/session';
import { framesOf } from '../../src/debugger/stack';
import { finish } from '../../src/engine/time/work';
import { buildRun, compileScenario } from '../../src/program';

const text = `profile 6.12
process app {
    buf = mmap 4KiB anon r
    write buf[0] = 1
}
`;

function session(): DebugSession {
  const { program } = compileScenario(text, 'segv.hmm');
  if (!program) throw new Error('the scenario has errors');
  const { interpreter, schedule, world } = buildRun(program);
  return new DebugSession({ interpreter, schedule, world, path: '/segv.hmm', text });
}

/** Stands where the signal has been sent, and a breakpoint on the step that the task runs next. */
function atSignal(): DebugSession {
  const s = session();
  s.exceptions.set([{ id: 'sigsegv' }]);
  expect(finish(s.continue())).toMatchObject({ reason: 'exception', exception: { id: 'sigsegv' } });
  const [top] = framesOf(s.debuggee.world, s.map, s.stopped.task);
  const listing = s.map.listings.find(({ routine }) => routine === top?.routine);
  s.breakpoints.setLines(listing?.path ?? '', [{ line: top?.line ?? 0 }]);
  expect([...s.breakpoints.pcs]).toEqual([top?.pc]);
  return s;
}

it('is asked when the run goes on, and then passed over', () => {
  const s = atSignal();
  const { time } = s;
  expect(finish(s.continue())).toMatchObject({ reason: 'breakpoint' });
  expect(s.time).toBe(time);
  expect(finish(s.continue()).reason).toBe('end');
});

it('does not keep a step from moving on', () => {
  const s = atSignal();
  const { time } = s;
  finish(s.stepIn(s.stopped.task));
  expect(s.time).toBeGreaterThan(time);
});
