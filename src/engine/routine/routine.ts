/**
 * Routines: kernel and driver functions as structured lists of named steps.
 *
 * A routine declares its parameters and locals by name and type and builds its body with the combinators below.
 * `link` (link.ts) flattens the bodies into one table of steps; from the same structure come the listing that the
 * user sees, the lines breakpoints bind to and the Locals scope. No step names another one by number.
 */

import type {
  DeviceRow,
  EntryRow,
  FileRow,
  MigrationRow,
  MirrorRow,
  MmRow,
  PageRow,
  PinRow,
  ProcessRow,
  RangeRow,
  SlotRow,
  VmaRow,
  Vpn,
} from '../machine/ids';
import type { WaitKind } from '../machine/tasks';
import type { Profile } from '../profiles/profile';
import type { Alias } from './aliases';
import type { Kernel } from './kernel';
import type { Inlined } from './leaf';

/** How a local is shown to a person. */
export type Shown =
  | 'int'
  | 'hex'
  | 'address'
  | 'index'
  | 'bool'
  | 'page'
  | 'vpn'
  | 'vma'
  | 'mm'
  | 'task'
  | 'process'
  | 'device'
  | 'mirror'
  | 'range'
  | 'file'
  | 'entry'
  | 'pte'
  | 'migration'
  | 'migrate-entry'
  | 'pfn-array'
  | 'pfn-entry'
  | 'page-array'
  | 'page-entry'
  | 'folio-list'
  | 'gather'
  | 'pin'
  | 'holder-kind'
  | 'holder'
  | 'table'
  | 'pgmap'
  | 'swap-area'
  | 'swap-slot'
  | 'device-fault'
  | 'task-name'
  | 'byte'
  | 'signal'
  | 'advice'
  | 'vma-flags'
  | 'fault-flags'
  | 'foll-flags'
  | 'follow'
  | 'hmm-pfn'
  | 'hmm-need'
  | 'select'
  | 'vm-fault'
  | 'injected'
  | 'errno'
  | 'event';

/** The type of a parameter or local: `T` for the compiler, `shown` for the user. */
export interface LocalType<T extends number = number> {
  readonly shown: Shown;
  readonly type?: T;
}
const local = <T extends number>(shown: Shown): LocalType<T> => ({ shown });

export const Int = local<number>('int');
export const Hex = local<number>('hex');
/** In bytes. */
export const AddressT = local<number>('address');
/** A page of a file; negative = none. */
export const IndexT = local<number>('index');
/** 0 or 1. */
export const Bool = local<number>('bool');
export const PageT = local<PageRow>('page');
export const VpnT = local<Vpn>('vpn');
export const VmaT = local<VmaRow>('vma');
export const MmT = local<MmRow>('mm');
export const ProcessT = local<ProcessRow>('process');
export const DeviceT = local<DeviceRow>('device');
export const MirrorT = local<MirrorRow>('mirror');
export const RangeT = local<RangeRow>('range');
export const FileT = local<FileRow>('file');
export const EntryT = local<EntryRow>('entry');
export const PteT = local<number>('pte');
export const MigrationT = local<MigrationRow>('migration');
/** An entry of the src and dst arrays of a migration. */
export const MigrateEntryT = local<SlotRow>('migrate-entry');
/** The pfns of an hmm_range, and one of them. */
export const PfnArrayT = local<SlotRow>('pfn-array');
export const PfnEntryT = local<SlotRow>('pfn-entry');
/** An array of page pointers, and one of them. */
export const PageArrayT = local<SlotRow>('page-array');
export const PageEntryT = local<SlotRow>('page-entry');
/** Folios taken off the LRU, behind a head of the list. */
export const FolioListT = local<SlotRow>('folio-list');
/** struct mmu_gather: what was unmapped and waits for the TLB flush. */
export const GatherT = local<SlotRow>('gather');
export const PinT = local<PinRow>('pin');
/** A HoldKind, in a parameter `hold`; and its holder, in the `who` beside it. */
export const HoldT = local<number>('holder-kind');
export const HolderT = local<number>('holder');
/** A page table: a row of the tables' nodes. */
export const TableT = local<number>('table');
export const PgmapT = local<number>('pgmap');
export const SwapAreaT = local<number>('swap-area');
export const SwapSlotT = local<number>('swap-slot');
/** A fault of a device's context. */
export const DeviceFaultT = local<number>('device-fault');
/** A process or task by the number of its name. */
export const TaskNameT = local<number>('task-name');
/** A byte to be written; negative = none. */
export const ByteT = local<number>('byte');
/** 0 = none. */
export const SignalT = local<number>('signal');
/** MADV_… */
export const AdviceT = local<number>('advice');
/** VM_…: vm_flags. */
export const VmFlagsT = local<number>('vma-flags');
export const FaultFlagsT = local<number>('fault-flags');
/** FOLL_… */
export const FollT = local<number>('foll-flags');
/** What follow_page has come to. */
export const FollowT = local<number>('follow');
/** HMM_PFN_…: the flags of an hmm_range's request. */
export const HmmPfnT = local<number>('hmm-pfn');
/** HMM_NEED_… */
export const HmmNeedT = local<number>('hmm-need');
/** MIGRATE_VMA_SELECT_… */
export const SelectT = local<number>('select');
export const VmFaultT = local<number>('vm-fault');
/** What a failure that a scenario has armed makes a callback return; -1 = none is armed. */
export const InjectedT = local<number>('injected');
export const ErrnoT = local<number>('errno');
export const EventT = local<number>('event');

