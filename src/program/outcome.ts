/** What a statement came to, and whether that is what it expects. */

import type { SlotRow } from '../engine/machine/ids';
import type { Kernel } from '../engine/routine/kernel';
import { EvaluationError } from '../language/arithmetic';
import type { Expr, Outcome, OutcomeStatus } from '../language/ast';
import { errnoName, signalName } from '../language/signals';
import { type Scene, showAddress } from '../view/environment';
import type { Body, NumberCode } from './context';
import { dataFound, dataOf } from './data';
import { type F, PROBLEM } from './frame';
import { whyStatementLeft } from './reasons';

/** Forgets what the task's last statement left. */
export function clearResult(k: Kernel, f: F): void {
  const { tasks, task } = k;
  const data = tasks.data.get(task);
  if (data !== 0) {
    k.slots.free(data as SlotRow);
    tasks.data.set(task, 0);
  }
  if (tasks.signal.get(task) !== 0) tasks.signal.set(task, 0);
  if (tasks.cpages.get(task) !== 0) tasks.cpages.set(task, 0);
  if (tasks.faults.get(task) !== 0) tasks.faults.set(task, 0);
  f.$ret = 0;
  f.$seen = 0;
  f.$wrong = 0;
}

/** Emits the `result` event of the task's statement. */
export function emitResult(k: Kernel, statement: number, ret: number): void {
  const { tasks, task } = k;
  const signal = tasks.signal.get(task);
  const errno = ret < 0 && signal === 0 ? -ret : 0;
  k.emit(
    'result',
    statement,
    errno !== 0 || signal !== 0 ? -1 : ret,
    errno,
    signal,
    signal === 0 ? 0 : tasks.signalCode.get(task),
    signal === 0 ? 0 : tasks.signalVa.get(task),
    tasks.cpages.get(task),
    tasks.faults.get(task),
    ...dataOf(k, task),
  );
}

/** One thing that is expected: `found` says what came instead, undefined when it holds. */
export interface Expectation {
  readonly text: string;
  readonly found: (k: Kernel, f: F, scene: Scene) => string | undefined;
}

/** What is left of a statement as a person reads it: `SIGBUS code 2 at 0x…`, `ENOMEM`, `ok`. */
function status(k: Kernel, ret: number): string {
  const { tasks, task } = k;
  const signal = tasks.signal.get(task);
  if (signal !== 0)
    return `${signalName(signal)} code ${tasks.signalCode.get(task)} at ${showAddress(tasks.signalVa.get(task))}`;
  return ret < 0 ? errnoName(-ret) : 'ok';
}

const failed = (k: Kernel, f: F): boolean => f.$ret < 0 || k.tasks.signal.get(k.task) !== 0;

function optionalNumber(body: Body, expr: Expr | undefined): NumberCode | undefined {
  return expr === undefined ? undefined : body.number(expr);
}

function statusHolds(body: Body, wanted: OutcomeStatus): (k: Kernel, f: F, scene: Scene) => boolean {
  if (wanted.kind === 'ok') return (k, f) => !failed(k, f);
  if (wanted.kind === 'errno') return (k, f) => k.tasks.signal.get(k.task) === 0 && f.$ret === -wanted.number;
  const code = optionalNumber(body, wanted.code);
  const at = optionalNumber(body, wanted.at);
  return (k, _, scene) => {
    const { tasks, task } = k;
    if (tasks.signal.get(task) !== wanted.number) return false;
    if (code !== undefined && tasks.signalCode.get(task) !== code(scene)) return false;
    return at === undefined || tasks.signalVa.get(task) === at(scene);
  };
}

function counted(body: Body, expr: Expr, name: 'cpages' | 'faults'): Expectation {
  const wanted = body.number(expr);
  return {
    text: `${name} ${body.source(expr)}`,
    found: (k, f, scene) => {
      if (failed(k, f)) return status(k, f.$ret);
      const found = k.tasks[name].get(k.task);
      return found === wanted(scene) ? undefined : `${name} ${found}`;
    },
  };
}

/** What `wait` expects: the exit code stands where a byte stands elsewhere. */
export interface OutcomeOptions {
  /** The one number is compared with what the statement returned, not with data. */
  readonly number?: boolean;
}

/** The expectations of an outcome, in the order in which they are numbered. */
export function expectationsOf(body: Body, outcome: Outcome, options: OutcomeOptions = {}): Expectation[] {
  const list: Expectation[] = [];
  const { status: wanted, data, cpages, faults } = outcome;
  if (wanted !== undefined) {
    const holds = statusHolds(body, wanted);
    list.push({
      text: body.source(wanted),
      found: (k, f, scene) => (holds(k, f, scene) ? undefined : status(k, f.$ret)),
    });
  }
  if (data !== undefined) {
    const asNumber = options.number && data.kind === 'each';
    const differs = asNumber ? numberFound(body, data.value) : dataFound(body, data);
    const found: Expectation['found'] = (k, f, scene) =>
      failed(k, f) ? status(k, f.$ret) : differs(k, f, scene);
    list.push({ text: body.source(data), found });
  }
  if (cpages !== undefined) list.push(counted(body, cpages, 'cpages'));
  if (faults !== undefined) list.push(counted(body, faults, 'faults'));
  return list;
}

function numberFound(body: Body, expr: Expr): Expectation['found'] {
  const wanted = body.number(expr);
  return (_, f, scene) => (f.$ret === wanted(scene) ? undefined : String(f.$ret));
}

/** The signal a statement expects, or 0: this one does not end the process. */
export const expectedSignal = (outcome: Outcome | undefined): number =>
  outcome?.status?.kind === 'signal' ? outcome.status.number : 0;

/** Checks the expectations of a statement that was executed, and reports those that do not hold. */
export function checkExpectations(
  body: Body,
  statement: number,
  expectations: readonly Expectation[],
  k: Kernel,
  f: F,
): void {
  if (expectations.length === 0 || f.$ret === PROBLEM) return;
  const { ctx } = body;
  const scene = ctx.at(f);
  expectations.forEach(({ text, found }, expectation) => {
    let instead: string | undefined;
    try {
      instead = found(k, f, scene);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      instead = error.message;
    }
    if (instead === undefined) return;
    ctx.fail({
      statement,
      expectation,
      message: () =>
        `expected ${text}, found ${instead}${whyStatementLeft(ctx.world, k.task, statement, f.$pages)}`,
    });
  });
}

/** Reports that a statement could not be executed, and why. */
export function reportProblem(body: Body, statement: number, why: string, f: F): void {
  f.$ret = PROBLEM;
  body.ctx.fail({ statement, expectation: -1, message: () => why });
}
