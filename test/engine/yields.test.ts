import { describe, expect, it } from 'vitest';
import type { Linked } from '../../src/engine/routine/link';
import type { YieldName } from '../../src/engine/routine/routine';
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

/** Faults of huge pages and of files, and migrations of what nobody has written to. */
const others = (profile: string, seed: number): string => `
  profile ${profile}
  machine { cpus 2 }
  device gpu0 private 4MiB
  schedule seed ${seed}
  process p {
    h = mmap 2MiB huge
    z = mmap 2MiB huge
    s = mmap 4KiB shmem shared
    c = mmap 4KiB shmem private
    thread A cpu 0 {
      repeat 3 { madvise h dontneed; write h[0] = 1; read s; write c = 2; migrate z[1] to gpu0; migrate h[1] to gpu0; madvise z dontneed }
    }
    thread B cpu 1 {
      repeat 3 { write h[1] = 1; read z; write h[1] = 1; madvise s dontneed; write s = 2; write h[1] = 1; madvise c dontneed; write c = 3 }
    }
    join A
    join B
  }`;

interface Site {
  readonly name: YieldName;
  readonly file: string;
  readonly routine: string;
  /** Routine, yield, and the step behind it. */
  readonly where: string;
}

/** The yield in front of a step; the same in all programs of a profile. */
function siteAt(linked: Linked, pc: number): Site | undefined {
  const name = linked.yieldBefore[pc];
  const of = linked.routines[linked.routineOf[pc] ?? -1];
  if (name === undefined || of === undefined) return undefined;
  const { routine, entry } = of;
  const where = `${routine.name}+${pc - entry} ${name}: ${linked.text[pc]}`;
  return { name, file: routine.file, routine: routine.name, where };
}

/** The yields at which another task was let run, before the one that stood there went on. */
function takenSites(text: string): Site[] {
  const { interpreter, kernel, linked, schedule } = runOf(text);
  const taken = new Set<number>();
  let here = { task: 0, pc: 0 };
  schedule.onChoice = (task) => {
    if (task !== kernel.task) here = { task, pc: kernel.tasks.pc.get(kernel.task) };
  };
  // Chosen is not enough: the other one has to have run its step next.
  while (interpreter.run(kernel.time + 1, false) === 'time' && kernel.time < MOST_STEPS) {
    if (here.task === kernel.task) taken.add(here.pc);
    here = { task: 0, pc: 0 };
  }
  return [...taken].flatMap((pc) => siteAt(linked, pc) ?? []);
}

const FILES = ['mm/memory.c', 'mm/migrate.c', 'mm/migrate_device.c', 'lib/test_hmm.c'];
/** Nobody comes by here under these seeds: the first write to a shared page of a file, and a use of a huge entry. */
const LEFT_OUT = ['do_shared_fault', '__handle_mm_fault'];
const inQuestion = ({ file, routine }: Site): boolean => FILES.includes(file) && !LEFT_OUT.includes(routine);

describe('another task runs', () => {
  const SEEDS = 60;
  /** The yield points at which nobody else has run, and places of faults and migrations where that is so. */
  const missed = (profile: string, more: string): { names: string[]; places: string[] } => {
    const taken: Site[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) taken.push(...takenSites(crowd(profile, seed, more)));
    for (let seed = 1; seed <= SEEDS / 3; seed++) taken.push(...takenSites(others(profile, seed)));
    const names = new Set<string>(taken.map(({ name }) => name));
    const places = new Set(taken.map(({ where }) => where));
    const { linked } = runOf(others(profile, 1));
    const all = linked.yieldBefore.flatMap((_, pc) => siteAt(linked, pc) ?? []);
    return {
      names: every.filter((name) => !names.has(name)),
      places: all.filter((site) => inQuestion(site) && !places.has(site.where)).map(({ where }) => where),
    };
  };

  it('at each of these points under some seed of 6.12, and wherever they stand in a fault or a migration', () => {
    const huge = 'h = mmap 2MiB huge; write h[0] = 5; migrate h[1] to gpu0; gpu0 exclusive a[0]';
    expect(missed('6.12', huge)).toEqual({ names: [], places: [] });
  });

  it('at each of them under some seed of 4.14, without what that can not do', () => {
    expect(missed('4.14', 'read b[0]')).toEqual({ names: ['Y13'], places: [] });
  });
});
