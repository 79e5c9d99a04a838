/** What happened over time, from the event log: how many events of each category, and where few are seen each of them. */

import type { DeviceRow, TaskRow } from '../../engine/machine/ids';
import {
  type EventCategory,
  type LaneDensity,
  MOST_SLICES,
  MOST_TICKS,
  type TimelineArguments,
  type TimelineLane,
  type TimelineResult,
  type TimelineSlice,
  type TimelineTick,
} from '../../protocol';
import { deviceName, taskName, type World } from '../environment';
import { base64 } from './base64';
import {
  type Begun,
  CATEGORY_NAMES,
  CATEGORY_OF,
  DEVICE_AT,
  LASTS,
  subjectOf,
  wordsOf,
} from './timeline-events';

/** A task that is or was on this timeline. */
export interface KnownTask {
  readonly name: string;
  /** -1 for one that runs on a device. */
  readonly cpu: number;
  /** It belongs to a process. */
  readonly isUser: boolean;
}

/** A task as it is known now. */
export function knownTask(world: World, task: TaskRow): KnownTask {
  const { tasks } = world.kernel;
  return {
    name: taskName(world, task),
    cpu: tasks.context.get(task) === 0 ? tasks.cpu.get(task) : -1,
    isUser: tasks.processOf(task) !== 0,
  };
}

/** What the run knows besides the events. */
export interface Past {
  /** Every task that ever was, from row 1 on. */
  readonly tasks: readonly KnownTask[];
  /** Latest time that has run. */
  readonly last: number;
  readonly stops: readonly TimelineTick[];
}

/** A part of time, cut into columns. */
interface Columns {
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  readonly count: number;
}

function columnsOf({ from = 0, to, most }: TimelineArguments, last: number): Columns {
  const end = Math.max(from + 1, Math.min(to ?? last + 1, last + 1));
  const steps = Math.max(1, Math.ceil((end - from) / most));
  return { from, to: end, steps, count: Math.ceil((end - from) / steps) };
}

const FINDING = CATEGORY_NAMES.indexOf('finding');
const MOST_COUNT = 0xffff;

/** The lanes of a run, and which of them an event is on. */
class Lanes {
  readonly all: Omit<TimelineLane, 'density'>[] = [];
  /** By the row of a task: the lane of its CPU. */
  readonly #ofCpu: number[] = [];
  readonly #ofTask: number[] = [];
  readonly #ofDevice: number[] = [];

  constructor(world: World, tasks: readonly KnownTask[]) {
    const { kernel } = world;
    for (let cpu = 0; cpu < kernel.cpus; cpu++) this.all.push({ name: `CPU ${cpu}`, kind: 'cpu' });
    for (const [i, { cpu }] of tasks.entries()) this.#ofCpu[i + 1] = cpu;
    for (const [i, { name, isUser }] of tasks.entries())
      if (isUser) this.#ofTask[i + 1] = this.all.push({ name, kind: 'task' }) - 1;
    for (const row of kernel.devices.devices.rows())
      this.#ofDevice[row] = this.all.push({ name: deviceName(world, row as DeviceRow), kind: 'device' }) - 1;
  }

  cpuOf(task: TaskRow): number {
    return this.#ofCpu[task] ?? -1;
  }

  taskLane(task: TaskRow): number {
    return this.#ofTask[task] ?? -1;
  }

  deviceLane(device: number): number {
    return this.#ofDevice[device] ?? -1;
  }
}

/** Counts of events by lane, category and column. */
class Density {
  /** By lane and category. */
  readonly #counts: (Uint16Array | undefined)[];

  constructor(
    readonly columns: Columns,
    readonly first: number,
    readonly lanes: number,
  ) {
    this.#counts = new Array<undefined>(lanes * CATEGORY_NAMES.length).fill(undefined);
  }

  add(lane: number, category: number, time: number): void {
    const at = lane - this.first;
    if (at < 0 || at >= this.lanes) return;
    const { from, steps, count } = this.columns;
    const key = at * CATEGORY_NAMES.length + category;
    let counts = this.#counts[key];
    if (counts === undefined) {
      counts = new Uint16Array(count);
      this.#counts[key] = counts;
    }
    const column = Math.floor((time - from) / steps);
    const before = counts[column] ?? 0;
    if (before < MOST_COUNT) counts[column] = before + 1;
  }

  of(lane: number): LaneDensity[] {
    return CATEGORY_NAMES.flatMap((category: EventCategory, i) => {
      const counts = this.#counts[(lane - this.first) * CATEGORY_NAMES.length + i];
      return counts === undefined ? [] : [{ category, counts: base64(lowByteFirst(counts)) }];
    });
  }
}

