/**
 * Records of random programs as `kernel-truth/programs.md` and `wide-programs.md` describe them: the one format of
 * comparison.
 */

import type { Setting } from './setting';

/** A page of a buffer at its first (`alt` absent) or its second address. */
interface PlaceFields {
  readonly buf: string;
  readonly alt?: number;
  readonly page: number;
}

export interface RecordedResult {
  readonly ret?: number;
  readonly err?: number;
  readonly value?: number;
  readonly cpages?: number;
  readonly faults?: number;
  readonly data?: readonly number[];
  readonly sig?: string;
  readonly code?: number;
  readonly at?: PlaceFields;
  /** The recorder's guard: the operation was not executed. */
  readonly skipped?: string;
  /**
   * 1: by itself the operation never ends. The recorder's driver gave up: its page_fault had been called so often in
   * this operation (`mostFaults` of the kernel) that it returned SIGBUS from then on.
   */
  readonly livelock?: number;
}

/** One page of one process. Everything after `pte` is there only where the entry says something about it. */
export interface Row extends PlaceFields {
  readonly p: string;
  readonly vma: string | null;
  readonly pte: string;
  readonly w?: number | null;
  readonly dirty?: number;
  readonly young?: number;
  readonly softDirty?: number;
  readonly swpType?: number;
  readonly frame?: string;
  readonly zone?: string;
  readonly dev?: number;
  readonly devIdx?: number;
  readonly refcount?: number;
  readonly mapcount?: number;
  readonly locked?: number;
  readonly lru?: number;
  readonly anon?: number;
  readonly anonExclusive?: number | null;
  readonly pgDirty?: number;
  readonly swapBacked?: number;
  /** Of an entry of the PMD table: of its 512 pages. */
  readonly data?: number | string;
  readonly mid?: number | string;
  readonly last?: number | string;
  readonly order?: number;
  readonly entireMapcount?: number;
  readonly pageMapcount?: number;
}

export interface MirrorEntry extends PlaceFields {
  readonly p: string;
  readonly dev: number;
  readonly access: string;
  /** `R3`, `D3*` (the backing page of D3), `zero`, or `?` under a huge entry. */
  readonly frame: string;
}

/** Process, buffer, address (0 or 1), first page, pages, protection, has an anon_vma. */
export type VmaEntry = readonly [
  p: string,
  buf: string,
  alt: number,
  page: number,
  pages: number,
  prot: string,
  anonVma: number,
];

export interface RecordedEvent {
  readonly e: string;
  readonly depth?: number;
  /** In a log: the innermost event around it that is told there; `` = none. */
  readonly inside?: string;
  readonly p: string;
  readonly buf?: string;
  readonly alt?: number;
  readonly page?: number;
  readonly npages?: number;
  readonly range?: string;
  readonly flags?: number;
  readonly ret?: number;
  readonly frame?: string;
  readonly dev?: number;
  readonly devIdx?: number;
  readonly order?: number;
  readonly freeze?: number;
  readonly calls?: number;
  readonly refcount?: number;
  readonly mapcount?: number;
  readonly locked?: number;
  readonly forced?: number;
  /** mmap_sem is held. */
  readonly mmapSem?: number;
  readonly toRam?: number;
  readonly faultPage?: number;
  readonly cpages?: number;
  readonly src?: readonly string[];
  readonly dst?: readonly string[];
  readonly event?: string;
  readonly mirror?: readonly [string, number];
  readonly owner?: string;
}

export interface Operation {
  readonly op: string;
  readonly args: readonly string[];
  readonly result: RecordedResult;
  readonly events: readonly RecordedEvent[];
  /** How many events there were, where only the first of them are in `events`. */
  readonly eventsCut?: number;
  /** Rows that changed. */
  readonly state: readonly Row[];
  readonly alive?: readonly string[];
  readonly mirror?: readonly MirrorEntry[];
  readonly vmas?: readonly VmaEntry[];
  readonly devUsed: readonly number[];
}

export interface BufferInfo {
  readonly npages: number;
  readonly prot: string;
  readonly kind: string;
}

export interface ProgramRecord {
  readonly id: string;
  readonly kernel: string;
  readonly seed: number;
  readonly setting: Setting;
  /** Of the kind of `wide-programs.md`. */
  readonly wide: boolean;
  readonly buffers: Readonly<Record<string, BufferInfo>>;
  readonly ops: readonly Operation[];
}

/** What an operation is called in counts and tables: `dev migrate`, `mprotect`. */
export function operationName(op: { readonly op: string; readonly args: readonly string[] }): string {
  return op.op === 'dev' ? `dev ${op.args[2] ?? ''}` : op.op;
}

/** An operation as a person reads it: `P0 dev 0 migrate A 0 2`. */
export function operationText(op: { readonly op: string; readonly args: readonly string[] }): string {
  return [op.op, ...op.args].join(' ');
}
