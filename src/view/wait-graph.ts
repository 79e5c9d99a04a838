/** Who waits for whom: chains from tasks that nobody waits for to those who must act first. */

import { awaited_by } from '../engine/detect/waits_for';
import { cpu_taken_by } from '../engine/kernel/kernel/sched';
import type { TaskRow } from '../engine/machine/ids';
import { TaskState } from '../engine/machine/tasks';
import { someOf } from '../language/suggest';
import { taskName, type World } from './environment';
import { isIdleWorker, routineOf, waitingOf } from './waits';

/** What keeps a task from going on. */
export interface WaitEdge {
  readonly what: string;
  /** Tasks that must all act first … */
  readonly all: readonly TaskRow[];
  /** … or of which one is enough. */
  readonly any: readonly TaskRow[];
}

function edgeOf(world: World, task: TaskRow): WaitEdge | undefined {
  const { kernel } = world;
  const { tasks } = kernel;
  const waiting = waitingOf(world, task);
  if (!waiting) {
    const holder = tasks.state.get(task) === TaskState.Runnable ? cpu_taken_by(kernel, task) : 0;
    return holder === 0 ? undefined : { what: `CPU ${tasks.cpu.get(task)}`, all: [holder], any: [] };
  }
  const awaited = awaited_by(kernel, task);
  const live = awaited?.tasks.filter((row) => tasks.state.get(row) !== TaskState.Exited) ?? [];
  const [all, any] = awaited?.needs === 'all' || live.length === 1 ? [live, []] : [[], live];
  return { what: waiting.what, all, any };
}

/**
 * `app.A → the lock of pfn 0x3ffff → app.B, in migrate_vma_setup`; a circle ends where it begins. Of several tasks that
 * one waits for, the chain goes on with the first, or from its beginning with `second`.
 */
function chain(
  world: World,
  edges: ReadonlyMap<TaskRow, WaitEdge>,
  first: TaskRow,
  second?: TaskRow,
): string {
  const parts: string[] = [];
  const seen = new Set<TaskRow>();
  let at = first;
  for (let edge = edges.get(at); edge; edge = edges.get(at)) {
    seen.add(at);
    parts.push(taskName(world, at), edge.what);
    const next = (at === first ? second : undefined) ?? edge.all[0];
    if (next === undefined) {
      const one = someOf(edge.any.map((task) => taskName(world, task)));
      return [...parts, ...(one === '' ? [] : [`one of ${one}`])].join(' → ');
    }
    at = next;
    if (seen.has(at))
      return `${[...parts, taskName(world, at)].join(' → ')}: a circle, none of them can go on`;
  }
  return [...parts, `${taskName(world, at)}, in ${routineOf(world, at)}`].join(' → ');
}

/** What each waiting task waits for. Kernel workers that have nothing to do are left out. */
export function edgesOf(world: World): Map<TaskRow, WaitEdge> {
  const edges = new Map<TaskRow, WaitEdge>();
  for (const row of world.kernel.tasks.tasks.rows()) {
    const edge = isIdleWorker(world, row as TaskRow) ? undefined : edgeOf(world, row as TaskRow);
    if (edge) edges.set(row as TaskRow, edge);
  }
  return edges;
}

/** The chain that begins with a task, as a line; undefined where the task waits for nothing. */
export function waitChain(world: World, task: TaskRow): string | undefined {
  const edges = edgesOf(world);
  return edges.has(task) ? chain(world, edges, task) : undefined;
}

/** Each chain of waiting tasks as a line; the one that begins with `wanted`, if any, comes first. */
function waitChains(world: World, wanted: TaskRow): string[] {
  const edges = edgesOf(world);
  const left = new Set(edges.keys());
  const lines: string[] = [];
  const tell = (first: TaskRow): void => {
    lines.push(chain(world, edges, first));
    for (let at: TaskRow | undefined = first; at !== undefined && left.delete(at); ) {
      const [next, ...others]: readonly TaskRow[] = edges.get(at)?.all ?? [];
      for (const other of others) lines.push(chain(world, edges, at, other));
      at = next;
    }
  };
  const awaited = new Set([...edges.values()].flatMap(({ all }) => all));
  if (left.has(wanted)) tell(wanted);
  for (const task of edges.keys()) if (!awaited.has(task) && left.has(task)) tell(task);
  for (const task of edges.keys()) if (left.has(task)) tell(task);
  return lines;
}

/** The chains as a text for a person. */
export function waitsText(world: World, wanted = 0 as TaskRow): string {
  const lines = waitChains(world, wanted);
  return lines.length === 0 ? 'No task waits.' : lines.join('\n');
}
