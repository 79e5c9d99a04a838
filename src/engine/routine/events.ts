/**
 * The event log: what happened, as typed rows keyed by time. Events are output. They are not part of the state: going
 * back leaves them standing, and running the same steps again doesn't append them a second time.
 */

import type { TaskRow } from '../machine/ids';
import { EVENT_NAMES, EVENT_SCHEMA, type EventName, KIND } from './event-schema';

/** One event as read from the log. */
export interface Event {
  readonly time: number;
  readonly task: TaskRow;
  readonly name: EventName;
  readonly leave: boolean;
  readonly args: readonly number[];
}

/** Told of every event as it happens, also of those that are logged already. `args` is only valid during the call. */
export type EventObserver = (task: TaskRow, name: EventName, leave: boolean, args: readonly number[]) => void;

/** Visits an event of the log: its arguments are `count` numbers of `data` from `at` on, which hold during the call. */
export type EventVisitor = (
  time: number,
  task: TaskRow,
  kind: number,
  leave: boolean,
  data: Float64Array,
  at: number,
  count: number,
) => void;

/** A second one who hears of events, besides whoever drives the run; also of what is forgotten. */
export interface EventListener {
  readonly heard: EventObserver;
  /** Events at or after `time` never happened: another timeline begins. */
  readonly truncated: (time: number) => void;
}

const SEGMENT = 1 << 14;
/** Bits of a segment's set of subjects, 8 KiB; the shift leaves so many of a hash's 32. */
const SUBJECT_BITS = 1 << 16;
const SUBJECT_SHIFT = 16;

/** A row of the log: its time; kind, task and number of arguments in one word; then the arguments. */
const HEADER = 2;
/** The word counts arguments in units of ARGUMENT, tasks in units of TASK; its low byte is the kind, twice, plus leave. */
const TASK = 2 ** 8;
const ARGUMENT = 2 ** 28;
const argumentsOf = (word: number): number => Math.floor(word / ARGUMENT);
const taskOf = (word: number): TaskRow => Math.floor((word % ARGUMENT) / TASK) as TaskRow;
const kindOf = (word: number): number => word % TASK;

/** The same as a map, which is quicker for a name that is only known when it comes. */
const KINDS: ReadonlyMap<EventName, number> = new Map(EVENT_NAMES.map((name, kind) => [name, kind]));

/** For each kind of event the place of the argument with this name; -1 where it has none. */
function placesOf(argument: string): Int32Array {
  return Int32Array.from(EVENT_NAMES, (name) => {
    const names: readonly string[] = EVENT_SCHEMA[name].enter;
    return names.indexOf(argument);
  });
}

/** What an event is about: an address and a page frame. */
const VPN_AT = placesOf('vpn');
const PAGE_AT = placesOf('page');

/** What the events of a segment are about: never says no wrongly, and yes without reason about once in ten times. */
class Subjects {
  readonly #bits = new Uint32Array(SUBJECT_BITS / 32);

