/**
 * Waits that can't end. A wait ends in one of several ways; a way is open while each task that has to act, or one of
 * those that are enough, can: it has not ended, and isn't stuck itself. What is left when all waits are taken away that
 * can end, again and again, waits for itself in a circle, or for nobody.
 */

import type { ProcessRow, TaskRow } from '../machine/ids';
import { TaskState, Wait, type WaitKind } from '../machine/tasks';
import type { Kernel } from '../routine/kernel';
import { type Awaited, awaited_by } from './waits_for';

/**
 * One number for each thing that is waited for, as all who wait for it get on, or don't, together; and a negative one for
 * the end of a process, which ends the waits of its tasks that may be killed. Rows are far below 2^32.
 */
type WaitId = number;
const idOf = (k: Kernel, task: TaskRow): WaitId =>
  k.tasks.wait.get(task) * 2 ** 32 + k.tasks.waitFor.get(task);
const endOf = (process: number): WaitId => -process;

const blocked = (k: Kernel, task: TaskRow): boolean => k.tasks.state.get(task) === TaskState.Blocked;
const runnable = (k: Kernel, task: TaskRow): boolean => k.tasks.state.get(task) === TaskState.Runnable;
const kindOf = (k: Kernel, task: TaskRow): WaitKind => k.tasks.wait.get(task) as WaitKind;

/** Waits that depend on each other, each with the ways in which it can end. */
type Waits = Map<WaitId, readonly Awaited[]>;

/** The tasks that may end a process in their own program: its main thread at its end, `exit`, `kill`. */
const end_of_process = (k: Kernel, process: ProcessRow): Awaited => ({
  tasks: k.program?.mayEnd(process) ?? [],
  needs: 'any',
});

/** The ways in which a task's wait can end; undefined where nothing is known of it. */
function ways_out(k: Kernel, task: TaskRow): readonly Awaited[] | undefined {
  const awaited = awaited_by(k, task);
  if (!awaited) return undefined;
  const on = k.tasks.waitFor.get(task);
  switch (kindOf(k, task)) {
    case Wait.Task: {
      const end = end_of_process(k, k.tasks.processOf(on as TaskRow));
      return k.program?.neverEnds(on as TaskRow) ? [end] : [awaited, end];
    }
    case Wait.Process:
      return [awaited, end_of_process(k, on as ProcessRow)];
    default:
      return [awaited];
  }
}

/** Every wait that a task's own depends on, over any number of tasks. Those of which nothing is known can end. */
function reachable(k: Kernel, task: TaskRow): Waits {
  const waits: Waits = new Map();
  const open = [task];
  const add = (id: WaitId, ways: readonly Awaited[]): void => {
    waits.set(id, ways);
    const free = ways.some(
      ({ tasks, needs }) => needs === 'any' && tasks.some((other) => runnable(k, other)),
    );
    if (free) return;
    for (const { tasks } of ways) for (const other of tasks) if (blocked(k, other)) open.push(other);
  };
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const process = k.tasks.processOf(at);
    if (k.killable(at) && !waits.has(endOf(process))) add(endOf(process), [end_of_process(k, process)]);
    if (waits.has(idOf(k, at))) continue;
    const ways = ways_out(k, at);
    if (ways) add(idOf(k, at), ways);
  }
  return waits;
}

/** The task waits for what is among `waits`, and if it may be killed in its wait, so is the end of its process. */
function is_stuck(k: Kernel, task: TaskRow, waits: Waits): boolean {
  if (!blocked(k, task) || !waits.has(idOf(k, task))) return false;
  return !k.killable(task) || waits.has(endOf(k.tasks.processOf(task)));
}

/** The waits that a blocked task's own depends on, its own among them, that can't end; empty where it can go on. */
function endless(k: Kernel, task: TaskRow): Waits {
  const waits = reachable(k, task);
  const acts = (other: TaskRow): boolean =>
    runnable(k, other) || (blocked(k, other) && !is_stuck(k, other, waits));
  const isOpen = ({ tasks, needs }: Awaited): boolean =>
    needs === 'all' ? tasks.every(acts) : tasks.some(acts);
  for (let before = -1; before !== waits.size; ) {
    before = waits.size;
    for (const [id, ways] of waits) if (ways.some(isOpen)) waits.delete(id);
  }
  return is_stuck(k, task, waits) ? waits : new Map();
}

