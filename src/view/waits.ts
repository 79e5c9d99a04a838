/** What a blocked task waits for, and who holds it. */

import { wait_cycle } from '../engine/detect/deadlock';
import { awaited_by } from '../engine/detect/waits_for';
import { vpn_of_entry } from '../engine/kernel/mm/pgtable';
import {
  type DeviceRow,
  type NodeRow,
  type PageRow,
  type PgmapRow,
  type ProcessRow,
  type TaskRow,
  type Vpn,
  vaOf,
} from '../engine/machine/ids';
import { ASSERTING, ASSERTIONS } from '../engine/machine/kernel-bug';
import { TaskState, Wait, type WaitKind } from '../engine/machine/tasks';
import type { EventName } from '../engine/routine/event-schema';
import { allOf, someOf } from '../language/suggest';
import {
  deviceName,
  holdersOf,
  inUse,
  processName,
  showAddress,
  showPage,
  taskName,
  type World,
} from './environment';

/** Holders that are named with their places. */
const MOST_PLACED = 3;

export interface Waiting {
  readonly kind: WaitKind;
  /** `page lock of pfn 0x3ffff (gpu0, Device)` */
  readonly what: string;
  /** `app.t2 in migrate_vma_setup`, where somebody is known to hold it; all of them where several do. */
  readonly holder: string | undefined;
}

const WHAT: Record<WaitKind, (world: World, on: number) => string> = {
  [Wait.None]: () => 'nothing',
  [Wait.PageLock]: (world, page) => `the lock of ${showPage(world, page as PageRow)}`,
  [Wait.PageUnlocked]: (world, page) => `the unlocking of ${showPage(world, page as PageRow)}`,
  [Wait.MmapRead]: (world, mm) => `mmap_lock of ${mmOwner(world, mm)} for reading`,
  [Wait.MmapWrite]: (world, mm) => `mmap_lock of ${mmOwner(world, mm)} for writing`,
  [Wait.MigrationEntry]: (world, page) => `the migration of ${showPage(world, page as PageRow)}`,
  [Wait.NotifierSeq]: () => 'an invalidation to end',
  [Wait.DriverLock]: () => "the driver's lock",
  [Wait.Task]: (world, task) => `${taskName(world, task as TaskRow)} to end`,
  [Wait.Process]: (world, process) => `${processName(world, process as ProcessRow)} to end`,
  [Wait.Barrier]: (world, barrier) => `barrier ${world.names.barriers[barrier]}`,
  [Wait.LruDrain]: () => 'the LRU drain',
  [Wait.PgmapRef]: (world, pgmap) => pgmapUsers(world, pgmap as PgmapRow),
  [Wait.DeviceFault]: () => 'the device fault to be serviced',
  [Wait.Work]: () => 'something to do',
  [Wait.Halted]: () => 'nothing any more: it has ended where it is, with all that it holds',
  [Wait.RangeLock]: () => "the driver's lock over its ranges",
  [Wait.Kworker]: () => 'work on its CPU',
  [Wait.VmaWrite]: (world, vma) =>
    `faults that hold the VMA at ${showAddress(vaOf(world.kernel.mm.start.get(vma) as Vpn))}`,
  [Wait.PageTableLock]: (world, table) => `the lock of ${tableName(world, table as NodeRow)}`,
  [Wait.DeviceWork]: () => 'a fault of its device',
  [Wait.Kswapd]: (_, node) => `memory of node ${node} to run short`,
  [Wait.RmapWrite]: () => 'the end of a walk of the reverse map',
  [Wait.MirrorsWrite]: (world, mm) => `the mirrors of ${mmOwner(world, mm)} to be told`,
  [Wait.FaultBuffer]: (world, device) =>
    `room in the fault buffer of ${deviceName(world, device as DeviceRow)}`,
};

/** `the PTE table for 0x7f…000` */
function tableName({ kernel: k }: World, table: NodeRow): string {
  const level = ['PTE', 'PMD', 'PUD', 'PGD'][k.tables.level.get(table)];
  return `the ${level} table for ${showAddress(vaOf(vpn_of_entry(k, k.tables.entry(table, 0))))}`;
}

/** What a task waits for, or would: `the lock of pfn 0x3ffff`. */
export function showWait(world: World, kind: WaitKind, on: number): string {
  return WHAT[kind]?.(world, on) ?? 'something';
}

/** `the last page of gpu0's memory: pfn 0x3fffe is held by get_page` */
function pgmapUsers(world: World, pgmap: PgmapRow): string {
  const { devices, pages } = world.kernel;
  const device = deviceName(world, devices.pgmapDevice.get(pgmap) as DeviceRow);
  const used = [...pages.rows()].filter((page) => pages.pgmap(page) === pgmap && inUse(world.kernel, page));
  const [first] = used;
  if (first === undefined) return `the memory of ${device} to be given up`;
  const holders = holdersOf(world, first).map(({ name }) => name);
  const more = used.length === 1 ? '' : ` (and ${used.length - 1} more pages)`;
  return `the last page in use of ${device}: pfn 0x${pages.pfn(first).toString(16)} is held by ${allOf(holders)}${more}`;
}

function mmOwner(world: World, mm: number): string {
  return processName(world, world.kernel.mm.process.get(mm) as ProcessRow);
}

/** What those wait for who serve others and have nothing to do. */
const IDLE: readonly number[] = [Wait.Kworker, Wait.DeviceWork, Wait.Kswapd];

/** A kernel worker, or the bottom half of a device, that has nothing to do: no reason to worry that it waits. */
export function isIdleWorker(world: World, task: TaskRow): boolean {
  const { tasks } = world.kernel;
  return tasks.state.get(task) === TaskState.Blocked && IDLE.includes(tasks.wait.get(task));
}

