/**
 * What the checks share: the machine, what has been written since the last check, and what they found. The shadows are
 * the checker's own count of things, kept from the writes alone, to compare the machine's counters with.
 */

import { IntColumn } from '../machine/column';
import { type DeviceRow, type MmRow, PAGE_SIZE, type PageRow, type ProcessRow } from '../machine/ids';
import type { Loss } from '../profiles/breaks';
import type { MemoryTables, MirrorTables } from '../routine/driver';
import type { Kernel } from '../routine/kernel';
import type { Linked } from '../routine/link';
import type { Interpreter } from '../time/interpreter';
import { invariantOf } from './catalogue';
import { Marks, type Writer } from './marks';
import type { Involved, TargetKind, Violation } from './violation';

/** Not part of the machine: a growing array of numbers. */
export const shadow = (name: string): IntColumn => new IntColumn(`shadow.${name}`, 0);

/** The checker's own record of page-table entries as they were at the last check, and its counts of them. */
class EntryShadow {
  /** By node: the mm whose page table it is in; −mirror for a mirror's tree; 0 = neither. */
  readonly owner = shadow('owner');
  readonly parent = shadow('parent');
  /** By entry: 1 where it is not 0. */
  readonly taken = shadow('taken');
  /** By entry, for leaves of page tables. */
  readonly lo = shadow('lo');
  readonly hi = shadow('hi');
  /** By entry: the cell of `rss` it counts in; 0 = none. */
  readonly counter = shadow('counter');
  /** By node: entries that are not 0. */
  readonly used = shadow('used');
  /** By page: entries of each kind that stand for it. */
  readonly mapped = shadow('mapped');
  readonly migrating = shadow('migrating');
  readonly exclusive = shadow('exclusive');
  /** The same by folio: each entry keeps a reference on it. */
  readonly exclusiveOfFolio = shadow('exclusiveOfFolio');
  /** By head of a large folio: entries that map it as a whole, and all mappings of its pages, those included. */
  readonly entire = shadow('entire');
  readonly large = shadow('large');
  /** By entry: the large folio in which it was counted, or the folio of a device-exclusive one. */
  readonly folio = shadow('folio');
  /** By page: those of them that may write, and present ones that say that it was written to. */
  readonly writable = shadow('writable');
  readonly dirty = shadow('dirty');
  /** By mm and counter: mm * RSS_COUNTERS + counter. */
  readonly rss = shadow('rss');
  /** By mm: its top table and its process. */
  readonly pgd = shadow('pgd');
  readonly process = shadow('process');
  /** Migration entries of all address spaces. */
  migrationEntries = 0;
}

export const RSS_COUNTERS = 4;
export const Rss = { Anon: 0, File: 1, Shmem: 2, Swap: 3 } as const;

class PageShadow {
  /** By page: 1 plus its pgmap where it was in use at the last check. */
  readonly inUse = shadow('inUse');
  readonly locked = shadow('locked');
  readonly memcg = shadow('memcg');
  /** By page: digest of its own bytes, and the page whose bytes are its contents. */
  readonly digest = shadow('digest');
  readonly bytes = shadow('bytes');
  /** By page with bytes: the page in migration whose place it has taken for a device already, before any entry leads to it. */
  readonly replaces = shadow('replaces');
  /** By row of `holds`: the page, and 1 if the reference is a short one. */
  readonly heldPage = shadow('heldPage');
  readonly short = shadow('short');
  /** By row of `patches`: the page. */
  readonly patched = shadow('patched');
  /** By pgmap: pages in use. By memory cgroup: pages charged. */
  readonly pagesInUse = shadow('pagesInUse');
  readonly charged = shadow('charged');
  /** By page: its place in its driver's free list, counted from the bottom; 0 = not in it. */
  readonly depth = shadow('depth');
  lockedPages = 0;
  shortHolds = 0;
}

