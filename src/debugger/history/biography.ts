/** The biography of a page of a process: what was at its address from its first touch on, who changed that, and every refusal. */

import { ptep_get } from '../../engine/kernel/mm/pgtable';
import type { MmRow, PageRow, TaskRow, Vpn } from '../../engine/machine/ids';
import { vaOf } from '../../engine/machine/ids';
import { isZeroPage, KIND_NAMES, kindOf } from '../../engine/machine/pte';
import type { EventName } from '../../engine/routine/event-schema';
import type { Work } from '../../engine/time/work';
import { type HistoryTable, MOST_ROWS } from '../../protocol/history';
import {
  entryAt,
  pageAt,
  placeOf,
  refusalOf,
  type Subject,
  showAddress,
  showPage,
  spaceOf,
  type World,
} from '../../view/environment';
import type { Change } from '../changes/change-watch';
import type { Watched } from '../changes/watched';
import { changeLine, writer } from '../changes/words';
import type { CodeMap } from '../code-map';
import type { Watching } from '../replay';
import { lookAgain } from './again';
import { eventLine } from './event-line';
import { Rows } from './rows';

/** Events at an address: `vpn` and, where the event names one, the process are at these places of their arguments. */
const AT_ADDRESS: Partial<Record<EventName, { readonly vpn: number; readonly process?: number }>> = {
  handle_mm_fault: { vpn: 0 },
  migrate_to_ram: { vpn: 0 },
  device_fault: { vpn: 2, process: 1 },
  refused: { vpn: 2, process: 1 },
};
const EVENTS = [...Object.keys(AT_ADDRESS), 'page_free', 'signal'] as readonly EventName[];

/** A page of a process in history: as rows are used again, the process is known by its name too. */
class Place {
  readonly #name: number;

  constructor(
    readonly world: World,
    readonly subject: Subject,
  ) {
    this.#name = world.kernel.tasks.name.get(subject.process);
  }

  get #mm(): MmRow {
    const { tasks } = this.world.kernel;
    const { process } = this.subject;
    const isIt = tasks.processes.isLive(process) && tasks.name.get(process) === this.#name;
    return (isIt ? tasks.mm.get(process) : 0) as MmRow;
  }

  get page(): PageRow {
    return pageAt(this.world.kernel, this.#mm, this.subject.vpn as Vpn);
  }

  /** What is there, without the bits that accesses set: `present, pfn 0x100 (Normal)`. */
  get state(): string {
    const { kernel: k } = this.world;
    const entry = entryAt(k, this.#mm, this.subject.vpn as Vpn);
    if (entry === 0) return 'nothing';
    const pte = ptep_get(k, entry);
    if (isZeroPage(pte)) return 'the zero page';
    const { page } = this;
    return `${KIND_NAMES[kindOf(pte)]}${page === 0 ? '' : `, ${showPage(this.world, page)}`}`;
  }

  isAt(process: number | undefined, task: TaskRow, vpn: number | undefined): boolean {
    return vpn === this.subject.vpn && (process ?? spaceOf(this.world, task)) === this.subject.process;
  }
}

/** What is seen of a place while history is gone through. */
class Life {
  /** Pages that have left the place, or come to it, in this part: their being freed belongs to it. */
  #pages = new Set<PageRow>();
  #page = 0 as PageRow;

  constructor(
    readonly place: Place,
    readonly rows: Rows,
  ) {}

  readonly watched: Watched = {
    text: 'biography',
    read: () => this.place.state,
    show: (reading) => String(reading),
  };

  begin(): void {
    this.#page = this.place.page;
    this.#pages = new Set([this.#page]);
    this.rows.begin();
  }

  atChanges(changes: readonly Change[]): void {
    const [change] = changes;
    if (change === undefined) return;
    const { world, map } = this.rows;
    this.#page = this.place.page;
    this.#pages.add(this.#page);
    const what = `${change.before} → ${change.after} (${writer(world, map, change)})`;
    this.rows.add(change.task, what, [], changeLine(world, map, changes));
  }

  atEvent(task: TaskRow, name: EventName, args: readonly number[]): void {
    const what = this.#words(task, name, args);
    if (what !== undefined) this.rows.add(task, what);
  }

  #words(task: TaskRow, name: EventName, args: readonly number[]): string | undefined {
    const { place } = this;
    const { world, subject } = place;
    const at = AT_ADDRESS[name];
    const words = (): string => eventLine(world, name, task, args);
    if (name === 'page_free') return this.#freed(args[0] as PageRow) ? words() : undefined;
    if (name === 'signal') {
      const isHere = args[0] === subject.process && Math.floor((args[3] ?? 0) / 4096) === subject.vpn;
      return isHere ? words() : undefined;
    }
    if (name === 'refused') return this.#isRefusedHere(args) ? words() : undefined;
    if (at === undefined) return undefined;
    const process = at.process === undefined ? undefined : args[at.process];
    return place.isAt(process, task, args[at.vpn]) ? words() : undefined;
  }

  #isRefusedHere(args: readonly number[]): boolean {
    const { subject } = this.place;
    const { process, vpn, page } = refusalOf(args);
    if (process === 0) return page !== 0 && page === this.#page;
    return process === subject.process && vpn === subject.vpn;
  }

  /** Whether a page that is freed has been here: each time it is told once. */
  #freed(page: PageRow): boolean {
    return this.#pages.delete(page);
  }
}

/** Goes through all that has run for the biography of the page at an address. */
export function* biography(watching: Watching, map: CodeMap, subject: Subject): Work<HistoryTable> {
  const { world } = watching.scene;
  const rows = new Rows(world, map);
  const life = new Life(new Place(world, subject), rows);
  const va = vaOf(subject.vpn as Vpn);
  const title = `Biography of ${placeOf(world, subject.process, va) ?? showAddress(va)}`;
  yield* lookAgain(watching, watching.engine.time, {
    events: EVENTS,
    atEvent: (task, name, args) => life.atEvent(task, name, args),
    watched: [life.watched],
    atChanges: (changes) => life.atChanges(changes),
    begin: () => life.begin(),
    end: () => rows.end(),
  });
  const note = rows.cut ? { note: `These are the newest ${MOST_ROWS} of its moments.` } : {};
  return { title, columns: [], rows: [...rows.list], ...note };
}
