/** What happened over time, from the recorded events. Times are steps since the start of the run. */

/** Arguments of `hmm/timeline`: which part of time and which lanes, and into how many columns it is divided. */
export interface TimelineArguments {
  /** Only [from, to); without them all that has run. */
  from?: number;
  to?: number;
  /** The first lane wanted, from 0, and at most how many: 1 to MOST_LANES. */
  firstLane: number;
  lanes: number;
  /** Columns: 1 to MOST_COLUMNS. */
  most: number;
}

export const MOST_LANES = 100;
export const MOST_COLUMNS = 4096;
/** With more events than this in the part of time shown, only how many there are is told. */
export const MOST_SLICES = 2000;
/** Ticks in an answer. */
export const MOST_TICKS = 500;

export type EventCategory =
  | 'fault'
  | 'migration'
  | 'callback'
  | 'invalidation'
  | 'signal'
  | 'wait'
  | 'finding';

/** A CPU with the tasks that run on it, a task, or a device. */
export interface TimelineLane {
  name: string;
  kind: 'cpu' | 'task' | 'device';
  /** How many events begin in each column, of each category that occurs. */
  density: LaneDensity[];
}

export interface LaneDensity {
  category: EventCategory;
  /** Base64: two bytes a column, the low one first; 65,535 stands for that many or more. */
  counts: string;
}

/** One event; one that takes time lasts from `from` to `to`. */
export interface TimelineSlice {
  /** Index in `lanes`. */
  lane: number;
  category: EventCategory;
  from: number;
  /** Absent where it has not ended within the part of time shown. */
  to?: number;
  /** How many others it is inside of, on its lane. */
  depth: number;
  text: string;
  /** The page it is about, where it is about one. */
  process?: string;
  address?: string;
}

export interface TimelineTick {
  time: number;
  /** Something that a detector, an expectation or an invariant found; or where the session has stopped. */
  kind: 'finding' | 'stop';
  text: string;
}

export interface TimelineResult {
  from: number;
  to: number;
  /** Steps a column. */
  stepsPerColumn: number;
  now: number;
  /** Latest time that has run; the events of all times before `known` are no longer recorded. */
  last: number;
  known: number;
  /** All lanes there are; `lanes` are those from `firstLane` on. */
  allLanes: number;
  firstLane: number;
  lanes: TimelineLane[];
  /** Events in the part of time shown, on all lanes. */
  events: number;
  /** Each of them that is on the lanes shown; absent where there are too many. */
  slices?: TimelineSlice[];
  ticks: TimelineTick[];
}
