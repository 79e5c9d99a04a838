/** What has been done so far to bring a faulting page home from a device, by what the log says since the fault began. */

import { RULES } from '../../engine/kernel/refusals';
import { Hold } from '../../engine/machine/holds';
import type { PageRow, ProcessRow, TaskRow } from '../../engine/machine/ids';
import { Pg } from '../../engine/machine/pages';
import type { EventName } from '../../engine/routine/event-schema';
import type { Event } from '../../engine/routine/events';
import type { DiagramStage } from '../../protocol';
import { type Refusal, refusalOf, refusalWords, type World } from '../environment';

/** A fault that is pending. */
export interface Fault {
  readonly task: TaskRow;
  readonly process: ProcessRow;
  readonly vpn: number;
  readonly since: number;
}

/** What was done of the page's way home, each with its time; undefined: not yet. */
export interface Progress {
  /** The page that the driver was asked to bring home; 0 where it was not asked. */
  readonly page: PageRow;
  /** Where it went; 0 while it has not arrived. */
  readonly home: PageRow;
  readonly collected: number | undefined;
  readonly unmapped: number | undefined;
  readonly copied: number | undefined;
  readonly mapped: number | undefined;
  readonly freed: number | undefined;
  readonly refused: { readonly time: number; readonly refusal: Refusal } | undefined;
}

/** The driver was not asked yet. */
const BEGUN: Progress = {
  page: 0 as PageRow,
  home: 0 as PageRow,
  collected: undefined,
  unmapped: undefined,
  copied: undefined,
  mapped: undefined,
  freed: undefined,
  refused: undefined,
};

const NAMES: readonly EventName[] = [
  'migrate_to_ram',
  'refcount',
  'set_migration_pte',
  'alloc_and_copy',
  'remove_migration_pte',
  'page_free',
  'refused',
];

/** The fault's events, the oldest first. */
function eventsOf(world: World, { since, vpn }: Fault, page: PageRow): Event[] {
  const found: Event[] = [];
  const { events, time } = world.kernel;
  const subjects = page === 0 ? [vpn] : [vpn, page];
  for (const event of events.backwards(time, NAMES, subjects)) {
    if (event.time < since) break;
    found.push(event);
  }
  world.kernel.worked(found.length);
  return found.reverse();
}

/** How far a fault has come; `page` is what its entry names now. */
export function progressOf(world: World, fault: Fault, page: PageRow): Progress {
  let now = BEGUN;
  for (const event of eventsOf(world, fault, page)) now = { ...now, ...told(fault, now, event) };
  return now;
}

/** What an event adds to a fault's progress. */
function told(fault: Fault, now: Progress, { name, task, time, leave, args }: Event): Partial<Progress> {
  const [first = 0, second = 0, third = 0, hold = 0] = args;
  const isOwn = task === fault.task;
  const isPlace = first === fault.process && second === fault.vpn;
  switch (name) {
    case 'migrate_to_ram':
      // The driver is asked again where the fault is taken again: what was done before came to nothing.
      return isOwn && !leave && first === fault.vpn ? { ...BEGUN, page: second as PageRow } : {};
    case 'refcount':
      return first === now.page && second > 0 && hold === Hold.Collect ? { collected: time } : {};
    case 'set_migration_pte':
      return isPlace && third === now.page ? { unmapped: time } : {};
    case 'alloc_and_copy':
      return isOwn && leave && now.collected !== undefined ? { copied: time } : {};
    case 'remove_migration_pte':
      if (!isPlace || now.page === 0) return {};
      return third === now.page ? { unmapped: undefined } : { mapped: time, home: third as PageRow };
    case 'page_free':
      return !leave && first === now.page ? { freed: time } : {};
    case 'refused': {
      const refusal = refusalOf(args);
      const isAbout = refusal.process === 0 ? refusal.page === now.page : refusal.vpn === fault.vpn;
      return isOwn && isAbout && now.page !== 0 ? { refused: { time, refusal } } : {};
    }
    default:
      return {};
  }
}

/**
 * The stages of the way home, in order; after a refusal those that were not reached stay open. `isMigrating`: the entry
 * is a migration entry now.
 */
export function stagesOf(world: World, progress: Progress, isMigrating: boolean): DiagramStage[] {
  const { page, collected, unmapped, copied, mapped, freed, refused } = progress;
  const stage = (name: string, time: number | undefined, isDone = time !== undefined): DiagramStage => ({
    name,
    state: isDone ? 'done' : 'open',
    ...(time === undefined || !isDone ? {} : { time }),
  });
  const stages = [
    stage('collected', collected),
    // migrate_vma_collect replaces entries itself where it gets the lock, and the log has no event for that.
    stage('unmapped', unmapped, isMigrating || unmapped !== undefined || copied !== undefined),
    stage('copied', copied),
    stage('mapped at home', mapped),
    // The callback has been called, and is over.
    stage('device page freed', freed, freed !== undefined && world.kernel.pages.has(page, Pg.Free)),
  ];
  if (refused === undefined || mapped !== undefined) return stages;
  const why = `${RULES[refused.refusal.rule]}: ${refusalWords(world, refused.refusal)}`;
  return [...stages, { name: 'stayed', state: 'refused', time: refused.time, why }];
}
