/**
 * Which tasks may run now. A CPU runs one task at a time, and kernels without preemption leave a task on its CPU until it
 * blocks or returns to user mode; so the others of that CPU have to wait, whatever a schedule says. Contexts of devices
 * take no CPU.
 */

import type { TaskRow } from '../../machine/ids';
import { TaskState } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';

/** The task is in the kernel on its CPU, though the schedule let another CPU go on. */
export function stays_on_cpu(k: Kernel, task: TaskRow): void {
  if (k.tasks.context.get(task) === 0) k.tasks.onCpu.set(task, 1);
}

/** The task runs: whether it stays in the kernel is seen at its next yield. */
export function runs(k: Kernel, task: TaskRow): void {
  if (k.tasks.onCpu.get(task) !== 0) k.tasks.onCpu.set(task, 0);
}

/** The task that keeps `task` from its CPU, or 0. */
function cpu_holder(k: Kernel, task: TaskRow): TaskRow {
  const { tasks } = k;
  if (tasks.context.get(task) !== 0) return 0 as TaskRow;
  const cpu = tasks.cpu.get(task);
  const { length } = tasks.tasks;
  for (let other = 1; other <= length; other++)
    if (other !== task && tasks.onCpu.get(other) !== 0 && tasks.cpu.get(other) === cpu)
      return other as TaskRow;
  return 0 as TaskRow;
}

/** The same for a task that is to be chosen while nobody runs: the current one counts too, if it stands in the kernel. */
export function cpu_taken_by(k: Kernel, task: TaskRow): TaskRow {
  const { tasks, task: current } = k;
  const holder = cpu_holder(k, task);
  if (holder !== 0 || current === task || tasks.context.get(task) !== 0) return holder;
  const same = tasks.context.get(current) === 0 && tasks.cpu.get(current) === tasks.cpu.get(task);
  const runs = tasks.state.get(current) === TaskState.Runnable;
  return same && runs && k.inKernel(current) ? current : (0 as TaskRow);
}

/** Runnable, and its CPU is free. */
export function can_run(k: Kernel, task: TaskRow): boolean {
  return k.tasks.state.get(task) === TaskState.Runnable && cpu_holder(k, task) === 0;
}
