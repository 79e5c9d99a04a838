/** What a blocked task waits for, and who holds it. */

import type { PageRow, ProcessRow, TaskRow } from '../engine/machine/ids';
import { TaskState, Wait, type WaitKind } from '../engine/machine/tasks';
import { processName, showPage, taskName, type World } from '../scenario/environment';

export interface Waiting {
  /** `page lock of pfn 0x3ffff (gpu0, Device)` */
  readonly what: string;
  /** `app.t2 in migrate_vma_setup`, where somebody is known to hold it. */
  readonly holder: string | undefined;
}

const WHAT: Record<WaitKind, (world: World, on: number) => string> = {
  [Wait.None]: () => 'nothing',
  [Wait.PageLock]: (world, page) => `the lock of ${showPage(world, page as PageRow)}`,
  [Wait.MmapRead]: (world, mm) => `mmap_lock of ${mmOwner(world, mm)} for reading`,
  [Wait.MmapWrite]: (world, mm) => `mmap_lock of ${mmOwner(world, mm)} for writing`,
  [Wait.MigrationEntry]: (world, page) => `the migration of ${showPage(world, page as PageRow)}`,
  [Wait.NotifierSeq]: () => 'an invalidation to end',
  [Wait.DriverLock]: () => "the driver's lock",
  [Wait.Task]: (world, task) => `${taskName(world, task as TaskRow)} to end`,
  [Wait.Process]: (world, process) => `${processName(world, process as ProcessRow)} to end`,
  [Wait.Barrier]: () => 'a barrier',
  [Wait.LruDrain]: () => 'the LRU drain',
  [Wait.PgmapRef]: () => "the last reference to the device's memory",
  [Wait.DeviceFault]: () => 'the device fault to be serviced',
  [Wait.Work]: () => 'something to do',
  [Wait.RangeLock]: () => "the driver's lock over its ranges",
  [Wait.Kworker]: () => 'work on its CPU',
};

function mmOwner(world: World, mm: number): string {
  return processName(world, world.kernel.mm.process.get(mm) as ProcessRow);
}

/** A task that holds the mm's mmap_lock, or the lock of one of its VMAs, for reading. */
function readerOf(world: World, on: number): TaskRow {
  const { tasks, mm } = world.kernel;
  for (const task of tasks.tasks.rows())
    if (tasks.readsMm.get(task) === on || mm.mm.get(tasks.readsVma.get(task)) === on) return task as TaskRow;
  return 0 as TaskRow;
}

function holderOf(world: World, kind: WaitKind, on: number): TaskRow {
  const { devices, pages, mm } = world.kernel;
  switch (kind) {
    case Wait.PageLock:
    case Wait.MigrationEntry:
      return pages.lockOwner.get(on) as TaskRow;
    case Wait.MmapRead:
      return mm.lockWriter.get(on) as TaskRow;
    case Wait.MmapWrite:
      return (mm.lockWriter.get(on) || readerOf(world, on)) as TaskRow;
    case Wait.DriverLock:
      return devices.mirrorLock.get(on) as TaskRow;
    case Wait.RangeLock:
      return devices.mirrorRangeLock.get(on) as TaskRow;
    default:
      return 0 as TaskRow;
  }
}

/** A kernel worker that has nothing to do: no part of what the user watches. */
export function isIdleWorker(world: World, task: TaskRow): boolean {
  return world.kernel.tasks.wait.get(task) === Wait.Kworker;
}

/** The routine a task is in. */
export function routineOf(world: World, task: TaskRow): string {
  const { tasks } = world.kernel;
  return world.routines[tasks.stack.get(tasks.base.get(task) - 3)]?.routine.name ?? '';
}

/** What a task waits for; undefined where it is not blocked. */
export function waitingOf(world: World, task: TaskRow): Waiting | undefined {
  const { tasks } = world.kernel;
  if (tasks.state.get(task) !== TaskState.Blocked) return undefined;
  const kind = tasks.wait.get(task) as WaitKind;
  const on = tasks.waitFor.get(task);
  const holder = holderOf(world, kind, on);
  return {
    what: WHAT[kind]?.(world, on) ?? 'something',
    holder: holder === 0 ? undefined : `${taskName(world, holder)} in ${routineOf(world, holder)}`,
  };
}

/** `waits for the lock of …, which app.t2 in migrate_vma_setup holds` */
export function showWaiting({ what, holder }: Waiting): string {
  return holder === undefined ? what : `${what}, which ${holder} holds`;
}
