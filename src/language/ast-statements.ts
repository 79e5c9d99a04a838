/** Statements without a body of their own: what they say, as the parser read it. */

import type { Expr, Name, Outcome, Range, TemplatePart, Word } from './ast-expression';
import type { Span } from './source';
import type { RangeStatementKind } from './statements/range-statements';

export interface Simple {
  readonly span: Span;
  /** `… expect OUTCOME` at the end of the statement. */
  readonly outcome?: Outcome;
}

/** Memory protection as in `rw`; `none` has no letter set. */
export interface Prot {
  readonly span: Span;
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
}

export type MmapSource =
  | { readonly kind: 'anon' }
  | { readonly kind: 'shmem' }
  | { readonly kind: 'file'; readonly file: Name }
  | { readonly kind: 'device'; readonly device: Name };

/** `buf = mmap 64KiB anon private rw huge at 0x1000000000` */
export interface MmapStatement extends Simple {
  readonly kind: 'mmap';
  readonly name: Name;
  readonly size: Expr;
  /** `anon` where nothing is said. */
  readonly source: MmapSource;
  /** Where nothing is said: shared for shmem and device, private for anon and file. */
  readonly sharing: 'private' | 'shared';
  /** Absent: rw. */
  readonly prot?: Prot;
  /** `huge`: 2 MiB aligned, with MADV_HUGEPAGE; `hugetlb`: MAP_HUGETLB. */
  readonly pages: 'small' | 'huge' | 'hugetlb';
  /** MAP_FIXED at this address: replaces what is there. */
  readonly at?: Expr;
}

/** Statements that take a range and nothing else. */
export interface RangeStatement extends Simple {
  readonly kind: RangeStatementKind;
  readonly range: Range;
}

/** `copy_from_user buf[6] bytes 16`: so many bytes of each page; one where nothing is said. */
export interface UserCopyStatement extends Simple {
  readonly kind: 'copy_from_user' | 'copy_to_user';
  readonly range: Range;
  readonly bytes?: Expr;
}

export interface MprotectStatement extends Simple {
  readonly kind: 'mprotect';
  readonly range: Range;
  readonly prot: Prot;
}

/** `mremap buf size 128KiB to 0x1800000000`: the name follows the buffer when the range is the whole buffer. */
export interface MremapStatement extends Simple {
  readonly kind: 'mremap';
  readonly range: Range;
  readonly size?: Expr;
  readonly to?: Expr;
}

export interface MadviseStatement extends Simple {
  readonly kind: 'madvise';
  readonly range: Range;
  /** The kernel's name without MADV_, in lower case. */
  readonly advice: Word;
}

/** `write R = V` stores one byte in each page, `fill R = V` every byte. With `rising`, page k of the range gets V+k. */
export interface StoreStatement extends Simple {
  readonly kind: 'write' | 'fill';
  readonly range: Range;
  readonly value: Expr;
  readonly rising: boolean;
}

/** `add 1 to buf[0]`: one atomic read-modify-write of byte 0 of each page. */
export interface AddStatement extends Simple {
  readonly kind: 'add';
  readonly value: Expr;
  readonly range: Range;
}

/** `let v = read buf[3]` */
export interface LetReadStatement extends Simple {
  readonly kind: 'let-read';
  readonly name: Name;
  readonly range: Range;
}

/** `join A` (a thread), `wait child` (a process): the outcome of `wait` is the exit code or the signal. */
export interface TaskStatement extends Simple {
  readonly kind: 'join' | 'wait';
  readonly task: Name;
}

export interface ExitStatement extends Simple {
  readonly kind: 'exit';
  readonly code?: Expr;
}

/** `kill child SIGTERM`; SIGKILL where nothing is said. */
export interface KillStatement extends Simple {
  readonly kind: 'kill';
  readonly task: Name;
  readonly signal?: Word;
}

export interface OpenStatement extends Simple {
  readonly kind: 'open' | 'close';
  readonly device: Name;
}

/** `migrate buf[0..4] to gpu0`, `migrate buf from gpu0` */
export interface MigrateStatement extends Simple {
  readonly kind: 'migrate';
  readonly direction: 'to' | 'from';
  readonly range: Range;
  readonly device: Name;
}

