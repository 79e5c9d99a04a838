/** Which tasks can run next, and why another one can't. */

import { cpu_taken_by } from '../engine/kernel/kernel/sched';
import type { TaskRow } from '../engine/machine/ids';
import { TaskState } from '../engine/machine/tasks';
import { someOf } from '../language/suggest';
import type { RunnableTask } from '../protocol';
import { taskName, type World } from '../view/environment';
import { routineOf, showWaiting, waitingOf } from '../view/waits';
import type { CodeMap } from './code-map';
import type { Debuggee } from './debuggee';
import { framesOf, scenarioLine } from './stack';

type Stage = Pick<Debuggee, 'world'>;

export function canRunNext(debuggee: Stage, task: TaskRow): boolean {
  const { tasks } = debuggee.world.kernel;
  return tasks.state.get(task) === TaskState.Runnable && cpu_taken_by(debuggee.world.kernel, task) === 0;
}

function tasksThatCanRun(debuggee: Stage): TaskRow[] {
  const rows = [...debuggee.world.kernel.tasks.tasks.rows()] as TaskRow[];
  return rows.filter((task) => canRunNext(debuggee, task));
}

/** `line 12`, with the routine where the task is in the kernel: `in do_swap_page, line 12` */
function placeOfTask(world: World, map: CodeMap, task: TaskRow): string {
  const [top] = framesOf(world, map, task);
  const line = scenarioLine(world, map, task);
  const at = line === 0 ? [] : [`line ${line}`];
  const inKernel = top?.routine.routine.scenario !== true;
  return [...(inKernel ? [`in ${routineOf(world, task)}`] : []), ...at].join(', ');
}

/** The tasks that the user may choose from, as they are shown: the one that the schedule lets run next comes first. */
export function runnableTasks(debuggee: Stage, map: CodeMap): RunnableTask[] {
  const { world } = debuggee;
  const tasks = tasksThatCanRun(debuggee).sort(
    (a, b) => Number(b === world.kernel.task) - Number(a === world.kernel.task),
  );
  return tasks.map((task) => ({
    threadId: task,
    name: taskName(world, task),
    place: placeOfTask(world, map, task),
  }));
}

/** `app.A waits for …`, `app.A has ended` */
function reason(debuggee: Stage, task: TaskRow): string {
  const { world } = debuggee;
  const name = taskName(world, task);
  const waiting = waitingOf(world, task);
  if (waiting) return `${name} waits for ${showWaiting(waiting)}`;
  const holder = cpu_taken_by(debuggee.world.kernel, task);
  if (holder === 0) return `${name} has ended`;
  const { tasks } = world.kernel;
  return `${name} needs CPU ${tasks.cpu.get(task)}, where ${taskName(world, holder)} is in ${routineOf(world, holder)}`;
}

/** `app and app.A can run` */
function able(debuggee: Stage): string {
  const names = tasksThatCanRun(debuggee).map((other) => taskName(debuggee.world, other));
  return names.length === 0 ? 'no task can run' : `${someOf(names)} can run`;
}

/** Why a task can't run now, and the tasks that can, in a sentence; undefined where it can. */
export function whyNotRun(debuggee: Stage, task: TaskRow): string | undefined {
  if (canRunNext(debuggee, task)) return undefined;
  return `${reason(debuggee, task)}; ${able(debuggee)}.`;
}

/** What is said of an entry of the schedule whose task can't run when its turn comes. */
export function passedOver(debuggee: Stage, name: number): string {
  const { tasks, time } = debuggee.world.kernel;
  const word = debuggee.world.names.tasks[name] ?? '';
  const task = ([...tasks.tasks.rows()] as TaskRow[]).find((row) => tasks.taskName.get(row) === name);
  const why =
    task === undefined ? `${word} has not been started; ${able(debuggee)}.` : whyNotRun(debuggee, task);
  return `At time ${time} the schedule passes over ${word}: ${why}`;
}
