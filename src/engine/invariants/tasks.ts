/** Tasks: none sleeps where it must not (I28), none repeats a fault for ever (I38). */

import { PAGE_SIZE, type TaskRow } from '../machine/ids';
import { TaskState } from '../machine/tasks';
import { CALLBACKS } from '../routine/link';
import type { CheckState } from './state';
import { count, hex } from './words';

export function checkTasks(s: CheckState): void {
  const { task: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    const task = marks.at(i) as TaskRow;
    s.at('task', task, marks.writer(i));
    if (s.kernel.tasks.state.get(task) === TaskState.Blocked) checkSleeper(s, task);
  }
}

function checkSleeper(s: CheckState, task: TaskRow): void {
  const spinlocks = s.kernel.tasks.preemptCount.get(task);
  if (spinlocks > 0) s.broken(28, { task }, `the task sleeps and holds ${count(spinlocks, 'spinlock')}`);
  if (isInPageFree(s, task)) s.broken(28, { task }, 'the task sleeps inside page_free');
}

/** One of the task's frames is a driver's page_free. */
function isInPageFree(s: CheckState, task: TaskRow): boolean {
  const { tasks } = s.kernel;
  const { callbackRoutine } = s.linked;
  const pageFree = CALLBACKS.indexOf('page_free');
  for (let base = tasks.base.get(task); base !== 0; base = tasks.stack.get(base - 1)) {
    const routine = tasks.stack.get(base - 3);
    for (let at = pageFree; at < callbackRoutine.length; at += CALLBACKS.length)
      if (callbackRoutine[at] === routine) return true;
  }
  return false;
}

/** I38, as the detector of livelocks finds it. */
export function heardLivelock(s: CheckState, task: TaskRow, vpn: number, times: number): void {
  const mm = s.kernel.tasks.mmOf(task);
  s.at('task', task, s.now);
  const where = `the fault at ${hex(vpn * PAGE_SIZE)} has found the same entry ${times} times`;
  s.happened(38, mm === 0 ? { task } : { ...s.place(mm, vpn), task }, where);
}
