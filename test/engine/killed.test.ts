/** What a task that is killed still does in the kernel, and what it no longer waits for. */

import { describe, expect, it } from 'vitest';
import type { TaskRow } from '../../src/engine/machine/ids';
import { Wait, type WaitKind } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import { freeAtStart, leaks, runChecked } from '../properties/machine';
import { blockedOn, count } from './under-seeds';

const killed = (k: Kernel, task: TaskRow): boolean => task !== 0 && k.tasks.killed.get(task) !== 0;

describe('a fault of a task that is killed while it has the VMA lock', () => {
  const text = `
    profile 6.12
    machine { cpus 2 }
    device gpu0 private 1MiB
    schedule seed SEED
    process p {
      a = mmap 4KiB anon rw
      write a = 1
      migrate a to gpu0
      barrier x
      read a
    }
    process q { barrier x; kill p }`;

  it('ends with VM_FAULT_RETRY: mmap_lock is not taken', () => {
    let cut = false;
    let found = 0;
    count(text, (k, named) => {
      const p = named('p');
      if (p === 0) {
        cut = false;
        return false;
      }
      if (killed(k, p) && k.tasks.readsVma.get(p) !== 0) {
        if (!cut) found++;
        cut = true;
      }
      if (!killed(k, p)) cut = false;
      if (cut) expect(k.tasks.readsMm.get(p)).toBe(0);
      return false;
    });
    expect(found).toBeGreaterThan(0);
  });
});

/** Threads of p that fault (F), pin (G), and change the address space (W and V), until q kills them. */
const crowd = (profile: string): string => `
  profile ${profile}
  machine { cpus 5 }
  device gpu0 private 1MiB
  schedule seed SEED
  process p {
    a = mmap 8KiB anon rw
    b = mmap 4KiB anon rw
    write a = 1
    migrate a to gpu0
    thread F cpu 1 { barrier x; loop { read a expect 1 } }
    thread G cpu 2 { barrier x; loop { pin a r as P expect ok; unpin P } }
    thread W cpu 3 { barrier x; loop { mprotect a r expect ok; mprotect a rw expect ok } }
    thread V cpu 4 { barrier x; loop { migrate a to gpu0; munmap b } }
    barrier x
    join F
  }
  process q { barrier x; repeat 9 { c = mmap 4KiB; munmap c }; kill p }`;

/** How often one of these threads sleeps for this, and how often although it has been killed. */
function sleeps(profile: string, names: readonly string[], wait: WaitKind): { alive: number; dead: number } {
  let dead = 0;
  const alive = count(crowd(profile), (k, named) => {
    const asleep = names.map(named).filter((task) => task !== 0 && blockedOn(k, task, wait));
    dead += asleep.filter((task) => killed(k, task)).length;
    return asleep.some((task) => !killed(k, task));
  });
  return { alive, dead };
}

describe('a task that is killed while it waits for mmap_lock', () => {
  it.each(['6.12', '4.14'])('for writing, gives up (%s)', (profile) => {
    const { alive, dead } = sleeps(profile, ['W', 'V'], Wait.MmapWrite);
    expect(alive).toBeGreaterThan(0);
    expect(dead).toBe(0);
  });

  it.each(['F', 'G'])(
    'for a fault or get_user_pages (%s), gives up in 6.12, and waits on in 4.14',
    (name) => {
      const { alive, dead } = sleeps('6.12', [name], Wait.MmapRead);
      expect(alive).toBeGreaterThan(0);
      expect(dead).toBe(0);
      expect(sleeps('4.14', [name], Wait.MmapRead).dead).toBeGreaterThan(0);
    },
  );

  it.each(['6.12', '4.14'])('waits for the migration of its page to end, though (%s)', (profile) => {
    expect(sleeps(profile, ['F', 'G'], Wait.MigrationEntry).dead).toBeGreaterThan(0);
  });

  it.each(['6.12', '4.14'])('leaves nothing behind (%s)', (profile) => {
    for (let seed = 1; seed <= 40; seed++) {
      let free = 0;
      const { run, broken, stop } = runChecked(crowd(profile).replace('SEED', String(seed)), (before) => {
        free = freeAtStart(before);
      });
      expect({ seed, stop, broken, leaks: leaks(run, free) }).toEqual({
        seed,
        stop: 'end',
        broken: [],
        leaks: [],
      });
    }
  });
});
