/** Where stepping stops: at which steps to look, and what must hold there. */

import type { TaskRow } from '../engine/machine/ids';
import type { World } from '../view/environment';
import type { CodeMap } from './code-map';
import { framesOf, type StackFrame } from './stack';

/** A place to stop for one task. */
export interface Target {
  readonly task: TaskRow;
  /** Steps at which `wants` is to be asked. */
  readonly pcs: readonly number[];
  wants(pc: number): boolean;
}

/** Depth of the deepest frame that counts, and whether only statements do. */
interface Limit {
  readonly task: TaskRow;
  readonly depth: number;
  readonly statements: boolean;
}

/** The steps of the frames' routines for which `counts` holds. */
function stepsOf(frames: readonly StackFrame[], counts: (pc: number) => boolean): number[] {
  const pcs: number[] = [];
  for (const { entry, end } of new Set(frames.map(({ routine }) => routine)))
    for (let pc = entry; pc < end; pc++) if (counts(pc)) pcs.push(pc);
  return pcs;
}

function target(world: World, map: CodeMap, limit: Limit, frames: readonly StackFrame[]): Target {
  const { task, depth, statements } = limit;
  const { tasks } = world.kernel;
  const counts = (pc: number): boolean => !statements || map.statementStart[pc] === 1;
  return {
    task,
    pcs: stepsOf(frames, counts),
    wants: (pc) => tasks.currentTask === task && tasks.depth.get(task) <= depth && counts(pc),
  };
}

/**
 * The statement or step of the same frame or one further out: what `next` runs to and `stepBack` goes back to. In a
 * scenario's frame only the beginning of a statement counts. A task that has ended has no frame: any statement of its own.
 */
export function sameLevel(world: World, map: CodeMap, task: TaskRow): Target {
  const frames = framesOf(world, map, task);
  if (frames.length === 0) return anyStatement(world, map, task);
  const statements = frames[0]?.routine.routine.scenario === true;
  return target(world, map, { task, depth: frames.length, statements }, frames);
}

function anyStatement(world: World, map: CodeMap, task: TaskRow): Target {
  const pcs = Array.from(map.linked.op.keys()).filter((pc) => map.statementStart[pc] === 1);
  return { task, pcs, wants: () => world.kernel.tasks.currentTask === task };
}

/** What a step out goes back to: a step of a caller; where there is none, what `stepBack` goes to. */
export function outerBefore(world: World, map: CodeMap, task: TaskRow): Target {
  const inner = framesOf(world, map, task).length > 1;
  return inner ? outer(world, map, task) : sameLevel(world, map, task);
}

/** A step of a caller. */
export function outer(world: World, map: CodeMap, task: TaskRow): Target {
  const frames = framesOf(world, map, task);
  return target(world, map, { task, depth: frames.length - 1, statements: false }, frames.slice(1));
}

/** Any step of the task; in a scenario's frame a statement, or a step of what it calls. */
export function inner(world: World, map: CodeMap, task: TaskRow): Target {
  const { tasks } = world.kernel;
  const frames = framesOf(world, map, task);
  const depth = frames.length;
  const inScenario = frames[0]?.routine.routine.scenario === true;
  return {
    task,
    pcs: Array.from(map.linked.op, (_, pc) => pc),
    wants: (pc) =>
      tasks.currentTask === task &&
      (!inScenario || tasks.depth.get(task) > depth || map.statementStart[pc] === 1),
  };
}

/** The same target, but not where the task stands now: it must have moved first. */
export function afterMoving(world: World, of: Target): Target {
  const { tasks } = world.kernel;
  const start = tasks.pc.get(of.task);
  let moved = false;
  return {
    ...of,
    wants: (pc) => {
      if (!moved && tasks.currentTask === of.task) {
        moved = true;
        if (pc === start) return false;
      }
      return of.wants(pc);
    },
  };
}
