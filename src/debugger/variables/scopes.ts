/** What a frame shows: its locals, faults, the page at hand, zones, devices and the address space. */

import {
  type MmRow,
  type PageRow,
  type ProcessRow,
  type TaskRow,
  type VmaRow,
  type Vpn,
  vaOf,
} from '../../engine/machine/ids';
import type { Kernel } from '../../engine/routine/kernel';
import { faultFacts, faultLabel, faultProgress, type PendingFault } from '../../protocol';
import {
  entryAt,
  environment,
  localOf,
  moveTo,
  placeOf,
  type Scene,
  sceneOf,
  showAddress,
  showEntry,
  showProtection,
  type World,
} from '../../view/environment';
import { devicesOf } from '../../view/inspect/devices';
import { pendingFaults } from '../../view/inspect/faults';
import { locksHeld } from '../../view/inspect/locks';
import { zoneNodes } from '../../view/inspect/zones';
import { waitChain } from '../../view/wait-graph';
import type { StackFrame } from '../stack';
import { pageChildren } from './page';
import type { Children, Variable } from './tree';
import { valueVariable } from './values';

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

/** The scopes of a frame, in the order in which they are shown. */
export function scopesOf(world: World, task: TaskRow, frame: StackFrame | undefined): Scope[] {
  const scene = sceneAt(world, task, frame);
  const page = environment(world).name('page')?.get(scene);
  const where = `t${task}`;
  const inFrame = `${where}.f${frame?.index ?? 0}.${frame?.routine.routine.name ?? 'end'}`;
  const scope = (name: string, path: string, children: Children, expensive: boolean): Scope => ({
    name,
    path,
    hint: name === 'Locals' ? 'locals' : undefined,
    expensive,
    children,
  });
  return [
    scope('Locals', `${inFrame}.locals`, { named: () => locals(world, scene, frame) }, false),
    scope('Pending Faults', 'faults', { named: () => faults(world) }, false),
    ...(typeof page === 'number'
      ? [scope('This Page', `${where}.page`, pageChildren(world, page as PageRow), false)]
      : []),
    scope('Locks Held', `${where}.locks`, { named: () => locks(world, task) }, false),
    scope('Zones', 'zones', { named: () => zones(world) }, true),
    scope('Devices', 'devices', { named: () => devices(world) }, true),
    scope('Address Space', `${where}.mm`, { named: () => vmas(world, scene.process) }, true),
  ];
}

function locals(world: World, scene: Scene, frame: StackFrame | undefined): Variable[] {
  const slots = frame?.routine.slots.filter(({ name }) => !name.startsWith('$')) ?? [];
  const own = slots.flatMap(({ name }): Variable[] => {
    const binding = frame && localOf(frame.routine, name);
    return binding ? [valueVariable(name, binding.get(scene), binding.type, scene, name)] : [];
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

function placeVariable(
  world: World,
  process: ProcessRow,
  vpn: number,
  name: string,
  evaluateName?: string,
): Variable {
  const { kernel: k } = world;
  const entry = entryAt(k, k.tasks.mm.get(process) as MmRow, vpn as Vpn);
  const shown = { name, value: entry === 0 ? 'nothing mapped' : showEntry(world, entry) };
  const page = entry === 0 ? 0 : pageOf(k, process, vpn);
  return {
    ...shown,
    ...(evaluateName === undefined ? {} : { evaluateName }),
    ...(page === 0 ? {} : { children: pageChildren(world, page), page }),
  };
}

function pageOf(k: Kernel, process: ProcessRow, vpn: number): PageRow {
  const mm = k.tasks.mm.get(process) as MmRow;
  const entry = entryAt(k, mm, vpn as Vpn);
  return (entry === 0 ? 0 : k.tables.hi.get(entry)) as PageRow;
}

function faults(world: World): Variable[] {
  return pendingFaults(world).map((fault) => ({
    name: faultLabel(fault),
    value: faultProgress(fault),
    children: { named: () => faultLines(world, fault) },
  }));
}

function faultLines(world: World, fault: PendingFault): Variable[] {
  const lines = faultFacts(fault).map(([name, value]) => ({ name, value }));
  const chain = fault.kind === 'cpu' ? waitChain(world, fault.threadId as TaskRow) : undefined;
  return chain === undefined ? lines : [...lines, { name: 'who waits for whom', value: chain }];
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

function zones(world: World): Variable[] {
  return zoneNodes(world, undefined).flatMap(({ node, zones: list }) =>
    list.map(({ name, counters }) => ({
      name: `Node ${node}, ${name}`,
      value: counters
        .slice(0, 4)
        .map((counter) => `${counter.name} ${counter.value}`)
        .join(', '),
      children: {
        named: () => counters.map((counter) => ({ name: counter.name, value: String(counter.value) })),
      },
    })),
  );
}

function devices(world: World): Variable[] {
  return devicesOf(world, undefined).map((device) => ({
    name: device.name,
    value: `${device.type}, ${device.used} of ${device.total} pages used`,
    children: { named: () => deviceLines(device) },
  }));
}

function deviceLines(device: ReturnType<typeof devicesOf>[number]): Variable[] {
  const line = (name: string, value: string | number, member?: string): Variable => ({
    name,
    value: String(value),
    ...(member === undefined ? {} : { evaluateName: `${device.name}.${member}` }),
  });
  return [
    line('type', device.type, 'type'),
    line('driver', device.driver),
    line('range', `${device.start}-${device.end}`),
    line('total', device.total, 'total'),
    line('used', device.used, 'used'),
    line('free', device.free, 'free'),
    ...device.counters.map(({ name, value }) => line(name, value, name)),
    ...device.mirrors.map(({ process, entries }) => line(`mirror of ${process}`, `${entries} pages`)),
    ...device.failures.map((failure, i) => line(`failure ${i}`, failure)),
  ];
}

function vmas(world: World, process: ProcessRow): Variable[] {
  const { kernel: k } = world;
  const mm = k.tasks.mm.get(process) as MmRow;
  if (mm === 0) return [];
  return [...k.mm.vmasOf(mm)].map((vma) => vmaVariable(world, process, vma));
}

function vmaVariable(world: World, process: ProcessRow, vma: VmaRow): Variable {
  const { mm } = world.kernel;
  const start = mm.start.get(vma);
  const end = mm.end.get(vma);
  const name = `${vaOf(start as Vpn).toString(16)}-${vaOf(end as Vpn).toString(16)}`;
  const kind = mm.isAnonymous(vma) ? 'anon' : 'file';
  const place = placeOf(world, process, vaOf(start as Vpn));
  return {
    name,
    value: `${showProtection(mm.flags.get(vma))} ${kind}, ${end - start} pages${place === undefined ? '' : `, ${place}`}`,
    children: {
      indexed: end - start,
      slice: (first, count) =>
        Array.from({ length: count }, (_, i) => {
          const vpn = start + first + i;
          return placeVariable(world, process, vpn, showAddress(vaOf(vpn as Vpn)));
        }),
    },
  };
}
