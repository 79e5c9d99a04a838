/**
 * Waits that can't end. What a task waits for can end if each task that has to act, or any one that is enough, still can:
 * it has not ended, and doesn't itself wait for what can't end. What is left when all such waits are taken away waits for
 * itself in a circle, or for nobody.
 */

import type { TaskRow } from '../machine/ids';
import { TaskState, Wait, type WaitKind } from '../machine/tasks';
import type { Kernel } from './kernel';
import { type Awaited, awaited_by, waits_for } from './waits_for';

/** Tasks that wait for the same thing wait together: one number for each thing. */
type WaitId = number;
const idOf = (k: Kernel, task: TaskRow): WaitId =>
  k.tasks.wait.get(task) * 2 ** 32 + k.tasks.waitFor.get(task);

const blocked = (k: Kernel, task: TaskRow): boolean => k.tasks.state.get(task) === TaskState.Blocked;

/** Every wait that a task's own depends on, over any number of tasks. Those of which nothing is known can end. */
function reachable(k: Kernel, task: TaskRow): Map<WaitId, Awaited> {
  const waits = new Map<WaitId, Awaited>();
  const open = [task];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const id = idOf(k, at);
    if (waits.has(id)) continue;
    const awaited = awaited_by(k, at);
    if (!awaited) continue;
    waits.set(id, awaited);
    const { tasks, needs } = awaited;
    const free = needs === 'any' && tasks.some((other) => k.tasks.state.get(other) === TaskState.Runnable);
    if (!free) for (const other of tasks) if (blocked(k, other)) open.push(other);
  }
  return waits;
}

/** The waits that a blocked task's own depends on, its own among them, that can't end; empty where its own can. */
function endless(k: Kernel, task: TaskRow): Map<WaitId, Awaited> {
  const waits = reachable(k, task);
  const acts = (other: TaskRow): boolean =>
    k.tasks.state.get(other) === TaskState.Runnable || (blocked(k, other) && !waits.has(idOf(k, other)));
  for (let before = -1; before !== waits.size; ) {
    before = waits.size;
    for (const [id, { tasks, needs }] of waits)
      if (needs === 'all' ? tasks.every(acts) : tasks.some(acts)) waits.delete(id);
  }
  return waits.has(idOf(k, task)) ? waits : new Map();
}

/** The tasks, itself first, of the circle in which a blocked task waits for itself; empty if it doesn't. */
function circle(k: Kernel, task: TaskRow, waits: ReadonlyMap<WaitId, Awaited>): TaskRow[] {
  const path: TaskRow[] = [];
  const seen = new Set<TaskRow>();
  const leadsBack = (at: TaskRow): boolean => {
    if (seen.has(at) || !blocked(k, at)) return false;
    seen.add(at);
    path.push(at);
    const tasks = waits.get(idOf(k, at))?.tasks ?? [];
    if (tasks.includes(task) || tasks.some(leadsBack)) return true;
    path.pop();
    return false;
  };
  return leadsBack(task) ? path : [];
}

/** The tasks of the circle that a task has closed by blocking, itself first; empty if there is none. */
export const wait_cycle = (k: Kernel, task: TaskRow): TaskRow[] =>
  blocked(k, task) ? circle(k, task, endless(k, task)) : [];

/** Who is to blame for a wait that can't end: one that has ended, waits for itself, or in vain; 0 = nobody is left. */
function to_blame(k: Kernel, task: TaskRow, waits: ReadonlyMap<WaitId, Awaited>): TaskRow {
  const seen = new Set<TaskRow>();
  let at = task;
  while (!seen.has(at)) {
    seen.add(at);
    const { tasks, needs } = waits.get(idOf(k, at)) ?? { tasks: [], needs: 'any' };
    const ended = needs === 'all' && tasks.find((other) => k.tasks.state.get(other) === TaskState.Exited);
    if (ended) return ended;
    const next = tasks.find((other) => blocked(k, other) && waits.has(idOf(k, other)));
    if (next === undefined) return at === task ? (0 as TaskRow) : at;
    at = next;
  }
  return at;
}

/** An idle task that nobody tells what to do has no reason to worry. */
const idle = (k: Kernel, task: TaskRow): boolean => k.tasks.wait.get(task) === Wait.Work;

/** Logs what a task has run into that has just blocked: a circle that it closes, or a wait that nobody can end. */
export function detect_deadlock(k: Kernel, task: TaskRow): void {
  if (idle(k, task)) {
    detect_orphans(k, task);
    return;
  }
  const waits = endless(k, task);
  if (waits.size === 0) return;
  const cycle = circle(k, task, waits);
  if (cycle.length > 0) k.emit('deadlock', ...cycle);
  else k.emit('never_wakes', task, to_blame(k, task, waits));
}

/** Logs the tasks that wait for what nobody can do any more now that a task has ended, or has become idle. */
export function detect_orphans(k: Kernel, gone: TaskRow): void {
  const known = new Map<WaitId, boolean>();
  const concerned = (task: TaskRow): boolean => {
    const id = idOf(k, task);
    const asked = known.get(id);
    if (asked !== undefined) return asked;
    const awaited = waits_for(k, k.tasks.wait.get(task) as WaitKind, k.tasks.waitFor.get(task));
    const is = awaited?.tasks.includes(gone) === true;
    known.set(id, is);
    return is;
  };
  for (const row of k.tasks.tasks.rows()) {
    const task = row as TaskRow;
    if (!blocked(k, task) || idle(k, task) || !concerned(task)) continue;
    const waits = endless(k, task);
    if (waits.size > 0) k.emit('never_wakes', task, to_blame(k, task, waits));
  }
}
