/** Which pages moved, between which places, and what faults there were: counted along the event log. */

import { MigratePfn, VmFault } from '../../engine/kernel/constants';
import type { PageRow, ProcessRow, TaskRow } from '../../engine/machine/ids';
import { ENTRIES } from '../../engine/machine/radix';
import { EVENT_NAMES, type EventName } from '../../engine/routine/event-schema';
import { deviceOfPage, type World } from '../environment';
import { place as placeIn, placeProcess, placeVpn } from '../environment/place';

/** Where a page is: the row of a device, or of a node below zero (node 0 is -1); NOWHERE before it is first written. */
export const NOWHERE = 0;

/** What happened to the pages of 2 MiB. */
export interface Block {
  readonly process: ProcessRow;
  /** Numbers of the first and the last page that something happened to. */
  first: number;
  last: number;
  toDevice: number;
  toSystem: number;
  cpuFaults: number;
  migrateToRam: number;
  deviceFaults: number;
  returns: number;
  /** Pages that moved at least once. */
  moved: number;
}

/** A page that has moved. Times are steps. */
interface Moved {
  page: PageRow;
  place: number;
  before: number;
  /** When it first moved, and when it came to where it is. */
  readonly first: number;
  since: number;
  onDevice: number;
}

/** A migration that is being finished: `vpn` of its first element, where it is one of addresses. */
interface Finishing {
  readonly vpn: number | undefined;
  src: readonly number[];
}

/** Numbers of an element of a migration's array: flags and page. */
const PER_ELEMENT = 2;
/** Pages of 2 MiB, which one entry of a PMD table maps. */
const HPAGE_PMD_NR = ENTRIES;

export interface Move {
  readonly from: number;
  readonly to: number;
  pages: number;
}

type Told = (flow: PageMoves, time: number, task: TaskRow, args: readonly number[], leave: boolean) => void;

export class PageMoves {
  readonly blocks = new Map<number, Block>();
  /** By both places. */
  readonly moves = new Map<string, Move>();
  /** By process and address. */
  readonly #pages = new Map<number, Moved>();
  /** Where each page that moved belongs. */
  readonly #owners = new Map<PageRow, number>();
  readonly #finishing = new Map<TaskRow, Finishing>();
  readonly #faults = new Map<TaskRow, Block>();
  /** Whose memory a task of no process works on. */
  readonly #spaces = new Map<TaskRow, ProcessRow>();
  #until = 0;
  #known = 0;

  constructor(readonly world: World) {}

  /** Everything before this time is counted. */
  get until(): number {
    return this.#until;
  }

  /** What happened before this time was forgotten before it could be counted. */
  get known(): number {
    return this.#known;
  }

  /** Counts what happened before `time`, which is not before `until`. */
  advance(time: number): void {
    const { events } = this.world.kernel;
    if (events.droppedBefore > this.#until) this.#known = Math.min(time, events.droppedBefore);
    events.visit(this.#until, time, (at, task, kind, leave, data, first, count) => {
      TOLD[kind]?.(this, at, task, Array.from(data.subarray(first, first + count)), leave);
    });
    this.#until = time;
  }

  /** Which part of the time since they first moved the pages of each block spent on devices; by the block. */
  onDevice(): ReadonlyMap<Block, number> {
    const times = new Map<Block, { all: number; onDevice: number }>();
    for (const [place, moved] of this.#pages) {
      const block = this.#block(placeProcess(place), placeVpn(place));
      const time = times.get(block) ?? { all: 0, onDevice: 0 };
      time.all += this.#until - moved.first;
      time.onDevice += moved.onDevice + (moved.place > NOWHERE ? this.#until - moved.since : 0);
      times.set(block, time);
    }
    return new Map([...times].map(([block, { all, onDevice }]) => [block, all === 0 ? 0 : onDevice / all]));
  }

  #space(task: TaskRow): ProcessRow {
    const own = this.world.kernel.tasks.processOf(task);
    return own !== 0 ? own : ((this.#spaces.get(task) ?? 0) as ProcessRow);
  }

  #block(process: ProcessRow, vpn: number): Block {
    const key = Math.floor(placeIn(process, vpn) / HPAGE_PMD_NR);
    let block = this.blocks.get(key);
    if (block === undefined) {
      const counts = { toDevice: 0, toSystem: 0, cpuFaults: 0, migrateToRam: 0, deviceFaults: 0 };
      block = { process, first: vpn, last: vpn, ...counts, returns: 0, moved: 0 };
      this.blocks.set(key, block);
    }
    block.first = Math.min(block.first, vpn);
    block.last = Math.max(block.last, vpn);
    return block;
  }

  #placeOf(page: PageRow): number {
    if (page === 0) return NOWHERE;
    const { kernel } = this.world;
    const device = deviceOfPage(kernel, page);
    return device !== 0 ? device : -1 - kernel.zones.node.get(kernel.pages.zone(page));
  }

