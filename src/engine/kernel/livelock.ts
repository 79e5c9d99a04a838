/** Detectors of runs that get nowhere though tasks run: faults that repeat for ever, workers that never run. */

import type { MmRow, RangeRow, TaskRow, Vpn } from '../machine/ids';
import { TaskState } from '../machine/tasks';
import type { Kernel } from '../routine/kernel';
import { pte_offset } from './mm/pgtable';

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
  else k.emit('livelock', tasks.processOf(k.task), vpn, k.livelockLimit, 0);
}

/** The walk for a device begins at the same address again, and nothing it faulted in was good enough. */
export function detect_endless_walk(k: Kernel, range: RangeRow, vpn: Vpn): void {
  const { devices, tasks } = k;
  const sameStart = devices.rangeFaulted.get(range) === vpn;
  devices.rangeFaulted.set(range, vpn);
  devices.rangeRounds.set(range, sameStart ? devices.rangeRounds.get(range) + 1 : 1);
  if (devices.rangeRounds.get(range) === k.livelockLimit)
    k.emit('livelock', tasks.processOf(k.task), vpn, k.livelockLimit, 1);
}

/** The access has succeeded: what comes next is a new one, even at the same address. */
export function fault_progress(k: Kernel): void {
  if (k.tasks.lastFault.get(k.task) !== 0) k.tasks.lastFault.set(k.task, 0);
}
