/** Processes and threads: fork, thread, on, wait, join, exit, kill, barrier. */

import { Signal } from '../engine/kernel/constants';
import { main_task, task_alloc } from '../engine/kernel/kernel/process';
import type { ProcessRow, TaskRow } from '../engine/machine/ids';
import { Wait } from '../engine/machine/tasks';
import type { Kernel } from '../engine/routine/kernel';
import { EvaluationError } from '../language/arithmetic';
import type {
  BarrierStatement,
  ExitStatement,
  Expr,
  ForkStatement,
  KillStatement,
  OnStatement,
  TaskStatement,
  ThreadStatement,
} from '../language/ast';
import { ERRNOS, SIGNALS } from '../language/signals';
import type { Scene } from '../view/environment';
import { sys_fork } from './calls';
import type { Body } from './context';
import { endNodes, endProcess, mustEnd } from './ending';
import { type F, placed, r, type ScenarioNode } from './frame';
import type { Generator } from './generator';
import { checkProblem } from './problems';
import { simple } from './simple';
import { hasExited, startTask, taskNamed } from './tasks';

/** The CPU a statement names. */
function cpuCode(body: Body, cpu: Expr | undefined): (scene: Scene) => number | undefined {
  return cpu === undefined ? () => undefined : body.number(cpu);
}

export function forkNodes(generator: Generator, body: Body, statement: ForkStatement): ScenarioNode[] {
  const { ctx } = body;
  const name = ctx.taskNumber(statement.name.text);
  const { routine, captured } = generator.task(statement, body, new Set(body.own));
  const cpu = cpuCode(body, statement.cpu);
  const idle = statement.body === undefined;
  const started = (k: Kernel, f: F, child: number): void => {
    f.$ret = child < 0 ? child : 0;
    if (child <= 0) return;
    const process = child as ProcessRow;
    ctx.variables.copy(k.tasks.processOf(k.task), process);
    ctx.state.processNamed.set(name, process);
    const task = { name, cpu: cpu(ctx.at(f)), routine, idle, captured };
    startTask(ctx, main_task(k, process), task, f);
  };
  return simple(body, statement, {
    prepare: () => true,
    nodes: [
      r.call(
        'fork()',
        sys_fork,
        (_, __, callee) => {
          callee.name = name;
        },
        started,
      ),
    ],
  });
}

export function threadNodes(generator: Generator, body: Body, statement: ThreadStatement): ScenarioNode[] {
  const { ctx } = body;
  const name = ctx.taskNumber(statement.name.text);
  const { routine, captured } = generator.task(statement, body, body.own);
  const cpu = cpuCode(body, statement.cpu);
  const idle = statement.body === undefined;
  const device = statement.device === undefined ? 0 : ctx.deviceRow(statement.device.text);
  return simple(body, statement, {
    prepare: (k, f, scene) => {
      const row = task_alloc(k, ctx.process(), name);
      k.tasks.context.set(row, device);
      startTask(ctx, row, { name, cpu: cpu(scene), routine, idle, captured }, f);
      return false;
    },
    nodes: [],
  });
}

/** The task a statement waits for. */
function startedTask(body: Body, name: string): TaskRow {
  const task = taskNamed(body.ctx, body.ctx.taskNumber(name));
  if (task === 0) throw new EvaluationError(`\`${name}\` has not been started`);
  return task;
}

