/** The engine's event log in the vocabulary of a record: one entry an event, with its depth and what it returned. */

import { MigratePfn, NOTIFY_NAMES } from '../../src/engine/kernel/constants';
import type { PageRow } from '../../src/engine/machine/ids';
import { TASK_SIZE_PAGES } from '../../src/engine/machine/ids';
import { EVENT_SCHEMA, type EventName } from '../../src/engine/routine/event-schema';
import type { Event } from '../../src/engine/routine/events';
import type { Kernel } from '../../src/engine/routine/kernel';
import { deviceIndex, type Names } from './observe-state';
import type { Place } from './places';
import type { RecordedEvent } from './record';

/** An event as a record writes it; `page` of a frame is the engine's own, `time` when it began. */
export interface ObservedEvent extends Omit<RecordedEvent, 'frame'> {
  readonly frame?: PageRow;
  readonly time: number;
}

type Building = { -readonly [K in keyof ObservedEvent]: ObservedEvent[K] };

/** Which kinds of event are read, and inside which of them `depth` and `inside` say an event lies. */
export interface Vocabulary {
  readonly kinds: ReadonlySet<string>;
  readonly enclosing: ReadonlySet<string>;
  /** What the engine calls by another name. */
  readonly spelling?: ReadonlyMap<EventName, string>;
}

/** The engine's log doesn't nest: a defect of a routine. */
export class BadNesting extends Error {}

/** `VMWp`, `M`, `-`: an entry of a migration's array. */
function migrationEntry(flags: number, page: number): string {
  const letters =
    (flags & MigratePfn.Valid ? 'V' : '') +
    (flags & MigratePfn.Migrate ? 'M' : '') +
    (flags & MigratePfn.Locked ? 'L' : '') +
    (flags & MigratePfn.Write ? 'W' : '') +
    (flags & MigratePfn.Device ? 'D' : '') +
    (flags & MigratePfn.Compound ? 'C' : '') +
    (page === 0 ? '' : 'p');
  return letters === '' ? '-' : letters;
}

class EventReader {
  readonly #events: Building[] = [];
  /** Open events of each task. */
  readonly #open = new Map<number, Building[]>();

  constructor(
    readonly k: Kernel,
    readonly names: Names,
    readonly vocabulary: Vocabulary,
    readonly place: (vpn: number) => Place,
  ) {}

  read(log: Iterable<Event>): ObservedEvent[] {
    for (const event of log) this.#one(event);
    return this.#events;
  }

  #one(event: Event): void {
    const stack = this.#open.get(event.task) ?? [];
    this.#open.set(event.task, stack);
    if (event.name === 'migrate_array') {
      this.#array(event.args, stack.at(-1));
      return;
    }
    const name = this.vocabulary.spelling?.get(event.name) ?? event.name;
    if (!this.vocabulary.kinds.has(name)) return;
    if (event.leave) this.#leave(event, name, stack.pop());
    else this.#enter(event, name, stack);
  }

  #enter(event: Event, e: string, stack: Building[]): void {
    const p = this.names.process(this.k.tasks.process.get(event.task));
    const around = stack.filter(({ e }) => this.vocabulary.enclosing.has(e));
    const inside = around.at(-1)?.e ?? '';
    const built: Building = { e, depth: around.length, inside, p, time: event.time };
    const names: readonly string[] = EVENT_SCHEMA[event.name].enter;
    names.forEach((name, i) => {
      this.#set(built, name, event.args[i] ?? 0);
    });
    if (event.name === 'invalidate') this.#invalidate(built, event.args);
    this.#events.push(built);
    if ('leave' in EVENT_SCHEMA[event.name]) stack.push(built);
  }

  #leave(event: Event, e: string, open: Building | undefined): void {
    if (open?.e !== e)
      throw new BadNesting(`${event.name} ends at time ${event.time} inside ${open?.e ?? 'nothing'}`);
    leaveFields(event.name).forEach((name, i) => {
      if (name !== 'ret' || event.name !== 'invalidate') this.#set(open, name, event.args[i] ?? 0);
    });
  }

  #set(built: Building, name: string, value: number): void {
    switch (name) {
      case 'vpn':
        Object.assign(built, showAlt(this.place(value)));
        return;
      case 'pages':
        built.npages = value;
        return;
      case 'page':
        built.frame = value as PageRow;
        built.devIdx = deviceIndex(this.k, value as PageRow);
        return;
      case 'device':
        built.dev = this.names.device(value);
        return;
      case 'toRam':
        built.toRam = value;
        built.event = value === 0 ? 'to-device' : 'to-ram';
        return;
      case 'faultPage':
        built.faultPage = value === 0 ? 0 : 1;
        return;
      case 'flags':
      case 'ret':
      case 'cpages':
      case 'refcount':
      case 'mapcount':
      case 'locked':
      case 'order':
      case 'freeze':
      case 'calls':
      case 'forced':
        built[name] = value;
        return;
      default:
        return;
    }
  }

  /** 'mirror', 'process', 'device', 'vpn', 'end', 'event', 'owner'. */
  #invalidate(built: Building, args: readonly number[]): void {
    const [, process = 0, device = 0, start = 0, end = 0, event = 0, owner = 0] = args;
    built.event = NOTIFY_NAMES[event] ?? `${event}`;
    built.mirror = [this.names.process(process), this.names.device(device)];
    built.owner = owner === 0 ? 'none' : owner === device ? 'self' : 'other';
    delete built.dev;
    if (start === 0 && end >= TASK_SIZE_PAGES) {
      built.range = 'all';
      for (const name of ['buf', 'alt', 'page'] as const) delete built[name];
    } else built.npages = end - start;
  }

  /** An eviction has arrays too, which records don't tell. */
  #array(args: readonly number[], open: Building | undefined): void {
    if (open === undefined || !(open.e.startsWith('migrate_vma_') || open.e.includes('_and_'))) return;
    const entries: string[] = [];
    for (let i = 1; i + 1 < args.length; i += 2) entries.push(migrationEntry(args[i] ?? 0, args[i + 1] ?? 0));
    open[args[0] === 0 ? 'src' : 'dst'] = entries;
  }
}

function leaveFields(name: EventName): readonly string[] {
  const schema = EVENT_SCHEMA[name];
  return 'leave' in schema ? schema.leave : [];
}

function showAlt({ buf, alt, page }: { buf: string; alt: number; page: number }) {
  return alt === 1 ? { buf, alt, page } : { buf, page };
}

/** Events of the log in the record's form, in order; `place` names pages. Throws BadNesting. */
export function observeEvents(
  k: Kernel,
  names: Names,
  log: Iterable<Event>,
  vocabulary: Vocabulary,
  place: (vpn: number) => Place,
): ObservedEvent[] {
  return new EventReader(k, names, vocabulary, place).read(log);
}
