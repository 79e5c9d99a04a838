/** Detectors of waits that can't end. Tasks are numbered in the order in which they are started, and run in that order. */

import { describe, expect, it } from 'vitest';
import { mirrors } from '../../src/engine/drivers/dmirror/tables';
import { signal_wake_up } from '../../src/engine/kernel/kernel/signal';
import {
  mmapReadLock,
  mmapWriteLock,
  mmapWriteLockKillable,
} from '../../src/engine/kernel/mm/mmap/mmap_lock';
import type { MmRow, TaskRow } from '../../src/engine/machine/ids';
import { Wait } from '../../src/engine/machine/tasks';
import {
  type AnyRoutine,
  type Builder,
  type FrameOf,
  Int,
  type LocalType,
  type Node,
  routine,
} from '../../src/engine/routine/routine';
import { cells, machineWith } from '../time/synthetic';

const MM = 1 as MmRow;
const params = { n: Int };
type TaskFrame = FrameOf<typeof params & Record<never, LocalType>>;
type R = Builder<TaskFrame>;
const task = (name: string, body: (r: R) => Node<TaskFrame>[]): AnyRoutine =>
  routine<typeof params>({ name, file: 'synthetic', about: 'A task.', params, body });

/** Takes the lock of a mirror; the number is the mirror's row. */
const lock = (r: R, mirror: number) =>
  r.wait(
    `lock ${mirror}`,
    Wait.DriverLock,
    () => mirror,
    (k) => {
      if (mirrors.tables.of(k).mutex.get(mirror) !== 0) return false;
      mirrors.tables.of(k).mutex.set(mirror, k.task);
      return true;
    },
  );
const unlock = (r: R, mirror: number) =>
  r.step(`unlock ${mirror}`, (k) => {
    mirrors.tables.of(k).mutex.set(mirror, 0);
    k.tasks.wake(Wait.DriverLock, mirror);
  });
/** Sleeps until somebody opens the gate. */
const sleep = (r: R, gate = 1) =>
  r.wait(
    'sleep',
    Wait.Barrier,
    () => gate,
    (k) => cells(k).get(gate) === 1,
  );
const open = (r: R, gate = 1) =>
  r.step('open', (k) => {
    cells(k).set(gate, 1);
    k.tasks.wake(Wait.Barrier, gate);
  });

const dies = task('dies', (r) => [lock(r, 1)]);
const sleepsAndDies = task('sleepsAndDies', (r) => [lock(r, 1), sleep(r)]);
const wants = task('wants', (r) => [open(r), lock(r, 1), unlock(r, 1)]);
const frees = task('frees', (r) => [lock(r, 1), sleep(r), unlock(r, 1)]);
const joinsSecond = task('joinsSecond', (r) => [
  r.wait(
    'join 2',
    Wait.Task,
    () => 2,
    () => false,
  ),
]);
const first = task('first', (r) => [lock(r, 1), sleep(r), open(r, 2), lock(r, 2)]);
const second = task('second', (r) => [lock(r, 2), open(r), lock(r, 1)]);

const comesLater = task('comesLater', (r) => [sleep(r, 2), lock(r, 1)]);

/** What the detectors say of a run: the event and its numbers. */
function found(...tasks: AnyRoutine[]): string[] {
  return foundWith([], tasks);
}

/** The same where some of the tasks, by their numbers, might kill others. */
function foundWith(killers: readonly number[], tasks: readonly AnyRoutine[]): string[] {
  const interpreter = machineWith(tasks.map((body) => ({ routine: body, n: 0 })));
  interpreter.kernel.program = {
    endedBy: () => undefined,
    mayEnd: () => killers as TaskRow[],
    neverEnds: () => false,
  };
  const events: string[] = [];
  interpreter.kernel.events.observer = (_, name, __, args) => {
    if (name !== 'wait') events.push(`${name} ${args.join(' ')}`);
  };
  interpreter.run(1000, false);
  return events;
}

/** Holds mmap_lock for reading, and then waits. */
const reads = (name: string, then: (r: R) => Node<TaskFrame>) =>
  task(name, (r) => [...mmapReadLock(r, () => MM), then(r)]);
