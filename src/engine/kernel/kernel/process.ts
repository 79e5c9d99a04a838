/** Processes, their address spaces and threads come into being (kernel/fork.c). */

import type { MmRow, NodeRow, ProcessRow, TaskRow } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import { pgd_alloc, pgd_free } from '../mm/pgtable';

/** An empty address space charged to `memcg`; 0 when memory is out (mm_alloc). */
export function mm_alloc(k: Kernel, memcg: number): MmRow {
  const pgd: NodeRow = pgd_alloc(k);
  if (pgd === 0) return 0 as MmRow;
  const mm = k.mm.mms.alloc() as MmRow;
  k.mm.pgd.set(mm, pgd);
  k.mm.memcg.set(mm, memcg);
  return mm;
}

/** Nobody uses the address space any more: its top table and itself go (mmdrop), unless a notifier keeps them. */
export function mmdrop(k: Kernel, mm: MmRow): void {
  if (k.profile.notifiersKeepMm && k.mm.hasNotifiers.get(mm) !== 0) return;
  pgd_free(k, k.mm.pgd.get(mm) as NodeRow);
  k.mm.pgd.set(mm, 0);
  k.mm.mms.free(mm);
}

/** A process with that address space and without a thread. `name` is its name's index in the program. */
export function process_alloc(k: Kernel, name: number, mm: MmRow, parent: ProcessRow): ProcessRow {
  const process = k.tasks.processes.alloc() as ProcessRow;
  k.tasks.name.set(process, name);
  k.tasks.mm.set(process, mm);
  k.tasks.parent.set(process, parent);
  k.mm.process.set(mm, process);
  return process;
}

/** One more thread of the process, on the CPUs in turn. It does not run before Kernel.start. */
export function task_alloc(k: Kernel, process: ProcessRow, name: number): TaskRow {
  const task = k.tasks.tasks.alloc() as TaskRow;
  k.tasks.process.set(task, process);
  k.tasks.taskName.set(task, name);
  k.tasks.cpu.set(task, (task - 1) % k.cpus);
  k.tasks.live.add(process, 1);
  return task;
}

/** A thread of the kernel: a task of a CPU without a process. It does not run before Kernel.start. */
export function kthread_alloc(k: Kernel, name: number, cpu: number): TaskRow {
  const task = k.tasks.tasks.alloc() as TaskRow;
  k.tasks.taskName.set(task, name);
  k.tasks.cpu.set(task, cpu);
  return task;
}

/** The process's first thread, or 0. */
export function main_task(k: Kernel, process: ProcessRow): TaskRow {
  for (const task of k.tasks.tasks.rows()) if (k.tasks.process.get(task) === process) return task as TaskRow;
  return 0 as TaskRow;
}
