/** How deep the task of a stop is in the leaf routines that its next step runs. */

import type { TaskRow } from '../engine/machine/ids';
import type { World } from '../view/environment';
import type { CodeMap } from './code-map';
import { framesWithLeaves, type StackFrame } from './stack';

export class LeafDepth {
  #task = 0 as TaskRow;
  #entered = 0;

  constructor(
    readonly world: World,
    readonly map: CodeMap,
  ) {}

  /** The session stands where this task has entered so many of them. */
  stand(task: TaskRow, entered: number): void {
    this.#task = task;
    this.#entered = entered;
  }

  /** Those that a task has entered. */
  of(task: TaskRow): number {
    return task === this.#task ? this.#entered : 0;
  }

  /** How many they are with one more; undefined where the step runs no other one. */
  oneMore(task: TaskRow): number | undefined {
    const more = this.of(task) + 1;
    return this.#frames(task, more).length > this.frames(task).length ? more : undefined;
  }

  /** The frames of a task, the innermost first, with those that it has entered; empty for a task that has ended. */
  frames(task: TaskRow): StackFrame[] {
    return this.#frames(task, this.of(task));
  }

  #frames(task: TaskRow, entered: number): StackFrame[] {
    return framesWithLeaves(this.world, this.map, task, entered);
  }
}
