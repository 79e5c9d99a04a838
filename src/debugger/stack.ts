/** Threads and their frames. */

import type { TaskRow } from '../engine/machine/ids';
import type { Snapshot } from '../engine/machine/store';
import { TaskState } from '../engine/machine/tasks';
import type { LinkedRoutine } from '../engine/routine/link';
import { taskName, type World } from '../view/environment';
import { before } from '../view/inspect/previous';
import { isIdleWorker, showWaiting, waitingOf } from '../view/waits';
import type { CodeMap } from './code-map';

export interface Thread {
  readonly id: TaskRow;
  readonly name: string;
}

/** A frame of a task's stack. `index` counts from the bottom, so that it stays the same while inner calls come and go. */
export interface StackFrame {
  readonly task: TaskRow;
  readonly index: number;
  readonly base: number;
  readonly pc: number;
  readonly routine: LinkedRoutine;
  readonly line: number;
  readonly column: number;
}

/** What a task is about, where others are there too: `runs next`, `runnable`, `waits for …`. */
function stateOf(world: World, task: TaskRow): string {
  const waiting = waitingOf(world, task);
  if (waiting) return `waits for ${showWaiting(waiting)}`;
  return world.kernel.task === task ? 'runs next' : 'runnable';
}

/**
 * The tasks, those that have ended last; without workers that sleep, and without those that had ended at the stop
 * before already. Never empty once set up.
 */
export function threadsOf(world: World, previous?: Snapshot): Thread[] {
  const { tasks } = world.kernel;
  const hasEnded = (task: TaskRow): boolean => tasks.state.get(task) === TaskState.Exited;
  const rows = ([...tasks.tasks.rows()] as TaskRow[]).filter((task) => !isIdleWorker(world, task));
  const live = rows.filter((task) => !hasEnded(task));
  const gone = (task: TaskRow): boolean =>
    previous !== undefined &&
    task !== world.kernel.task &&
    before(previous, tasks.state, task) === TaskState.Exited;
  const ended = rows.filter((task) => hasEnded(task) && !gone(task));
  const alone = live.length === 1;
  return [
    ...live.map((id) => ({
      id,
      name: alone ? taskName(world, id) : `${taskName(world, id)} · ${stateOf(world, id)}`,
    })),
    ...ended.map((id) => ({ id, name: `${taskName(world, id)} (ended)` })),
  ];
}

/** The frames of leaf routines that a task has entered in its next step, the innermost first. */
function leafFrames(world: World, { linked }: CodeMap, caller: StackFrame, entered: number): StackFrame[] {
  const leaves = linked.leaves.next(world.kernel, caller.task).slice(0, entered);
  return leaves
    .map((routine, i): StackFrame => {
      const line = 1 + routine.listing.findIndex(({ pc }) => pc >= 0);
      return { ...caller, index: caller.index + 1 + i, routine, line, column: LEAF_COLUMN };
    })
    .reverse();
}

/** Where the lines of a leaf routine's listing begin. */
const LEAF_COLUMN = 5;

/** The frames of a task, those of `entered` leaf routines of its next step included. */
export function framesWithLeaves(world: World, map: CodeMap, task: TaskRow, entered: number): StackFrame[] {
  const frames = framesOf(world, map, task);
  const [top] = frames;
  return top === undefined ? frames : [...leafFrames(world, map, top, entered), ...frames];
}

/** The frames of a task, the innermost first; empty for a task that has ended. */
export function framesOf(world: World, map: CodeMap, task: TaskRow): StackFrame[] {
  const { tasks } = world.kernel;
  if (!tasks.tasks.isLive(task) || tasks.state.get(task) === TaskState.Exited) return [];
  const { line, column, routines } = map.linked;
  const frames: StackFrame[] = [];
  let pc = tasks.pc.get(task);
  let index = tasks.depth.get(task) - 1;
  for (let base = tasks.base.get(task); base !== 0; base = tasks.stack.get(base - 1)) {
    const routine = routines[tasks.stack.get(base - 3)];
    if (!routine) break;
    const place = lastPlace(map, routine, pc);
    frames.push({ task, index, base, pc, routine, line: line[place] ?? 1, column: column[place] ?? 1 });
    pc = tasks.stack.get(base - 2);
    index--;
  }
  return frames;
}

/** A step without a place of its own, such as the end of a scenario's body, is shown at the last one that has one. */
function lastPlace(map: CodeMap, { entry }: LinkedRoutine, pc: number): number {
  let at = pc;
  while (at > entry && (map.linked.line[at] ?? 0) === 0) at--;
  return at;
}

/** Line of the scenario that a task works on; 0 where it has none. */
export function scenarioLine(world: World, map: CodeMap, task: TaskRow): number {
  const { tasks } = world.kernel;
  let pc = tasks.pc.get(task);
  let found = 0;
  for (let base = tasks.base.get(task); base !== 0; base = tasks.stack.get(base - 1)) {
    const routine = map.linked.routines[tasks.stack.get(base - 3)];
    if (routine?.routine.scenario) found = map.linked.line[lastPlace(map, routine, pc)] ?? 0;
    pc = tasks.stack.get(base - 2);
  }
  return found;
}