export class CheckState {
  readonly kernel: Kernel;
  readonly linked: Linked;
  readonly entries = new EntryShadow();
  readonly pages = new PageShadow();
  readonly marks: Readonly<Record<MarkedKind, Marks>>;
  /** By VMA: 1 = locked for reading; and how many are. */
  readonly vmaLocked = shadow('vmaLocked');
  lockedVmas = 0;
  /** Pages that page_free was called for since the last check. */
  readonly freed = new Map<number, number>();
  /** False after a jump in time: what changed since the last check was not one run of steps. */
  continuous = false;
  readonly lasting: Violation[] = [];
  readonly passing: Violation[] = [];
  #target: TargetKind = 'machine';
  #row = 0;
  #writer: Writer = { time: 0, pc: 0 };

  constructor(readonly interpreter: Interpreter) {
    this.kernel = interpreter.kernel;
    this.linked = interpreter.linked;
    const marks = (): Marks => new Marks(interpreter);
    this.marks = {
      node: marks(),
      entry: marks(),
      page: marks(),
      content: marks(),
      hold: marks(),
      mm: marks(),
      device: marks(),
      pgmap: marks(),
      mirror: marks(),
      mirrorEntry: marks(),
      memcg: marks(),
      area: marks(),
      vma: marks(),
      tlb: marks(),
      task: marks(),
    };
  }

  /** Says which object the next findings are about, and who wrote to it last. */
  at(target: TargetKind, row: number, writer: Writer): void {
    this.#target = target;
    this.#row = row;
    this.#writer = writer;
  }

  /** The step that is running, as a writer. */
  get now(): Writer {
    return { time: this.kernel.time, pc: this.interpreter.running };
  }

  get writer(): Writer {
    return this.#writer;
  }

  /** The object breaks an invariant and goes on breaking it until it is repaired. */
  broken(number: number, involved: Involved, detail: string, loss?: Loss): void {
    this.#found(this.lasting, number, involved, detail, loss);
  }

  /** Something happened that must not happen; nothing need be out of order afterwards. */
  happened(number: number, involved: Involved, detail: string, loss?: Loss): void {
    this.#found(this.passing, number, involved, detail, loss);
  }

  #found(list: Violation[], number: number, involved: Involved, detail: string, loss?: Loss): void {
    const invariant = invariantOf(number);
    if (invariant === undefined) throw new Error(`no invariant ${number}`);
    const { time } = this.kernel;
    list.push({
      invariant,
      target: this.#target,
      row: this.#row,
      involved,
      detail,
      ...(loss === undefined ? {} : { loss }),
      time,
      step: this.#writer,
    });
  }

  /** What the driver of a device keeps of its memory. */
  memoryOf(device: DeviceRow): MemoryTables {
    return this.kernel.driverOf(device).memory.of(this.kernel);
  }

  /** What the driver of a mirror keeps of it. */
  mirrorsOf(mirror: number): MirrorTables {
    const { kernel } = this;
    const device = kernel.devices.mirrorDevice.get(mirror) as DeviceRow;
    return kernel.driverOf(device).mirrors.tables.of(kernel);
  }

  page(page: PageRow): Involved {
    return { page, pfn: this.kernel.pages.pfn(page) };
  }

  /** An address of an address space. */
  place(mm: MmRow, vpn: number, page = 0 as PageRow): Involved {
    const process = this.kernel.mm.process.get(mm) as ProcessRow;
    const at = { mm, process, va: vpn * PAGE_SIZE };
    return page === 0 ? at : { ...at, ...this.page(page) };
  }
}

export type MarkedKind =
  | 'node'
  | 'entry'
  | 'page'
  | 'content'
  | 'hold'
  | 'mm'
  | 'device'
  | 'pgmap'
  | 'mirror'
  | 'mirrorEntry'
  | 'memcg'
  | 'area'
  | 'vma'
  | 'tlb'
  | 'task';
