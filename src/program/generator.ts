/** From the statements of a scenario to routines the engine runs. */

import type { TaskRow } from '../engine/machine/ids';
import { Wait } from '../engine/machine/tasks';
import type { Kernel } from '../engine/routine/kernel';
import type { AnyRoutine, Place } from '../engine/routine/routine';
import type {
  Block,
  ForkStatement,
  OnStatement,
  ProcessDecl,
  RepeatStatement,
  Statement,
  ThreadStatement,
} from '../language/ast';
import { Body, type RunContext } from './context';
import { counterSlot, limitSlot } from './control-statements';
import { openCall } from './device-statements';
import { ENDED, endNodes, endProcess, exitNodes, mustEnd } from './ending';
import {
  type AnyFrame,
  placed,
  type RoutineSpec,
  r,
  type ScenarioNode,
  scenarioRoutine,
  setSlot,
} from './frame';
import { mentioned } from './mentioned';
import { statementNodes } from './statement';

/** A routine for a new task, and the slots of its starter's frame that it begins with. */
export interface TaskCode {
  readonly routine: AnyRoutine;
  readonly captured: readonly number[];
}

/** A block that an idle task is told to execute. */
interface BlockCode {
  readonly target: string;
  readonly routine: AnyRoutine;
  /** Slots of the frame of the one who tells, for the block's own first ones. */
  readonly captured: readonly number[];
  /** Variables of the one who tells that the block names. */
  readonly passed: readonly number[];
}

/** The loops of a block's own routine: what they count in. */
function countersIn(block: Block, depth = 0, found = new Set<string>()): Set<string> {
  for (const statement of block.statements) {
    if (statement.kind === 'repeat') {
      found.add(counterSlot(statement as RepeatStatement, depth));
      found.add(limitSlot(depth));
      countersIn(statement.body, depth + 1, found);
    } else if (statement.kind === 'loop') countersIn(statement.body, depth + 1, found);
    else if (statement.kind === 'under') countersIn(statement.body, depth, found);
  }
  return found;
}

/** Devices that a process opens itself. */
function openedIn(block: Block, task: string, found = new Set<string>()): Set<string> {
  for (const statement of block.statements) {
    if (statement.kind === 'open') found.add(statement.device.text);
    const forked = statement.kind === 'fork' || (statement.kind === 'on' && statement.task.text !== task);
    if (!forked && 'body' in statement && statement.body !== undefined) openedIn(statement.body, task, found);
  }
  return found;
}

export class Generator {
  /** Routines that tasks begin with. */
  readonly started: AnyRoutine[] = [];
  readonly #blocks: BlockCode[] = [];
  /** By name of an idle task: the nodes of its routine, which are known when every block is. */
  readonly #idle = new Map<string, { readonly nodes: ScenarioNode[]; readonly at: Place }>();
  /** By name of a task: what its process has named so far. */
  readonly #own = new Map<string, Set<string>>();

  constructor(readonly ctx: RunContext) {}

  /** A process of the top level. `prelude` runs before its first statement. */
  process(decl: ProcessDecl, prelude: readonly ScenarioNode[]): AnyRoutine {
    const { ctx } = this;
    const at = this.#position(decl.span.start);
    const spec = this.#spec(decl.name.text, 'A process of the scenario.', decl.body, []);
    const body = new Body(ctx, spec, decl.name.text, new Set(), [], 0);
    this.#own.set(decl.name.text, body.own);
    return scenarioRoutine(spec, [
      ...placed([...prelude, ...this.#openDevices(decl)], at),
      ...this.statements(decl.body, body),
      ...exitNodes(ctx, this.#position(decl.body.span.end - 1)),
    ]);
  }

  /** A process that never says `open D` has the device open from its start. Persistent memory has no driver. */
  #openDevices(decl: ProcessDecl): ScenarioNode[] {
    const opened = openedIn(decl.body, decl.name.text);
    return this.ctx.program.scenario.items.flatMap((item) =>
      item.kind === 'device' && item.type.text !== 'persistent' && !opened.has(item.name.text)
        ? [openCall(this.ctx, this.ctx.deviceRow(item.name.text))]
        : [],
    );
  }

  /** The routine of a child or thread; `own` is what its process has named. */
  task(statement: ForkStatement | ThreadStatement, outer: Body, own: Set<string>): TaskCode {
    const { ctx } = this;
    const { text } = statement.name;
    const captured = outer.visible;
    this.#own.set(text, own);
    if (statement.body === undefined) return { routine: this.#idleTask(statement), captured: [] };
    const about =
      statement.kind === 'fork'
        ? 'A child process of the scenario.'
        : `A ${statement.device ? 'context of a device' : 'thread'} of the scenario.`;
    const spec = this.#spec(text, about, statement.body, captured);
    const device = statement.kind === 'thread' && statement.device ? ctx.deviceRow(statement.device.text) : 0;
    const body = new Body(ctx, spec, text, own, captured, 0, device);
    const end = this.#position(statement.body.span.end - 1);
    const routine = scenarioRoutine(spec, [
      ...this.statements(statement.body, body),
      ...(statement.kind === 'fork' ? exitNodes(ctx, end) : placed(endNodes(ctx), end)),
    ]);
    this.started.push(routine);
    return { routine, captured: outer.openSlots };
  }

  #idleTask(statement: ForkStatement | ThreadStatement): AnyRoutine {
    const { text } = statement.name;
    const nodes: ScenarioNode[] = [];
    this.#idle.set(text, { nodes, at: this.ctx.info(statement).position });
    const about = 'An idle task of the scenario: it does what it is told.';
    const spec = { name: text, file: this.ctx.program.file, about, captured: [], counters: [] };
    const routine = scenarioRoutine(spec, nodes);
    this.started.push(routine);
    return routine;
  }

  /** The routine of a block that another task is told to execute; its number. */
  block(statement: OnStatement, outer: Body): number {
    const { ctx } = this;
    const target = statement.task.text;
    const captured = outer.visible;
    const own = this.#own.get(target) ?? outer.own;
    const passed = [...mentioned(statement.body)].filter((name) => !own.has(name) && outer.own.has(name));
    const spec = this.#spec(target, 'What an idle task was told to do.', statement.body, captured);
    const body = new Body(ctx, spec, target, own, captured, 0);
    this.#blocks.push({
      target,
      routine: scenarioRoutine(spec, this.statements(statement.body, body)),
      captured: outer.openSlots,
      passed: passed.map((name) => ctx.variable(name)),
    });
    return this.#blocks.length;
  }

