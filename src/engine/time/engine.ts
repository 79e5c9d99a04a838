/**
 * Run control over one machine: forwards in slices, to any time, and backwards to the last time something happened.
 * Going back is putting back a checkpoint and running again; nothing here knows what the steps do.
 */

import type { TaskRow } from '../machine/ids';
import type { Snapshot } from '../machine/store';
import { type EventName, KIND } from '../routine/event-schema';
import type { Kernel } from '../routine/kernel';
import { type Checkpoint, Checkpoints, Seen } from './checkpoints';
import type { Interpreter } from './interpreter';
import type { Stop } from './stop';
import { type CellWrite, divergence, type Input, type Timeline } from './timeline';
import type { Work } from './work';

/** Bytes that checkpoints may take; with the event log 256 MiB. */
const CHECKPOINT_BUDGET = 192 * 2 ** 20;
/** Steps between checkpoints near the present. A large state makes them rarer: copying must cost less than running. */
const MIN_INTERVAL = 1 << 15;
/** Where history is run again up to a moment, checkpoints before that moment are this close: steps back follow. */
const DENSE_INTERVAL = 1 << 12;
const MAX_INTERVAL = 1 << 20;
/** A checkpoint of this many bytes is worth one step of distance. */
const BYTES_PER_STEP = 8;

/** Work of heavy steps in a slice, in units of about a step. */
const MOST_WORK = 4096;

export interface EngineOptions {
  /** Default 192 MiB; 0 keeps only the start. */
  readonly checkpointBytes?: number;
  /** Distance of checkpoints in steps. Without it at least 32768, and more where the state is large. */
  readonly interval?: number;
}

/** Told of events while the run is not quiet, also of those that were logged before. */
export type EventHook = (task: TaskRow, name: EventName, leave: boolean, args: readonly number[]) => void;

/** A piece of history between two checkpoints. */
export interface Segment {
  /** False only if the step at `pc` certainly did not run in it. */
  ran(pc: number): boolean;
  /** False only if no event of this kind was emitted in it. */
  emitted(name: EventName): boolean;
  /** False only if this row was certainly not written in it. */
  wrote(column: number, row: number): boolean;
}

/** A search backwards. The hooks of the interpreter and of the engine note what they find and stop nothing. */
export interface BackSearch<T> {
  /** Whether a segment may hold what is looked for. */
  mayHold(segment: Segment): boolean;
  /** Where to begin running for a segment that starts at `start`: there, or earlier. Without it, there. */
  startAt?(start: number): number;
  /** Before a segment is run: forgets what was found. */
  begin(): void;
  /** After it: the last thing found, if any. */
  found(): T | undefined;
}

export class Engine {
  /** Steps run between two looks at what else there is to do. The driver of the work may change it at any time. */
  sliceSteps = 5_000;
  onEvent: EventHook | undefined;
  readonly kernel: Kernel;
  readonly #checkpoints: Checkpoints;
  readonly #interval: number | undefined;
  readonly #visited: Uint8Array;
  readonly #scratch: Uint8Array;
  /** The machine before any step and any input. */
  readonly #origin: Snapshot;
  readonly #timelines: Timeline[];
  #timeline: Timeline = { id: 0, parent: undefined, leaves: 0, inputs: [], last: 0 };
  /** Everything before this time has run on this timeline. */
  #frontier = 0;
  #ending: 'end' | 'deadlock' | undefined;
  /** The moment that history is being run again for. */
  #towards = 0;
  /** True while steps run for the first time. */
  #fresh = true;

  /** Takes over a machine that has been set up and has not run. */
  constructor(
    readonly interpreter: Interpreter,
    options: EngineOptions = {},
  ) {
    this.kernel = interpreter.kernel;
    this.#checkpoints = new Checkpoints(options.checkpointBytes ?? CHECKPOINT_BUDGET);
    this.#interval = options.interval;
    this.#visited = interpreter.visited;
    this.#scratch = new Uint8Array(this.#visited.length);
    this.#timelines = [this.#timeline];
    interpreter.mostWork = MOST_WORK;
    interpreter.run(0, false);
    this.#origin = this.kernel.store.freeze();
    this.kernel.events.observer = (task, name, leave, args) => this.#observe(task, name, leave, args);
    this.#checkpoint();
  }

  /** Steps run so far. */
  get time(): number {
    return this.kernel.time;
  }

