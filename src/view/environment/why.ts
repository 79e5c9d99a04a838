/** `why buf[3]`: one sentence on where a page is and what brought it there. */

import { pte_page, ptep_get } from '../../engine/kernel/mm/pgtable';
import { RULES } from '../../engine/kernel/refusals';
import { type MmRow, type ProcessRow, vpnOf } from '../../engine/machine/ids';
import { isZeroPage, KIND_NAMES, kindOf } from '../../engine/machine/pte';
import { ZONE_NAMES } from '../../engine/machine/zones';
import type { Event, EventName } from '../../engine/routine/events';
import { showAddress } from './format';
import { deviceOfPage, entryAt, pageAt, placeOf } from './pages';
import { isRestored, laterRefusal, type Refusal, refusalOf, refusalWords } from './refusals';
import { deviceName, type Scene, taskName } from './scene';

/** Events that say how a page came to its place, with the words for it. `vpn` is at this index of their arguments. */
const CAUSES: Partial<Record<EventName, { readonly vpn: number; readonly words: string }>> = {
  do_anonymous_page: { vpn: 0, words: 'it was first touched' },
  do_fault: { vpn: 0, words: 'it was first touched through its file' },
  wp_page_copy: { vpn: 0, words: 'a write to a shared page copied it' },
  migrate_to_ram: { vpn: 0, words: 'a CPU access brought it home' },
  remove_migration_pte: { vpn: 1, words: 'it was migrated' },
  remove_device_exclusive_entry: { vpn: 0, words: 'a CPU access ended its exclusive use by the device' },
};

/** What is known of a page: what brought it where it is, and what has kept it there since. */
interface Story {
  readonly cause: Event | undefined;
  readonly stayed: { readonly time: number; readonly refusal: Refusal } | undefined;
}

/** Whether a refusal is about an address, or about the page that is mapped there. */
const concerns = (refusal: Refusal, process: ProcessRow, vpn: number, page: number): boolean =>
  refusal.process === 0
    ? page !== 0 && refusal.page === page
    : refusal.process === process && refusal.vpn === vpn;

function storyOf({ world }: Scene, process: ProcessRow, vpn: number, page: number): Story {
  const { events, time, tasks } = world.kernel;
  let cause: Event | undefined;
  let fault: Event | undefined;
  let stayed: { time: number; task: number; refusal: Refusal; restored: boolean } | undefined;
  for (const event of events.between(0, time)) {
    if (event.name === 'refused') {
      const refusal = refusalOf(event.args);
      if (!concerns(refusal, process, vpn, page)) continue;
      const last = stayed !== undefined && !stayed.restored ? stayed.refusal : undefined;
      const kept = laterRefusal(last, refusal);
      stayed = { time: event.time, task: event.task, refusal: kept, restored: !isRestored(kept) };
      continue;
    }
    const known = event.leave ? undefined : CAUSES[event.name];
    if (known === undefined || event.args[known.vpn] !== vpn) continue;
    const moved = event.name === 'remove_migration_pte';
    const owner = moved ? event.args[0] : tasks.processOf(event.task);
    if (owner !== process) continue;
    if (moved && stayed !== undefined && !stayed.restored && stayed.task === event.task) {
      // What could not move gets its entry back.
      stayed.restored = true;
      fault = undefined;
      continue;
    }
    if (event.name === 'migrate_to_ram') fault = event;
    // The migration that a CPU fault makes is part of that fault.
    cause = moved && fault !== undefined && fault.task === event.task ? fault : event;
    if (moved) fault = undefined;
    stayed = undefined;
  }
  return { cause, stayed };
}

/** Why the page at an address stayed where it is, the last time that something was to be done with it. */
export function whyStayed(s: Scene, process: ProcessRow, va: number): string | undefined {
  const { kernel: k } = s.world;
  const page = pageAt(k, k.tasks.mm.get(process) as MmRow, vpnOf(va));
  const { stayed } = storyOf(s, process, vpnOf(va), page);
  if (stayed === undefined) return undefined;
  const { rule } = stayed.refusal;
  return `it stayed at time ${stayed.time} (${RULES[rule]}): ${refusalWords(s.world, stayed.refusal)}`;
}

function location(s: Scene, process: ProcessRow, va: number): string {
  const { kernel: k } = s.world;
  const entry = entryAt(k, k.tasks.mm.get(process) as MmRow, vpnOf(va));
  if (entry === 0) return 'has no page';
  const pte = ptep_get(k, entry);
  if (isZeroPage(pte)) return 'reads the shared zero page';
  const page = pte_page(k, entry);
  if (page === 0) return `holds a ${KIND_NAMES[kindOf(pte)]} entry`;
  const device = deviceOfPage(k, page);
  const zone = ZONE_NAMES[k.zones.typeOf(k.pages.zone(page))];
  const where =
    device === 0
      ? `is in system memory (zone ${zone})`
      : `is in the memory of ${deviceName(s.world, device)}`;
  return `${where} at pfn 0x${k.pages.pfn(page).toString(16)}`;
}

export function why(s: Scene, process: ProcessRow, va: number): string {
  const { kernel: k } = s.world;
  const name = placeOf(s.world, process, va) ?? showAddress(va);
  const page = pageAt(k, k.tasks.mm.get(process) as MmRow, vpnOf(va));
  const { cause } = storyOf(s, process, vpnOf(va), page);
  const words = cause && CAUSES[cause.name]?.words;
  const because =
    cause === undefined
      ? `no event on it is known${dropped(s)}`
      : `${words} by ${taskName(s.world, cause.task)} at time ${cause.time}`;
  const stayed = whyStayed(s, process, va);
  return `${name} ${location(s, process, va)}: ${because}${stayed === undefined ? '' : `; ${stayed}`}.`;
}

function dropped({ world: { kernel } }: Scene): string {
  const { droppedBefore } = kernel.events;
  return droppedBefore === 0 ? '' : `; the log begins at time ${droppedBefore}`;
}