  /** Gives the idle task the names of the one who tells that the block uses. */
  passNames(work: number, k: Kernel, target: TaskRow): void {
    const { variables } = this.ctx;
    const from = k.tasks.processOf(k.task);
    const to = k.tasks.processOf(target);
    for (const variable of this.#blocks[work - 1]?.passed ?? []) variables.copyOne(from, to, variable);
  }

  /** Completes the routines of idle tasks, once all blocks are known. */
  finish(): void {
    for (const [name, { nodes, at }] of this.#idle) nodes.push(...placed(this.#idleNodes(name), at));
  }

  #idleNodes(name: string): ScenarioNode[] {
    const { ctx } = this;
    const { state } = ctx;
    const works = this.#blocks.flatMap(({ target }, index) => (target === name ? [index + 1] : []));
    return [
      r.loop('it is not over', () => true, [
        r.killable(
          'wait to be told',
          Wait.Work,
          (k) => k.task,
          (k) => state.work.get(k.task) !== 0 || state.over,
        ),
        ...this.#dispatch(works),
        r.when('the task has ended', (_, f) => f.$ret === ENDED, [r.ret('gone', () => ENDED)]),
        r.step('done: the one who told goes on', (k) => {
          state.work.set(k.task, 0);
          k.tasks.wake(Wait.Task, k.task);
          if (state.over) endProcess(k, ctx.process(), 0, 0);
        }),
        r.when('it is to end', mustEnd, endNodes(ctx)),
      ]),
    ];
  }

  /** Calls the block that the task was told to execute: a tree of comparisons over the blocks' numbers. */
  #dispatch(works: readonly number[]): ScenarioNode[] {
    const { state } = this.ctx;
    const middle = works[works.length >> 1] ?? 0;
    if (works.length > 1) {
      const low = works.slice(0, works.length >> 1);
      const high = works.slice(works.length >> 1);
      const isLow = (k: Kernel): boolean => state.work.get(k.task) < middle;
      return [r.when(`work < ${middle}`, isLow, this.#dispatch(low), this.#dispatch(high))];
    }
    const block = this.#blocks[middle - 1];
    if (block === undefined) return [];
    const call = r.call(
      'do it',
      block.routine,
      (k: Kernel, _, callee: AnyFrame) => {
        const base = k.tasks.base.get(state.teller.get(k.task));
        block.captured.forEach((counter, i) => void setSlot(callee, i, k.tasks.stack.get(base + counter)));
      },
      (_, f, value) => {
        f.$ret = value;
      },
    );
    return [r.when(`work is ${middle}`, (k) => state.work.get(k.task) === middle, [call])];
  }

  statements(block: Block, body: Body): ScenarioNode[] {
    return block.statements.flatMap((statement: Statement) => statementNodes(this, body, statement));
  }

  #spec(name: string, about: string, block: Block, captured: readonly string[]): RoutineSpec {
    const counters = [...countersIn(block)].filter((counter) => !captured.includes(counter));
    return { name, file: this.ctx.program.file, about, captured, counters };
  }

  #position(offset: number): Place {
    return this.ctx.program.lines.position(offset);
  }
}