  /** Latest time that has been run on this timeline. */
  get frontier(): number {
    return this.#frontier;
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  get timelines(): readonly Timeline[] {
    return this.#timelines;
  }

  /** How the run ended, known once it has; says nothing about the time where the machine is now. */
  get ending(): 'end' | 'deadlock' | undefined {
    return this.#ending;
  }

  /** The whole state as it is now, to compare a later one with. */
  snapshot(): Snapshot {
    return this.kernel.store.freeze();
  }

  get checkpointBytes(): number {
    return this.#checkpoints.bytes;
  }

  get checkpointCount(): number {
    return this.#checkpoints.length;
  }

  /** Runs until `until`, or until something stops it before. Yields after each slice. */
  *forward(until: number): Work<Stop> {
    for (;;) {
      const stop = this.advance(Math.min(until, this.time + this.sliceSteps));
      if (stop !== 'time' || this.time >= until) return stop;
      yield;
    }
  }

  /** One slice: runs until `until` or until something stops it, and keeps the checkpoints. */
  advance(until: number): Stop {
    for (;;) {
      const from = this.time;
      this.#fresh = from >= this.#frontier;
      this.interpreter.visited = this.#fresh ? this.#visited : this.#scratch;
      const stop = this.interpreter.run(this.#bound(until), false);
      if (this.time > this.#frontier) this.#reached();
      const changed = this.time > from && this.#applyInputs();
      if (this.time >= this.#nextCheckpoint()) this.#checkpoint();
      const over = stop === 'end' || stop === 'deadlock';
      if (over && !changed) this.#ending = stop;
      const goesOn = stop === 'time' || (over && changed);
      if (!goesOn || this.time >= until || this.interpreter.isTired) return goesOn ? 'time' : stop;
    }
  }

  /**
   * Goes to `time`, or as far as the run goes. No hook is asked on the way. A time that has not been run yet is
   * reached by running.
   */
  *seek(time: number): Work<void> {
    const { interpreter } = this;
    this.#back(time);
    this.#towards = time;
    while (this.time < time) {
      interpreter.quiet = true;
      const stop = this.advance(Math.min(time, this.time + this.sliceSteps));
      interpreter.quiet = false;
      if (stop === 'end' || stop === 'deadlock') return;
      if (this.time < time) yield;
    }
  }

  /** After a step has thrown: the machine as it was before that step. */
  *recover(): Work<void> {
    const { time } = this;
    // What the step has told before it threw has not happened; all before it has been logged.
    this.kernel.events.truncate(time);
    this.kernel.events.complete(time);
    const checkpoint = this.#checkpoints.at(this.#checkpoints.indexAt(time));
    if (checkpoint) this.#restore(checkpoint);
    yield* this.seek(time);
  }

  /** Puts back the latest checkpoint at or before `time`, unless the machine already stands between the two. */
  #back(time: number): void {
    const index = this.#checkpoints.indexAt(time);
    const checkpoint = this.#checkpoints.at(index);
    if (!checkpoint) return;
    if (this.time <= time && this.time >= checkpoint.time) return;
    this.#restore(checkpoint);
  }

  #restore(checkpoint: Pick<Checkpoint, 'time' | 'snapshot'>): void {
    this.kernel.store.thaw(checkpoint.snapshot);
    this.kernel.time = checkpoint.time;
  }

  /**
   * Looks for the last thing before `before`, segment by segment from there to the start. Returns it, or undefined
   * where there is none. Leaves the machine wherever the search ended.
   */
  *searchBack<T>(before: number, search: BackSearch<T>): Work<T | undefined> {
    let end = before;
    while (end > 0) {
      const index = this.#checkpoints.indexAt(end - 1);
      const checkpoint = this.#checkpoints.at(index);
      if (!checkpoint) return undefined;
      if (search.mayHold(this.#segment(index))) {
        this.#restore(checkpoint);
        const start = search.startAt?.(checkpoint.time) ?? checkpoint.time;
        if (start < checkpoint.time) yield* this.seek(start);
        search.begin();
        this.#towards = Number.POSITIVE_INFINITY;
        yield* this.forward(end);
        const found = search.found();
        if (found !== undefined) return found;
      }
      end = checkpoint.time;
    }
    return undefined;
  }

  #segment(index: number): Segment {
    const seen = this.#checkpoints.at(index)?.seen;
    const open = index === this.#checkpoints.length - 1;
    return {
      ran: (pc) => seen?.ran(pc) === true || (open && this.#visited[pc] === 1),
      emitted: (name) =>
        seen?.emitted(KIND[name]) === true || (open && this.kernel.events.kinds[KIND[name]] === 1),
      wrote: (column, row) => this.#checkpoints.wrote(index, column, row),
    };
  }

  /** The last step before `before` that wrote to a row of a column: its time, or undefined. */
  *lastWrite(before: number, column: number, row: number): Work<number | undefined> {
    const watched = this.kernel.store.columns[column];
    if (!watched) return undefined;
    let last: number | undefined;
    const { quiet } = this.interpreter;
    const { journal } = watched;
    this.interpreter.quiet = true;
    watched.journal = {
      note: (_, written) => {
        if (written === row) last = this.time;
        journal?.note(column, written);
      },
      restored: (_, first, end) => journal?.restored?.(column, first, end),
    };
    try {
      return yield* this.searchBack(before, {
        mayHold: (segment) => segment.wrote(column, row),
        begin: () => {
          last = undefined;
        },
        found: () => last,
      });
    } finally {
      watched.journal = journal;
      this.interpreter.quiet = quiet;
    }
  }

  /**
   * Changes the machine now. Where steps after now have run already, a new timeline begins here; where not, the
   * current one takes up the change. The future that was known is forgotten.
   */
  put(label: string, cells: readonly CellWrite[]): Timeline {
    const input: Input = { time: this.time, label, cells };
    const inputs = [...this.#timeline.inputs.filter((earlier) => earlier.time <= this.time), input];
    const { id } = this.#timeline;
    const branches = this.time < this.#frontier || this.#ending !== undefined;
    const next: Timeline = branches
      ? { id: this.#timelines.length, parent: id, leaves: this.time, inputs, last: this.time }
      : { ...this.#timeline, inputs };
    this.#timelines[next.id] = next;
    this.#timeline = next;
    this.#write(cells);
    this.#forget(this.time);
    this.#checkpoint();
    return next;
  }

  /** Goes to another timeline, to a time that both have in common; `seek` goes on from there. */
  enter(id: number): boolean {
    const to = this.#timelines[id];
    if (!to) return false;
    const parting = divergence(this.#timeline, to);
    this.#timeline = to;
    if (parting === Number.POSITIVE_INFINITY) return true;
    this.#forget(parting);
    if (this.#checkpoints.length === 0) this.#restart();
    else if (this.time >= parting) this.#back(parting - 1);
    return true;
  }

  /** What was run beyond now is forgotten: it was only looked at. The timeline stays the same. */
  forgetFuture(): void {
    this.#forget(this.time);
    this.#timeline.last = this.time;
  }

  #restart(): void {
    this.#restore({ time: 0, snapshot: this.#origin });
    this.#applyInputs();
    this.#checkpoint();
  }

  #forget(time: number): void {
    this.#checkpoints.truncate(time);
    this.kernel.events.truncate(time);
    this.#frontier = Math.min(this.#frontier, time);
    this.#ending = undefined;
  }

  #write(cells: readonly CellWrite[]): void {
    for (const { column, row, value } of cells) this.kernel.store.columns[column]?.set(row, value);
  }

  /** Applies what was put in now; whether there was anything. */
  #applyInputs(): boolean {
    const now = this.#timeline.inputs.filter(({ time }) => time === this.time);
    for (const { cells } of now) this.#write(cells);
    return now.length > 0;
  }

  #observe(task: TaskRow, name: EventName, leave: boolean, args: readonly number[]): void {
    if (!this.interpreter.quiet) this.onEvent?.(task, name, leave, args);
  }

  #reached(): void {
    this.#frontier = this.time;
    this.#timeline.last = Math.max(this.#timeline.last, this.time);
  }

  /** How far the interpreter may run before something else is to do. */
  #bound(until: number): number {
    let bound = Math.min(until, this.#nextCheckpoint());
    if (this.time < this.#frontier) bound = Math.min(bound, this.#frontier);
    for (const { time } of this.#timeline.inputs) if (time > this.time) bound = Math.min(bound, time);
    return bound;
  }

  /** When the next checkpoint is due, seen from the one before now; never close before one that exists. */
  #nextCheckpoint(): number {
    const index = this.#checkpoints.indexAt(this.time);
    const last = this.#checkpoints.at(index);
    if (!last) return this.time;
    const distance = this.#distance(last);
    const due = last.time + distance;
    const following = this.#checkpoints.at(index + 1);
    return following && following.time - due < distance / 2 ? Number.POSITIVE_INFINITY : due;
  }

  /** How far the next checkpoint is from one that exists. */
  #distance({ snapshot }: Checkpoint): number {
    if (this.#interval !== undefined) return this.#interval;
    const worth = Math.min(MAX_INTERVAL, Math.floor(snapshot.bytes / BYTES_PER_STEP));
    const interval = Math.max(MIN_INTERVAL, worth);
    const again = this.time < this.#frontier;
    const near = this.#towards - this.time <= interval;
    return again && near ? DENSE_INTERVAL : interval;
  }

  #checkpoint(): void {
    const before = this.#checkpoints.indexAt(this.time);
    const newest = before === this.#checkpoints.length - 1;
    if (newest) {
      const { kinds } = this.kernel.events;
      this.#checkpoints.close(Seen.pack(this.#visited, kinds));
      this.#visited.fill(0);
      kinds.fill(0);
    }
    // Between two others it takes over what is known of the whole distance.
    const seen = newest ? undefined : this.#checkpoints.at(before)?.seen;
    this.#checkpoints.add({ time: this.time, snapshot: this.kernel.store.freeze(), seen }, this.time);
  }
}
