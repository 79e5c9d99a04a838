/** What the editor looks at while the session stands: frames and variables, with references that stay valid. */

import { compileText, type Result } from '../debugger/condition';
import type { DebugSession } from '../debugger/session';
import type { StackFrame } from '../debugger/stack';
import { machineScopes } from '../debugger/variables/machine-scopes';
import { type Scope, scopesOf } from '../debugger/variables/scopes';
import { VariableTree } from '../debugger/variables/tree';
import type { TaskRow } from '../engine/machine/ids';
import type { LinkedRoutine } from '../engine/routine/link';
import type { Compiled } from '../language';
import type { Scene } from '../view/environment';
import { RequestError } from './errors';

/** Frame ids: the task, and the frame's place from the bottom; 0 for a task without frames. */
const FRAMES_A_TASK = 1024;
/** Compiled expressions that are kept. */
const MOST_EXPRESSIONS = 500;

export class StopView {
  readonly tree = new VariableTree();
  readonly #compiled = new Map<string, Result<Compiled<Scene>>>();

  constructor(readonly session: DebugSession) {}

  moved(): void {
    this.tree.moved();
  }

  frames(task: TaskRow): StackFrame[] {
    return this.session.leaves.frames(task);
  }

  frameId(task: TaskRow, frame: StackFrame | undefined): number {
    return task * FRAMES_A_TASK + (frame ? frame.index + 1 : 0);
  }

  /** The task and frame of an id; throws for one that is not on the stack now. */
  frame(id: number): { task: TaskRow; frame: StackFrame | undefined } {
    const task = Math.floor(id / FRAMES_A_TASK) as TaskRow;
    const index = (id % FRAMES_A_TASK) - 1;
    const { tasks } = this.session.debuggee.world.kernel.tasks;
    if (!Number.isInteger(id) || !tasks.isLive(task)) throw new RequestError(`There is no frame ${id}.`);
    const frame = this.frames(task).find((candidate) => candidate.index === index);
    if (!frame && index >= 0) throw new RequestError(`Frame ${id} is no longer on the stack.`);
    return { task, frame };
  }

  /** The scopes of a frame; `withMachine`: the machine too, for a client that shows it nowhere else. */
  scopes(id: number, withMachine: boolean): (Scope & { readonly reference: number })[] {
    const { task, frame } = this.frame(id);
    const { debuggee, engine } = this.session;
    const scopes = scopesOf(debuggee.world, task, frame, engine.interpreter.returned);
    if (withMachine) scopes.push(...machineScopes(debuggee.world, task));
    return scopes.map((scope) => ({
      ...scope,
      reference: this.tree.reference(scope.path, scope.children, id),
    }));
  }

  /** Compiles an expression for a routine's frames; throws with the reason where it has errors. */
  compile(text: string, routine: LinkedRoutine | undefined): Compiled<Scene> {
    const key = `${routine?.id ?? -1} ${text}`;
    let result = this.#compiled.get(key);
    if (!result) {
      if (this.#compiled.size >= MOST_EXPRESSIONS) this.#compiled.clear();
      result = compileText(this.session.debuggee.world, text, routine);
      this.#compiled.set(key, result);
    }
    if (!result.ok) throw new RequestError(result.message);
    return result.value;
  }
}
