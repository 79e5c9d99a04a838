/** The names of a running scenario, for `expect`, conditions, watches and log messages alike. */

import {
  type DeviceRow,
  type MmRow,
  type PageRow,
  type Pfn,
  type ProcessRow,
  type Vpn,
  vaOf,
  vpnOf,
} from '../../engine/machine/ids';
import { ZONE_NAMES } from '../../engine/machine/zones';
import type { LinkedRoutine } from '../../engine/routine/link';
import type { Shown } from '../../engine/routine/routine';
import { BIGINTS, NUMBERS } from '../../language/arithmetic';
import { type Answer, callNamed, givesAddress } from '../../language/call-function';
import { FUNCTIONS } from '../../language/functions';
import { type Meaning, NAMES, SITUATION } from '../../language/things';
import { typeOf } from '../../language/type-of';
import {
  type Binding,
  isList,
  type NameResolver,
  NUMBER,
  type Type,
  type Value,
} from '../../language/values';
import { contentsOf } from './driver-of';
import { localOf } from './locals';
import { DEVICE, deviceType, PROCESS, TASK } from './machine-types';
import { deviceOfPage, entryAt, mappingsOf, pageAt, vmaAt } from './pages';
import './proc';
import { ledgerLines } from './ledger';
import type { Scene, World } from './scene';
import { orNone, type SceneType, typeNamed } from './type-parts';
import { BUFFER, PAGE, seen } from './types';
import { whereIs } from './where';
import { why } from './why';

export interface EnvironmentOptions {
  /** Routine whose frame the expression is evaluated in: its parameters and locals come first. */
  readonly routine?: LinkedRoutine;
}

/** Slot of the first local that is shown as `shown` and has one of the names; any name where none is given. */
function slotOf(routine: LinkedRoutine, shown: Shown, names: readonly string[]): number {
  return routine.slots.findIndex((slot) => slot.shown === shown && names.includes(slot.name));
}

/** Looks for a local in the frame and, where it has none, in its callers. */
function inFrames(world: World, shown: Shown, names: readonly string[]): (scene: Scene) => number {
  const slots = world.routines.map((routine) => slotOf(routine, shown, names));
  return (scene) => {
    const { stack } = world.kernel.tasks;
    for (let base = scene.base; base !== 0; base = stack.get(base - 1)) {
      const slot = slots[stack.get(base - 3)] ?? -1;
      if (slot >= 0) return stack.get(base + slot);
    }
    return 0;
  };
}

/** Names that mean something wherever execution stands: what the fault or callback at hand is about. */
function situation(world: World): ReadonlyMap<string, Binding<Scene>> {
  const { kernel: k } = world;
  const page = inFrames(world, 'page', ['page', 'fault_page', 'spage', 'dpage', 'new_page']);
  const vpn = inFrames(world, 'vpn', ['vpn', 'address', 'addr', 'start']);
  const flags = inFrames(world, 'fault-flags', ['flags']);
  const ret = inFrames(world, 'vm-fault', ['ret', 'fault', 'result']);
  const device = inFrames(world, 'device', ['device', 'mdevice']);
  const mirror = inFrames(world, 'mirror', ['mirror', 'dmirror']);
  const address = (scene: Scene): number => {
    const fault = k.tasks.fault.get(scene.task);
    return fault === 0 ? vaOf(vpn(scene) as Vpn) : k.faults.address.get(fault);
  };
  const deviceAt = (scene: Scene): DeviceRow =>
    (device(scene) ||
      k.devices.mirrorDevice.get(mirror(scene)) ||
      deviceOfPage(k, page(scene) as PageRow)) as DeviceRow;
  const getters: Readonly<Record<SituationName, (scene: Scene) => Value>> = {
    page: (scene) => orNone(page(scene)),
    address: (scene) => orNone(address(scene)),
    device: (scene) => orNone(deviceAt(scene)),
    flags,
    ret,
  };
  return new Map([
    ...Object.entries(getters).map(([name, get]): [string, Binding<Scene>] => [
      name,
      bind(SITUATION[name as SituationName], get),
    ]),
    ['device', { ...bind(SITUATION.device, getters.device), type: deviceType(world) }],
    ['task', bind(NAMES.task, (scene) => orNone(scene.task))],
    ['process', bind(NAMES.process, (scene) => orNone(scene.process))],
    ['time', bind(NAMES.time, () => k.time)],
    ['profile', bind(NAMES.profile, () => k.profile.name)],
  ]);
}

type SituationName = keyof typeof SITUATION;

/** A name of the machine's own. */
function bind(meaning: Meaning, get: (scene: Scene) => Value): Binding<Scene> {
  return { type: typeOf(meaning, typeNamed), doc: meaning.doc, get };
}

