/** The events of one operation, in order. */

import { type Divergence, show } from './divergence';
import type { FrameMap } from './frames';
import type { ObservedEvent } from './observe-events';
import { showPlace } from './places';
import type { Operation, RecordedEvent } from './record';

/** Fields in the order in which a difference is told. */
const FIELDS = [
  'p',
  'depth',
  'inside',
  'buf',
  'alt',
  'page',
  'npages',
  'range',
  'event',
  'owner',
  'dev',
  'devIdx',
  'flags',
  'faultPage',
  'refcount',
  'mapcount',
  'locked',
  'order',
  'freeze',
  'calls',
  'cpages',
  'forced',
  'mmapSem',
  'toRam',
  'ret',
] as const;
/** Fields that are lists. */
const LISTS = ['mirror', 'src', 'dst'] as const;

type AnyEvent = Omit<RecordedEvent, 'frame'> & { readonly frame?: string | number };

/** An event in one line, as in the records' vocabulary. */
export function showEvent(event: AnyEvent): string {
  const { e, depth, inside: _inside, p, buf, alt, page, frame: _frame, ...rest } = event;
  const place =
    buf === undefined || page === undefined
      ? ''
      : ` ${showPlace({ buf, page, ...(alt === 1 ? { alt } : {}) })}`;
  const fields = Object.entries(rest)
    .filter(([name, value]) => name !== 'time' && value !== undefined)
    .map(([name, value]) => `${name}=${name === 'flags' ? `0x${Number(value).toString(16)}` : show(value)}`);
  return `${'  '.repeat(depth ?? 0)}${e} ${p}${place} ${fields.join(' ')}`.trimEnd();
}

/** The first difference of two events of one kind, or undefined. */
function difference(kernel: RecordedEvent, engine: ObservedEvent, frames: FrameMap) {
  for (const field of FIELDS) {
    const wanted = field === 'alt' ? (kernel.alt ?? 0) : kernel[field];
    const found = field === 'alt' ? (engine.alt ?? 0) : engine[field];
    if (wanted !== undefined && wanted !== found) return { field, kernel: show(wanted), engine: show(found) };
  }
  for (const field of LISTS) {
    const wanted = kernel[field];
    const found = engine[field];
    if (wanted !== undefined && wanted.join() !== found?.join())
      return { field, kernel: show(wanted), engine: show(found) };
  }
  if (kernel.frame === undefined || engine.frame === undefined) return undefined;
  const wrong = frames.match(kernel.frame, engine.frame);
  return wrong === undefined ? undefined : { field: 'frame', ...wrong };
}

/** How many events after `at` are of the wanted kind and place before one is; -1 if none is near. */
function found(list: readonly AnyEvent[], from: number, wanted: AnyEvent): boolean {
  return list.slice(from, from + 6).some((event) => event.e === wanted.e && event.page === wanted.page);
}

/** What is wrong where the sequences part: an event too many, one too few, or another one. */
function parting(kernel: readonly RecordedEvent[], engine: readonly ObservedEvent[], at: number) {
  const wanted = kernel[at];
  const got = engine[at];
  const kernelShows = wanted === undefined ? 'no more events' : showEvent(wanted).trim();
  const engineShows = got === undefined ? 'no more events' : showEvent(got).trim();
  const texts = { kernel: kernelShows, engine: engineShows };
  if (wanted !== undefined && (got === undefined || found(kernel, at + 1, got)))
    return { field: `${wanted.e} missing`, ...texts };
  if (got !== undefined && (wanted === undefined || found(engine, at + 1, wanted)))
    return { field: `${got.e} too many`, ...texts };
  return { field: `${wanted?.e} expected, ${got?.e} found`, ...texts };
}

/**
 * The first place where the events of an operation differ, or undefined. Of those that were cut off only their number is
 * known. `end` is the engine's time after the operation.
 */
export function compareEvents(
  { events: kernel, eventsCut }: Pick<Operation, 'events' | 'eventsCut'>,
  seen: readonly ObservedEvent[],
  frames: FrameMap,
  end: number,
): Divergence | undefined {
  const engine = eventsCut === undefined ? seen : seen.slice(0, kernel.length);
  const length = Math.max(kernel.length, engine.length);
  for (let at = 0; at < length; at++) {
    const wanted = kernel[at];
    const got = engine[at];
    const where = `event ${at} of ${kernel.length}`;
    const common = { level: 'event' as const, event: at, time: got?.time ?? end };
    if (wanted === undefined || got === undefined || wanted.e !== got.e)
      return { ...common, where, ...parting(kernel, engine, at) };
    const wrong = difference(wanted, got, frames);
    if (wrong === undefined) continue;
    const place = `${where}, ${showEvent(wanted).trim()}`;
    return { ...common, ...wrong, where: place, field: `${wanted.e}.${wrong.field}` };
  }
  if (eventsCut === undefined || eventsCut === seen.length) return undefined;
  const [wanted, found] = [show(eventsCut), show(seen.length)];
  return { level: 'event', field: 'how many events', where: '', kernel: wanted, engine: found, time: end };
}
