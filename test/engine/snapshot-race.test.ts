/** A snapshot has a notifier of its own for its range: what changes there meanwhile makes it begin again. */

import { describe, expect, it } from 'vitest';
import { waits_for } from '../../src/engine/detect/waits_for';
import { own } from '../../src/engine/drivers/dmirror/tables';
import { TaskState, Wait } from '../../src/engine/machine/tasks';
import type { Kernel } from '../../src/engine/routine/kernel';
import { subscriptions } from './subscriptions';
import { blockedOn, count } from './under-seeds';

const against = (change: string): string => `
  profile 6.12
  machine { cpus 2 }
  device gpu0 private 1MiB
  schedule seed SEED
  process p {
    a = mmap 8KiB anon rw
    b = mmap 8KiB anon rw
    write a = 1
    write b = 1
    open gpu0
    thread A cpu 0 { barrier go; gpu0 snapshot a }
    thread B cpu 1 { barrier go; ${change} }
    barrier go
    join A
    join B
    gpu0 snapshot a
  }`;

/** Notifiers besides the mirror's own, by the range they are for. */
const notifiers = (k: Kernel): number =>
  [...k.devices.mirrors.rows()].filter((row) => own.of(k).of.get(row) !== 0).length;

describe('a snapshot', () => {
  it('waits for the task that changes its range', () => {
    const waits = count(against('mprotect a r; mprotect a rw'), (k, named) => {
      const A = named('A');
      if (A === 0 || !blockedOn(k, A, Wait.NotifierSeq)) return false;
      expect(waits_for(k, Wait.NotifierSeq, k.tasks.waitFor.get(A))?.tasks).toEqual([named('B')]);
      return true;
    });
    expect(waits).toBeGreaterThan(0);
  });

  it('has one notifier while it is taken, and leaves none behind', () => {
    const taken = count(against('mprotect b r; mprotect b rw'), (k, named) => {
      const A = named('A');
      const over = A !== 0 && k.tasks.state.get(A) === TaskState.Exited && k.tasks.depth.get(named('p')) <= 1;
      if (over) expect(notifiers(k)).toBe(0);
      expect(notifiers(k)).toBeLessThanOrEqual(1);
      return notifiers(k) === 1;
    });
    expect(taken).toBeGreaterThan(0);
  });

  it('gives its notifier up only when no invalidation may be in its callback', () => {
    let told = new Set<number>();
    let rows = new Set<number>();
    let ended = 0;
    const waited = count(against('mprotect b r; mprotect b rw; mprotect a r; mprotect a rw'), (k, named) => {
      for (const gone of rows)
        if (!k.devices.mirrors.isLive(gone)) {
          ended++;
          expect(told.has(gone)).toBe(false);
        }
      const A = named('A');
      const mm = A === 0 ? 0 : k.tasks.mmOf(A);
      rows = new Set([...k.devices.mirrors.rows()].filter((row) => own.of(k).of.get(row) !== 0));
      told = new Set(subscriptions(k, mm));
      return [...rows].some((row) => told.has(row)) && k.mm.notifierSeq.get(mm) % 2 === 1;
    });
    expect(ended).toBeGreaterThan(0);
    expect(waited).toBeGreaterThan(0);
  });

  it('is overtaken by a migration of the same device, which the mirror itself does not hear of', () => {
    let retaken = 0;
    count(against('migrate a to gpu0'), (k, named) => {
      const task = named('A');
      const row = [...k.devices.mirrors.rows()].find((mirror) => own.of(k).of.get(mirror) !== 0);
      if (task === 0 || row === undefined) return false;
      const mirror = own.of(k).of.get(row);
      if (k.devices.mirrorSeq.get(row) > k.devices.mirrorSeq.get(mirror)) retaken++;
      return false;
    });
    expect(retaken).toBeGreaterThan(0);
  });
});
