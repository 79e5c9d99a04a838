/** Processes, tasks and their call stacks. */

import type { IntColumn, WideColumn } from './column';
import type { MmRow, ProcessRow, TaskRow } from './ids';
import type { Store } from './store';
import { Table } from './table';

export const TaskState = { Runnable: 1, Blocked: 2, Exited: 3 } as const;

/** What a blocked task waits for; `waitFor` of the task says which one. */
export const Wait = {
  None: 0,
  PageLock: 1,
  MmapRead: 2,
  MmapWrite: 3,
  MigrationEntry: 4,
  NotifierSeq: 5,
  DriverLock: 6,
  Task: 7,
  Process: 8,
  Barrier: 9,
  LruDrain: 10,
  PgmapRef: 11,
  DeviceFault: 12,
  /** An idle thread that waits to be told what to do. */
  Work: 13,
  /** A driver's lock over its ranges (a switchable mistake). */
  RangeLock: 14,
  /** A per-CPU kernel worker that has nothing to do. */
  Kworker: 15,
  /** The bottom half of a device that has no fault to service. */
  DeviceWork: 16,
  /** The kswapd of a node that has enough free memory. */
  Kswapd: 17,
  /** Faults that hold a VMA's own lock, which is to be taken for writing. */
  VmaWrite: 18,
  /** The spinlock of a page table. */
  PageTableLock: 19,
  /** Room in a device's fault buffer. */
  FaultBuffer: 20,
  /** That nobody walks the reverse map of an anon_vma or a file (a lock of rmap_lock.ts). */
  RmapWrite: 21,
  /** That a page is unlocked by whoever holds its lock; the waiter doesn't want it. */
  PageUnlocked: 22,
  /** That nobody tells the mirrors of an address space (hmm->mirrors_sem, before 5.8). */
  MirrorsWrite: 23,
  /** Nothing any more: the kernel has oopsed in this task. It keeps all that it holds. */
  Halted: 24,
} as const;
export type WaitKind = (typeof Wait)[keyof typeof Wait];

/** Stack slots a task has; deeper calls are a model error. */
export const STACK_SLOTS = 1024;

export class Tasks {
  readonly processes: Table;
  readonly mm: IntColumn;
  readonly parent: IntColumn;
  /** Index of the process's name in the program. */
  readonly name: IntColumn;
  readonly exited: IntColumn;
  readonly exitCode: IntColumn;
  readonly exitSignal: IntColumn;
  /** Threads that have not begun to exit. */
  readonly live: IntColumn;

  readonly tasks: Table;
  readonly process: IntColumn;
  readonly state: IntColumn;
  readonly wait: IntColumn;
  readonly waitFor: IntColumn;
  /** When it came into the queue in which it stands: a task that is woken and finds nothing keeps its place. */
  readonly waitSince: WideColumn;
  /** Base of the running frame in `stack`; 0 when the task has no frame. */
  readonly base: IntColumn;
  readonly pc: IntColumn;
  readonly depth: IntColumn;
  readonly cpu: IntColumn;
  /** The device that a context runs on, and so on no CPU; 0 = a task of the CPUs. */
  readonly context: IntColumn;
  /** In the kernel on its CPU while tasks of other CPUs run. */
  readonly onCpu: IntColumn;
  /** The mm whose mmap_lock, and the VMA whose own lock, it holds for reading. */
  readonly readsMm: IntColumn;
  readonly readsVma: IntColumn;
  /** The mm of which it has begun invalidations that have not ended, and how many. */
  readonly invalidates: IntColumn;
  readonly invalidations: IntColumn;
  /** Spinlocks it holds: while there are any it may neither sleep nor give up its CPU. */
  readonly preemptCount: IntColumn;
  /** It pins for long: the pages it gets meanwhile are not from ZONE_MOVABLE (PF_MEMALLOC_PIN). */
  readonly memallocPin: IntColumn;
  /** The lock of the reverse map under which it walks (rmap_lock.ts). */
  readonly readsRmap: IntColumn;
  /** The mm whose list of mirrors it holds for reading, to tell them (before 5.8). */
  readonly readsMirrors: IntColumn;
  readonly taskName: IntColumn;
  /** Innermost pending fault, a row of `Faults`; 0 = none. */
  readonly fault: IntColumn;
  /** 1 when the task must end at its next return to user mode (its process was killed). */
  readonly killed: IntColumn;
  /** The last fault and the entry it found, and how often the very same came again. */
  readonly lastFault: WideColumn;
  readonly lastPte: IntColumn;
  readonly lastPage: IntColumn;
  readonly sameFaults: IntColumn;

  /** What the task's last statement left besides its return value: a signal with its code and address … */
  readonly signal: IntColumn;
  readonly signalCode: IntColumn;
  readonly signalVa: WideColumn;
  /** … what an ioctl of the driver counted, and the bytes it returned (a linked array, byte in srcFlags). */
  readonly cpages: IntColumn;
  readonly faults: IntColumn;
  readonly data: IntColumn;
  readonly dataLast: IntColumn;

