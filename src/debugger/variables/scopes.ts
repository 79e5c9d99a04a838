/** What a frame shows: its locals, the page at hand, and the locks its task holds. */

import type { PageRow, TaskRow } from '../../engine/machine/ids';
import type { Returned } from '../../engine/time/stop';
import {
  environment,
  isSet,
  localOf,
  moveTo,
  refusedBefore,
  type Scene,
  sceneOf,
  showReturned,
  type World,
} from '../../view/environment';
import { locksHeld } from '../../view/inspect/locks';
import type { StackFrame } from '../stack';
import { pageChildren } from './page';
import { placeVariable } from './places';
import type { Children, Variable } from './tree';
import { valueVariable } from './values';

/** What a parameter or local is before something has been written to it. */
export const NOT_SET_YET = 'not set';

export interface Scope {
  readonly name: string;
  /** Part of the path by which the scope keeps its reference. */
  readonly path: string;
  readonly hint: 'locals' | undefined;
  /** Large or slow: unfolded only when somebody asks. */
  readonly expensive: boolean;
  readonly children: Children;
}

/** A scene at a frame; without one, at the task alone. */
export function sceneAt(world: World, task: TaskRow, frame: StackFrame | undefined): Scene {
  return moveTo(sceneOf(world), task, frame?.base ?? 0);
}

/** The scopes of a frame, in the order in which they are shown; `returned`: what the last step has returned to it. */
export function scopesOf(
  world: World,
  task: TaskRow,
  frame: StackFrame | undefined,
  returned?: Returned,
): Scope[] {
  const scene = sceneAt(world, task, frame);
  const page = environment(world).name('page')?.get(scene);
  const where = `t${task}`;
  const inFrame = `${where}.f${frame?.index ?? 0}.${frame?.routine.routine.name ?? 'end'}`;
  const scope = (name: string, path: string, children: Children): Scope => ({
    name,
    path,
    hint: name === 'Locals' ? 'locals' : undefined,
    expensive: false,
    children,
  });
  const named = () => [...returnValue(scene, frame, returned), ...locals(world, scene, frame)];
  return [
    scope('Locals', `${inFrame}.locals`, { named }),
    ...(typeof page === 'number'
      ? [scope('This Page', `${where}.page`, pageChildren(world, page as PageRow, 'page'))]
      : []),
    scope('Locks Held', `${where}.locks`, { named: () => locks(world, task) }),
  ];
}

/** What has just been returned to the innermost frame of a task, and what its last step has refused. */
function returnValue(
  scene: Scene,
  frame: StackFrame | undefined,
  returned: Returned | undefined,
): Variable[] {
  const isInnermost = frame?.index === scene.world.kernel.tasks.depth.get(scene.task) - 1;
  if (!isInnermost) return [];
  const refused = refusedBefore(scene.world, scene.task).map(({ by, words }) =>
    variable(by, `refused: ${words}`),
  );
  if (returned?.task !== scene.task) return refused;
  const { routine, value } = returned;
  return [...refused, variable(routine.routine.name, showReturned(routine, value, scene))];
}

const variable = (routine: string, value: string): Variable => ({
  name: `${routine}()`,
  value,
  type: 'returned',
});

function locals(world: World, scene: Scene, frame: StackFrame | undefined): Variable[] {
  const slots = frame?.routine.slots.filter(({ name }) => !name.startsWith('$')) ?? [];
  const own = slots.flatMap(({ name }): Variable[] => {
    const binding = frame && localOf(frame.routine, name);
    if (!binding) return [];
    const shown = valueVariable(name, binding.get(scene), binding.type, scene, name);
    if (isSet(frame.routine, name, scene)) return [shown];
    const { type = '' } = shown;
    return [{ name, type, evaluateName: name, value: NOT_SET_YET }];
  });
  return frame?.routine.routine.scenario === false ? own : [...own, ...buffers(world, scene)];
}

/** Buffers and values of the process. */
function buffers(world: World, scene: Scene): Variable[] {
  const names = environment(world);
  return world.names.variables.flatMap(({ name, kind }, index): Variable[] => {
    const binding = names.name(name);
    if (!binding || !world.variables.isSet(world.variables.cell(scene.process, index))) return [];
    const value = binding.get(scene);
    const shown = valueVariable(name, value, binding.type, scene, name);
    if (kind === 'value') return [{ ...shown, value: String(value) }];
    return [{ ...shown, children: bufferChildren(world, scene, index) }];
  });
}

/** The pages of a buffer, by number. */
function bufferChildren(world: World, scene: Scene, index: number): Children {
  const { variables, names } = world;
  const { process } = scene;
  const cell = variables.cell(process, index);
  const start = variables.content(cell) / 4096;
  const name = names.variables[index]?.name ?? '';
  return {
    indexed: variables.pages(cell),
    slice: (first, count) =>
      Array.from({ length: count }, (_, i) =>
        placeVariable(world, process, start + first + i, `[${first + i}]`, `${name}[${first + i}]`),
      ),
  };
}

function locks(world: World, task: TaskRow): Variable[] {
  return locksHeld(world, task).map(({ what, waiting }) => ({
    name: what,
    value:
      waiting.length === 0
        ? 'nobody waits'
        : `${waiting.join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'}`,
  }));
}