const readsAndSleeps = reads('readsAndSleeps', (r) => sleep(r, 7));
const readsAndLocks = reads('readsAndLocks', (r) => lock(r, 1));
const writes = task('writes', (r) => mmapWriteLock(r, () => MM));
const locksAndWrites = task('locksAndWrites', (r) => [
  lock(r, 1),
  sleep(r, 3),
  ...mmapWriteLock(r, () => MM),
]);
const opens = task('opens', (r) => [open(r, 3)]);

describe('a lock that several tasks hold', () => {
  it('is waited for in vain if any of them can never let go, not only the first', () => {
    expect(found(dies, readsAndSleeps, readsAndLocks, writes)).toEqual([
      'never_wakes 3 1',
      'never_wakes 4 1',
    ]);
  });

  it('closes a circle through any of them', () => {
    expect(found(locksAndWrites, readsAndSleeps, readsAndLocks, opens)).toEqual(['deadlock 1 3']);
  });

  it('is none while each of them waits for what may come', () => {
    expect(found(readsAndSleeps, readsAndSleeps, writes)).toEqual([]);
  });
});

describe('a task that can never wake', () => {
  it('waits for a lock whose owner has ended before', () => {
    expect(found(dies, wants)).toEqual(['never_wakes 2 1']);
  });

  it('waits for a lock whose owner ends later', () => {
    expect(found(sleepsAndDies, wants)).toEqual(['never_wakes 2 1']);
  });

  it('waits for a task that can never wake', () => {
    expect(found(dies, wants, joinsSecond)).toEqual(['never_wakes 2 1', 'never_wakes 3 1']);
  });

  it('waits for a task of a circle that it is not part of', () => {
    expect(found(first, second, comesLater)).toEqual(['deadlock 1 2', 'never_wakes 3 1']);
  });

  it('is none that waits for somebody who gives the lock back', () => {
    expect(found(frees, wants)).toEqual([]);
  });
});

const mayDie = task('mayDie', (r) => mmapWriteLockKillable(r, () => MM));
/** Like `locksAndWrites`, for a task that may be killed while it waits; then it gives its lock back. */
const locksAndMayDie = task('locksAndMayDie', (r) => [
  lock(r, 1),
  sleep(r, 3),
  r.call('write', mayDie, () => undefined),
  unlock(r, 1),
]);

describe('a wait that may be killed', () => {
  const circle = [locksAndMayDie, readsAndLocks];
  const opensAnd = (name: string, then: (r: R) => Node<TaskFrame>[]) =>
    task(name, (r) => [open(r, 3), ...then(r)]);
  const kills = (r: R, victim: number) => r.step('kill', (k) => signal_wake_up(k, victim as TaskRow));

  it('is part of a circle if nobody can do that', () => {
    expect(found(...circle, opens)).toEqual(['deadlock 1 2']);
  });

  it('ends its circle while somebody can, who then does', () => {
    const killer = opensAnd('killer', (r) => [sleep(r, 4), kills(r, 1)]);
    const starts = task('starts', (r) => [open(r, 4)]);
    expect(foundWith([3], [...circle, killer, starts])).toEqual([]);
  });

  it('can never end when the last who could has ended without it', () => {
    const could = opensAnd('could', (r) => [sleep(r, 4)]);
    const starts = task('starts', (r) => [open(r, 4)]);
    expect(foundWith([3], [...circle, could, starts])).toEqual(['deadlock 1 2']);
  });

  it('can not be ended by one that waits for the circle itself', () => {
    const waits = opensAnd('waits', (r) => [lock(r, 1), kills(r, 1)]);
    expect(foundWith([3], [...circle, waits])).toEqual(['deadlock 1 2']);
  });

  it('is not the same wait as that of one who must not be killed', () => {
    const killer = opensAnd('killer', (r) => [sleep(r, 4)]);
    expect(foundWith([3], [locksAndWrites, readsAndLocks, killer])).toEqual(['deadlock 1 2']);
  });
});