function lowByteFirst(numbers: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 2);
  for (const [i, number] of numbers.entries()) {
    bytes[2 * i] = number & 0xff;
    bytes[2 * i + 1] = number >> 8;
  }
  return bytes;
}

/** What happened in the part of time asked for. */
export function timeline(world: World, past: Past, args: TimelineArguments): TimelineResult {
  const columns = columnsOf(args, past.last);
  const lanes = new Lanes(world, past.tasks);
  const density = new Density(columns, args.firstLane, args.lanes);
  const findings: Begun[] = [];
  let events = 0;
  const log = world.kernel.events;
  log.visit(columns.from, columns.to, (time, task, kind, leave, data, at, count) => {
    const category = CATEGORY_OF[kind] ?? -1;
    if (leave || category < 0) return;
    events++;
    density.add(lanes.cpuOf(task), category, time);
    density.add(lanes.taskLane(task), category, time);
    const device = DEVICE_AT[kind] ?? -1;
    if (device >= 0 && device < count) density.add(lanes.deviceLane(data[at + device] ?? 0), category, time);
    if (category === FINDING && findings.length < MOST_TICKS)
      findings.push({ time, task, kind, args: [...data.subarray(at, at + count)] });
  });
  const shown = lanes.all.slice(args.firstLane, args.firstLane + args.lanes);
  return {
    from: columns.from,
    to: columns.to,
    stepsPerColumn: columns.steps,
    now: world.kernel.time,
    last: past.last,
    known: log.droppedBefore,
    allLanes: lanes.all.length,
    firstLane: args.firstLane,
    lanes: shown.map((lane, i) => ({ ...lane, density: density.of(args.firstLane + i) })),
    events,
    ...(events > MOST_SLICES ? {} : { slices: slices(world, lanes, columns, args) }),
    ticks: ticks(world, findings, past.stops, columns),
  };
}

function ticks(
  world: World,
  findings: readonly Begun[],
  stops: readonly TimelineTick[],
  { from, to }: Columns,
): TimelineTick[] {
  const found = findings.map((event): TimelineTick => {
    return { time: event.time, kind: 'finding', text: wordsOf(world, event) };
  });
  const stood = stops.filter(({ time }) => time >= from && time < to);
  return [...found, ...stood.slice(-MOST_TICKS + found.length)].sort((a, b) => a.time - b.time);
}

/** An event that has begun, where the log has it. */
interface Open {
  readonly time: number;
  readonly kind: number;
  readonly data: Float64Array;
  readonly at: number;
  readonly count: number;
}

/** The events of a part of time, also those that began before and last into it; on the lanes of tasks and devices. */
function slices(world: World, lanes: Lanes, columns: Columns, args: TimelineArguments): TimelineSlice[] {
  const found: TimelineSlice[] = [];
  /** By task. */
  const open: Open[][] = [];
  const tell = (task: TaskRow, begun: Open, depth: number, to: number | undefined): void => {
    if (to !== undefined && to < columns.from) return;
    const { time, kind, data, at: first, count } = begun;
    const event: Begun = { time, task, kind, args: [...data.subarray(first, first + count)] };
    const device = event.args[DEVICE_AT[event.kind] ?? -1] ?? 0;
    const category = CATEGORY_NAMES[CATEGORY_OF[event.kind] ?? 0] ?? 'fault';
    for (const [lane, row] of [
      [lanes.taskLane(task), depth],
      [lanes.deviceLane(device), 0],
    ] as const) {
      const at = lane - args.firstLane;
      if (lane < 0 || at < 0 || at >= args.lanes) continue;
      found.push({
        lane: at,
        category,
        from: event.time,
        ...(to === undefined ? {} : { to }),
        depth: row,
        text: wordsOf(world, event),
        ...subjectOf(world, event),
      });
    }
  };
  world.kernel.events.visit(0, columns.to, (time, task, kind, leave, data, at, count) => {
    if ((CATEGORY_OF[kind] ?? -1) < 0) return;
    let stack = open[task];
    if (stack === undefined) {
      stack = [];
      open[task] = stack;
    }
    if (leave) {
      let index = stack.length - 1;
      while (index >= 0 && stack[index]?.kind !== kind) index--;
      if (index < 0) return;
      while (stack.length > index) {
        const ended = stack.pop();
        if (ended !== undefined) tell(task, ended, stack.length, time);
      }
    } else if (LASTS[kind]) stack.push({ time, kind, data, at, count });
    else if (time >= columns.from) tell(task, { time, kind, data, at, count }, stack.length, time);
  });
  for (const [task, stack] of open.entries())
    for (const [depth, event] of (stack ?? []).entries()) tell(task as TaskRow, event, depth, undefined);
  return found.sort((a, b) => a.from - b.from || a.depth - b.depth);
}
