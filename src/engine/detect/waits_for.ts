/** Whom a wait is for: the tasks that have to act before it ends. */

import { waiting_writer } from '../kernel/mm/mmap/mmap_lock';
import type { IntColumn } from '../machine/column';
import type { DeviceRow, MirrorRow, TaskRow } from '../machine/ids';
import { TaskState, Wait, type WaitKind } from '../machine/tasks';
import type { Kernel } from '../routine/kernel';

export interface Awaited {
  /** Those that have ended may be among them. */
  readonly tasks: readonly TaskRow[];
  /** Whether each of them has to act, or one is enough. */
  readonly needs: 'all' | 'any';
}

/** The tasks with this value in a column. */
function tasks_with(k: Kernel, column: IntColumn, value: number): TaskRow[] {
  const found: TaskRow[] = [];
  const { length } = k.tasks.tasks;
  for (let task = 1; task <= length; task++) if (column.get(task) === value) found.push(task as TaskRow);
  return found;
}

/** The tasks of a process that have not ended. */
const live_tasks = (k: Kernel, process: number): TaskRow[] =>
  tasks_with(k, k.tasks.process, process).filter((task) => k.tasks.state.get(task) !== TaskState.Exited);

/** The workers that are asked to drain their CPU's batch and have not done it. */
function drain_workers(k: Kernel): TaskRow[] {
  const workers: TaskRow[] = [];
  for (let cpu = 0; cpu < k.cpus; cpu++)
    if (k.lru.drainAsked.get(cpu) !== 0) workers.push(k.lru.worker.get(cpu) as TaskRow);
  return workers;
}

const one = (task: number): TaskRow[] => (task === 0 ? [] : [task as TaskRow]);

/** Who holds the lock; or, where it has been given back, who was woken for it and has not run yet. */
function owner(k: Kernel, task: number, kind: WaitKind, on: number): TaskRow[] {
  if (task !== 0) return [task as TaskRow];
  const next = k.tasks.firstInQueue(kind, on);
  return k.tasks.state.get(next) === TaskState.Runnable ? one(next) : [];
}

/** Who holds a driver's lock of a mirror, or 0. */
export function driver_lock(k: Kernel, kind: WaitKind, mirror: MirrorRow): TaskRow {
  const driver = k.driverOf(k.devices.mirrorDevice.get(mirror) as DeviceRow);
  if (kind === Wait.DriverLock) return driver.mirrors.tables.of(k).mutex.get(mirror) as TaskRow;
  const lock = driver.locks.find(({ wait }) => wait === kind);
  return (lock?.column(k).get(mirror) ?? 0) as TaskRow;
}

/** Tasks that all have to act; none where it is not known. */
function all_of(k: Kernel, kind: WaitKind, on: number): TaskRow[] {
  const { tasks, devices, mm } = k;
  switch (kind) {
    case Wait.PageLock:
    case Wait.PageUnlocked:
    case Wait.MigrationEntry:
      return owner(k, k.pages.lockOwner.get(on), kind, on);
    case Wait.PageTableLock:
      return owner(k, k.tables.lockOwner.get(on), kind, on);
    case Wait.DriverLock:
    case Wait.RangeLock: {
      return owner(k, driver_lock(k, kind, on as MirrorRow), kind, on);
    }
    case Wait.MmapRead:
      return owner(k, mm.lockWriter.get(on) || waiting_writer(k, on), kind, on);
    case Wait.MmapWrite: {
      const readers = mm.lockWriter.get(on) === 0 ? tasks_with(k, tasks.readsMm, on) : [];
      return readers.length > 0 ? readers : owner(k, mm.lockWriter.get(on), kind, on);
    }
    case Wait.VmaWrite:
      return tasks_with(k, tasks.readsVma, on);
    case Wait.RmapWrite:
      return tasks_with(k, tasks.readsRmap, on);
    case Wait.MirrorsWrite:
      return tasks_with(k, tasks.readsMirrors, on);
    case Wait.NotifierSeq:
      return tasks_with(k, tasks.invalidates, on);
    case Wait.DeviceFault:
      return one(devices.bottomHalf.get(devices.mirrorDevice.get(devices.faultMirror.get(on))));
    case Wait.FaultBuffer:
      return one(devices.bottomHalf.get(on));
    case Wait.Task:
      return one(on);
    case Wait.Process:
      return live_tasks(k, on);
    case Wait.LruDrain:
      return drain_workers(k);
    default:
      return [];
  }
}

/** Whom a wait is for. Undefined: it isn't known, or anybody may give a worker something to do. */
export function waits_for(k: Kernel, kind: WaitKind, on: number): Awaited | undefined {
  const own = k.program?.endedBy(kind, on);
  if (own) return { tasks: own, needs: 'any' };
  const tasks = all_of(k, kind, on);
  return tasks.length === 0 ? undefined : { tasks, needs: 'all' };
}

/** Whom a blocked task waits for; undefined for one that isn't blocked, too. */
export function awaited_by(k: Kernel, task: TaskRow): Awaited | undefined {
  const { tasks } = k;
  if (tasks.state.get(task) !== TaskState.Blocked) return undefined;
  return waits_for(k, tasks.wait.get(task) as WaitKind, tasks.waitFor.get(task));
}
