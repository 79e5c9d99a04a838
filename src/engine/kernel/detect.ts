/** Detectors of runs that get nowhere: cycles of waiting tasks, faults that repeat for ever, workers that never run. */

import type { IntColumn } from '../machine/column';
import type { MmRow, TaskRow, Vpn } from '../machine/ids';
import { TaskState, Wait, type WaitKind } from '../machine/tasks';
import type { Kernel } from './kernel';
import { waiting_writer } from './mmap_lock';
import { pte_offset } from './pgtable';
import { rmap_reader } from './rmap_lock';

/** The first task with this value in a column; 0 if there is none. */
function first_task(k: Kernel, column: IntColumn, value: number): TaskRow {
  for (const task of k.tasks.tasks.rows()) if (column.get(task) === value) return task as TaskRow;
  return 0 as TaskRow;
}

/** A task of the process that has not ended; 0 if all have. */
function live_task(k: Kernel, process: number): TaskRow {
  for (const task of k.tasks.tasks.rows())
    if (k.tasks.process.get(task) === process && k.tasks.state.get(task) !== TaskState.Exited)
      return task as TaskRow;
  return 0 as TaskRow;
}

/** A worker that is asked to drain its CPU's batch and has not done it; 0 if there is none. */
function drain_worker(k: Kernel): TaskRow {
  for (let cpu = 0; cpu < k.cpus; cpu++)
    if (k.lru.drainAsked.get(cpu) !== 0) return k.lru.worker.get(cpu) as TaskRow;
  return 0 as TaskRow;
}

/** The task that must act before a waiting task can go on, where one is known; else 0. */
export function wait_holder(k: Kernel, kind: WaitKind, on: number): TaskRow {
  switch (kind) {
    case Wait.PageLock:
    case Wait.MigrationEntry:
      return k.pages.lockOwner.get(on) as TaskRow;
    case Wait.PageTableLock:
      return k.tables.lockOwner.get(on) as TaskRow;
    case Wait.MmapRead:
      return (k.mm.lockWriter.get(on) as TaskRow) || waiting_writer(k, on);
    case Wait.MmapWrite:
      return (k.mm.lockWriter.get(on) as TaskRow) || first_task(k, k.tasks.readsMm, on);
    case Wait.VmaWrite:
      return first_task(k, k.tasks.readsVma, on);
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
    case Wait.Process:
      return live_task(k, on);
    case Wait.NotifierSeq:
      return first_task(k, k.tasks.invalidates, on);
    case Wait.LruDrain:
      return drain_worker(k);
    default:
      return 0 as TaskRow;
  }
}

/** The task that must act before a blocked one can go on; 0 where none is known. */
const holder_of = (k: Kernel, task: TaskRow): TaskRow =>
  wait_holder(k, k.tasks.wait.get(task) as WaitKind, k.tasks.waitFor.get(task));

/** The tasks of the cycle that a task has just closed by blocking, itself first; empty if there is none. */
export function wait_cycle(k: Kernel, task: TaskRow): TaskRow[] {
  const cycle: TaskRow[] = [];
  let at = task;
  do {
    if (k.tasks.state.get(at) !== TaskState.Blocked || cycle.includes(at)) return [];
    cycle.push(at);
    at = holder_of(k, at);
  } while (at !== 0 && at !== task);
  return at === task ? cycle : [];
}

/**
 * The task at the end of the chain that begins with a blocked one, if it will never act: it has ended, or waits for
 * itself in a circle. Else 0.
 */
function dead_end(k: Kernel, task: TaskRow): TaskRow {
  const seen = new Set<TaskRow>();
  let at = task;
  while (at !== 0 && k.tasks.state.get(at) === TaskState.Blocked) {
    if (seen.has(at)) return at;
    seen.add(at);
    at = holder_of(k, at);
  }
  return at !== 0 && k.tasks.state.get(at) === TaskState.Exited ? at : (0 as TaskRow);
}

/** Logs what a task has run into that has just blocked: a circle that it closes, or a wait that nobody can end. */
export function detect_deadlock(k: Kernel, task: TaskRow): void {
  const cycle = wait_cycle(k, task);
  const holder = cycle.length > 0 ? 0 : dead_end(k, task);
  if (cycle.length > 0) k.emit('deadlock', ...cycle);
  else if (holder !== 0) k.emit('never_wakes', task, holder);
}

/** Logs the tasks that wait for what a task holds that has just ended: nobody can end their wait any more. */
export function detect_orphans(k: Kernel, ended: TaskRow): void {
  for (const task of k.tasks.tasks.rows())
    if (k.tasks.state.get(task) === TaskState.Blocked && holder_of(k, task as TaskRow) === ended)
      k.emit('never_wakes', task, ended);
}

/** A worker, a task without a process, that could run if the current task gave up its CPU; 0 if there is none. */
function starved(k: Kernel): TaskRow {
  const { tasks } = k;
  const cpu = tasks.cpu.get(k.task);
  for (const other of tasks.tasks.rows()) {
    const worker = tasks.process.get(other) === 0 && tasks.state.get(other) === TaskState.Runnable;
    if (worker && tasks.cpu.get(other) === cpu) return other as TaskRow;
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
