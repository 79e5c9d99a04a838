/**
 * Finds the steps that change what is watched. Every change of the machine goes through its columns: after a step that has
 * written to any that expressions can see, and only then, the watched expressions are read again and compared.
 */

import type { TaskRow } from '../../engine/machine/ids';
import type { Interpreter } from '../../engine/time/interpreter';
import type { Reading } from './reading';
import type { Watched } from './watched';

/** Something watched is not what it was before the last step. */
export interface Change {
  /** Its place in the list that was watched. */
  readonly index: number;
  readonly watched: Watched;
  readonly before: Reading;
  readonly after: Reading;
  /** The task whose step it was, and that step. */
  readonly task: TaskRow;
  readonly pc: number;
}

/** Told of the changes of one step, which has run; true stops. */
export type ChangeHook = (changes: readonly Change[]) => boolean;

export class ChangeWatch {
  #watched: readonly Watched[] = [];
  #readings: Reading[] = [];
  #end: (() => void) | undefined;
  /** The task that has written in this step. */
  #writer = 0 as TaskRow;

  constructor(readonly interpreter: Interpreter) {}

  /** Watches from now on. With nothing to watch, nothing is done to the run. */
  arm(watched: readonly Watched[], hook: ChangeHook): void {
    this.disarm();
    if (watched.length === 0) return;
    const { interpreter } = this;
    const { kernel } = interpreter;
    // Which step a task is at, and its locals, are no state that can be watched.
    const { stack, pc, base } = kernel.tasks;
    const seen = kernel.store.columns.filter(
      (column) => column !== stack && column !== pc && column !== base,
    );
    this.#watched = watched;
    this.begin();
    interpreter.onLook = () => {
      const changes = this.#look();
      return changes.length > 0 && hook(changes);
    };
    this.#end = kernel.store.listen(seen, () => {
      if (interpreter.lookAfterStep()) this.#writer = kernel.task;
    });
  }

  disarm(): void {
    this.#end?.();
    this.#end = undefined;
    this.interpreter.onLook = undefined;
    this.#watched = [];
  }

  /** What is there now is what later steps are compared with: the machine has been put somewhere else. */
  begin(): void {
    this.#readings = this.#watched.map((one) => one.read());
  }

  #look(): Change[] {
    const task = this.#writer;
    const pc = this.interpreter.running;
    const changes: Change[] = [];
    this.#watched.forEach((watched, index) => {
      const before = this.#readings[index];
      const after = watched.read();
      if (after === before) return;
      this.#readings[index] = after;
      changes.push({ index, watched, before, after, task, pc });
    });
    return changes;
  }
}
