/** What a signal that ends a process does to its tasks (kernel/signal.c). Other signals a task gets only for what it does itself. */

import type { TaskRow } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';

/** The current task has been told to end, and does so at its next return to user mode. */
export const fatal_signal_pending = (k: Kernel): boolean => k.tasks.killed.get(k.task) !== 0;

/** Tells a task to end. In a wait that may be killed it finds out at once (signal_wake_up). */
export function signal_wake_up(k: Kernel, task: TaskRow): void {
  k.tasks.killed.set(task, 1);
  if (k.killable(task)) k.tasks.wakeTask(task);
}
