/** Who gets a lock next: the order of the queue, not that of the tasks. */

import { describe, expect, it } from 'vitest';
import { lockMirror, unlock_mirror } from '../../src/engine/drivers/dmirror/lock';
import { signal_wake_up } from '../../src/engine/kernel/kernel/signal';
import {
  lockPage,
  mmap_read_unlock,
  mmap_write_downgrade,
  mmap_write_unlock,
  mmapReadLock,
  mmapReadLockKillable,
  mmapWriteLock,
  mmapWriteLockKillable,
  trylock_page,
  unlock_page,
} from '../../src/engine/kernel/mm/mmap/mmap_lock';
import type { MirrorRow, MmRow, PageRow, TaskRow } from '../../src/engine/machine/ids';
import { Wait } from '../../src/engine/machine/tasks';
import { linux414 } from '../../src/engine/profiles/linux-4.14';
import { linux612 } from '../../src/engine/profiles/linux-6.12';
import type { Profile } from '../../src/engine/profiles/profile';
import type { Kernel } from '../../src/engine/routine/kernel';
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

const params = { n: Int };
type R = Builder<FrameOf<typeof params & Record<never, LocalType>>>;
type Body = (r: R) => Node<FrameOf<typeof params & Record<never, LocalType>>>[];

const MM = 1 as MmRow;
const PAGE = 1 as PageRow;
const MIRROR = 1 as MirrorRow;

const sleep = (r: R, gate: number) =>
  r.wait(
    `gate ${gate}`,
    Wait.Barrier,
    () => gate,
    (k) => cells(k).get(gate) === 1,
  );
const open = (r: R, gate: number) =>
  r.step(`open gate ${gate}`, (k) => {
    cells(k).set(gate, 1);
    k.tasks.wake(Wait.Barrier, gate);
  });
/** Has it: the log gets the task's number. */
const has = (r: R) => r.step('has it', (k) => k.emit('print', 0, k.task));

/** Runs the tasks and returns their numbers in the order in which each had what it waited for. */
function order(bodies: readonly Body[], profile: Profile = linux612): number[] {
  const tasks = bodies.map(
    (body, i): AnyRoutine =>
      routine({ name: `t${i + 1}`, file: 'synthetic', about: 'A task.', params, body }),
  );
  const interpreter = machineWith(
    tasks.map((body) => ({ routine: body, n: 0 })),
    undefined,
    profile,
  );
  const had: number[] = [];
  interpreter.kernel.events.observer = (_, name, __, args) => {
    if (name === 'print') had.push(args[1] ?? 0);
  };
  expect(interpreter.run(10_000, false)).toBe('end');
  return had;
}

interface Lock {
  readonly lock: (r: R) => ReturnType<Body>;
  readonly unlock: (k: Kernel) => void;
}

const exclusive: readonly [string, Lock][] = [
  ['the lock of a page', { lock: (r) => [lockPage(r, () => PAGE)], unlock: (k) => unlock_page(k, PAGE) }],
  [
    "the driver's mutex",
    { lock: (r) => [lockMirror(r, () => MIRROR)], unlock: (k) => unlock_mirror(k, MIRROR) },
  ],
  [
    'mmap_lock for writing',
    { lock: (r) => mmapWriteLock(r, () => MM), unlock: (k) => mmap_write_unlock(k, MM) },
  ],
];

describe('a lock that one task has', () => {
  const takes = (r: R, { lock, unlock }: Lock) => [...lock(r), has(r), r.step('unlock', unlock)];

  it.each(exclusive)('%s goes to whoever has waited longest', (_, lock) => {
    const had = order([
      (r) => [...lock.lock(r), sleep(r, 1), has(r), r.step('unlock', lock.unlock)],
      // Comes after the third, and lets the holder go when all wait.
      (r) => [sleep(r, 2), open(r, 3), ...takes(r, lock)],
      (r) => [open(r, 2), ...takes(r, lock)],
      (r) => [sleep(r, 3), open(r, 1)],
    ]);
    expect(had).toEqual([1, 3, 2]);
  });

  it.each(exclusive)('%s may be taken by one that comes by; who was woken keeps its place', (_, lock) => {
    const had = order([
      (r) => [
        ...lock.lock(r),
        sleep(r, 1),
        r.step('unlock', lock.unlock),
        ...lock.lock(r),
        has(r),
        open(r, 2),
        sleep(r, 3),
        r.step('unlock again', lock.unlock),
      ],
      // Both wait; this one is woken, finds the lock taken again, and must still come before the other.
      (r) => [...takes(r, lock)],
      (r) => [...takes(r, lock)],
      (r) => [open(r, 1), sleep(r, 2), open(r, 3)],
    ]);
    expect(had).toEqual([1, 2, 3]);
  });
});

