/** One counter of a zone or node, under the name /proc/zoneinfo gives it, in pages unless the name says otherwise. */
export interface ZoneCounter {
  /** Stable across steps: the zone's id, `/`, and the name. */
  id: string;
  name: string;
  value: number;
  /** Value at the previous stop; present only when it differs from `value`. */
  previous?: number;
}

/** A zone of a node, or the block of per-node statistics. */
export interface Zone {
  /** Stable across steps, such as `node0/Device`. */
  id: string;
  /** `DMA`, `DMA32`, `Normal`, `Movable`, `Device`, or `per-node stats`. */
  name: string;
  counters: ZoneCounter[];
}

/** A NUMA node with its zones in the order of /proc/zoneinfo. */
export interface ZoneNode {
  /** Stable across steps, such as `node0`. */
  id: string;
  /** NUMA node number, 0 or more. */
  node: number;
  zones: Zone[];
}

/** Reply to `hmm/zones`. */
export interface ZonesResult {
  nodes: ZoneNode[];
}

/** What every pending fault has, on the CPU or on a device. */
interface PendingFaultBase {
  /** Stable while the fault is pending. */
  id: string;
  /** Faulting virtual address, as `0x…`. */
  address: string;
  /** The address in the scenario's words, such as `buf[3]`; absent when no buffer covers it. */
  place?: string;
  access: 'read' | 'write' | 'execute';
  /** Time (steps since the start) at which the fault began. */
  since: number;
  /** Steps that have run since. */
  age: number;
}

/** A CPU fault inside `handle_mm_fault`. */
export interface PendingCpuFault extends PendingFaultBase {
  kind: 'cpu';
  /** DAP thread id of the faulting task. */
  threadId: number;
  /** Task's name, such as `app` or `app.t1`. */
  task: string;
  /** Innermost routine, such as `do_swap_page`. */
  routine: string;
  /** Description of the step that comes next in it. */
  step: string;
  /** What the task waits for (`page lock of pfn 0x3ffff`); absent while it runs. */
  waitingFor?: string;
  /** Who holds what it waits for (`app.t2 in migrate_vma_setup`). */
  heldBy?: string;
  /** How often the fault has been started again (RETRY), from 0. */
  retries: number;
}

/** A fault of a device that has not been serviced: an entry in its fault buffer, or one that waits for room there. */
export interface PendingDeviceFault extends PendingFaultBase {
  kind: 'device';
  /** Device by its name in the scenario. */
  device: string;
  /** Process whose address space the device accesses. */
  process: string;
  /** Place in the device's fault buffer, from 0; absent while the buffer is full and the fault waits for room. */
  slot?: number;
}

/** A fault that has begun and not ended. */
export type PendingFault = PendingCpuFault | PendingDeviceFault;

/** Reply to `hmm/pendingFaults`: oldest first. */
export interface PendingFaultsResult {
  faults: PendingFault[];
}

/** Arguments of `hmm/waits`. */
export interface WaitsArguments {
  /** DAP thread id of a task: the chain that begins with it comes first. */
  threadId?: number;
}

/** Reply to `hmm/waits`. */
export interface WaitsResult {
  /** Chains of waiting tasks, one a line: `app.A → the lock of … → app.B, in migrate_vma_setup`. */
  text: string;
}

/** A task that the user may choose to run next. */
export interface RunnableTask {
  /** DAP thread id. */
  threadId: number;
  name: string;
  /** Where it stands: `in do_swap_page, line 12`. */
  place: string;
}

/** Reply to `hmm/runnable`: the task that the schedule lets run next comes first. */
export interface RunnableResult {
  tasks: RunnableTask[];
}

/** A device of the scenario; memory in pages. */
export interface DeviceState {
  name: string;
  type: 'private' | 'coherent' | 'persistent';
  driver: string;
  /** Physical range of its dev_pagemap, as `0x…`, the end exclusive. */
  start: string;
  end: string;
  total: number;
  used: number;
  free: number;
  /** Counters that its driver keeps. */
  counters: { name: string; value: number }[];
  /** Processes that have it open, and how many pages of each it maps. */
  mirrors: { process: string; entries: number }[];
  /** Injected failures that are armed, in the scenario's words; empty when healthy. */
  failures: string[];
  /** Differs from the previous stop. */
  changed: boolean;
}

/** Like entries of a device's page table for a process, at neighbouring addresses. */
export interface MirrorRun {
  /** First address, as `0x…`. */
  address: string;
  /** The addresses in the scenario's words: `buf[3]`, `buf[3..7]`. */
  place: string;
  pages: number;
  access: 'read' | 'read, write' | 'atomic';
  /** The first page: whose contents the device sees. */
  page: string;
  /** What the CPU's table has at the first address. */
  cpu: string;
  /** How it differs from what the CPU's table says; absent where they agree. */
  differs?: string;
}

/** Arguments of `hmm/device`. */
export interface DeviceArguments {
  /** Its name in the scenario. */
  device: string;
}

/** Reply to `hmm/device`: what its driver knows. */
export interface DeviceDetails {
  /** Its page table for each process that has it open. */
  mirrors: { process: string; runs: MirrorRun[] }[];
  /** Page frames on the driver's free list, the next to be handed out first; at most 64. */
  freeList: string[];
  /** Pages of its chunk that were never handed out. */
  untouched: number;
  /** Entries of its fault buffer, and faults that wait for room there. */
  faults: string[];
}

/** Reply to `hmm/devices`: in the scenario's order. */
export interface DevicesResult {
  devices: DeviceState[];
}
