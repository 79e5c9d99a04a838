/** Subscriptions come and go while an address space is being invalidated. */

import { describe, expect, it } from 'vitest';
import type { TaskRow } from '../../src/engine/machine/ids';
import { TaskState, Wait } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import { showWaiting, waitingOf } from '../../src/view/waits';
import { runChecked, runOf } from '../properties/machine';
import { subscriptions } from './subscriptions';
import { count } from './under-seeds';

const against = (changes: string, more = ''): string => `
  profile 6.12
  machine { cpus 4 }
  device gpu0 private 1MiB
  device gpu1 private 1MiB
  schedule seed SEED
  process p {
    a = mmap 8KiB anon rw
    write a = 1
    open gpu0
    thread A cpu 0 { barrier go; ${changes} }
    thread B cpu 1 { barrier go; repeat 4 { mprotect a r; mprotect a rw } }
    thread C cpu 2 { barrier go; ${more} }
    barrier go
    join A
    join B
    join C
  }`;

/** The one address space of the scenarios. */
const spaceOf = (k: Kernel): number => [...k.mm.mms.rows()][0] ?? 0;

describe('while subscriptions are told of an invalidation (6.12)', () => {
  it('none is added and none removed; what is put off is done at its end', () => {
    let seq = 0;
    let told: number[] = [];
    const added = new Set<number>();
    const removed = new Set<number>();
    count(against('repeat 2 { gpu0 snapshot a }', 'repeat 2 { open gpu1; close gpu1 }'), (k) => {
      const space = spaceOf(k);
      const now = subscriptions(k, space);
      if (seq % 2 === 1 && k.mm.notifierSeq.get(space) === seq) expect(now).toEqual(told);
      seq = k.mm.notifierSeq.get(space);
      told = now;
      for (let row = k.mm.firstDeferred.get(space); row !== 0; row = k.devices.mirrorDeferred.get(row)) {
        expect(seq % 2).toBe(1);
        (now.includes(row) ? removed : added).add(row);
      }
      return false;
    });
    expect(added.size).toBeGreaterThan(0);
    expect(removed.size).toBeGreaterThan(0);
  });

  it('who removes one waits for this invalidation, not for the next', () => {
    let before = 0;
    const waits = count(
      against('repeat 3 { open gpu1; close gpu1 }', 'repeat 4 { mprotect a r; mprotect a rw }'),
      (k, named) => {
        const A = named('A');
        const now = k.tasks.isQueued(A, Wait.NotifierSeq, spaceOf(k)) ? k.tasks.state.get(A) : 0;
        // Once it has been woken it doesn't sleep again.
        expect(before === TaskState.Runnable && now === TaskState.Blocked).toBe(false);
        before = now;
        return now === TaskState.Blocked;
      },
    );
    expect(waits).toBeGreaterThan(0);
  });
});

const SEEDS = Array.from({ length: 60 }, (_, i) => i + 1);

const closing = (seed: number): string => `
  profile 4.14
  machine { cpus 4 }
  device gpu0 private 1MiB
  device gpu1 private 1MiB
  schedule seed ${seed}
  process p {
    a = mmap 8KiB anon rw
    write a = 1
    thread B cpu 1 { repeat 6 { madvise a dontneed; write a = 1 } }
    thread C cpu 2 { read a; close gpu0; read a; close gpu1 }
    thread D cpu 3 { repeat 4 { gpu1 read a } }
    join B
    join C
    join D
  }`;

describe('mirrors of 4.14', () => {
  it('are not unregistered while they are told', () => {
    let told = 0;
    for (const seed of SEEDS) {
      const { broken, stop } = runChecked(closing(seed), ({ kernel: k }) => {
        k.events.observer = (_, name, leave, [mirror = 0, process]) => {
          if (name !== 'invalidate' || leave) return;
          told++;
          const live = k.devices.mirrors.isLive(mirror);
          expect({ seed, process, live }).toEqual({ seed, process: 1, live: true });
        };
      });
      expect({ seed, broken, stop }).toEqual({ seed, broken: [], stop: 'end' });
    }
    expect(told).toBeGreaterThan(0);
  });

  it('are told in peace: who unregisters one says who tells them', () => {
    const said = new Set<string>();
    for (const seed of SEEDS) {
      const { interpreter, kernel: k, world } = runOf(closing(seed));
      for (let stop = 'time'; stop === 'time'; stop = interpreter.run(k.time + 1, false))
        for (const row of k.tasks.tasks.rows()) {
          const waiting = waitingOf(world, row as TaskRow);
          if (waiting?.kind === Wait.MirrorsWrite) said.add(showWaiting(waiting).replace(/ in \w+\)$/, ')'));
        }
    }
    expect([...said]).toEqual(['the mirrors of p to be told (p.B)']);
  });
});
