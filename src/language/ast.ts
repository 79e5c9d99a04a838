import type { Expr, Name, Word } from './ast-expression';
import type {
  AddStatement,
  BarrierStatement,
  DeviceControlStatement,
  DeviceFailStatement,
  DeviceHealthStatement,
  DeviceRangeStatement,
  DeviceVerbStatement,
  DeviceWriteStatement,
  DrainStatement,
  ExitStatement,
  ExpectStatement,
  GupStatement,
  KernelFailStatement,
  KernelRepairStatement,
  KillStatement,
  LetReadStatement,
  MadviseStatement,
  MigrateStatement,
  MmapStatement,
  MprotectStatement,
  MremapStatement,
  OpenStatement,
  PrintStatement,
  RangeStatement,
  Simple,
  StoreStatement,
  SwapStatement,
  TaskStatement,
  UnpinStatement,
  UserCopyStatement,
} from './ast-statements';
import type { Span } from './source';

export type * from './ast-expression';
export type * from './ast-statements';

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
  /** `swap SIZE sync`: reading from the area is over at once (SWP_SYNCHRONOUS_IO). */
  readonly swapSync: boolean;
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
  | UserCopyStatement
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
  | DeviceHealthStatement
  | DeviceVerbStatement
  | DeviceFailStatement
  | KernelFailStatement
  | KernelRepairStatement
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