/** Waits until a thread, or a process with all its threads, has ended. */
export function waitNodes(body: Body, statement: TaskStatement): ScenarioNode[] {
  const { text } = statement.task;
  const { ctx } = body;
  const name = ctx.taskNumber(text);
  const thread = statement.kind === 'join';
  const gone = (k: Kernel, f: F): boolean =>
    thread ? hasExited(k, f.$row as TaskRow) : k.tasks.exited.get(f.$row) !== 0;
  return simple(body, statement, {
    ofOther: true,
    prepare: (_, f) => {
      const task = startedTask(body, text);
      f.$row = thread ? task : ctx.state.processNamed.get(name);
      return true;
    },
    nodes: [
      r.killable(`${statement.kind} ${text}`, thread ? Wait.Task : Wait.Process, (_, f) => f.$row, gone),
    ],
    after: (k, f) => {
      if (thread || f.$ret < 0 || !gone(k, f)) return;
      f.$ret = k.tasks.exitCode.get(f.$row);
      k.tasks.signal.set(k.task, k.tasks.exitSignal.get(f.$row));
      k.tasks.signalCode.set(k.task, 0);
      k.tasks.signalVa.set(k.task, 0);
    },
  });
}

export function exitStatementNodes(body: Body, statement: ExitStatement): ScenarioNode[] {
  const code = statement.code === undefined ? () => 0 : body.number(statement.code);
  return simple(body, statement, {
    prepare: (_, f, scene) => {
      f.$value = code(scene) & 255;
      return false;
    },
    nodes: [],
    after: (k, f) => endProcess(k, body.ctx.process(), f.$value, 0),
  });
}

export function killNodes(body: Body, statement: KillStatement): ScenarioNode[] {
  const signal = SIGNALS.get(statement.signal?.text ?? '') ?? Signal.SIGKILL;
  const { text } = statement.task;
  return simple(body, statement, {
    prepare: (k, f) => {
      const task = startedTask(body, text);
      if (hasExited(k, task)) f.$ret = -(ERRNOS.get('ESRCH') ?? 0);
      else endProcess(k, k.tasks.processOf(task), 0, signal);
      return false;
    },
    nodes: [],
  });
}

export function barrierNodes(body: Body, statement: BarrierStatement): ScenarioNode[] {
  const { ctx } = body;
  const { state, program } = ctx;
  const { text } = statement.name;
  const number = program.names.barriers.indexOf(text);
  const size = statement.of === undefined ? () => program.barriers.get(text) ?? 1 : body.number(statement.of);
  return simple(body, statement, {
    prepare: (k, f, scene) => {
      f.$value = state.opened.get(number);
      if (state.arrived.add(number, 1) < size(scene)) return true;
      state.arrived.set(number, 0);
      state.opened.add(number, 1);
      k.tasks.wake(Wait.Barrier, number);
      return false;
    },
    nodes: [
      r.killable(
        `barrier ${text}`,
        Wait.Barrier,
        () => number,
        (_, f) => state.opened.get(number) !== f.$value,
      ),
    ],
  });
}

/** Tells an idle task to execute a block, and waits until it has. */
export function onNodes(generator: Generator, body: Body, statement: OnStatement): ScenarioNode[] {
  const { ctx } = body;
  const { state } = ctx;
  const { text } = statement.task;
  const { index, position } = ctx.info(statement);
  const work = generator.block(statement, body);
  const idle = (k: Kernel, f: F): boolean => state.work.get(f.$row) === 0 || hasExited(k, f.$row as TaskRow);
  const wait = (what: string): ScenarioNode => r.killable(what, Wait.Task, (_, f) => f.$row, idle);
  const prepare = (k: Kernel, f: F): boolean => {
    const task = startedTask(body, text);
    if (hasExited(k, task)) throw new EvaluationError(`\`${text}\` has ended`);
    f.$row = task;
    return true;
  };
  return placed(
    [
      r.yield('statement'),
      r.when(`on ${text}`, checkProblem(body, index, prepare), [
        wait(`${text} is told something else`),
        r.step(`tell ${text}`, (k, f) => {
          if (hasExited(k, f.$row as TaskRow)) return;
          generator.passNames(work, k, f.$row as TaskRow);
          state.work.set(f.$row, work);
          state.teller.set(f.$row, k.task);
          k.tasks.wake(Wait.Work, f.$row);
        }),
        wait(`${text} does it`),
      ]),
      r.when('a signal ends the process', mustEnd, endNodes(ctx)),
    ],
    position,
  );
}
