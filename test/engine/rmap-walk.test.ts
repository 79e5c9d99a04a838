/** Walks of the reverse map while other tasks fork, unmap and move what is being walked. */

import { describe, expect, it } from 'vitest';
import type { PageRow } from '../../src/engine/machine/ids';
import { kindOf, Pte } from '../../src/engine/machine/pte';
import type { Frame } from '../../src/engine/routine/frame';
import type { Run } from '../../src/program';
import { waitsText } from '../../src/view/wait-graph';
import { replaceStep } from '../invariants/plant';
import { runChecked, runOf } from '../properties/machine';

const WRITER = 'anon_vma_lock_write(), i_mmap_lock_write()';
/** Routines of munmap that change what hangs on an anon_vma. */
const UNMAPPING = ['do_vmi_align_munmap', 'remove_vma'];

/**
 * Three processes have one page. `one` migrates it, which takes it out of the other two by the reverse map; after `i`
 * yields of `one` the first process changes its address space as far as it gets, then all go on in turns. (With the fix, as
 * faults of several tasks that go on step for step keep each other from the page without it.)
 */
const scenario = (change: string, i: number): string => `profile 6.12
switch fix-1afaeb8293c9 on
machine { cpus 4 }
device gpu0 private 16 pages
schedule app*200 two*200 ${i === 0 ? '' : `one*${i} `}app*60 loop { one app two }
process app cpu 0 {
    buf = mmap 8KiB
    write buf[0] = 0x11
    drain lru
    fork one cpu 1 {
        open gpu0
        barrier ready
        migrate buf[0] to gpu0
        read buf[0] expect 0x11
    }
    fork two cpu 2 {
        barrier ready
        read buf[0] expect 0x11
    }
    barrier ready
    ${change}
    wait one
    wait two
}`;

const CHANGES: readonly [what: string, change: string][] = [
  ['forks', 'fork three cpu 3 { read buf[0] expect 0x11 }\n    read buf[0] expect 0x11\n    wait three'],
  ['unmaps the page', 'munmap buf[0]'],
  ['unmaps its neighbour', 'munmap buf[1]\n    read buf[0] expect 0x11'],
  ['moves the page', 'mremap buf to 0x1800000000\n    read buf[0] expect 0x11'],
  ['forbids writing to it', 'mprotect buf[0] r\n    read buf[0] expect 0x11'],
];

/** After how many walks the page was still mapped. */
function watchWalks(run: Run, found: { walks: number; missed: number }): void {
  replaceStep(run, 'try_to_migrate', 'unlock the reverse map', (original) => (k, f, callee) => {
    found.walks++;
    if (k.pages.folioMapcount((f as Frame & { page: PageRow }).page) > 0) found.missed++;
    return original(k, f, callee);
  });
}

function migrationEntries({ kernel: k }: Run): number {
  let entries = 0;
  for (const node of k.tables.nodes.rows())
    for (let entry = node * 512; entry < (node + 1) * 512; entry++)
      if (kindOf(k.tables.lo.get(entry)) === Pte.Migration) entries++;
  return entries;
}

/** By then `one` has migrated the page. */
const LAST = 32;

describe('a process whose page is being migrated by another one', () => {
  it.each(CHANGES)('%s, at every point of the walk', (_, change) => {
    const found = { walks: 0, missed: 0 };
    for (let i = 0; i < LAST; i++) {
      const { run, stop, broken } = runChecked(scenario(change, i), (run) => watchWalks(run, found));
      expect(broken).toEqual([]);
      expect(run.report.failure).toBeUndefined();
      expect(stop).toBe('end');
      expect(migrationEntries(run)).toBe(0);
    }
    expect(found.missed).toBe(0);
    expect(found.walks).toBeGreaterThan(0);
  });

  it('waits for the walk, and says for whom', () => {
    const seen = new Set<string>();
    for (let i = 0; i < LAST; i++) {
      const { interpreter, world, kernel } = runOf(scenario('munmap buf[0]', i));
      while (interpreter.run(kernel.time + 1, false) === 'time') {
        const [walked] = waitsText(world)
          .split('\n')
          .filter((chain) => chain.includes('reverse map'));
        if (walked !== undefined) seen.add(walked.replace(/, in .*/, ''));
      }
    }
    expect([...seen]).toContain('app → the end of a walk of the reverse map → one');
  });

  it('would be passed over if the one that unmaps did not wait for the walk', () => {
    const found = { walks: 0, missed: 0 };
    for (let i = 0; i < LAST; i++)
      runChecked(scenario('munmap buf[0]', i), (run) => {
        watchWalks(run, found);
        for (const routine of UNMAPPING) replaceStep(run, routine, WRITER, () => () => true);
      });
    expect(found.missed).toBeGreaterThan(0);
  });
});
