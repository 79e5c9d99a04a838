/** The kernel's own assertions end as a stop that names them; a defect of the engine says that it is one. */

import { describe, expect, it } from 'vitest';
import { DebugSession } from '../../src/debugger/session';
import { Hold } from '../../src/engine/machine/holds';
import { ASSERTING, KernelBug } from '../../src/engine/machine/kernel-bug';
import { finish } from '../../src/engine/time/work';
import { buildRun, type Run } from '../../src/program';
import { Client } from '../adapter/client';
import { replaceStep } from '../invariants/plant';
import { programOf, runText } from '../scenario/run-scenario';

const text = `device gpu0 private 1MiB
process app {
    buf = mmap 8KiB anon rw
    write buf = 1
    migrate buf to gpu0
    exit 3
}
process other {
    buf = mmap 4KiB anon rw
    write buf = 2
}
`;

/** A kernel that unlocks each page of a migration twice. */
function twiceUnlocked(): Run {
  const run = buildRun(programOf(text));
  replaceStep(run, 'migrate_vma_finalize', UNLOCK, (original) => (k, f, callee) => {
    original(k, f, callee);
    return original(k, f, callee);
  });
  return run;
}
const UNLOCK = 'unlock_page(page)';

describe('an assertion that does not hold', () => {
  const SENTENCE =
    /^Kernel BUG in folio_unlock: VM_BUG_ON_FOLIO\(!folio_test_locked\(folio\), folio\), in migrate_vma_finalize of app, of pfn 0x\w+/;

  it('stops the session at the step, and the other tasks go on', () => {
    const run = twiceUnlocked();
    const { interpreter, schedule, world } = run;
    const session = new DebugSession({ interpreter, schedule, world, path: '/test.hmm', text });
    const stop = finish(session.continue());
    expect(stop).toMatchObject({ reason: 'exception', exception: { id: 'kernel_bug' } });
    expect(stop.exception?.description).toMatch(SENTENCE);
    const at = session.time;
    const hash = run.kernel.store.hash();
    finish(session.continue());
    expect(session.stopped.text ?? session.stopped.exception?.description).toMatch(/app waits for /);
    const names = [...run.kernel.tasks.processes.rows()].map((row) => run.kernel.tasks.exitCode.get(row));
    expect(names).toContain(0);
    finish(session.seek(at - 5));
    finish(session.seek(at));
    expect(run.kernel.store.hash()).toBe(hash);
    finish(session.seek(at + 20));
    expect(finish(session.reverseContinue()).exception?.description).toMatch(SENTENCE);
    expect(session.time).toBe(at);
  });
});

it('references: none of a page that nobody holds, and none that is not there', () => {
  const { kernel, page } = aPage();
  const { holds } = kernel;
  const by = (make: () => void): string => {
    try {
      make();
    } catch (error) {
      if (error instanceof KernelBug) return error.by;
      throw error;
    }
    return 'nothing';
  };
  expect(by(() => holds.take(page, Hold.Walk, 0))).toBe('nothing');
  expect(by(() => holds.drop(page, Hold.Walk, 0))).toBe('nothing');
  holds.none(page, 0);
  expect(by(() => holds.take(page, Hold.Walk, 0))).toBe('get_page');
  expect(by(() => holds.drop(page, Hold.Walk, 0))).toBe('put_page_testzero');
  expect(new Set(ASSERTING).size).toBe(ASSERTING.length);
});

/** A page of system memory that somebody holds. */
function aPage() {
  const { kernel } = runText('process app {\n    exit 0\n}\n').run;
  const page = kernel.pages.touch(kernel.zones.range.get(1), 0);
  kernel.holds.first(page, Hold.Kernel, 0);
  return { kernel, page };
}

it('a step that throws anything else is a defect of the engine, which says so', async () => {
  const c = new Client(new Map([['/test.hmm', text]]));
  await c.start({ program: '/test.hmm', stopOnEntry: true });
  const { engine } = c.adapter.session;
  const { linked } = engine.interpreter;
  const faults = linked.routines.find(({ routine }) => routine.name === 'do_anonymous_page');
  (linked.run as unknown[])[faults?.entry ?? -1] = () => {
    throw new Error('row 7 is none');
  };
  await c.move('continue', { threadId: 1 });
  expect(c.console.join('\n')).toMatch(
    /The model has failed at time \d+: row 7 is none\. That is a defect of this program, not of Linux: please report it/,
  );
});
