/**
 * The order in which locks are taken (I29), followed as the kernel's own lock checker does: a lock that a task waits for,
 * or would, comes after every lock that it holds. Two orders that contradict each other are a deadlock, whether or not
 * two tasks ever came by them at the same time. A trylock waits for nothing, and so comes after nothing.
 */

import type { IntColumn, Journal } from '../machine/column';
import { Wait } from '../machine/tasks';
import { Op } from '../routine/link';
import { type CheckState, shadow } from './state';

const CLASSES = [
  "the driver's lock over its ranges",
  'mmap_lock',
  'the lock of a VMA',
  'the lock of a page',
  'the lock of a reverse map',
  'the list of mirrors',
  "the driver's mutex",
  'the lock of a page table',
] as const;
const RangeLock = 0;
const MmapLock = 1;
const VmaLock = 2;
const PageLock = 3;
const RmapLock = 4;
const MirrorsLock = 5;
const DriverLock = 6;
const PageTableLock = 7;

/** Locks of these kinds are nested in each other in one order: parent and child in fork, old and new table in mremap. */
const NESTS: readonly number[] = [MmapLock, PageTableLock];

const CLASS_OF_WAIT: ReadonlyMap<number, number> = new Map([
  [Wait.RangeLock, RangeLock],
  [Wait.MmapRead, MmapLock],
  [Wait.MmapWrite, MmapLock],
  [Wait.VmaWrite, VmaLock],
  [Wait.PageLock, PageLock],
  [Wait.PageUnlocked, PageLock],
  [Wait.MigrationEntry, PageLock],
  [Wait.RmapWrite, RmapLock],
  [Wait.MirrorsWrite, MirrorsLock],
  [Wait.DriverLock, DriverLock],
  [Wait.PageTableLock, PageTableLock],
]);

/** A task took, or waited for, a lock of one kind while it held one of another. */
interface Order {
  readonly time: number;
  /** The routine in which it did. */
  readonly routine: string;
}

/** A column of lock owners by object, or of the object that a task holds for reading. */
interface Watched {
  readonly column: IntColumn;
  readonly kind: number;
  readonly byTask: boolean;
  /** By row: the task that is known to hold it; 0 = none is. */
  readonly owners: IntColumn;
}

export class LockOrder {
  /** By task: kinds of the locks it holds, the latest last. */
  readonly #held: number[][] = [];
  readonly #watched: Watched[] = [];
  readonly #orders: (Order | undefined)[] = [];
  /** After a jump in time it is not known who holds what. */
  #stale = true;

