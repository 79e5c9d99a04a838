/**
 * The one interface through which the kernel, the language and the views reach a driver: its callbacks, what it can be
 * asked for, what it keeps and shows.
 */

import type { IntColumn } from '../machine/column';
import type { DeviceRow, MirrorRow, PageRow, VmaRow, Vpn } from '../machine/ids';
import type { WaitKind } from '../machine/tasks';
import type { Breaks } from '../profiles/breaks';
import type { Kernel } from './kernel';
import type { Own } from './own';
import type { CallbackParams, FrameOf, Routine } from './routine';

/** Pages of the process that opened the device. */
export interface OnRange {
  mirror: MirrorRow;
  start: Vpn;
  pages: number;
}

export interface OnDevice {
  device: DeviceRow;
}

/** What a program on the device does to a range: `write` fills page i with the byte value + i * rise. */
export interface ContextAccess extends OnRange {
  write: number;
  value: number;
  rise: number;
}

/** Calls on an open device. Each returns 0 or more, or -errno. What is missing, the driver does not offer. */
export interface Operations {
  /** file_operations.open: returns the mirror, or -errno. */
  readonly open: Routine<OnDevice>;
  readonly migrate_to_device?: Routine<OnRange>;
  readonly migrate_to_system?: Routine<OnRange>;
  /** Leaves one byte a page in the task's data. */
  readonly read?: Routine<OnRange>;
  /** Fills page i of the range with the byte value + i. */
  readonly write?: Routine<OnRange & { value: number }>;
  /** Leaves one HMM_DMIRROR_PROT_* byte a page in the task's data. */
  readonly snapshot?: Routine<OnRange>;
  readonly exclusive?: Routine<OnRange>;
  readonly check_exclusive?: Routine<OnRange>;
  /** Brings every page of the device home. */
  readonly evict?: Routine<OnDevice>;
  /** Brings every page home and gives the device's memory up. */
  readonly remove?: Routine<OnDevice>;
  /** A program on the device uses a range. */
  readonly context_access?: Routine<ContextAccess>;
  /** Services the faults of such programs, for ever; a task of its own runs it. */
  readonly service_faults?: Routine<OnDevice>;
}

/** A number that a scenario gives with a device: `device gpu0 … NAME=NUMBER`. */
export interface DriverOption {
  readonly name: string;
  /** What the number is, as in `the number of entries of a fault buffer`. */
  readonly what: string;
  readonly least: number;
  readonly most: number;
  /** Where a scenario says nothing. */
  readonly otherwise: number;
}

/** A word of the driver's own: `gpu0 WORD [RANGE] [= NUMBER]`. */
interface DriverVerb {
  readonly word: string;
  /** What it does, in a sentence. */
  readonly about: string;
  /** It is about a range, which has to be written; else `pages` is 0. */
  readonly range: boolean;
  /** What the number is, where it takes one. */
  readonly value?: { readonly what: string; readonly least: number; readonly most: number };
  readonly routine: Routine<OnRange & { value: number }>;
}

/** A way in which the driver can be made to differ: a mistake, or what other drivers do. */
export interface DriverSwitch {
  /** As written in a scenario: `switch NAME on`. */
  readonly name: string;
  /** What it does, in a sentence. */
  readonly about: string;
  /** What the driver does wrong where the switch is so, and by what it shows. */
  readonly mistake?: { readonly when: boolean; readonly about: string; readonly breaks: readonly Breaks[] };
}

/** Failures that wait to happen at one point. */
export interface Armed {
  readonly point: string;
  readonly times: number;
  /** The VM_FAULT word that the callback is to return; 0 at other points. */
  readonly result: number;
}

/** How a scenario makes the driver fail. `device` 0 stands for whichever of the driver's devices comes next. */
export interface FailureInjection {
  readonly points: readonly string[];
  arm(k: Kernel, device: DeviceRow, failure: Armed): void;
  /** Ends every failure of the device, and those of any device. */
  disarm(k: Kernel, device: DeviceRow): void;
  armed(k: Kernel, device: DeviceRow): readonly Armed[];
  /** By device: they differ when the failures do. */
  watched(k: Kernel): readonly IntColumn[];
}

