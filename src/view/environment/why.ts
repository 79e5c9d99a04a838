/** `why buf[3]`: one sentence on where a page is and what brought it there. */

import { pte_page, ptep_get } from '../../engine/kernel/mm/pgtable';
import { type MmRow, type ProcessRow, vpnOf } from '../../engine/machine/ids';
import { isZeroPage, KIND_NAMES, kindOf } from '../../engine/machine/pte';
import { ZONE_NAMES } from '../../engine/machine/zones';
import type { Event, EventName } from '../../engine/routine/events';
import { showAddress } from './format';
import { deviceOfPage, entryAt, placeOf } from './pages';
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

function lastCause({ world }: Scene, process: ProcessRow, vpn: number): Event | undefined {
  const { events, time, tasks } = world.kernel;
  let last: Event | undefined;
  let fault: Event | undefined;
  for (const event of events.between(0, time)) {
    const cause = event.leave ? undefined : CAUSES[event.name];
    if (cause === undefined || event.args[cause.vpn] !== vpn) continue;
    const owner = event.name === 'remove_migration_pte' ? event.args[0] : tasks.processOf(event.task);
    if (owner !== process) continue;
    if (event.name === 'migrate_to_ram') fault = event;
    // The migration that a CPU fault makes is part of that fault.
    const home = event.name === 'remove_migration_pte' && fault !== undefined && fault.task === event.task;
    last = home ? fault : event;
    if (event.name === 'remove_migration_pte') fault = undefined;
  }
  return last;
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
  const name = placeOf(s.world, process, va) ?? showAddress(va);
  const cause = lastCause(s, process, vpnOf(va));
  const words = cause && CAUSES[cause.name]?.words;
  const because =
    cause === undefined
      ? 'no event on it is known'
      : `${words} by ${taskName(s.world, cause.task)} at time ${cause.time}`;
  return `${name} ${location(s, process, va)}: ${because}.`;
}
