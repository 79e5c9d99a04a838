import type { AddressMapArguments, AddressMapResult } from './address-map';
import type { CallbacksResult, ConditionArguments, ConditionResult, MessageArguments } from './callbacks';
import type { ExpressionArguments, WatchableResult } from './changes';
import type { Diagram, DiagramArguments } from './diagram';
import type { FrameMapArguments, FrameMapResult } from './frame-map';
import type { BiographyArguments, HistoryArguments, HistoryTable } from './history';
import type {
  DeviceArguments,
  DeviceDetails,
  DevicesResult,
  PendingFaultsResult,
  RunnableResult,
  WaitsArguments,
  WaitsResult,
  ZonesResult,
} from './machine-views';
import type { PageFlowArguments, PageFlowResult } from './page-flow';
import type {
  LocateArguments,
  LocateResult,
  MappingsResult,
  PageTablesArguments,
  PageTablesResult,
  PlaceArguments,
  WhyResult,
} from './page-tables';
import type {
  EventsResult,
  ScheduleResult,
  SeekArguments,
  ThreadArguments,
  TimePosition,
  TraceResult,
} from './time';
import type { TimelineArguments, TimelineResult } from './timeline';

/** Arguments of a request that takes none. */
export type NoArguments = Record<string, never>;

/**
 * The custom DAP requests of the adapter: name, arguments and body of the answer.
 * VS Code sends no `arguments` at all where they would be empty.
 *
 * All but those that say otherwise need a stopped session; while it runs they fail with one sentence. Those that move in time
 * (`hmm/seek`, `hmm/stepBackOne`, `hmm/reverseStepOut`, `hmm/runUntilBlocks`, `hmm/lastWrite`, `hmm/nextWrite`) are answered at once with
 * an empty body and followed by a `continued` and a `stopped` event, like DAP's own stepping requests.
 */
export interface HmmRequests {
  /** Children of a node of the page-table tree. */
  'hmm/pageTables': { args: PageTablesArguments; result: PageTablesResult };
  /** Where a page or an address is in that tree; fails with a sentence where the expression gives none. */
  'hmm/locate': { args: LocateArguments; result: LocateResult };
  /** Every entry that names the page at an address. */
  'hmm/mappings': { args: PlaceArguments; result: MappingsResult };
  /** Why the page at an address is where it is. */
  'hmm/why': { args: PlaceArguments; result: WhyResult };
  /** Part of an address space as cells, for a picture. */
  'hmm/addressMap': { args: AddressMapArguments; result: AddressMapResult };
  /** How often each callback was called, and what is wrong with breakpoints on it. */
  'hmm/callbacks': { args: NoArguments; result: CallbacksResult };
  /** What is wrong with a condition, while it is typed; may be asked while the session runs. */
  'hmm/checkCondition': { args: ConditionArguments; result: ConditionResult };
  /** What an expression means in a frame, said so that it can be watched; fails with a sentence where it can't. */
  'hmm/watchable': { args: ExpressionArguments; result: WatchableResult };
  /** Back to where the step has just run that changed this last; `stopped` has reason `data breakpoint`. */
  'hmm/lastWrite': { args: ExpressionArguments; result: undefined };
  /** Run until a step changes this (reason `data breakpoint`), or to what else stops a run. */
  'hmm/nextWrite': { args: ExpressionArguments; result: undefined };
  /** What is wrong with a log message, likewise. */
  'hmm/checkMessage': { args: MessageArguments; result: ConditionResult };
  /** Part of physical memory as cells, for a picture. */
  'hmm/frameMap': { args: FrameMapArguments; result: FrameMapResult };
  /** What happened in a part of time, for a picture. */
  'hmm/timeline': { args: TimelineArguments; result: TimelineResult };
  /** A pending CPU fault on its way: from the access to where its page goes, as a picture. */
  'hmm/faultPath': { args: DiagramArguments; result: Diagram };
  /** Who waits for whom, as a picture. */
  'hmm/waitGraph': { args: DiagramArguments; result: Diagram };
  /** A question about all that has run; it is gone through again for that. Fails with a sentence where it is none. */
  'hmm/history': { args: HistoryArguments; result: HistoryTable };
  /** All that has happened to a page of a process until now, likewise. */
  'hmm/biography': { args: BiographyArguments; result: HistoryTable };
  /** Which pages went from where to where since the run began, as a picture and by parts of buffers. */
  'hmm/pageFlow': { args: PageFlowArguments; result: PageFlowResult };
  /** Every zone of every node. */
  'hmm/zones': { args: NoArguments; result: ZonesResult };
  /** Faults that have begun and not ended. */
  'hmm/pendingFaults': { args: NoArguments; result: PendingFaultsResult };
  /** Who waits for whom. */
  'hmm/waits': { args: WaitsArguments; result: WaitsResult };
  /** The tasks that can run next. */
  'hmm/runnable': { args: NoArguments; result: RunnableResult };
  /** The scenario's devices. */
  'hmm/devices': { args: NoArguments; result: DevicesResult };
  /** What the driver of one device knows; fails for a name that no device with a driver has. */
  'hmm/device': { args: DeviceArguments; result: DeviceDetails };
  /** Where the session is in time. */
  'hmm/position': { args: NoArguments; result: TimePosition };
  /** The things that the debug console has told, in the order of time. */
  'hmm/events': { args: NoArguments; result: EventsResult };
  /** The schedule that ran until now, so that it can be run again. */
  'hmm/schedule': { args: NoArguments; result: ScheduleResult };
  /** The run as a trace file; it is run again for that. */
  'hmm/trace': { args: NoArguments; result: TraceResult };
  /** Go to a time; `stopped` has reason `goto`. */
  'hmm/seek': { args: SeekArguments; result: undefined };
  /** Back One Step: to the time just before, whichever task made the step; reason `step`. */
  'hmm/stepBackOne': { args: ThreadArguments; result: undefined };
  /** Back to the step that called the task's top routine frame; reason `step`. */
  'hmm/reverseStepOut': { args: ThreadArguments; result: undefined };
  /**
   * Run only this task until it blocks, ends or hits a breakpoint (reason `step` where it goes no further), like
   * `continue` with `singleThread`; fails where the task can't run.
   */
  'hmm/runUntilBlocks': { args: ThreadArguments; result: undefined };
}

/** Name of a custom request. */
export type HmmRequestName = keyof HmmRequests;

/** Arguments of the custom request of that name. */
export type HmmArguments<Name extends HmmRequestName> = HmmRequests[Name]['args'];

/** Body of the answer to the custom request of that name. */
export type HmmResult<Name extends HmmRequestName> = HmmRequests[Name]['result'];
