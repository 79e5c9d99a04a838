/** Detectors of runs that get nowhere: cycles of waiting tasks, faults that repeat for ever, workers that never run. */

import type { MmRow, TaskRow, Vpn } from '../machine/ids';
import { TaskState, Wait, type WaitKind } from '../machine/tasks';
import type { Kernel } from './kernel';
import { pte_offset } from './pgtable';
import { rmap_reader } from './rmap_lock';

/** A task that holds the mm's mmap_lock, or the lock of one of its VMAs, for reading; 0 if none does. */
export function mmap_reader(k: Kernel, mm: number): TaskRow {
  for (const task of k.tasks.tasks.rows())
    if (k.tasks.readsMm.get(task) === mm || k.mm.mm.get(k.tasks.readsVma.get(task)) === mm)
      return task as TaskRow;
  return 0 as TaskRow;
}

/** The task that must act before a waiting task can go on, where one is known; else 0. */
export function wait_holder(k: Kernel, kind: WaitKind, on: number): TaskRow {
  switch (kind) {
    case Wait.PageLock:
    case Wait.MigrationEntry:
      return k.pages.lockOwner.get(on) as TaskRow;
    case Wait.MmapRead:
      return k.mm.lockWriter.get(on) as TaskRow;
    case Wait.MmapWrite:
      return (k.mm.lockWriter.get(on) || mmap_reader(k, on)) as TaskRow;
    case Wait.DriverLock:
      return k.devices.mirrorLock.get(on) as TaskRow;
    case Wait.RangeLock:
      return k.devices.mirrorRangeLock.get(on) as TaskRow;
    case Wait.DeviceFault:
      return k.devices.bottomHalf.get(k.devices.mirrorDevice.get(k.devices.faultMirror.get(on))) as TaskRow;
    case Wait.RmapWrite:
      return rmap_reader(k, on);
    case Wait.FaultBuffer:
      return k.devices.bottomHalf.get(on) as TaskRow;
    case Wait.Task:
      return on as TaskRow;
    default:
      return 0 as TaskRow;
  }
}

/** The tasks of the cycle that a task has just closed by blocking, itself first; empty if there is none. */
export function wait_cycle(k: Kernel, task: TaskRow): TaskRow[] {
  const cycle: TaskRow[] = [];
  let at = task;
  do {
    if (k.tasks.state.get(at) !== TaskState.Blocked || cycle.includes(at)) return [];
    cycle.push(at);
    at = wait_holder(k, k.tasks.wait.get(at) as WaitKind, k.tasks.waitFor.get(at));
  } while (at !== 0 && at !== task);
  return at === task ? cycle : [];
}

/** Logs the cycle that this task has closed, if it has. */
export function detect_deadlock(k: Kernel, task: TaskRow): void {
  const cycle = wait_cycle(k, task);
  if (cycle.length > 0) k.emit('deadlock', ...cycle);
}

/** A worker with something to do that could run if the current task gave up its CPU; 0 if there is none. */
function starved(k: Kernel): TaskRow {
  const { tasks } = k;
  for (const other of tasks.tasks.rows()) {
    const cpu = tasks.cpu.get(other);
    const worker = tasks.process.get(other) === 0 && tasks.state.get(other) === TaskState.Runnable;
    if (worker && cpu === tasks.cpu.get(k.task) && k.lru.drainAsked.get(cpu) !== 0) return other as TaskRow;
  }
  return 0 as TaskRow;
}

/**
 * Called as a fault begins: the same task, the same address and the same entry again. After `livelockLimit` repetitions
 * it is a livelock; or, if a worker waits for this CPU all the while, the worker's starvation.
 */
export function detect_livelock(k: Kernel, mm: MmRow, vpn: Vpn): void {
  const { tasks, tables } = k;
  const entry = pte_offset(k, mm, vpn);
  const same =
    tasks.lastFault.get(k.task) === vpn &&
    tasks.lastPte.get(k.task) === tables.lo.get(entry) &&
    tasks.lastPage.get(k.task) === tables.hi.get(entry);
  if (!same) {
    tasks.lastFault.set(k.task, vpn);
    tasks.lastPte.set(k.task, tables.lo.get(entry));
    tasks.lastPage.set(k.task, tables.hi.get(entry));
    if (tasks.sameFaults.get(k.task) !== 0) tasks.sameFaults.set(k.task, 0);
    return;
  }
  if (tasks.sameFaults.add(k.task, 1) !== k.livelockLimit) return;
  const worker = starved(k);
  if (worker !== 0) k.emit('starvation', worker, k.task, vpn);
  else k.emit('livelock', tasks.processOf(k.task), vpn, k.livelockLimit);
}

/** The access has succeeded: what comes next is a new one, even at the same address. */
export function fault_progress(k: Kernel): void {
  if (k.tasks.lastFault.get(k.task) !== 0) k.tasks.lastFault.set(k.task, 0);
}
