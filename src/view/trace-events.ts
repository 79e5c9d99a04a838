/**
 * A run in the trace event format of Chrome and Perfetto: a track for each task, what lasts as slices, what doesn't as
 * instants, pages that go to a device and come home as flows, memory in use as a counter of each device. A step is a
 * microsecond there.
 */

import { pages_in_use } from '../engine/drivers/device_memory';
import type { DeviceRow, TaskRow } from '../engine/machine/ids';
import type { WaitKind } from '../engine/machine/tasks';
import { EVENT_SCHEMA, type EventName } from '../engine/routine/event-schema';
import { deviceName, driverOfDevice, processName, taskName, type World } from './environment';
import { beginWords, endWords } from './event-words';
import { kernelName } from './kernel-names';
import { isDetected, showWait, stuckText } from './waits';

/** One event, as the format has it. */
export interface TraceEvent {
  readonly ph: 'B' | 'E' | 'i' | 'C' | 'M' | 's' | 'f';
  readonly name: string;
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
  readonly [more: string]: unknown;
}

/** The process under which the kernel's own tasks stand; those of the scenario follow, then the devices. */
const KERNEL = 1;
const FIRST_DEVICE = 1_000_000;

interface Open {
  readonly name: EventName;
}

type Args = readonly number[];

export class TraceEvents {
  readonly #open = new Map<TaskRow, Open[]>();
  readonly #named = new Set<number>();
  /** The flow of each page that is on a device, by its row. */
  readonly #flows = new Map<number, number>();
  readonly #used = new Map<DeviceRow, number>();
  #nextFlow = 1;

  constructor(
    readonly world: World,
    readonly write: (event: TraceEvent) => void,
  ) {}

  /** An event that is happening now. */
  see(task: TaskRow, name: EventName, leave: boolean, args: Args): void {
    if (leave) this.#leave(task, name, args);
    else if (name === 'zone_device_page_init') this.#flow(task, 's', args[0] ?? 0);
    else this.#enter(task, name, args);
    this.#count();
  }

  #enter(task: TaskRow, name: EventName, args: Args): void {
    const words = this.#words(task, name, args);
    if (words === '') return;
    const lasts = 'leave' in EVENT_SCHEMA[name];
    this.#put(task, lasts ? 'B' : 'i', this.#nameOf(name), {
      cat: name,
      ...(lasts ? {} : { s: 't' }),
      args: { what: words },
    });
    if (!lasts) return;
    const open = this.#open.get(task);
    if (open === undefined) this.#open.set(task, [{ name }]);
    else open.push({ name });
    if (name === 'migrate_to_ram') this.#flow(task, 'f', args[1] ?? 0);
  }

  #leave(task: TaskRow, name: EventName, args: Args): void {
    const open = this.#open.get(task) ?? [];
    const index = open.map((event) => event.name).lastIndexOf(name);
    if (index < 0) return;
    const came = endWords(this.world, name, task, args);
    for (const ended of open.splice(index).reverse())
      this.#put(task, 'E', this.#nameOf(ended.name), came === '' ? {} : { args: { came } });
  }

  #words(task: TaskRow, name: EventName, args: Args): string {
    if (name === 'wait') return `waits for ${showWait(this.world, args[0] as WaitKind, args[1] ?? 0)}`;
    if (isDetected(name)) return stuckText(this.world, name, args, task);
    return beginWords(this.world, name, task, args);
  }

  /** The event as the profile's kernel spells it. */
  #nameOf(name: EventName): string {
    return kernelName(this.world.kernel.profile, name);
  }

  /** A page goes to a device, inside of what brings it there, and comes home inside the callback that brings it. */
  #flow(task: TaskRow, ph: 's' | 'f', page: number): void {
    if ((this.#open.get(task)?.length ?? 0) === 0) return;
    const id = ph === 's' ? this.#nextFlow++ : this.#flows.get(page);
    if (id === undefined) return;
    if (ph === 's') this.#flows.set(page, id);
    else this.#flows.delete(page);
    this.#put(task, ph, 'page', { cat: 'page', id, ...(ph === 'f' ? { bp: 'e' } : {}) });
  }

  /** Tells of devices whose memory in use has changed. */
  #count(): void {
    const { kernel: k } = this.world;
    for (const row of k.devices.devices.rows()) {
      const device = row as DeviceRow;
      const driver = driverOfDevice(k, device);
      if (driver === undefined) continue;
      const used = pages_in_use(k, driver, device);
      if (this.#used.get(device) === used) continue;
      this.#used.set(device, used);
      const pid = FIRST_DEVICE + device;
      this.#name(pid, 0, 'process_name', deviceName(this.world, device));
      this.write({ ph: 'C', name: 'pages in use', ts: k.time, pid, tid: 0, args: { pages: used } });
    }
  }

  #put(task: TaskRow, ph: TraceEvent['ph'], name: string, more: Readonly<Record<string, unknown>>): void {
    const { kernel: k } = this.world;
    const process = k.tasks.processOf(task);
    const pid = process === 0 ? KERNEL : KERNEL + process;
    this.#name(pid, 0, 'process_name', process === 0 ? 'kernel' : processName(this.world, process));
    this.#name(pid, task, 'thread_name', taskName(this.world, task));
    this.write({ ph, name, ts: k.time, pid, tid: task, ...more });
  }

  /** Says once what a process (`tid` 0) or a task is called. */
  #name(pid: number, tid: number, what: 'process_name' | 'thread_name', name: string): void {
    const key = tid === 0 ? -pid : tid;
    if (this.#named.has(key)) return;
    this.#named.add(key);
    this.write({ ph: 'M', name: what, ts: 0, pid, tid, args: { name } });
  }

  /** The run is over: what has not ended ends here. */
  end(): void {
    for (const [task, open] of this.#open)
      for (const { name } of open.splice(0).reverse()) this.#put(task, 'E', this.#nameOf(name), {});
  }
}