function machine(world: World): Map<string, Binding<Scene>> {
  const { names } = world;
  const found = new Map<string, Binding<Scene>>([
    ...ZONE_NAMES.map((name, type): [string, Binding<Scene>] => [name, bind(NAMES[name], () => type)]),
    ['zone', bind(NAMES.zone, () => 0)],
    ['callbacks', bind(NAMES.callbacks, () => 0)],
  ]);
  const device = deviceType(world);
  names.devices.forEach((name, index) => {
    found.set(name, { type: device, get: () => orNone(deviceNamed(world, index)) });
  });
  for (const [name, constant] of names.constants)
    found.set(name, { type: NUMBER, constant, get: () => constant });
  return found;
}

function deviceNamed(world: World, name: number): number {
  const { devices } = world.kernel;
  const { devices: table } = devices;
  let device = table.after(0);
  while (device !== 0 && devices.name.get(device) !== name) device = table.after(device);
  return device;
}

/** Processes, and threads of them, by name. A process has its buffers as members: `app.buf`. */
function tasks(world: World): Map<string, Binding<Scene>> {
  const { kernel: k, names } = world;
  const found = new Map<string, Binding<Scene>>();
  const ofProcess = withVariables(world);
  names.tasks.forEach((name, index) => {
    const process = (): number => {
      for (const row of k.tasks.processes.rows()) if (k.tasks.name.get(row) === index) return row;
      return 0;
    };
    const task = (): number => {
      for (const row of k.tasks.tasks.rows()) if (k.tasks.taskName.get(row) === index) return row;
      return 0;
    };
    const thread = names.threads.has(index);
    found.set(name, {
      type: thread ? TASK : ofProcess,
      get: () => orNone(thread ? task() : process()),
    });
  });
  return found;
}

/** A process with its buffers and values as members. */
function withVariables(world: World): SceneType {
  const { names } = world;
  return {
    ...PROCESS,
    member: (member) => {
      const index = names.variables.findIndex(({ name }) => name === member);
      if (index < 0) return PROCESS.member?.(member);
      const { type, read } = variable(world, index);
      return { type, get: (process) => read(process as ProcessRow) };
    },
    members: () => [...names.variables.map(({ name }) => name), ...(PROCESS.members?.() ?? [])],
  };
}

/** A buffer or value of a process; undefined before it is first assigned. */
function variable(world: World, index: number): { type: SceneType; read: (process: ProcessRow) => Value } {
  const { variables, names } = world;
  const isBuffer = names.variables[index]?.kind === 'buffer';
  return {
    type: isBuffer ? BUFFER : NUMBER,
    read: (process) => {
      const cell = variables.cell(process, index);
      if (!variables.isSet(cell)) return undefined;
      return isBuffer ? cell : variables.content(cell);
    },
  };
}

/** The names that a process has given, as seen from the process the scene stands in. */
function variables(world: World): ReadonlyMap<string, Binding<Scene>> {
  return new Map(
    world.names.variables.map(({ name }, index) => {
      const { type, read } = variable(world, index);
      return [name, { type, get: (scene: Scene) => read(scene.process) }];
    }),
  );
}

/** The address that a value of this type stands for, by its process; of a page the first that maps it. */
export function addressOf(type: Type<Scene>, value: Value, scene: Scene): ReturnType<typeof whereIs> {
  if (type.family !== PAGE.family) return givesAddress(type) ? whereIs(type, value, scene) : undefined;
  const first = typeof value === 'number' ? mappingsOf(scene.world.kernel, value as PageRow)[0] : undefined;
  return first && { process: first.process, va: vaOf(first.vpn) };
}

/** A function of an address. */
type OfAddress = (scene: Scene, process: ProcessRow, va: number) => Value;
type Amount = number | bigint;
const isAmount = (value: Value): value is Amount => typeof value === 'number' || typeof value === 'bigint';

/** A function of the elements of lists. Of one element that is not there it is `none`. */
type OfNumbers = (values: readonly Amount[], scene: Scene) => Value;

/** Adds exactly; throws EvaluationError where the sum is too large. */
function plus(a: Amount, b: Amount): Amount {
  if (typeof a === 'number' && typeof b === 'number') return NUMBERS['+'](a, b);
  return BIGINTS['+'](BigInt(a), BigInt(b));
}

/** The element before which none comes in the order; undefined for no elements. */
const firstOf = (values: readonly Amount[], before: (a: Amount, b: Amount) => boolean): Amount | undefined =>
  values.length === 0 ? undefined : values.reduce((best, value) => (before(value, best) ? value : best));

const mmOf = ({ world }: Scene, process: ProcessRow): MmRow => world.kernel.tasks.mm.get(process) as MmRow;