/** How a driver keeps the memory of its devices. Columns are by device. */
export interface MemoryTables {
  /** Top of the free list, which is threaded through zone_device_data. */
  readonly freeHead: IntColumn;
  /** Pages of the chunk not yet handed out; they are taken from the highest downwards. */
  readonly untouched: IntColumn;
  /** Top of the free list of folios of 2 MiB, where the driver has such. */
  readonly freeFolios: IntColumn;
  /** End of the chunk that such folios come from, as an offset in the device's memory; 0 = there is none yet. */
  readonly folioEnd: IntColumn;
  /** Pages at the lower end of that chunk that were never part of a folio: folios are taken from the highest downwards. */
  readonly folioUntouched: IntColumn;
  /** It is taking its memory away: it hands out no page of it and puts none on the free list (chunk->remove). */
  readonly removing: IntColumn;
  /** Pages handed out and taken back, ever. */
  readonly calloc: IntColumn;
  readonly cfree: IntColumn;
}

/** What a driver keeps of a process that has its device open. Columns are by mirror. */
export interface MirrorTables {
  /** The device's page table for this process: a tree of entries (access, page). */
  readonly root: IntColumn;
  /** Who holds the mutex under which the table is used; 0 = nobody. */
  readonly mutex: IntColumn;
}

/** A lock of the driver's, by mirror: who holds it, and how the wait for it is called. */
interface DriverLock {
  readonly wait: WaitKind;
  readonly column: (k: Kernel) => IntColumn;
}

/** What the kernel calls. */
export interface Callbacks {
  /** dev_pagemap_ops.migrate_to_ram; `page_fault` of the dev_pagemap in 4.14. */
  readonly migrate_to_ram: Routine<FrameOf<CallbackParams['migrate_to_ram']>>;
  /** dev_pagemap_ops.page_free. */
  readonly page_free: Routine<FrameOf<CallbackParams['page_free']>>;
  /** mmu_interval_notifier_ops.invalidate; the mirror's callback in 4.14. */
  readonly invalidate: Routine<FrameOf<CallbackParams['invalidate']>>;
  /** dev_pagemap_ops.folio_split: a folio of its device has become single pages; called once for all of them. */
  readonly folio_split?: Routine<FrameOf<CallbackParams['folio_split']>>;
  /** migrate_vma_ops.alloc_and_copy (4.14): fill dst and copy. */
  readonly alloc_and_copy?: Routine<FrameOf<CallbackParams['alloc_and_copy']>>;
  /** migrate_vma_ops.finalize_and_map (4.14): update the device's page table. */
  readonly finalize_and_map?: Routine<FrameOf<CallbackParams['finalize_and_map']>>;
  /** file_operations.release: the last descriptor of the open device is gone. */
  readonly release: Routine<FrameOf<CallbackParams['release']>>;
}

export interface Driver extends Callbacks {
  /** As written in a scenario: `device gpu0 private 64MiB driver NAME`. */
  readonly name: string;
  /** file_operations.mmap: the VMA is there, nothing is mapped yet. */
  readonly mmap?: (k: Kernel, vma: VmaRow) => void;

  readonly operations: Operations;
  readonly verbs: readonly DriverVerb[];
  readonly options: readonly DriverOption[];
  readonly switches: readonly DriverSwitch[];
  readonly failures: FailureInjection;

  readonly memory: Own<MemoryTables>;
  readonly mirrors: { readonly tables: Own<MirrorTables> };
  /** Its locks besides the mutex of a mirror. */
  readonly locks: readonly DriverLock[];
  /** What else it keeps in a machine. */
  readonly tables: readonly Own<unknown>[];
  /** Its counters of a device, by the names that expressions give them: `gpu0.calloc`. */
  readonly counters: Readonly<Record<string, (k: Kernel) => IntColumn>>;

  /** A device of this driver is there, with the values of its options by name. */
  probe(k: Kernel, device: DeviceRow, options: ReadonlyMap<string, number>): void;
  /** The page that holds the bytes of a device page. */
  contents(k: Kernel, page: PageRow): PageRow;
}