  constructor(readonly state: CheckState) {
    const { mm, pages, tables, tasks, drivers } = state.kernel;
    const watch = (column: IntColumn, kind: number, byTask = false): void => {
      this.#watched[column.id] = { column, kind, byTask, owners: shadow('owners') };
    };
    for (const { locks } of drivers) for (const { column } of locks) watch(column(state.kernel), RangeLock);
    watch(mm.lockWriter, MmapLock);
    watch(tasks.readsMm, MmapLock, true);
    watch(tasks.readsVma, VmaLock, true);
    watch(pages.lockOwner, PageLock);
    watch(tasks.readsRmap, RmapLock, true);
    watch(tasks.readsMirrors, MirrorsLock, true);
    for (const { mirrors } of drivers) watch(mirrors.tables.of(state.kernel).mutex, DriverLock);
    watch(tables.lockOwner, PageTableLock);
    const journal: Journal = {
      note: (column, row) => this.#note(column, row),
      restored: () => this.jumped(),
    };
    this.#watched.forEach(({ column }) => {
      column.journal = journal;
    });
    tasks.wait.journal = { note: (_, task) => this.#waits(task) };
  }

  jumped(): void {
    this.#stale = true;
  }

  /** Orders seen from `time` on have not happened: another timeline begins there. */
  truncate(time: number): void {
    this.#orders.forEach((order, edge) => {
      if (order && order.time >= time) this.#orders[edge] = undefined;
    });
  }

  #note(column: number, row: number): void {
    const { interpreter } = this.state;
    const watched = this.#watched[column];
    if (watched === undefined) return;
    if (interpreter.quiet) {
      this.#stale = true;
      return;
    }
    if (this.#stale) this.#lookAtAll(column, row);
    const task = this.#follow(watched, row);
    if (task === 0) return;
    if (this.#mayWait(watched.kind)) this.#ordered(task, watched.kind);
    this.#heldBy(task).push(watched.kind);
  }

  /** The lock is taken by waiting for it, not tried. Readers that never find it taken would wait, if they ever had to. */
  #mayWait(kind: number): boolean {
    const { linked, running } = this.state.interpreter;
    return kind === RmapLock || kind === MirrorsLock || linked.op[running] === Op.Wait;
  }

  /** Takes up one lock: the task that has just taken it, or 0. */
  #follow({ column, kind, byTask, owners }: Watched, row: number): number {
    const before = owners.get(row);
    const value = column.get(row);
    const task = value === 0 ? 0 : byTask ? row : value;
    if (before === task) return 0;
    if (before !== 0) this.#release(before, kind);
    owners.set(row, task);
    return task;
  }

  #release(task: number, kind: number): void {
    const held = this.#heldBy(task);
    const at = held.lastIndexOf(kind);
    if (at !== -1) held.splice(at, 1);
  }

  #heldBy(task: number): number[] {
    const known = this.#held[task];
    if (known) return known;
    const fresh: number[] = [];
    this.#held[task] = fresh;
    return fresh;
  }

  /** All locks that are held, but for the one of a cell that has just been written. */
  #lookAtAll(exceptColumn = -1, exceptRow = -1): void {
    this.#stale = false;
    this.#held.length = 0;
    this.#watched.forEach((watched) => {
      watched.owners.data.fill(0);
      const { length } = watched.column.data;
      for (let row = 0; row < length; row++) {
        const skip = watched.column.id === exceptColumn && row === exceptRow;
        if (skip || watched.column.data[row] === 0) continue;
        const task = this.#follow(watched, row);
        if (task !== 0) this.#heldBy(task).push(watched.kind);
      }
    });
  }

  /** A task goes to sleep for a lock: that is an order too, also if it never gets it. */
  #waits(task: number): void {
    if (this.state.interpreter.quiet) return;
    if (this.#stale) this.#lookAtAll();
    const kind = CLASS_OF_WAIT.get(this.state.kernel.tasks.wait.get(task));
    if (kind !== undefined) this.#ordered(task, kind);
  }

  /** `kind` comes after everything that the task holds. */
  #ordered(task: number, kind: number): void {
    for (const held of this.#heldBy(task)) {
      const edge = held * CLASSES.length + kind;
      if (this.#known(edge) !== undefined || (held === kind && NESTS.includes(kind))) continue;
      const { kernel, interpreter } = this.state;
      const pc = interpreter.running;
      this.#orders[edge] = { time: kernel.time, routine: this.#routine(pc) };
      const back = this.#path(kind, held, new Set());
      if (back === undefined) continue;
      this.state.at('lock', edge, { time: kernel.time, pc });
      this.state.happened(29, { task }, this.#contradiction(held, kind, back));
    }
  }

  /** The order, if it has been seen up to now: what a later time has shown says nothing yet. */
  #known(edge: number): Order | undefined {
    const order = this.#orders[edge];
    return order !== undefined && order.time <= this.state.kernel.time ? order : undefined;
  }

  #routine(pc: number): string {
    const { linked } = this.state;
    return linked.routines[linked.routineOf[pc] ?? -1]?.routine.name ?? 'a task';
  }

  /** Known orders that lead from one kind to another; the empty list if they are the same kind. */
  #path(from: number, to: number, seen: Set<number>): readonly number[] | undefined {
    if (from === to) return [];
    seen.add(from);
    for (let next = 0; next < CLASSES.length; next++) {
      const edge = from * CLASSES.length + next;
      if (this.#known(edge) === undefined || seen.has(next)) continue;
      const rest = this.#path(next, to, seen);
      if (rest !== undefined) return [edge, ...rest];
    }
    return undefined;
  }

  #contradiction(held: number, kind: number, back: readonly number[]): string {
    const here = this.#routine(this.state.interpreter.running);
    const now = `${here} takes ${CLASSES[kind]} while the task holds ${CLASSES[held]}`;
    if (back.length === 0) return `${now}: another task may do the same, and then both wait for ever`;
    const earlier = back.map((edge) => {
      const order = this.#orders[edge];
      const first = CLASSES[Math.floor(edge / CLASSES.length)];
      return `${order?.routine} took ${CLASSES[edge % CLASSES.length]} after ${first} (time ${order?.time})`;
    });
    return `${now}, and ${earlier.join(', ')}: tasks that do so at the same time wait for each other for ever`;
  }
}
