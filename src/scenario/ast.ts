import type { Expr, Name, Outcome, Range, TemplatePart, Word } from './ast-expression';
import type { Span } from './source';

export type * from './ast-expression';

/**
 * The syntax tree of a scenario (a `.hmm` file). Every node has the span of its source text; a `LineMap` of the
 * same text turns it into lines and columns. The tree says what was written: names are resolved and sizes are
 * evaluated by the checker and the compiler. A tree from a text with syntax errors holds what could be read.
 */
export interface Scenario {
  readonly kind: 'scenario';
  readonly span: Span;
  readonly items: readonly TopLevel[];
}

// ---------------------------------------------------------------------------------------------- top level

export type TopLevel =
  | ProfileDecl
  | MachineDecl
  | DeviceDecl
  | LetDecl
  | FileDecl
  | ScheduleDecl
  | SwitchDecl
  | ProcessDecl;

/** `profile 6.12` */
export interface ProfileDecl {
  readonly kind: 'profile';
  readonly span: Span;
  readonly version: Word;
}

/** `machine { node 0 { dma32 2GiB normal 2GiB } cpus 2 swap 64MiB hugepages 4 }` */
export interface MachineDecl {
  readonly kind: 'machine';
  readonly span: Span;
  readonly nodes: readonly NodeDecl[];
  readonly cpus?: Expr;
  readonly swap?: Expr;
  /** Pages of 2 MiB set aside for `mmap … hugetlb`. */
  readonly hugepages?: Expr;
}

export type ZoneName = 'dma' | 'dma32' | 'normal' | 'movable';

export interface NodeDecl {
  readonly span: Span;
  readonly id: Expr;
  readonly zones: readonly { readonly zone: Word<ZoneName>; readonly size: Expr; readonly span: Span }[];
}

export type DeviceType = 'private' | 'coherent' | 'persistent';

/** `device gpu0 private 64MiB driver dmirror node 0 option=value` */
export interface DeviceDecl {
  readonly kind: 'device';
  readonly span: Span;
  readonly name: Name;
  readonly type: Word<DeviceType>;
  readonly size: Expr;
  readonly driver?: Name;
  readonly node?: Expr;
  readonly options: readonly DeviceOption[];
}

export interface DeviceOption {
  readonly span: Span;
  readonly name: Name;
  readonly value: Expr;
}

/** `let pages = 16`, at top level or as a statement. */
export interface LetDecl {
  readonly kind: 'let';
  readonly span: Span;
  readonly name: Name;
  readonly value: Expr;
}

/** `file data 64KiB fill 0xC0`: byte `fill + k` in every byte of page k; without `fill` the file is empty (a hole). */
export interface FileDecl {
  readonly kind: 'file';
  readonly span: Span;
  readonly name: Name;
  readonly size: Expr;
  readonly fill?: Expr;
}

/**
 * `schedule seed 7` or `schedule A B*3 gpu0 loop { A B }`: each entry runs its task to the next yield, `times` times;
 * those of `loop` are repeated for ever after the others.
 */
export interface ScheduleDecl {
  readonly kind: 'schedule';
  readonly span: Span;
  readonly seed?: Expr;
  readonly entries: readonly ScheduleEntry[];
  readonly loop: readonly ScheduleEntry[];
}

export interface ScheduleEntry {
  readonly span: Span;
  readonly task: Name;
  readonly times?: Expr;
}

/** `switch flush-tlb-under-ptl off`: turns one named kernel fix on or off. */
export interface SwitchDecl {
  readonly kind: 'switch';
  readonly span: Span;
  readonly name: Name;
  readonly on: boolean;
}

/** `process app cpu 0 { … }` */
export interface ProcessDecl {
  readonly kind: 'process';
  readonly span: Span;
  readonly name: Name;
  readonly cpu?: Expr;
  readonly body: Block;
}

export interface Block {
  readonly span: Span;
  readonly statements: readonly Statement[];
}

// ---------------------------------------------------------------------------------------------- statements