  /** By kind of wait: tasks in its queues. */
  readonly waiters: IntColumn;
  readonly stack: WideColumn;
  readonly current: number;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.processes = new Table(store, 'process');
    this.mm = this.processes.int('mm');
    this.parent = this.processes.int('parent');
    this.name = this.processes.int('name');
    this.exited = this.processes.int('exited');
    this.exitCode = this.processes.int('exitCode');
    this.exitSignal = this.processes.int('exitSignal');
    this.live = this.processes.int('live');

    this.tasks = new Table(store, 'task');
    this.process = this.tasks.int('process');
    this.state = this.tasks.int('state');
    this.wait = this.tasks.int('wait');
    this.waitFor = this.tasks.int('waitFor');
    this.waitSince = this.tasks.wide('waitSince');
    this.base = this.tasks.int('base');
    this.pc = this.tasks.int('pc');
    this.depth = this.tasks.int('depth');
    this.cpu = this.tasks.int('cpu');
    this.context = this.tasks.int('context');
    this.onCpu = this.tasks.int('onCpu');
    this.readsMm = this.tasks.int('readsMm');
    this.readsVma = this.tasks.int('readsVma');
    this.invalidates = this.tasks.int('invalidates');
    this.invalidations = this.tasks.int('invalidations');
    this.preemptCount = this.tasks.int('preemptCount');
    this.memallocPin = this.tasks.int('memallocPin');
    this.readsRmap = this.tasks.int('readsRmap');
    this.readsMirrors = this.tasks.int('readsMirrors');
    this.taskName = this.tasks.int('name');
    this.fault = this.tasks.int('fault');
    this.killed = this.tasks.int('killed');
    this.lastFault = this.tasks.wide('lastFault');
    this.lastPte = this.tasks.int('lastPte');
    this.lastPage = this.tasks.int('lastPage');
    this.sameFaults = this.tasks.int('sameFaults');
    this.signal = this.tasks.int('signal');
    this.signalCode = this.tasks.int('signalCode');
    this.signalVa = this.tasks.wide('signalVa');
    this.cpages = this.tasks.int('cpages');
    this.faults = this.tasks.int('faults');
    this.data = this.tasks.int('data');
    this.dataLast = this.tasks.int('dataLast');
    this.waiters = store.int('waiters');
    this.stack = store.wide('stack');
    this.current = store.scalar('task.current');
  }

  get currentTask(): TaskRow {
    return this.#store.scalars.get(this.current) as TaskRow;
  }

  setCurrent(task: TaskRow): void {
    this.#store.scalars.set(this.current, task);
  }

  mmOf(task: TaskRow): MmRow {
    return this.mm.get(this.process.get(task)) as MmRow;
  }

  processOf(task: TaskRow): ProcessRow {
    return this.process.get(task) as ProcessRow;
  }

  /** The task sleeps until somebody wakes those that wait for this. `time`: now. False where it has waited for it before. */
  block(task: TaskRow, wait: WaitKind, on: number, time: number): boolean {
    this.state.set(task, TaskState.Blocked);
    if (this.isQueued(task, wait, on)) return false;
    this.leaveQueue(task);
    this.waiters.add(wait, 1);
    this.wait.set(task, wait);
    this.waitFor.set(task, on);
    this.waitSince.set(task, time);
    return true;
  }

  /** The task has what it waited for; false where it had not to wait at all. */
  leaveQueue(task: TaskRow): boolean {
    const wait = this.wait.get(task);
    if (wait === Wait.None) return false;
    this.waiters.add(wait, -1);
    this.wait.set(task, Wait.None);
    this.waitFor.set(task, 0);
    return true;
  }

  /** Waits for this, or has been woken and has not run yet. */
  isQueued(task: number, wait: WaitKind, on: number): boolean {
    return this.wait.get(task) === wait && this.waitFor.get(task) === on;
  }

  /** Who has waited for this longest, even if it has been woken and has not run yet; 0 if nobody waits. */
  firstInQueue(wait: WaitKind, on: number): TaskRow {
    let first = 0;
    if (this.waiters.get(wait) === 0) return first as TaskRow;
    const { length } = this.tasks;
    for (let task = 1; task <= length; task++) {
      if (!this.isQueued(task, wait, on)) continue;
      if (first === 0 || this.waitSince.get(task) < this.waitSince.get(first)) first = task;
    }
    return first as TaskRow;
  }

  /** Lets a blocked task try again. */
  wakeTask(task: TaskRow): void {
    if (this.state.get(task) === TaskState.Blocked) this.state.set(task, TaskState.Runnable);
  }

  /** Lets every task that waits for this try again; with `before`, those that came into the queue before that time. */
  wake(wait: WaitKind, on: number, before = Number.POSITIVE_INFINITY): void {
    if (this.waiters.get(wait) === 0) return;
    const { length } = this.tasks;
    for (let task = 1; task <= length; task++)
      if (this.isQueued(task, wait, on) && this.waitSince.get(task) < before) this.wakeTask(task as TaskRow);
  }

  /**
   * Lets the one that has waited longest try again: for what only one can have. That one has to give it up again in its
   * time; until it has run, no other is woken.
   */
  wakeFirst(wait: WaitKind, on: number): void {
    const first = this.firstInQueue(wait, on);
    if (first !== 0) this.wakeTask(first);
  }
}