describe('the queue of mmap_lock', () => {
  /** Kills a task, which then leaves its killable wait. */
  const kills = (r: R, task: number) => r.step(`kill ${task}`, (k) => signal_wake_up(k, task as TaskRow));
  const holds: Body = (r) => [
    ...mmapReadLock(r, () => MM),
    sleep(r, 1),
    has(r),
    r.step('up_read', (k) => mmap_read_unlock(k, MM)),
  ];
  const dies: Body = (r) => [...mmapWriteLockKillable(r, () => MM), has(r)];
  const reads: Body = (r) => [
    ...mmapReadLock(r, () => MM),
    has(r),
    r.step('up_read', (k) => mmap_read_unlock(k, MM)),
    open(r, 1),
  ];

  it.each([linux612, linux414])('lets readers in when the writer before them is killed', (profile) => {
    // The first one lets go only when the third has had the lock.
    expect(order([holds, dies, reads, (r) => [kills(r, 2)]], profile)).toEqual([3, 1]);
  });

  it('stays as it is when one that is killed has been given the lock before', () => {
    const writes: Body = (r) => [
      ...mmapWriteLock(r, () => MM),
      sleep(r, 1),
      r.step('up_write', (k) => mmap_write_unlock(k, MM)),
    ];
    const reader: Body = (r) => [
      ...mmapReadLockKillable(r, () => MM, [open(r, 2), r.ret('killed')]),
      has(r),
      r.step('up_read', (k) => mmap_read_unlock(k, MM)),
    ];
    // The reader has the lock since it was given back; in the second run it is killed while somebody else has it.
    expect(order([writes, reader, (r) => [open(r, 1), kills(r, 2)]])).toEqual([2]);
    expect(order([writes, reader, (r) => [kills(r, 2), sleep(r, 2), open(r, 1)]])).toEqual([]);
  });

  it('of a page hands the lock to the next one when the first is killed', () => {
    const locks: Body = (r) => [
      lockPage(r, () => PAGE),
      sleep(r, 1),
      r.step('unlock', (k) => unlock_page(k, PAGE)),
    ];
    const wants = (r: R) =>
      r.killable(
        'folio_lock_killable',
        Wait.PageLock,
        () => PAGE,
        (k) => trylock_page(k, PAGE),
      );
    const wantsAndDies: Body = (r) => [wants(r), open(r, 2)];
    const next: Body = (r) => [wants(r), has(r), r.step('unlock', (k) => unlock_page(k, PAGE))];
    expect(order([locks, wantsAndDies, next, (r) => [kills(r, 2), sleep(r, 2), open(r, 1)]])).toEqual([3]);
  });
});

describe('mmap_lock', () => {
  const reads = (r: R) => [
    ...mmapReadLock(r, () => MM),
    has(r),
    r.step('up_read', (k) => mmap_read_unlock(k, MM)),
  ];
  const writes = (r: R) => [
    ...mmapWriteLock(r, () => MM),
    has(r),
    r.step('up_write', (k) => mmap_write_unlock(k, MM)),
  ];
  const heldForWriting = (after: (r: R) => ReturnType<Body>): Body => {
    return (r) => [
      ...mmapWriteLock(r, () => MM),
      sleep(r, 1),
      r.step('up_write', (k) => mmap_write_unlock(k, MM)),
      ...after(r),
    ];
  };
  const releases: Body = (r) => [open(r, 1)];

  it('goes to all readers with the first of them (6.12), or to those before the next writer (4.14)', () => {
    const queue = [heldForWriting(() => []), reads, writes, reads, releases];
    expect(order(queue, linux612)).toEqual([2, 4, 3]);
    expect(order(queue, linux414)).toEqual([2, 3, 4]);
  });

  it('that is free a reader takes before the writer that was woken for it (6.12), or after (4.14)', () => {
    const queue = [heldForWriting(reads), writes, releases];
    expect(order(queue, linux612)).toEqual([1, 2]);
    expect(order(queue, linux414)).toEqual([2, 1]);
  });

  it('is shared by readers at the head of the queue when its writer becomes a reader', () => {
    const downgrades: Body = (r) => [
      ...mmapWriteLock(r, () => MM),
      sleep(r, 1),
      r.step('downgrade_write', (k) => mmap_write_downgrade(k, MM)),
      sleep(r, 2),
      has(r),
      r.step('up_read', (k) => mmap_read_unlock(k, MM)),
    ];
    const opensWhenItHas: Body = (r) => [...reads(r), open(r, 2)];
    expect(order([downgrades, opensWhenItHas, releases])).toEqual([2, 1]);
    // Behind a writer no reader comes in, and the lock is free only after the one that kept it.
    const behind = order([downgrades, writes, reads, (r) => [open(r, 1), open(r, 2)]], linux414);
    expect(behind).toEqual([1, 2, 3]);
  });
});
