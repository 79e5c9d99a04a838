/** What a step works on: the machine, the profile it runs under, and the event log. */

import type { DeviceRow, TaskRow } from '../machine/ids';
import { Machine } from '../machine/machine';
import type { Profile } from '../profiles/profile';
import type { Driver } from './driver';
import type { EventName } from './event-schema';
import { EventLog } from './events';
import type { Frame } from './frame';
import type { ProgramWaits } from './program_waits';
import type { AnyRoutine } from './routine';

/** Memory the event log may take before the oldest events are dropped. */
const EVENT_BUDGET_BYTES = 64 * 2 ** 20;

export class Kernel extends Machine {
  /** Repetitions of one and the same fault from which on it is a livelock. */
  livelockLimit = 1000;
  /** Told of work inside a step that is more than a step's usual little, in units of about one step; set by the run loop. */
  worked: (units: number) => void = () => {};
  /** Number of CPUs; fixed when the machine is built. */
  cpus = 1;
  /** Number of nodes of memory; fixed when the machine is built. */
  nodes = 1;
  readonly events = new EventLog(EVENT_BUDGET_BYTES);
  /** Gives a task its first frame; set by the run loop. */
  start: (task: TaskRow, routine: AnyRoutine, fill: (frame: Frame) => void) => void = () => {
    throw new Error('no run loop is attached to this kernel');
  };
  /** The task is in the kernel, where it keeps its CPU until it blocks or returns to user mode; set by the run loop. */
  inKernel: (task: TaskRow) => boolean = () => false;
  /** The task sleeps in a wait that ends when it is killed; set by the run loop. */
  killable: (task: TaskRow) => boolean = () => false;
  /** Wakes the kswapd of a node; set where the machine is built, if it has any. */
  wakeKswapd: ((node: number) => void) | undefined;
  /** What the program of the tasks says about their waits; set where the machine is built. */
  program: ProgramWaits | undefined;
  /** Pages charged, by memory cgroup. */
  readonly memcgUsage = this.store.int('memcg.usage');
  /** Pages a memory cgroup may be charged for; 0 = no limit. */
  readonly memcgLimit = this.store.int('memcg.limit');
  /** Allocations of the kernel's own that are to fail, by kind (mm/fail_alloc.ts). */
  readonly failAlloc = this.store.int('fail_alloc');
  /** How often each callback was called, in the order of CALLBACKS; kept by the run loop. */
  readonly callbackCalls = this.store.int('callback.calls');
  /** The shared page of zeroes, a row of `pages`. */
  readonly #zeroPage = this.store.scalar('zeroPage');
  /** The shared folio of 512 pages of zeroes; 0 until it is first needed. */
  readonly #hugeZeroPage = this.store.scalar('hugeZeroPage');

  /** What drivers keep; each finds its own by `Own.of`. */
  readonly own: unknown[] = [];

  constructor(
    readonly profile: Profile,
    /** By the numbers that devices have for their drivers. */
    readonly drivers: readonly Driver[] = [],
  ) {
    super();
    for (const { memory, mirrors, tables } of drivers)
      for (const own of [memory, mirrors.tables, ...tables]) own.declare(this);
  }

  driverOf(device: DeviceRow): Driver {
    const driver = this.drivers[this.devices.driver.get(device)];
    if (driver === undefined) throw new Error(`device ${device} has no driver`);
    return driver;
  }

  /** The current task. Nearly every step asks for it several times, so it is short enough for V8 to inline always. */
  get task(): TaskRow {
    return this.scalars.data[this.tasks.current] as TaskRow;
  }

  get zeroPage(): number {
    return this.store.scalars.get(this.#zeroPage);
  }

  get hugeZeroPage(): number {
    return this.store.scalars.get(this.#hugeZeroPage);
  }

  setHugeZeroPage(page: number): void {
    this.store.scalars.set(this.#hugeZeroPage, page);
  }

  setZeroPage(page: number): void {
    this.store.scalars.set(this.#zeroPage, page);
  }

  emit(name: EventName, ...args: number[]): void {
    this.events.append(this.time, this.task, name, false, args);
  }

  /** `emit` for arguments that are an array already. */
  emitAll(name: EventName, args: readonly number[]): void {
    this.events.appendAll(this.time, this.task, name, args);
  }

  leave(name: EventName, ...args: number[]): void {
    this.events.append(this.time, this.task, name, true, args);
  }
}