export type Locals = Record<string, LocalType>;
/** A frame as a step sees it: its parameters and locals as properties, read and written through the stack. */
export type FrameOf<L> = { -readonly [K in keyof L]: L[K] extends LocalType<infer T> ? T : never };

type Do<F> = (k: Kernel, f: F) => void;
type Test<F> = (k: Kernel, f: F) => boolean;
type Value<F> = (k: Kernel, f: F) => number;
/** Fills in the callee's parameters. */
type Args<F, A> = (k: Kernel, f: F, callee: A) => void;
type Result<F> = (k: Kernel, f: F, value: number) => void;

/** A place in a scenario, for routines compiled from one. 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type Node<F> = (
  | { readonly op: 'step'; readonly text: string; readonly run: Do<F> }
  | {
      readonly op: 'when';
      readonly text: string;
      readonly test: Test<F>;
      readonly then: Node<F>[];
      readonly otherwise: Node<F>[];
    }
  | { readonly op: 'loop'; readonly text: string; readonly test: Test<F>; readonly body: Node<F>[] }
  | {
      readonly op: 'call';
      readonly text: string;
      readonly callee: AnyRoutine;
      readonly args: Args<F, never>;
      readonly result: Result<F> | undefined;
    }
  | {
      readonly op: 'callback';
      readonly text: string;
      readonly name: CallbackName;
      readonly driver: Value<F>;
      readonly args: Args<F, never>;
      readonly result: Result<F> | undefined;
    }
  | {
      readonly op: 'wait';
      readonly text: string;
      readonly ready: Test<F>;
      readonly kind: WaitKind;
      readonly on: Value<F>;
      readonly killable: boolean;
    }
  | { readonly op: 'ret'; readonly text: string; readonly value: Value<F> | undefined }
  | { readonly op: 'yield'; readonly name: YieldName }
  | {
      readonly op: 'only';
      readonly test: (profile: Profile) => boolean;
      readonly then: Node<F>[];
      readonly otherwise: Node<F>[];
    }
) & {
  readonly at?: Place;
  /** Leaf routines that the step runs as part of itself, the outermost first: a breakpoint on one stops before the step. */
  readonly inlines?: readonly Inlined<F>[];
};

/** Callbacks of a driver that the kernel calls. alloc_and_copy and finalize_and_map are migrate_vma_ops of 4.14. */
export type CallbackName =
  | 'migrate_to_ram'
  | 'page_free'
  | 'folio_split'
  | 'invalidate'
  | 'alloc_and_copy'
  | 'finalize_and_map'
  | 'release';

/** The yield points of the semantics sheet, section 13, and the end of a scenario's statement. */
export type YieldName =
  | 'Y1'
  | 'Y2'
  | 'Y3'
  | 'Y4'
  | 'Y5'
  | 'Y6'
  | 'Y7'
  | 'Y8'
  | 'Y9'
  | 'Y10'
  | 'Y11'
  | 'Y12'
  | 'Y13'
  | 'Y14'
  | 'Y15'
  | 'statement';

export class Builder<F> {
  /** One tick: does its work undisturbed. */
  step(text: string, run: Do<F>): Node<F> {
    return { op: 'step', text, run };
  }

  when(text: string, test: Test<F>, then: Node<F>[], otherwise: Node<F>[] = []): Node<F> {
    return { op: 'when', text, test, then, otherwise };
  }

  /** Repeats `body` while `test` holds; the test is a tick. */
  loop(text: string, test: Test<F>, body: Node<F>[]): Node<F> {
    return { op: 'loop', text, test, body };
  }

  call<A>(text: string, callee: Routine<A>, args: Args<F, A>, result?: Result<F>): Node<F> {
    return { op: 'call', text, callee, args: args as Args<F, never>, result };
  }

