/** Where an expression is evaluated: the machine, whose names hold, and the frame whose locals are meant. */

import { fault_buffer } from '../../engine/drivers/fault_buffer';
import type { DeviceRow, ProcessRow, TaskRow } from '../../engine/machine/ids';
import type { Kernel } from '../../engine/routine/kernel';
import type { LinkedRoutine } from '../../engine/routine/link';
import { EvaluationError } from '../../language/arithmetic';
import type { Variables } from './variables';

/** Names of a program, by the numbers under which the machine knows them. */
export interface ProgramNames {
  /** Processes and tasks: `name` of a process and of a task is an index here. */
  readonly tasks: readonly string[];
  /** Device row - 1 is an index here. */
  readonly devices: readonly string[];
  /** Files: `name` of a file is an index here. */
  readonly files: readonly string[];
  /** Pins: `name` of a pin is an index here. */
  readonly pins: readonly string[];
  /** Barriers, by the numbers that tasks wait for. */
  readonly barriers: readonly string[];
  /** Those of `tasks` that are threads; the others are processes. */
  readonly threads: ReadonlySet<number>;
  /** Buffers and values of processes: the index is the variable's number in `Variables`. */
  readonly variables: readonly VariableName[];
  /** `let` at the top of the scenario. */
  readonly constants: ReadonlyMap<string, number>;
}

export interface VariableName {
  readonly name: string;
  readonly kind: 'buffer' | 'value';
}

/** What every scene of a run shares. */
export interface World {
  readonly kernel: Kernel;
  readonly routines: readonly LinkedRoutine[];
  readonly names: ProgramNames;
  readonly variables: Variables;
  /** Line of each statement of the scenario, by the number that events give it. */
  readonly lines?: readonly number[];
}

/** One object is moved from evaluation to evaluation. */
export interface Scene {
  readonly world: World;
  task: TaskRow;
  /** Whose buffers are meant. */
  process: ProcessRow;
  /** Base of the frame whose locals are meant, in the stack; 0 = none. */
  base: number;
  /** Pages, holders and mappings that what is evaluated may still look at. */
  left: number;
}

/** Pages, holders and mappings that one evaluation looks at, so that it is over soon whatever it asks for. */
const MOST_LOOKS = 1 << 16;

export function sceneOf(world: World): Scene {
  return { world, task: 0 as TaskRow, process: 0 as ProcessRow, base: 0, left: MOST_LOOKS };
}

/** Counts what an evaluation looks at. Throws EvaluationError where that is too much; `what` says where it was. */
export function look(scene: Scene, count: number, what: () => string): void {
  scene.left -= count;
  scene.world.kernel.worked(Math.min(count, MOST_LOOKS));
  if (scene.left < 0)
    throw new EvaluationError(
      `${what()}: an expression looks at ${MOST_LOOKS.toLocaleString('en')} pages at most`,
    );
}

/** Moves a scene to a task's innermost frame, or to the frame at `base` of its stack, for a new evaluation. */
export function moveTo(scene: Scene, task: TaskRow, base?: number): Scene {
  const { tasks } = scene.world.kernel;
  scene.task = task;
  scene.process = tasks.processOf(task);
  scene.base = base ?? tasks.base.get(task);
  scene.left = MOST_LOOKS;
  return scene;
}

export function processName(world: World, process: ProcessRow): string {
  const name = world.names.tasks[world.kernel.tasks.name.get(process)];
  return name ?? `process ${process}`;
}

/** The process whose memory a task works on: a device's bottom half works on that of the fault it services. */
export function spaceOf(world: World, task: TaskRow): ProcessRow {
  const { devices, tasks } = world.kernel;
  const own = tasks.processOf(task);
  if (own !== 0) return own;
  for (const device of devices.devices.rows()) {
    if (devices.bottomHalf.get(device) !== task) continue;
    const [serviced = 0] = fault_buffer(world.kernel, device as DeviceRow);
    return devices.mirrorProcess.get(devices.faultMirror.get(serviced)) as ProcessRow;
  }
  return own;
}

/** `app`, or `app.A` for a thread of it. */
export function taskName(world: World, task: TaskRow): string {
  const { tasks } = world.kernel;
  const own = world.names.tasks[tasks.taskName.get(task)] ?? `task ${task}`;
  const process = tasks.processOf(task);
  if (process === 0) return own;
  const owner = processName(world, process);
  return own === owner ? own : `${owner}.${own}`;
}

export function deviceName(world: World, device: DeviceRow): string {
  return world.names.devices[world.kernel.devices.name.get(device)] ?? `device ${device}`;
}
