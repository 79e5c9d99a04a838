import { describe, expect, it } from 'vitest';
import type { YieldName } from '../../src/engine/kernel/routine';
import { MOST_STEPS, runOf } from '../properties/machine';

const program = (profile: string, more: string): string => `
  profile ${profile}
  device gpu0 private 1MiB
  process p {
    a = mmap 4KiB anon rw
    migrate a to gpu0
    read a
    ${more}
  }`;

/** The yield points that stand in the routines of a profile. */
function yieldsOf(profile: string, more = ''): Set<YieldName> {
  const { linked } = runOf(program(profile, more));
  return new Set(linked.yieldBefore.filter((name) => name !== undefined));
}

const every = Array.from({ length: 15 }, (_, i) => `Y${i + 1}`);

describe('the points where another CPU can interfere', () => {
  it('are all there under 6.12', () => {
    const found = yieldsOf('6.12', 'gpu0 release');
    expect(every.filter((name) => !found.has(name as YieldName))).toEqual([]);
  });

  it('are all there under 4.14, which flushes later and can not take a device away', () => {
    const found = yieldsOf('4.14');
    expect(every.filter((name) => !found.has(name as YieldName))).toEqual(['Y13']);
  });
});

/** Three CPUs that are in each other's way: faults, migrations, device accesses, reclaim and pages that change hands. */
const crowd = (profile: string, seed: number, more: string): string => `
  profile ${profile}
  machine { cpus 4 swap 1MiB }
  device gpu0 private 4MiB
  device gpu1 private 1MiB
  schedule seed ${seed}
  process p {
    a = mmap 12KiB anon rw
    b = mmap 4KiB anon rw
    write a = 1
    write b = 1
    thread A cpu 0 { repeat 3 { migrate a to gpu0; read a[0]; read a[1] } }
    thread B cpu 1 { repeat 3 { write a[1] = 2; gpu0 write a = 3; read a[2] } }
    thread C cpu 2 { repeat 3 { reclaim a; write a[0] = 4; madvise a[2] dontneed } }
    thread D cpu 3 { repeat 9 { ${more}; read b[0] } }
    join A
    join B
    join C
    migrate b to gpu1
    under 6.12 { gpu1 release }
    join D
  }`;

/** The yields at which another task was let run, before the one that stood there went on. */
function takenYields(text: string): Set<string> {
  const { interpreter, kernel, linked, schedule } = runOf(text);
  const taken = new Set<string>();
  let here = { task: 0, name: '' };
  schedule.onChoice = (task) => {
    const name = linked.yieldBefore[kernel.tasks.pc.get(kernel.task)] ?? '';
    if (task !== kernel.task) here = { task, name };
  };
  // Chosen is not enough: the other one has to have run its step next.
  while (interpreter.run(kernel.time + 1, false) === 'time' && kernel.time < MOST_STEPS) {
    if (here.task === kernel.task) taken.add(here.name);
    here = { task: 0, name: '' };
  }
  return taken;
}

describe('another task runs', () => {
  const SEEDS = 60;
  const taken = (profile: string, more: string): Set<string> => {
    const all = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++)
      for (const name of takenYields(crowd(profile, seed, more))) all.add(name);
    return all;
  };

  it('at each of these points under some seed of 6.12', () => {
    const found = taken(
      '6.12',
      'h = mmap 2MiB huge; write h[0] = 5; migrate h[1] to gpu0; gpu0 exclusive a[0]',
    );
    expect(every.filter((name) => !found.has(name))).toEqual([]);
  });

  it('at each of them under some seed of 4.14, without what that can not do', () => {
    const found = taken('4.14', 'read b[0]');
    expect(every.filter((name) => !found.has(name))).toEqual(['Y13']);
  });
});