/** A statement that does one thing and whose outcome can be expected. */
export type SimpleStatement =
  | MmapStatement
  | RangeStatement
  | MprotectStatement
  | MremapStatement
  | MadviseStatement
  | StoreStatement
  | AddStatement
  | LetReadStatement
  | TaskStatement
  | ExitStatement
  | KillStatement
  | OpenStatement
  | MigrateStatement
  | DeviceRangeStatement
  | DeviceWriteStatement
  | DeviceControlStatement
  | DeviceFailStatement
  | GupStatement
  | UnpinStatement
  | SwapStatement
  | DrainStatement
  | ForkStatement
  | BarrierStatement;

export type Statement =
  | SimpleStatement
  | LetDecl
  | OnStatement
  | ThreadStatement
  | RepeatStatement
  | LoopStatement
  | UnderStatement
  | PrintStatement
  | ExpectStatement;

interface Simple {
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
  readonly kind:
    | 'munmap'
    | 'mlock'
    | 'munlock'
    | 'read'
    | 'copy_from_user'
    | 'copy_to_user'
    | 'get_page'
    | 'put_page'
    | 'reclaim';
  readonly range: Range;
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

/** `gpu0 release`, `gpu0 evict`, `gpu0 dead`, `gpu0 repair` */
export interface DeviceControlStatement extends Simple {
  readonly kind: 'device-release' | 'device-evict' | 'device-dead' | 'device-repair';
  readonly device: Name;
}

export type FailPoint = 'migrate_to_ram' | 'copy' | 'alloc';
export type FaultResult = 'sigbus' | 'sigsegv' | 'oom' | 'hwpoison' | 'nopage' | 'retry' | 'nothing';

/**
 * `gpu0 fail migrate_to_ram as oom times 3`; without `times` until `repair`. `page_fault` is read as migrate_to_ram.
 * The name may be that of a driver: then the next calls fail whichever of its devices they are for.
 */
export interface DeviceFailStatement extends Simple {
  readonly kind: 'device-fail';
  readonly device: Name;
  readonly point: Word<FailPoint>;
  /** Only for migrate_to_ram; sigbus where nothing is said. */
  readonly as?: Word<FaultResult>;
  readonly times?: Expr;
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
}

/** `drain lru` */
export interface DrainStatement extends Simple {
  readonly kind: 'drain';
}

/** `fork child { … }` runs beside the parent; `fork child` is idle until `on child` tells it what to do. */
export interface ForkStatement extends Simple {
  readonly kind: 'fork';
  readonly name: Name;
  readonly cpu?: Expr;
  readonly body?: Block;
}

/**
 * `thread A cpu 1 { … }`, or `thread A`, idle until `on A`; or `context C on gpu0 { … }`, which runs on a device and has
 * a body.
 */
export interface ThreadStatement {
  readonly kind: 'thread';
  readonly span: Span;
  readonly name: Name;
  /** The device of a context. */
  readonly device?: Name;
  readonly cpu?: Expr;
  readonly body?: Block;
}

/** `barrier start`: waits until every task whose text holds this barrier, or `of` of them, have come to it. */
export interface BarrierStatement extends Simple {
  readonly kind: 'barrier';
  readonly name: Name;
  readonly of?: Expr;
}

/** `on child { … }` or `on child read buf[0]`: the idle task does it while the current one waits. */
export interface OnStatement {
  readonly kind: 'on';
  readonly span: Span;
  readonly task: Name;
  readonly body: Block;
}

/** `repeat 10 as i { … }`: i runs from 0. */
export interface RepeatStatement {
  readonly kind: 'repeat';
  readonly span: Span;
  readonly count: Expr;
  readonly as?: Name;
  readonly body: Block;
}

export interface LoopStatement {
  readonly kind: 'loop';
  readonly span: Span;
  readonly body: Block;
}

/** `under 4.14 { … }` or `under 4.14 expect …`: only when the scenario runs under one of these profiles. */
export interface UnderStatement {
  readonly kind: 'under';
  readonly span: Span;
  readonly profiles: readonly Word[];
  readonly body: Block;
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
