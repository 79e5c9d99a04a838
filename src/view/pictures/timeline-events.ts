/** The events of the timeline: of which category they are, and what they say. */

import type { ProcessRow, TaskRow, Vpn } from '../../engine/machine/ids';
import { vaOf } from '../../engine/machine/ids';
import type { WaitKind } from '../../engine/machine/tasks';
import { EVENT_NAMES, EVENT_SCHEMA, type EventName } from '../../engine/routine/event-schema';
import type { EventCategory } from '../../protocol';
import { placeOf, processName, showAddress, spaceOf, type World } from '../environment';
import { beginWords } from '../event-words';
import { kernelName } from '../kernel-names';
import { DETECTED, isDetected, showWait, stuckText } from '../waits';

const CATEGORIES: Readonly<Record<EventCategory, readonly EventName[]>> = {
  fault: ['handle_mm_fault', 'device_fault', 'hmm_range_fault'],
  migration: [
    'migrate_vma',
    'migrate_vma_setup',
    'migrate_vma_pages',
    'migrate_vma_finalize',
    'alloc_and_copy',
    'finalize_and_map',
    'migrate_device_range',
    'migrate_device_pages',
    'migrate_device_finalize',
    'make_device_exclusive',
  ],
  callback: ['migrate_to_ram', 'page_free'],
  invalidation: ['invalidate'],
  signal: ['signal', 'oom', 'exit'],
  wait: ['wait'],
  finding: ['expect_failed', 'invariant_broken', ...DETECTED],
};

export const CATEGORY_NAMES = Object.keys(CATEGORIES) as EventCategory[];

/** By the number of a kind of event: the index of its category, or -1. */
export const CATEGORY_OF = Int8Array.from(EVENT_NAMES, (name) =>
  CATEGORY_NAMES.findIndex((category) => CATEGORIES[category].includes(name)),
);

/** Kinds that last, by their numbers. */
export const LASTS: readonly boolean[] = EVENT_NAMES.map((name) => 'leave' in EVENT_SCHEMA[name]);

/** Where in the arguments of each kind of event something is; -1 where it has none of that name. */
const placesOf = (argument: string): Int8Array =>
  Int8Array.from(EVENT_NAMES, (name) => {
    const names: readonly string[] = EVENT_SCHEMA[name].enter;
    return names.indexOf(argument);
  });

export const DEVICE_AT = placesOf('device');
const PROCESS_AT = placesOf('process');
const VPN_AT = placesOf('vpn');
const PAGES_AT = placesOf('pages');

/** An event that begins, as the log has it. */
export interface Begun {
  readonly time: number;
  readonly task: TaskRow;
  readonly kind: number;
  readonly args: readonly number[];
}

/** The page that an event is about, by its process and page number. */
function placeOfEvent(
  world: World,
  { kind, task, args }: Begun,
): { process: ProcessRow; vpn: Vpn } | undefined {
  const vpn = args[VPN_AT[kind] ?? -1];
  if (vpn === undefined) return undefined;
  const process = args[PROCESS_AT[kind] ?? -1] ?? spaceOf(world, task);
  return { process: process as ProcessRow, vpn: vpn as Vpn };
}

/** Process and address of the page that an event is about, where it is about one. */
export function subjectOf(world: World, event: Begun): { process?: string; address?: string } {
  const place = placeOfEvent(world, event);
  if (place === undefined || place.process === 0) return {};
  return { process: processName(world, place.process), address: showAddress(vaOf(place.vpn)) };
}

/** An event by its name, with its place: what is to come may be about things that are not there yet. */
function plainWords(world: World, event: Begun): string {
  const name = EVENT_NAMES[event.kind];
  if (name === undefined || name === 'wait') return 'waits';
  const place = placeOfEvent(world, event);
  const at = place && (placeOf(world, place.process, vaOf(place.vpn)) ?? showAddress(vaOf(place.vpn)));
  const pages = event.args[PAGES_AT[event.kind] ?? -1];
  return [[kernelName(world.kernel.profile, name), at].join(' ').trim(), pages && `${pages} pages`]
    .filter(Boolean)
    .join(', ');
}

/** What an event says. */
export function wordsOf(world: World, event: Begun): string {
  const name = EVENT_NAMES[event.kind];
  if (name === undefined) return '';
  if (event.time >= world.kernel.time) return plainWords(world, event);
  if (name === 'wait') return `waits for ${showWait(world, event.args[0] as WaitKind, event.args[1] ?? 0)}`;
  if (isDetected(name)) return stuckText(world, name, event.args, event.task);
  return beginWords(world, name, event.task, event.args) || plainWords(world, event);
}