/** The routine a task is in. */
export function routineOf(world: World, task: TaskRow): string {
  const { tasks } = world.kernel;
  return world.routines[tasks.stack.get(tasks.base.get(task) - 3)]?.routine.name ?? '';
}

/** What the step says that comes next in it. */
export function stepOf(world: World, task: TaskRow): string {
  const { tasks } = world.kernel;
  const routine = world.routines[tasks.stack.get(tasks.base.get(task) - 3)];
  return routine?.listing.find(({ pc }) => pc === tasks.pc.get(task))?.text.trim() ?? '';
}

/** What a task waits for; undefined where it is not blocked. */
export function waitingOf(world: World, task: TaskRow): Waiting | undefined {
  const { tasks } = world.kernel;
  if (tasks.state.get(task) !== TaskState.Blocked) return undefined;
  const kind = tasks.wait.get(task) as WaitKind;
  const on = tasks.waitFor.get(task);
  const awaited = awaited_by(world.kernel, task);
  return {
    kind,
    what: showWait(world, kind, on),
    holder:
      awaited?.needs === 'all'
        ? someOf(
            awaited.tasks.map((row) => placed(world, row)),
            MOST_PLACED,
          )
        : undefined,
  };
}

const placed = (world: World, task: TaskRow): string =>
  `${taskName(world, task)} in ${routineOf(world, task)}`;

/** Waits whose words say who is to act, … */
const SAY_WHO: readonly WaitKind[] = [Wait.Task, Wait.Process];
/** … for what somebody does, … */
const BY: readonly WaitKind[] = [Wait.DeviceFault, Wait.MigrationEntry];
/** … and for what several do or hold. All others are for locks. */
const OF: readonly WaitKind[] = [
  Wait.NotifierSeq,
  Wait.LruDrain,
  Wait.RmapWrite,
  Wait.MirrorsWrite,
  Wait.VmaWrite,
  Wait.FaultBuffer,
];

/** `the lock of …, held by app.A in … and app.B in …`, `the migration of … by app.t2 in migrate_vma_setup` */
export function showWaiting({ what, holder, kind }: Waiting): string {
  if (holder === undefined || SAY_WHO.includes(kind)) return what;
  if (BY.includes(kind)) return `${what} by ${holder}`;
  return OF.includes(kind) ? `${what} (${holder})` : `${what}, held by ${holder}`;
}

/** `app.A waits for …` */
export function waitsFor(world: World, task: TaskRow): string {
  const waiting = waitingOf(world, task);
  return `${taskName(world, task)} waits for ${waiting ? showWaiting(waiting) : 'another task'}`;
}

/** Events of the detectors: the run, or a part of it, gets nowhere. */
export const DETECTED = ['deadlock', 'never_wakes', 'livelock', 'starvation', 'oops', 'kernel_bug'] as const;
export type Detected = (typeof DETECTED)[number];

export const isDetected = (name: EventName): name is Detected =>
  (DETECTED as readonly EventName[]).includes(name);

/** `app.A has ended`; `holder`: who is to blame, 0 = nobody is left for its own wait. */
function whyNever(world: World, holder: TaskRow): string {
  if (holder === 0) return 'nobody is left who could end this wait';
  const { tasks } = world.kernel;
  if (tasks.state.get(holder) === TaskState.Exited) return `${taskName(world, holder)} has ended`;
  if (wait_cycle(world.kernel, holder).length > 0)
    return `${taskName(world, holder)} waits for itself in a circle`;
  return `${waitsFor(world, holder)}, and nobody is left to end that`;
}

/** What a detector found, in a sentence. `task` is the one in which it was found. */
export function stuckText(world: World, what: Detected, args: readonly number[], task: TaskRow): string {
  if (what === 'deadlock')
    return `Deadlock: ${args.map((row) => waitsFor(world, row as TaskRow)).join('; ')}.`;
  if (what === 'never_wakes') {
    const [sleeper = 0, holder = 0] = args as TaskRow[];
    return `${waitsFor(world, sleeper as TaskRow)}. It can never wake: ${whyNever(world, holder as TaskRow)}.`;
  }
  if (what === 'livelock') {
    const walks =
      args[3] === 1 ? ': each succeeds, and the walk for the device looks at the same entry again' : '';
    return `Livelock: ${taskName(world, task)} has taken the same fault at ${showAddress((args[1] ?? 0) * 4096)} ${args[2]} times${walks}; nothing changes.`;
  }
  if (what === 'oops' && args[0] === 0)
    return `Kernel oops in ${routineOf(world, task)}: ${taskName(world, task)} has got no memory, and writes by the NULL pointer that it got instead.`;
  if (what === 'oops')
    return `Kernel oops in page_remove_rmap: ${taskName(world, task)} unmaps ${showPage(world, (args[0] ?? 0) as PageRow)} and reads a frame number out of an entry that is not present: there is no struct page for frame 0x${(args[1] ?? 0).toString(16)}.`;
  if (what === 'kernel_bug') {
    const by = ASSERTING[args[0] ?? 0] ?? 'get_page';
    return `Kernel BUG in ${by}: ${ASSERTIONS[by]}, in ${routineOf(world, task)} of ${taskName(world, task)}, of ${showPage(world, (args[1] ?? 0) as PageRow)}.`;
  }
  return `Starvation: ${taskName(world, (args[0] ?? 0) as TaskRow)} has work and never runs; ${taskName(world, (args[1] ?? 0) as TaskRow)} spins on its CPU, in a fault at ${showAddress((args[2] ?? 0) * 4096)}.`;
}
