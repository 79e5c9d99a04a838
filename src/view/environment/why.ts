/** `why buf[3]`: one sentence on where a page is and what brought it there. */

import { pte_page, ptep_get } from '../../engine/kernel/mm/pgtable';
import { RULES } from '../../engine/kernel/refusals';
import { type MmRow, type ProcessRow, vpnOf } from '../../engine/machine/ids';
import { isZeroPage, KIND_NAMES, kindOf } from '../../engine/machine/pte';
import { ZONE_NAMES } from '../../engine/machine/zones';
import { showAddress } from './format';
import { deviceOfPage, entryAt, pageAt, placeOf } from './pages';
import { refusalWords } from './refusals';
import { deviceName, type Scene, taskName, type World } from './scene';
import { STORY_EVENTS, type Story, type Subject, Telling } from './story';

/** The page at an address of a process, as its story is told. */
export function subjectAt({ kernel: k }: World, process: ProcessRow, va: number): Subject {
  const vpn = vpnOf(va);
  return { process, vpn, page: pageAt(k, k.tasks.mm.get(process) as MmRow, vpn) };
}

/** What the log says of a page. */
function loggedStory(world: World, subject: Subject): Story {
  const { events, time } = world.kernel;
  const telling = new Telling(world, subject);
  const { vpn, page } = subject;
  let taken = 0;
  for (const event of events.backwards(time, STORY_EVENTS, [vpn, page])) {
    taken++;
    if (telling.take(event)) break;
  }
  world.kernel.worked(taken);
  return telling.story;
}

/** Whether what brought a page where it is may be older than the log. */
export function isForgotten(world: World, subject: Subject): boolean {
  return world.kernel.events.droppedBefore > 0 && loggedStory(world, subject).cause === undefined;
}

/** What brought the page at an address where it is, by the log: `it was migrated by app at time 537`. */
export function whatBrought(world: World, process: ProcessRow, va: number): string | undefined {
  return causeWords(world, loggedStory(world, subjectAt(world, process, va)));
}

function causeWords(world: World, { cause }: Story): string | undefined {
  return cause && `${cause.words} by ${taskName(world, cause.event.task)} at time ${cause.event.time}`;
}

/** Why the page at an address stayed where it was, the last time that something was to be done with it. */
export function whyStayed({ world }: Scene, process: ProcessRow, va: number): string | undefined {
  return stayedWords(world, loggedStory(world, subjectAt(world, process, va)));
}

function stayedWords(world: World, { stayed }: Story): string | undefined {
  if (stayed === undefined) return undefined;
  const { time, refusal } = stayed;
  return `it stayed at time ${time} (${RULES[refusal.rule]}): ${refusalWords(world, refusal)}`;
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

/** Where the page at an address is and what brought it there, by what the log says, or by a story told elsewhere. */
export function why(s: Scene, process: ProcessRow, va: number, told?: Story): string {
  const { world } = s;
  const name = placeOf(world, process, va) ?? showAddress(va);
  const story = told ?? loggedStory(world, subjectAt(world, process, va));
  const because = causeWords(world, story) ?? `no event on it is known${told ? '' : sinceWhen(world)}`;
  const stayed = stayedWords(world, story);
  return `${name} ${location(s, process, va)}: ${because}${stayed === undefined ? '' : `; ${stayed}`}.`;
}

function sinceWhen({ kernel: { events } }: World): string {
  return events.droppedBefore === 0 ? '' : ` since time ${events.droppedBefore}, where the log begins`;
}