  /** The first entry that a migration unmaps is in the memory that it is about; the others are found by the page. */
  unmaps(task: TaskRow, process: ProcessRow): void {
    if (!this.#spaces.has(task)) this.#spaces.set(task, process);
  }

  /** A CPU's fault counts once, however often it is begun anew. */
  fault(task: TaskRow, vpn: number): void {
    const block = this.#block(this.#space(task), vpn);
    block.cpuFaults++;
    this.#faults.set(task, block);
  }

  faultEnds(task: TaskRow, ret: number): void {
    const block = this.#faults.get(task);
    this.#faults.delete(task);
    if (block !== undefined && (ret & VmFault.RETRY) !== 0) block.cpuFaults--;
  }

  migrateToRam(task: TaskRow, vpn: number): void {
    this.#block(this.#space(task), vpn).migrateToRam++;
  }

  deviceFault(process: ProcessRow, vpn: number): void {
    this.#block(process, vpn).deviceFaults++;
  }

  finishes(task: TaskRow, vpn: number | undefined): void {
    this.#finishing.set(task, { vpn, src: [] });
  }

  /** The arrays of the migration that a task finishes: src, then dst. */
  array(time: number, task: TaskRow, [isDst, ...elements]: readonly number[]): void {
    const finishing = this.#finishing.get(task);
    if (finishing === undefined) return;
    if (isDst === 0) finishing.src = elements;
    else {
      this.#finishing.delete(task);
      this.#finished(time, this.#space(task), finishing, elements);
      this.#spaces.delete(task);
    }
  }

  #finished(time: number, process: ProcessRow, { vpn, src }: Finishing, dst: readonly number[]): void {
    for (let i = 0; i < src.length; i += PER_ELEMENT) {
      const [flags = 0, page = 0] = src.slice(i, i + PER_ELEMENT);
      const target = dst[i + 1] ?? 0;
      if ((flags & MigratePfn.Migrate) === 0 || target === 0) continue;
      const pages = (flags & (dst[i] ?? 0) & MigratePfn.Compound) === 0 ? 1 : HPAGE_PMD_NR;
      for (let n = 0; n < pages; n++) {
        const from = page === 0 ? page : page + n;
        const owner =
          vpn === undefined ? this.#owners.get(from as PageRow) : placeIn(process, vpn + i / PER_ELEMENT + n);
        this.#move(time, owner, from as PageRow, (target + n) as PageRow);
      }
    }
  }

  #move(time: number, owner: number | undefined, page: PageRow, target: PageRow): void {
    const from = this.#placeOf(page);
    const to = this.#placeOf(target);
    const key = `${from} ${to}`;
    const move = this.moves.get(key);
    if (move === undefined) this.moves.set(key, { from, to, pages: 1 });
    else move.pages++;
    if (owner === undefined) return;
    const block = this.#block(placeProcess(owner), placeVpn(owner));
    if (to > NOWHERE) block.toDevice++;
    else block.toSystem++;
    this.#moved(time, owner, block, target, from, to);
  }

  #moved(time: number, owner: number, block: Block, page: PageRow, from: number, to: number): void {
    const moved = this.#pages.get(owner);
    if (moved === undefined) {
      block.moved++;
      this.#pages.set(owner, { page, place: to, before: from, first: time, since: time, onDevice: 0 });
    } else {
      if (moved.before === to) block.returns++;
      if (moved.place > NOWHERE) moved.onDevice += time - moved.since;
      this.#owners.delete(moved.page);
      Object.assign(moved, { page, place: to, before: from, since: time });
    }
    this.#owners.set(page, owner);
  }

  /** The page is free: what was in it is nowhere any more, unless it has been moved away before. */
  freed(time: number, page: PageRow): void {
    const moved = this.#pages.get(this.#owners.get(page) ?? -1);
    if (moved?.page !== page) return;
    if (moved.place > NOWHERE) moved.onDevice += time - moved.since;
    moved.place = NOWHERE;
    moved.since = time;
  }
}

/** What is counted of each kind of event. */
const BY_NAME: Partial<Record<EventName, Told>> = {
  handle_mm_fault: (flow, _, task, args, leave) =>
    leave ? flow.faultEnds(task, args[0] ?? 0) : flow.fault(task, args[0] ?? 0),
  migrate_to_ram: (flow, _, task, args, leave) => {
    if (!leave) flow.migrateToRam(task, args[0] ?? 0);
  },
  device_fault: (flow, _, __, args) => flow.deviceFault((args[1] ?? 0) as ProcessRow, args[2] ?? 0),
  set_migration_pte: (flow, _, task, args) => flow.unmaps(task, (args[0] ?? 0) as ProcessRow),
  migrate_vma_finalize: (flow, _, task, args, leave) => {
    if (!leave) flow.finishes(task, args[0]);
  },
  migrate_device_finalize: (flow, _, task, __, leave) => {
    if (!leave) flow.finishes(task, undefined);
  },
  migrate_array: (flow, time, task, args) => flow.array(time, task, args),
  page_free: (flow, time, _, args, leave) => {
    if (!leave) flow.freed(time, (args[0] ?? 0) as PageRow);
  },
};

const TOLD: readonly (Told | undefined)[] = EVENT_NAMES.map((name) => BY_NAME[name]);