const OF_ADDRESS: Readonly<Record<'pte' | 'page' | 'vma' | 'byte' | 'why', OfAddress>> = {
  pte: (s, process, va) => orNone(entryAt(s.world.kernel, mmOf(s, process), vpnOf(va))),
  page: (s, process, va) => orNone(pageAt(s.world.kernel, mmOf(s, process), vpnOf(va))),
  vma: (s, process, va) => orNone(vmaAt(s.world.kernel, mmOf(s, process), vpnOf(va))),
  byte: (s, process, va) => bytesAt(s, process, va, 1)[0],
  why,
};

/** Whose references `holders` tells: a page, or the one at an address. */
function pageMeant(type: Type<Scene>, value: Value, scene: Scene): PageRow {
  if (type.family === PAGE.family) return (typeof value === 'number' ? value : 0) as PageRow;
  const at = whereIs(type, value, scene);
  return at ? pageAt(scene.world.kernel, mmOf(scene, at.process), vpnOf(at.va)) : (0 as PageRow);
}

function holders(scene: Scene, page: PageRow): readonly string[] | undefined {
  if (page === 0) return undefined;
  return seen(scene, page, ledgerLines(scene.world, page));
}

/** The bytes from an address on, as far as its page goes; none where no page is. */
function bytesAt(s: Scene, process: ProcessRow, va: number, count: number): number[] {
  const { kernel: k } = s.world;
  const page = pageAt(k, mmOf(s, process), vpnOf(va));
  if (page === 0) return [];
  const from = contentsOf(k, page);
  const offset = va % 4096;
  const length = Math.min(Math.max(0, count), 4096 - offset);
  k.worked(length);
  return Array.from({ length }, (_, i) => k.contents.read(from, offset + i));
}

/** `11 11 00`; undefined for no bytes. */
function showBytes(bytes: readonly number[]): string | undefined {
  if (bytes.length === 0) return undefined;
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

const OF_NUMBERS: Readonly<Record<'pfn' | 'count' | 'sum' | 'min' | 'max', OfNumbers>> = {
  pfn: ([pfn], s) => (typeof pfn === 'number' ? orNone(s.world.kernel.pages.find(pfn as Pfn)) : undefined),
  count: (values) => values.length,
  sum: (values) => values.reduce(plus, 0),
  min: (values) => firstOf(values, (a, b) => a < b),
  max: (values) => firstOf(values, (a, b) => a > b),
};

const answer: Answer<Scene> = (name, types) => {
  const [type] = types;
  if (name in OF_ADDRESS && type !== undefined) {
    const find = OF_ADDRESS[name as keyof typeof OF_ADDRESS];
    return ([value], scene) => {
      const at = whereIs(type, value, scene);
      return at && find(scene, at.process, at.va);
    };
  }
  if (name === 'holders' && type !== undefined)
    return ([value], scene) => holders(scene, pageMeant(type, value, scene));
  if (name === 'bytes' && type !== undefined)
    return ([value, count], scene) => {
      const at = whereIs(type, value, scene);
      return at && showBytes(bytesAt(scene, at.process, at.va, Number(count)));
    };
  const find = OF_NUMBERS[name as keyof typeof OF_NUMBERS];
  return (args, scene) => {
    const values = args.flatMap((arg) => (isList(arg) ? arg : [arg]));
    return values.every(isAmount) ? find(values, scene) : undefined;
  };
};

/** A local that has no value yet, such as `device` at the start of a callback, means what the situation says. */
function orElse(local: Binding<Scene>, otherwise: Binding<Scene> | undefined): Binding<Scene> {
  if (otherwise?.type.family !== local.type.family) return local;
  return { type: local.type, get: (scene) => local.get(scene) ?? otherwise.get(scene) };
}

interface Names {
  readonly globals: ReadonlyMap<string, Binding<Scene>>;
  readonly own: ReadonlyMap<string, Binding<Scene>>;
  /** What a device is in this run. */
  readonly device: SceneType;
}

/** The names that are the same in all routines of a run: made once, for there may be thousands of tasks. */
const namesOf = new WeakMap<World, Names>();

function namesIn(world: World): Names {
  const made = namesOf.get(world) ?? {
    globals: new Map([...situation(world), ...machine(world), ...tasks(world)]),
    own: variables(world),
    device: deviceType(world),
  };
  namesOf.set(world, made);
  return made;
}

/** What names mean in a run; with a routine, its parameters and locals come first. */
export function environment(world: World, options: EnvironmentOptions = {}): NameResolver<Scene> {
  const { routine } = options;
  const { globals, own, device } = namesIn(world);
  const locals = routine?.slots.map(({ name }) => name) ?? [];
  return {
    name: (text) => {
      const local = routine && localOf(routine, text);
      if (local?.type === DEVICE) return orElse({ ...local, type: device }, globals.get(text));
      return local ? orElse(local, globals.get(text)) : (own.get(text) ?? globals.get(text));
    },
    names: () => [...locals, ...own.keys(), ...globals.keys()],
    call: (text) => callNamed(text, typeNamed, answer),
    calls: () => Object.keys(FUNCTIONS),
  };
}