/** `gpu0 read buf`, `gpu0 snapshot buf`, `gpu0 exclusive buf[1]`, `gpu0 check_exclusive buf[1]` */
export interface DeviceRangeStatement extends Simple {
  readonly kind: 'device-read' | 'device-snapshot' | 'device-exclusive' | 'device-check-exclusive';
  readonly device: Name;
  readonly range: Range;
}

/** `gpu0 write buf = 0x20`: every byte of page k of the range becomes 0x20+k. */
export interface DeviceWriteStatement extends Simple {
  readonly kind: 'device-write';
  readonly device: Name;
  readonly range: Range;
  readonly value: Expr;
}

/** `gpu0 VERB [RANGE] [= VALUE]`: a verb of the device's own driver. */
export interface DeviceVerbStatement extends Simple {
  readonly kind: 'device-verb';
  readonly device: Name;
  readonly verb: Word;
  readonly range?: Range;
  readonly value?: Expr;
}

/** `gpu0 release`, `gpu0 evict` */
export interface DeviceControlStatement extends Simple {
  readonly kind: 'device-release' | 'device-evict';
  readonly device: Name;
}

/** `gpu0 dead`, `gpu0 repair` */
export interface DeviceHealthStatement extends Simple {
  readonly kind: 'device-dead' | 'device-repair';
  readonly device: Name;
}

export type FaultResult = 'sigbus' | 'sigsegv' | 'oom' | 'hwpoison' | 'nopage' | 'retry' | 'nothing';

/**
 * `gpu0 fail migrate_to_ram as oom times 3`; without `times` until `repair`. `page_fault` is read as migrate_to_ram.
 * What else can fail is the driver's to say. The name may be that of a driver: then the next calls fail whichever of its devices they are for.
 */
export interface DeviceFailStatement extends Simple {
  readonly kind: 'device-fail';
  readonly device: Name;
  readonly point: Word;
  /** Only for migrate_to_ram; sigbus where nothing is said. */
  readonly as?: Word<FaultResult>;
  readonly times?: Expr;
}

export type KernelAllocation = 'page_table' | 'anon_vma' | 'vma' | 'eviction';

/** `fail kernel alloc page_table times 1`: the kernel gets no memory for something of its own; without a word, for whatever comes next. */
export interface KernelFailStatement extends Simple {
  readonly kind: 'kernel-fail';
  readonly what?: Word<KernelAllocation>;
  readonly times?: Expr;
}

/** `repair kernel` */
export interface KernelRepairStatement extends Simple {
  readonly kind: 'kernel-repair';
}

/** `pin buf[1] w longterm as p` keeps its reference, `gup buf[1] w` takes and drops one at once. */
export interface GupStatement extends Simple {
  readonly kind: 'pin' | 'gup';
  readonly range: Range;
  readonly write: boolean;
  readonly longterm: boolean;
  readonly fast: boolean;
  readonly as?: Name;
}

/** `unpin p`; without a name the latest pin that is still held, of whatever process. */
export interface UnpinStatement extends Simple {
  readonly kind: 'unpin';
  readonly name?: Name;
}

/** `swapon 64MiB` adds an area (the machine's swap size where nothing is said), `swapoff` removes the latest. */
export interface SwapStatement extends Simple {
  readonly kind: 'swapon' | 'swapoff';
  readonly size?: Expr;
  /** `swapon SIZE sync` */
  readonly sync: boolean;
}

/** `drain lru` */
export interface DrainStatement extends Simple {
  readonly kind: 'drain';
}

/** `barrier start`: waits until every task whose text holds this barrier, or `of` of them, have come to it. */
export interface BarrierStatement extends Simple {
  readonly kind: 'barrier';
  readonly name: Name;
  readonly of?: Expr;
}

/** `print "refcount {buf[3].page.refcount}"` or `print gpu0.used` */
export interface PrintStatement {
  readonly kind: 'print';
  readonly span: Span;
  readonly parts: readonly TemplatePart[];
}

/** `expect buf[3].page.zone == Device` */
export interface ExpectStatement {
  readonly kind: 'expect';
  readonly span: Span;
  readonly condition: Expr;
}