/** Stuck tasks that a stuck task waits for. */
const stuck_holders = (k: Kernel, task: TaskRow, waits: Waits): TaskRow[] =>
  awaited_by(k, task)?.tasks.filter((other) => is_stuck(k, other, waits)) ?? [];

/** The tasks, itself first, of the circle in which a stuck task waits for itself; empty if it doesn't. */
function circle(k: Kernel, task: TaskRow, waits: Waits): TaskRow[] {
  const path: TaskRow[] = [];
  const seen = new Set<TaskRow>();
  const leadsBack = (at: TaskRow): boolean => {
    if (seen.has(at)) return false;
    seen.add(at);
    path.push(at);
    const holders = stuck_holders(k, at, waits);
    if (holders.includes(task) || holders.some(leadsBack)) return true;
    path.pop();
    return false;
  };
  return waits.size > 0 && leadsBack(task) ? path : [];
}

/** The tasks of the circle that a task has closed by blocking, itself first; empty if there is none. */
export const wait_cycle = (k: Kernel, task: TaskRow): TaskRow[] =>
  blocked(k, task) ? circle(k, task, endless(k, task)) : [];

/** Who is to blame for a wait that can't end: one that has ended, waits for itself, or in vain; 0 = nobody is left. */
function to_blame(k: Kernel, task: TaskRow, waits: Waits): TaskRow {
  const seen = new Set<TaskRow>();
  let at = task;
  while (!seen.has(at)) {
    seen.add(at);
    const { tasks, needs } = awaited_by(k, at) ?? { tasks: [], needs: 'any' };
    const ended = needs === 'all' && tasks.find((other) => k.tasks.state.get(other) === TaskState.Exited);
    if (ended) return ended;
    const [next] = stuck_holders(k, at, waits);
    if (next === undefined) return at === task ? (0 as TaskRow) : at;
    at = next;
  }
  return at;
}

/** A task that nobody tells what to do has no reason to worry, and one that goes no further (an oops) worries no more. */
const idle = (k: Kernel, task: TaskRow): boolean =>
  kindOf(k, task) === Wait.Work || kindOf(k, task) === Wait.Halted;

/** Logs that a wait can't end, as the circle that it is part of, if there is one. Returns the tasks of the circle. */
function report(k: Kernel, task: TaskRow, waits: Waits): readonly TaskRow[] {
  const cycle = circle(k, task, waits);
  if (cycle.length > 0) k.emit('deadlock', ...cycle);
  else k.emit('never_wakes', task, to_blame(k, task, waits));
  return cycle;
}

/** Logs what a task has run into that has just blocked: a circle that it closes, or a wait that nobody can end. */
export function detect_deadlock(k: Kernel, task: TaskRow): void {
  if (idle(k, task)) {
    detect_orphans(k, task);
    return;
  }
  const waits = endless(k, task);
  if (waits.size > 0) report(k, task, waits);
}

/**
 * Logs who waits for what nobody can do any more now that a task has ended, or has become idle: one task for each thing
 * that is waited for.
 */
export function detect_orphans(k: Kernel, gone: TaskRow): void {
  const looked = new Set<WaitId>();
  const told = new Set<TaskRow>();
  for (const row of k.tasks.tasks.rows()) {
    const task = row as TaskRow;
    if (!blocked(k, task) || idle(k, task) || told.has(task) || looked.has(idOf(k, task))) continue;
    looked.add(idOf(k, task));
    const waits = endless(k, task);
    const concerned = [...waits.values()].some((ways) => ways.some(({ tasks }) => tasks.includes(gone)));
    if (concerned) for (const other of report(k, task, waits)) told.add(other);
  }
}
