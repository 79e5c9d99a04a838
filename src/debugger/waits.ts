/** What a blocked task waits for, and who holds it. */

import { wait_holder } from '../engine/kernel/detect';
import type { DeviceRow, PageRow, ProcessRow, TaskRow } from '../engine/machine/ids';
import { TaskState, Wait, type WaitKind } from '../engine/machine/tasks';
import {
  deviceName,
  processName,
  showAddress,
  showPage,
  taskName,
  type World,
} from '../scenario/environment';

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
  [Wait.DeviceWork]: () => 'a fault of its device',
  [Wait.RmapWrite]: () => 'the end of a walk of the reverse map',
  [Wait.FaultBuffer]: (world, device) =>
    `room in the fault buffer of ${deviceName(world, device as DeviceRow)}`,
};

function mmOwner(world: World, mm: number): string {
  return processName(world, world.kernel.mm.process.get(mm) as ProcessRow);
}

/** A kernel worker, or the bottom half of a device, that has nothing to do: no reason to worry that it waits. */
export function isIdleWorker(world: World, task: TaskRow): boolean {
  const { tasks } = world.kernel;
  const wait = tasks.wait.get(task);
  return tasks.state.get(task) === TaskState.Blocked && (wait === Wait.Kworker || wait === Wait.DeviceWork);
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
  const holder = wait_holder(world.kernel, kind, on);
  return {
    what: WHAT[kind]?.(world, on) ?? 'something',
    holder: holder === 0 ? undefined : `${taskName(world, holder)} in ${routineOf(world, holder)}`,
  };
}

/** `waits for the lock of …, which app.t2 in migrate_vma_setup holds` */
export function showWaiting({ what, holder }: Waiting): string {
  return holder === undefined ? what : `${what}, which ${holder} holds`;
}

/** What a detector found, in a sentence. `task` is the one in which it was found. */
export function stuckText(
  world: World,
  what: 'deadlock' | 'livelock' | 'starvation',
  args: readonly number[],
  task: TaskRow,
): string {
  if (what === 'deadlock') {
    const waits = args.map((row) => {
      const waiting = waitingOf(world, row as TaskRow);
      return `${taskName(world, row as TaskRow)} waits for ${waiting ? showWaiting(waiting) : 'another task'}`;
    });
    return `Deadlock: ${waits.join('; ')}.`;
  }
  if (what === 'livelock')
    return `Livelock: ${taskName(world, task)} has taken the same fault at ${showAddress((args[1] ?? 0) * 4096)} ${args[2]} times; nothing changes.`;
  return `Starvation: ${taskName(world, (args[0] ?? 0) as TaskRow)} has work and never runs; ${taskName(world, (args[1] ?? 0) as TaskRow)} spins on its CPU, in a fault at ${showAddress((args[2] ?? 0) * 4096)}.`;
}
