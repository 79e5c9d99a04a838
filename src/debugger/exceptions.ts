/** Exceptions: what can stop a run besides breakpoints, each with a check box and a condition. */

import { Signal } from '../engine/kernel/constants';
import type { TaskRow } from '../engine/machine/ids';
import type { EventName } from '../engine/routine/event-schema';
import { signalName } from '../language/signals';
import { type Scene, showAddress, taskName } from '../view/environment';
import { DETECTED, isDetected, stuckText } from '../view/waits';
import { compileCondition, evaluationProblem, type Test } from './condition';
import type { Debuggee } from './debuggee';

export type ExceptionId =
  | 'sigbus'
  | 'sigsegv'
  | 'oom'
  | 'expect'
  | 'invariant'
  | 'deadlock'
  | 'never_wakes'
  | 'livelock'
  | 'starvation'
  | 'oops'
  | 'kernel_bug';

export interface ExceptionFilter {
  readonly id: ExceptionId;
  readonly label: string;
  readonly description: string;
  /** On without being asked for. */
  readonly isDefault: boolean;
}

export const EXCEPTION_FILTERS: readonly ExceptionFilter[] = [
  { id: 'sigbus', label: 'SIGBUS', description: 'A page could not be brought home.', isDefault: false },
  { id: 'sigsegv', label: 'SIGSEGV', description: 'An access that no mapping allows.', isDefault: false },
  { id: 'oom', label: 'Out of memory', description: 'A fault found no free page.', isDefault: false },
  {
    id: 'expect',
    label: 'Failed expect',
    description: 'The scenario expected something else.',
    isDefault: true,
  },
  {
    id: 'invariant',
    label: 'Broken invariant',
    description: 'The machine contradicts itself.',
    isDefault: true,
  },
  {
    id: 'deadlock',
    label: 'Deadlock',
    description: 'Tasks wait for one another in a circle.',
    isDefault: true,
  },
  {
    id: 'never_wakes',
    label: 'Never wakes',
    description: 'A task waits, and nobody is left who could end its wait.',
    isDefault: true,
  },
  {
    id: 'livelock',
    label: 'Livelock',
    description: 'The same fault again and again, with the same outcome.',
    isDefault: true,
  },
  {
    id: 'starvation',
    label: 'Starvation',
    description: 'A worker never runs: a task that spins keeps its CPU.',
    isDefault: true,
  },
  {
    id: 'oops',
    label: 'Kernel oops',
    description: 'The kernel reads memory that is not there.',
    isDefault: true,
  },
  {
    id: 'kernel_bug',
    label: 'Kernel BUG',
    description: 'An assertion of the kernel about a page does not hold (VM_BUG_ON).',
    isDefault: true,
  },
];

/** Something that stopped the run, as it is shown. */
export interface ExceptionHit {
  readonly id: ExceptionId;
  readonly task: TaskRow;
  readonly description: string;
}

/** Number of the invariant that a livelock breaks. */
const LIVELOCK = 38;

interface Armed {
  readonly test: Test | undefined;
}

export class Exceptions {
  readonly #armed = new Map<ExceptionId, Armed>();

  constructor(readonly debuggee: Debuggee) {
    for (const { id, isDefault } of EXCEPTION_FILTERS)
      if (isDefault) this.#armed.set(id, { test: undefined });
  }

  /** Replaces the filters; returns for each what is wrong with it, or undefined. */
  set(filters: readonly { readonly id: string; readonly condition?: string }[]): (string | undefined)[] {
    this.#armed.clear();
    return filters.map(({ id, condition }) => this.#arm(id, condition));
  }

  #arm(id: string, condition: string | undefined): string | undefined {
    const filter = EXCEPTION_FILTERS.find((known) => known.id === id);
    if (!filter) return `There is no exception filter \`${id}\`.`;
    if (condition === undefined || condition.trim() === '') {
      this.#armed.set(filter.id, { test: undefined });
      return undefined;
    }
    const compiled = compileCondition(this.debuggee.world, condition, undefined);
    if (!compiled.ok) return compiled.message;
    this.#armed.set(filter.id, { test: compiled.value });
    return undefined;
  }

  isArmed(id: ExceptionId): boolean {
    return this.#armed.has(id);
  }

  /** Kinds of event at which the run may stop. */
  get events(): EventName[] {
    const kinds: EventName[] = [];
    if (this.isArmed('sigbus') || this.isArmed('sigsegv')) kinds.push('signal');
    if (this.isArmed('oom')) kinds.push('oom');
    if (this.isArmed('expect')) kinds.push('expect_failed');
    if (this.isArmed('invariant')) kinds.push('invariant_broken');
    for (const id of DETECTED) if (this.isArmed(id)) kinds.push(id);
    return kinds;
  }

  /** What an event stops as, or undefined. The scene stands at the task that emitted it. */
  at(name: EventName, args: readonly number[], scene: Scene): ExceptionHit | undefined {
    const id = exceptionOf(name, args);
    const armed = id && this.#armed.get(id);
    if (!id || !armed || !holds(armed.test, scene)) return undefined;
    // I38 is what the detector of livelocks finds: where that has stopped the run, once is enough.
    if (id === 'invariant' && args[0] === LIVELOCK && this.isArmed('livelock')) return undefined;
    return { id, task: scene.task, description: this.describe(name, args, scene.task) };
  }

  /** One sentence about an exceptional event. */
  describe(name: EventName, args: readonly number[], task: TaskRow): string {
    const { world } = this.debuggee;
    const who = taskName(world, task);
    const [first = 0, second = 0, third = 0, fourth = 0] = args;
    switch (name) {
      case 'signal':
        return `${who} gets ${signalName(second)} (code ${third}) at ${showAddress(fourth)}.`;
      case 'oom':
        return `${who}: out of memory.`;
      case 'expect_failed':
        return this.debuggee.failure?.() ?? `${who}: an expectation does not hold.`;
      case 'invariant_broken':
        return this.debuggee.violation?.(first) ?? `Invariant ${first} is broken.`;
      case 'deadlock':
      case 'never_wakes':
      case 'livelock':
      case 'starvation':
      case 'oops':
      case 'kernel_bug':
        return stuckText(world, name, args, task);
      default:
        return name;
    }
  }
}

function exceptionOf(name: EventName, args: readonly number[]): ExceptionId | undefined {
  switch (name) {
    case 'signal':
      if (args[1] === Signal.SIGBUS) return 'sigbus';
      return args[1] === Signal.SIGSEGV ? 'sigsegv' : undefined;
    case 'oom':
      return 'oom';
    case 'expect_failed':
      return 'expect';
    case 'invariant_broken':
      return 'invariant';
    default:
      return isDetected(name) ? name : undefined;
  }
}

/** A condition that can't be evaluated doesn't hold. */
function holds(test: Test | undefined, scene: Scene): boolean {
  if (!test) return true;
  try {
    return test(scene);
  } catch (error) {
    evaluationProblem(error);
    return false;
  }
}