  static #bit(subject: number): number {
    return Math.imul(subject ^ Math.floor(subject / 2 ** 32), 0x9e3779b1) >>> SUBJECT_SHIFT;
  }

  add(subject: number): void {
    const bit = Subjects.#bit(subject);
    this.#bits[bit >> 5] = (this.#bits[bit >> 5] ?? 0) | (1 << (bit & 31));
  }

  has(subject: number): boolean {
    const bit = Subjects.#bit(subject);
    return ((this.#bits[bit >> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  clear(): void {
    this.#bits.fill(0);
  }

  get bytes(): number {
    return this.#bits.byteLength;
  }
}

/** A piece of the log, with what is in it, so that a search passes over pieces without what it looks for. */
interface Segment {
  readonly data: Float64Array;
  used: number;
  readonly firstTime: number;
  readonly kinds: Uint8Array;
  readonly subjects: Subjects;
}

export class EventLog {
  /** One byte a kind of event: 1 where one has been logged since somebody last cleared it. */
  readonly kinds = new Uint8Array(EVENT_NAMES.length);
  #segments: Segment[] = [];
  #last: Segment | undefined;
  /** Memory of a dropped segment, for the next one: fresh memory costs more than what is written to it. */
  #spare: Pick<Segment, 'data' | 'subjects'> | undefined;
  /** Every step before this time has been logged. */
  #completeUntil = 0;
  /** Events before this time were dropped to stay within the budget. */
  droppedBefore = 0;
  observer: EventObserver | undefined;
  listener: EventListener | undefined;

  constructor(
    /** Where the log takes more, the oldest events are dropped. */
    public budgetBytes: number,
  ) {}

  get completeUntil(): number {
    return this.#completeUntil;
  }

  /** Called by the run loop when all steps before `time` have run. */
  complete(time: number): void {
    if (time > this.#completeUntil) this.#completeUntil = time;
  }

  append(time: number, task: TaskRow, name: EventName, leave: boolean, args: readonly number[]): void {
    const segment = this.#begin(time, task, name, leave, args);
    if (segment === undefined) return;
    const { data } = segment;
    const { length } = args;
    let at = segment.used;
    for (let i = 0; i < length; i++) data[at++] = args[i] as number;
    segment.used = at;
  }

  /** `append` for as many arguments as there are: V8 copies them at once, and `append` meets arrays of one kind only. */
  appendAll(time: number, task: TaskRow, name: EventName, args: readonly number[]): void {
    const segment = this.#begin(time, task, name, false, args);
    if (segment === undefined) return;
    segment.data.set(args, segment.used);
    segment.used += args.length;
  }

  /** Tells those who listen, and begins a row; answers the segment with room for the arguments, if they are to be logged. */
  #begin(
    time: number,
    task: TaskRow,
    name: EventName,
    leave: boolean,
    args: readonly number[],
  ): Segment | undefined {
    this.listener?.heard(task, name, leave, args);
    this.observer?.(task, name, leave, args);
    if (time < this.#completeUntil) return undefined;
    const kind = KINDS.get(name) as number;
    const { length } = args;
    this.kinds[kind] = 1;
    let segment = this.#last;
    if (segment === undefined || segment.used + HEADER + length > segment.data.length)
      segment = this.#open(HEADER + length, time);
    segment.kinds[kind] = 1;
    if (!leave) {
      const vpn = VPN_AT[kind] as number;
      const page = PAGE_AT[kind] as number;
      if (vpn >= 0) segment.subjects.add(args[vpn] ?? 0);
      if (page >= 0) segment.subjects.add(args[page] ?? 0);
    }
    const { data, used } = segment;
    data[used] = time;
    data[used + 1] = length * ARGUMENT + task * TASK + kind * 2 + (leave ? 1 : 0);
    segment.used = used + HEADER;
    return segment;
  }

  /** A new last segment with room for `size` words. */
  #open(size: number, firstTime: number): Segment {
    this.#trim();
    const spare = size <= SEGMENT ? this.#spare : undefined;
    if (spare) this.#spare = undefined;
    const data = spare?.data ?? new Float64Array(Math.max(SEGMENT, size));
    const subjects = spare?.subjects ?? new Subjects();
    subjects.clear();
    const segment = { data, used: 0, firstTime, kinds: new Uint8Array(EVENT_NAMES.length), subjects };
    this.#segments.push(segment);
    this.#last = segment;
    return segment;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { data, subjects }) => sum + data.byteLength + subjects.bytes, 0);
  }

  #trim(): void {
    while (this.#segments.length > 2 && this.bytes > this.budgetBytes) {
      const dropped = this.#segments.shift();
      if (dropped?.data.length === SEGMENT) this.#spare = dropped;
      this.droppedBefore = this.#segments[0]?.firstTime ?? 0;
    }
  }

  /** Forgets everything at or after `time`: a new timeline begins there. */
  truncate(time: number): void {
    this.listener?.truncated(time);
    while (this.#segments.length > 0 && (this.#segments.at(-1)?.firstTime ?? 0) >= time) this.#segments.pop();
    const last = this.#segments.at(-1);
    if (last) {
      let at = 0;
      while (at < last.used && (last.data[at] ?? 0) < time)
        at += HEADER + argumentsOf(last.data[at + 1] ?? 0);
      last.used = at;
    }
    this.#last = last;
    this.#completeUntil = Math.min(this.#completeUntil, time);
  }

  /** Visits the events with from ≤ time < to, in order, without making anything of them. */
  visit(from: number, to: number, visitor: EventVisitor): void {
    for (let s = this.#firstSegment(from); s < this.#segments.length; s++) {
      const segment = this.#segments[s];
      if (!segment || segment.firstTime >= to) return;
      const { data, used } = segment;
      for (let at = 0; at < used; ) {
        const time = data[at] ?? 0;
        if (time >= to) return;
        const word = data[at + 1] ?? 0;
        const count = argumentsOf(word);
        const kind = kindOf(word);
        if (time >= from) visitor(time, taskOf(word), kind >> 1, (kind & 1) === 1, data, at + HEADER, count);
        at += HEADER + count;
      }
    }
  }

  /** Events with from ≤ time < to, in order. */
  *between(from: number, to: number): Iterable<Event> {
    for (let s = this.#firstSegment(from); s < this.#segments.length; s++) {
      const segment = this.#segments[s];
      if (!segment || segment.firstTime >= to) return;
      yield* this.#scan(segment, from, to);
    }
  }

  /**
   * Events before `time` of some kinds, the newest first; with `subjects`, at least all that are about a page, or the
   * page number of an address, that is among them, and what follows soon on those. Passes over what can't hold any: a
   * search is as quick late as early.
   */
  *backwards(time: number, names: readonly EventName[], subjects: readonly number[] = []): Iterable<Event> {
    const kinds = names.map((name) => KIND[name]);
    for (let s = this.#segments.length - 1; s >= 0; s--) {
      const segment = this.#segments[s];
      if (!segment || segment.firstTime >= time || !kinds.some((kind) => segment.kinds[kind] === 1)) continue;
      const near = [segment, this.#segments[s - 1]];
      const about = (subject: number): boolean => near.some((piece) => piece?.subjects.has(subject) === true);
      if (subjects.length > 0 && !subjects.some(about)) continue;
      yield* [...this.#scan(segment, 0, time)].filter(({ name }) => names.includes(name)).reverse();
    }
  }

  #firstSegment(time: number): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#segments[middle]?.firstTime ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  *#scan(segment: Segment, from: number, to: number): Iterable<Event> {
    const { data } = segment;
    for (let at = 0; at < segment.used; ) {
      const time = data[at] ?? 0;
      if (time >= to) return;
      const word = data[at + 1] ?? 0;
      const count = argumentsOf(word);
      const kind = kindOf(word);
      const name = EVENT_NAMES[kind >> 1];
      if (time >= from && name !== undefined) {
        const args = Array.from(data.subarray(at + HEADER, at + HEADER + count));
        yield { time, task: taskOf(word), name, leave: (kind & 1) === 1, args };
      }
      at += HEADER + count;
    }
  }
}
