/** Where a session is in time. Times are steps since the start of the run, from 0. */
export interface TimePosition {
  time: number;
  /** Timeline's number; 0 is the run that scenario, profile and schedule fix. */
  timeline: number;
  /** Earliest time that can be visited; above 0 only when history was cut. */
  first: number;
  /** Name of the profile, such as `6.12`. */
  profile: string;
  /** Latest time that has been run on this timeline. */
  last: number;
  /** True when `last` is the scenario's end, so that nothing can run beyond it. */
  ended: boolean;
}

/** Something that was told in the debug console. */
interface RecordedEvent {
  time: number;
  /** As it was told: `639 app: callback migrate_to_ram for buf[2]: …` */
  text: string;
}

/** Reply to `hmm/events`. */
export interface EventsResult {
  /** The newest of what the current timeline has told, also what lies in the future of now; at most 2000. */
  events: RecordedEvent[];
  /** How many there were before the first of these. */
  earlier: number;
}

/** Body of the event `hmm/running`, sent now and then while a run takes long. */
export interface RunningState {
  /** Steps that have run. */
  time: number;
  /** Line of the scenario that is being worked on; 0 for none. */
  line: number;
}

/** Arguments of `hmm/seek`. */
export interface SeekArguments {
  /** Time to go to; before `first` or past the end stops at that end of history. */
  time: number;
  /** Timeline to go to; without it the current one. */
  timeline?: number;
}

/** Arguments of the requests that move one task. */
export interface ThreadArguments {
  /** DAP thread id. */
  threadId: number;
}

/** Reply to `hmm/trace`. */
export interface TraceResult {
  /** A file in the trace event format of Chrome and Perfetto. */
  text: string;
  /** Time up to which it tells; below `last` where it would have grown too long. */
  until: number;
  last: number;
}

/** Reply to `hmm/schedule`. */
export interface ScheduleResult {
  /** The choices made so far, in the form that the launch attribute `schedule` accepts. */
  schedule: string;
}
