/** What the events say of one page: what brought it where it is, and what has kept it there since. */

import type { ProcessRow } from '../../engine/machine/ids';
import type { EventName } from '../../engine/routine/event-schema';
import type { Event } from '../../engine/routine/events';
import { isRestored, laterRefusal, type Refusal, refusalOf } from './refusals';
import type { World } from './scene';

/** Events that say how a page came to its place, with the words for it. `vpn` is at this index of their arguments. */
const CAUSES: Partial<Record<EventName, { readonly vpn: number; readonly words: string }>> = {
  do_anonymous_page: { vpn: 0, words: 'it was first touched' },
  do_fault: { vpn: 0, words: 'it was first touched through its file' },
  wp_page_copy: { vpn: 0, words: 'a write to a shared page copied it' },
  migrate_to_ram: { vpn: 0, words: 'a CPU access brought it home' },
  remove_migration_pte: { vpn: 1, words: 'it was migrated' },
  remove_device_exclusive_entry: { vpn: 0, words: 'a CPU access ended its exclusive use by the device' },
};

/** Kinds of event that stories are made of. */
export const STORY_EVENTS: readonly EventName[] = [...(Object.keys(CAUSES) as EventName[]), 'refused'];

export interface Story {
  /** What brought the page where it is: when, which task, and in words. */
  readonly cause: { readonly event: Event; readonly words: string } | undefined;
  readonly stayed: { readonly time: number; readonly refusal: Refusal } | undefined;
}

/** Whose story it is: the page at an address of a process now, or 0 where there is none. */
export interface Subject {
  readonly process: ProcessRow;
  readonly vpn: number;
  readonly page: number;
}

/** Takes events from the newest on, until no earlier one can change the story. */
export class Telling {
  #cause: Event | undefined;
  /** A migration entry was removed, and what was before it is still to say whether that was the end of a move. */
  #moved: Event | undefined;
  #stayed: Story['stayed'];
  /** What was refused belongs to an attempt whose earlier events are still to come. */
  #open = false;

  constructor(
    readonly world: World,
    readonly subject: Subject,
  ) {}

  /** The story as far as it has been told. */
  get story(): Story {
    const event = this.#cause ?? this.#moved;
    const words = event && CAUSES[event.name]?.words;
    return { cause: event && words !== undefined ? { event, words } : undefined, stayed: this.#stayed };
  }

  /** Takes the next earlier event, whatever it is about; true where no still earlier one is needed. */
  take(event: Event): boolean {
    const moved = this.#moved;
    // Behind a fault that is over: what moved was not part of it.
    if (event.leave)
      return event.name === 'migrate_to_ram' && moved?.task === event.task && this.#settle(moved);
    if (!this.#isAbout(event)) return false;
    switch (event.name) {
      case 'refused':
        return this.#refused(event);
      case 'remove_migration_pte':
        this.#open = false;
        if (moved !== undefined) return this.#settle(moved);
        this.#moved = event;
        return false;
      case 'migrate_to_ram':
        // Without a move it has failed, or goes on. With one, that was part of it.
        return moved !== undefined && this.#settle(moved.task === event.task ? event : moved);
      default:
        return this.#settle(moved ?? event);
    }
  }

  #settle(cause: Event): true {
    this.#cause = cause;
    return true;
  }

  #refused(event: Event): boolean {
    const refusal = refusalOf(event.args);
    const moved = this.#moved;
    // What could not move gets its entry back; any other removal of a migration entry is the end of a move.
    if (moved !== undefined && !(moved.task === event.task && isRestored(refusal)))
      return this.#settle(moved);
    this.#moved = undefined;
    if (this.#stayed === undefined) {
      this.#stayed = { time: event.time, refusal };
      this.#open = true;
    } else if (this.#open)
      this.#stayed = { ...this.#stayed, refusal: laterRefusal(refusal, this.#stayed.refusal) };
    return false;
  }

  #isAbout(event: Event): boolean {
    const { process, vpn, page } = this.subject;
    if (event.name === 'refused') {
      const refusal = refusalOf(event.args);
      if (refusal.process === 0) return page !== 0 && refusal.page === page;
      return refusal.process === process && refusal.vpn === vpn;
    }
    const known = CAUSES[event.name];
    if (known === undefined || event.args[known.vpn] !== vpn) return false;
    const moved = event.name === 'remove_migration_pte';
    return process === (moved ? event.args[0] : this.world.kernel.tasks.processOf(event.task));
  }
}