  /** Calls a driver's callback; `driver` gives the driver's number. */
  callback<N extends CallbackName>(
    text: string,
    name: N,
    driver: Value<F>,
    args: Args<F, FrameOf<CallbackParams[N]>>,
    result?: Result<F>,
  ): Node<F> {
    return { op: 'callback', text, name, driver, args: args as Args<F, never>, result };
  }

  /** Goes on when `ready` holds; until then the task is blocked on (kind, on) and tries again when woken. */
  wait(text: string, kind: WaitKind, on: Value<F>, ready: Test<F>): Node<F> {
    return { op: 'wait', text, ready, kind, on, killable: false };
  }

  /** A wait that also ends when the task is killed: the steps after it have to find out whether it has what it wanted. */
  killable(text: string, kind: WaitKind, on: Value<F>, ready: Test<F>): Node<F> {
    const ends: Test<F> = (k, f) => ready(k, f) || k.tasks.killed.get(k.task) !== 0;
    return { op: 'wait', text, ready: ends, kind, on, killable: true };
  }

  /** The step runs these leaf routines as part of itself, each inside the one before. */
  inlines(calls: readonly Inlined<F>[], node: Node<F>): Node<F> {
    return { ...node, inlines: calls };
  }

  ret(text: string, value?: Value<F>): Node<F> {
    return { op: 'ret', text, value };
  }

  /** Another task may run before the next step. Costs no tick. */
  yield(name: YieldName): Node<F> {
    return { op: 'yield', name };
  }

  /** Steps that exist only in kernels for which `test` holds. */
  only(test: (profile: Profile) => boolean, then: Node<F>[], otherwise: Node<F>[] = []): Node<F> {
    return { op: 'only', test, then, otherwise };
  }
}

export const migrateToRamParams = { vma: VmaT, vpn: VpnT, page: PageT, flags: FaultFlagsT } as const;
export const pageFreeParams = { page: PageT } as const;
export const folioSplitParams = { folio: PageT } as const;
export const invalidateParams = {
  mirror: MirrorT,
  start: VpnT,
  end: VpnT,
  event: EventT,
  owner: DeviceT,
  blockable: Bool,
} as const;
export const migrateOpsParams = { migration: MigrationT } as const;
export const releaseParams = { mirror: MirrorT } as const;
/** What each callback is told. */
export interface CallbackParams {
  migrate_to_ram: typeof migrateToRamParams;
  page_free: typeof pageFreeParams;
  folio_split: typeof folioSplitParams;
  invalidate: typeof invalidateParams;
  alloc_and_copy: typeof migrateOpsParams;
  finalize_and_map: typeof migrateOpsParams;
  release: typeof releaseParams;
}

export interface AnyRoutine {
  readonly name: string;
  /** The kernel source file it models, or the scenario's file. */
  readonly file: string;
  /** One or two sentences for the listing's head. */
  readonly about: string;
  /** Names of the first slots of a frame, which steps reach by their number: whole numbers, such as loop counters. */
  readonly numbered: readonly string[];
  readonly params: Locals;
  readonly locals: Locals;
  /** Other names by which a breakpoint finds it (a callback's names in other kernels). */
  readonly aliases: readonly Alias[];
  /** True for a scenario's own code: its frames show lines of the scenario. */
  readonly scenario: boolean;
  /**
   * Built when it is first linked, so that routines may call each other in a circle; the same ever after, as V8 knows what a
   * function refers to only where it has been made once.
   */
  body(): Node<never>[];
}

/** A routine that takes the parameters `A`. */
export interface Routine<A> extends AnyRoutine {
  readonly takes?: A;
}

interface Spec<P extends Locals, L extends Locals> {
  readonly name: string;
  readonly file: string;
  readonly about: string;
  readonly params: P;
  readonly locals?: L;
  readonly aliases?: readonly Alias[];
  readonly scenario?: boolean;
  readonly body: (r: Builder<FrameOf<P & L>>) => Node<FrameOf<P & L>>[];
}

const builder = new Builder<never>();

export function routine<P extends Locals, L extends Locals = Record<never, LocalType>>(
  spec: Spec<P, L>,
): Routine<FrameOf<P>> {
  let body: Node<never>[] | undefined;
  return {
    name: spec.name,
    file: spec.file,
    about: spec.about,
    numbered: [],
    params: spec.params,
    locals: spec.locals ?? {},
    aliases: spec.aliases ?? [],
    scenario: spec.scenario ?? false,
    body: () => {
      body ??= spec.body(builder as unknown as Builder<FrameOf<P & L>>) as unknown as Node<never>[];
      return body;
    },
  };
}
