import { describe, expect, it } from 'vitest';
import { Watch } from '../../src/cli/watch';
import type { PageRow } from '../../src/engine/machine/ids';
import { buildRun } from '../../src/program';
import { programOf } from '../scenario/run-scenario';

describe('the check of the invariants during a run', () => {
  it('tells of a reference that nobody holds, and of nothing in a sound machine', () => {
    const run = buildRun(
      programOf(
        'process app {\n    buf = mmap 4KiB\n    write buf = 1\n    drain lru\n    repeat 9 { read buf }\n}\n',
      ),
    );
    const told: string[] = [];
    const watch = new Watch(run, (id, text) => told.push(`${id}: ${text}`));
    while (run.kernel.mm.rssAnon.get(1) === 0) run.interpreter.run(run.kernel.time + 1, false);
    run.interpreter.run(run.kernel.time + 60, false);
    expect(told).toEqual([]);
    const page = [...run.kernel.pages.rows()].find((row) => run.kernel.pages.isAnon(row)) ?? (0 as PageRow);
    run.kernel.holds.adjust(page, 1);
    run.interpreter.run(1_000_000, false);
    watch.finish();
    expect(told[0]).toMatch(/^I5: .*refcount/);
    expect(watch.count).toBe(told.length);
    expect(watch.sentences[0]).toContain('Broken since step ');
  });
});
