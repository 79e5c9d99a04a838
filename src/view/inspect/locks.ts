/** The locks that a task holds, each with its queue: the tasks that wait for it. */

import { driver_lock } from '../../engine/detect/waits_for';
import type { MirrorRow, PageRow, TaskRow, VmaRow, Vpn } from '../../engine/machine/ids';
import { vaOf } from '../../engine/machine/ids';
import { Wait, type WaitKind } from '../../engine/machine/tasks';
import { showAddress, taskName, type World } from '../environment';
import { showWait } from '../waits';

export interface HeldLock {
  /** `mmap_lock of app for reading` */
  readonly what: string;
  /** Names of the tasks that wait for it, who came first first. */
  readonly waiting: readonly string[];
}

/** Tasks that wait for one of these reasons on this object, or were woken for it and have not run yet. */
function queue(world: World, kinds: readonly WaitKind[], on: number): string[] {
  const { tasks } = world.kernel;
  const waits = (task: number): boolean =>
    tasks.waitFor.get(task) === on && kinds.includes(tasks.wait.get(task) as WaitKind);
  return [...tasks.tasks.rows()]
    .filter(waits)
    .sort((a, b) => tasks.waitSince.get(a) - tasks.waitSince.get(b))
    .map((task) => taskName(world, task as TaskRow));
}

/** A lock that is named as what a task would wait for. */
function lock(world: World, kind: WaitKind, on: number, waiters: readonly WaitKind[] = [kind]): HeldLock {
  return { what: showWait(world, kind, on), waiting: queue(world, waiters, on) };
}

function mmapLocks(world: World, task: TaskRow): HeldLock[] {
  const { mm, tasks } = world.kernel;
  const held: HeldLock[] = [];
  for (const space of mm.mms.rows())
    if (mm.lockWriter.get(space) === task)
      held.push(lock(world, Wait.MmapWrite, space, [Wait.MmapRead, Wait.MmapWrite]));
  const read = tasks.readsMm.get(task);
  if (read !== 0) held.push(lock(world, Wait.MmapRead, read, [Wait.MmapWrite]));
  const vma = tasks.readsVma.get(task) as VmaRow;
  if (vma !== 0) {
    const start = showAddress(vaOf(mm.start.get(vma) as Vpn));
    held.push({
      what: `the lock of the VMA at ${start}`,
      waiting: queue(world, [Wait.VmaWrite], vma),
    });
  }
  return held;
}

function pageLocks(world: World, task: TaskRow): HeldLock[] {
  const { lockOwner } = world.kernel.pages;
  const held: HeldLock[] = [];
  for (let page = lockOwner.data.indexOf(task); page !== -1; page = lockOwner.data.indexOf(task, page + 1))
    held.push(
      lock(world, Wait.PageLock, page as PageRow, [Wait.PageLock, Wait.PageUnlocked, Wait.MigrationEntry]),
    );
  return held;
}

function rmapLock(world: World, task: TaskRow): HeldLock[] {
  const held = world.kernel.tasks.readsRmap.get(task);
  return held === 0
    ? []
    : [{ what: 'the lock of a reverse map', waiting: queue(world, [Wait.RmapWrite], held) }];
}

function mirrorsLock(world: World, task: TaskRow): HeldLock[] {
  const held = world.kernel.tasks.readsMirrors.get(task);
  return held === 0
    ? []
    : [{ what: 'the list of mirrors for reading', waiting: queue(world, [Wait.MirrorsWrite], held) }];
}

/** Every lock that the task holds, in the order in which they nest. */
export function locksHeld(world: World, task: TaskRow): HeldLock[] {
  const { devices, tables } = world.kernel;
  const mirrors = [...devices.mirrors.rows()] as MirrorRow[];
  const held = (wait: WaitKind) =>
    mirrors.filter((mirror) => driver_lock(world.kernel, wait, mirror) === task);
  const ranges = held(Wait.RangeLock);
  const mutexes = held(Wait.DriverLock);
  const nodes = [...tables.nodes.rows()].filter((node) => tables.lockOwner.get(node) === task);
  return [
    ...ranges.map((mirror) => lock(world, Wait.RangeLock, mirror)),
    ...mmapLocks(world, task),
    ...pageLocks(world, task),
    ...rmapLock(world, task),
    ...mirrorsLock(world, task),
    ...mutexes.map((mirror) => lock(world, Wait.DriverLock, mirror)),
    ...nodes.map((node) => lock(world, Wait.PageTableLock, node)),
  ];
}
