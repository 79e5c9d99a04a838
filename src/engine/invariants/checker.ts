/**
 * Checks the invariants while a program runs. The write path tells what changes; at every yield only those objects are
 * looked at. What the checker keeps lies outside the machine: it is no part of the state or of its hash, follows the
 * machine when it is put back to another time, and finds the same things at the same times again.
 */

import type { Journal, ReadColumn, WideColumn } from '../machine/column';
import type { PageRow, TaskRow, Vpn } from '../machine/ids';
import type { EventName } from '../routine/event-schema';
import type { Interpreter } from '../time/interpreter';
import { checkAddressSpaces } from './address-spaces';
import { invariantOf } from './catalogue';
import { DeviceChecks, heardCallback, heardPageFree } from './devices';
import { SwapFaults } from './faults';
import { History } from './history';
import { LockOrder } from './lock-order';
import { checkCharges, checkQuiet, checkSwapTypes, isQuiet, syncVmas } from './machine';
import { Marks } from './marks';
import { Migrations } from './migrations';
import { checkMirrorEntries, checkMirrors, followMirrors, Invalidations } from './mirrors';
import { checkNodes, syncNodes } from './nodes';
import { checkSwapCopies, heardStaleWrite, syncContents } from './page-contents';
import { checkEntries } from './page-tables';
import { checkPages, syncHolds } from './pages';
import { RangeFaults } from './range-faults';
import { eventObjects, oneForEachCause, sentence } from './report';
import { CheckState } from './state';
import { checkTasks, heardLivelock } from './tasks';
import { checkTranslations, followTranslations } from './tlb';
import type { Violation } from './violation';
import { watched } from './watched';

/** Told of broken invariants as they are found. */
export type BrokenHook = (violation: Violation) => void;

export class Checker {
  /** Called for each violation, once, before `check` returns; also when a run comes by it again. */
  onBroken: BrokenHook | undefined;
  readonly #state: CheckState;
  readonly #history = new History();
  readonly #devices = new DeviceChecks();
  readonly #migrations: Migrations;
  readonly #faults = new SwapFaults();
  readonly #invalidations = new Invalidations();
  readonly #locks: LockOrder;
  readonly #rangeFaults = new RangeFaults();
  /** Mirror entries that an invalidation or a migration still has to come to. */
  readonly #later: Marks;
  /** Translations whose flush may still come. */
  readonly #unflushed: Marks;
  readonly #allMarks: readonly Marks[];
  /** By column. */
  readonly #marksOf: (Marks | undefined)[] = [];
  readonly #patchColumn: number;
  readonly #sequenceColumn: number;
  readonly #invalidationsColumn: number;
  readonly #told = new Map<number, Violation>();
  #typesChecked = false;
  /** Nothing is remembered of what happened between two checks. */
  #forgotten = false;

  /** Watches a machine that has been set up, and checks all of it at the first yield. */
  constructor(readonly interpreter: Interpreter) {
    const { kernel } = interpreter;
    this.#state = new CheckState(interpreter);
    this.#migrations = new Migrations(this.#state);
    this.#later = new Marks(interpreter);
    this.#unflushed = new Marks(interpreter);
    this.#locks = new LockOrder(this.#state);
    this.#allMarks = Object.values(this.#state.marks);
    const journal: Journal = {
      note: (column, row) => this.#note(column, row),
      restored: (column, first, end) => this.#restored(column, first, end),
    };
    for (const [kind, columns] of watched(this.#state))
      for (const column of columns) if (column) this.#watch(column, this.#state.marks[kind], journal);
    this.#patchColumn = kernel.store.columns.find(({ name }) => name === 'patches.value')?.id ?? -1;
    this.#sequenceColumn = kernel.devices.mirrorSeq.id;
    this.#invalidationsColumn = kernel.mm.activeInvalidations.id;
    const patches = kernel.store.columns[this.#patchColumn];
    if (patches) patches.journal = journal;
    kernel.events.listener = {
      heard: (task, name, leave, args) => {
        if (!interpreter.quiet) this.#heard(task, name, leave, args);
      },
      truncated: (time) => {
        this.#history.truncate(time);
        this.#locks.truncate(time);
      },
    };
    interpreter.onYield = (pc) => {
      this.check(pc);
      return false;
    };
  }

  #watch(column: ReadColumn | WideColumn, marks: Marks, journal: Journal): void {
    this.#marksOf[column.id] = marks;
    column.journal = journal;
    for (let row = 0; row < column.data.length; row++) if (column.get(row) !== 0) marks.add(row);
  }

  /** Every violation found so far on this timeline, in the order of their discovery. */
  get violations(): readonly Violation[] {
    return this.#history.violations;
  }

  /** Those that stand now. */
  get standing(): readonly Violation[] {
    return this.#history.standing(this.interpreter.kernel.time);
  }

  /** Checks what has changed since the last check, before the step at `pc`. Returns what began to be broken now. */
  check(pc: number): readonly Violation[] {
    return this.#checkNow(this.#isScenario(pc));
  }

  /** Checks once more where the run has ended and no yield comes any more. Returns what was found only now. */
  finish(): readonly Violation[] {
    return this.#checkNow(true);
  }

  #isScenario(pc: number): boolean {
    const { linked } = this.interpreter;
    return linked.routines[linked.routineOf[pc] ?? -1]?.routine.scenario === true;
  }

  #checkNow(maybeQuiet: boolean): readonly Violation[] {
    const s = this.#state;
    const { time } = s.kernel;
    if (!this.#history.isEmpty) this.#lookAgain(time);
    this.#run(maybeQuiet);
    if (s.lasting.length > 0 || s.passing.length > 0 || !this.#history.isEmpty)
      this.#history.take(
        time,
        s.lasting.splice(0),
        s.passing.splice(0),
        ({ invariant, row }) => this.#undecided(invariant.number)?.has(row) === true,
      );
    if (this.#history.isEmpty) return [];
    const found = this.#history.foundAt(time);
    for (const violation of oneForEachCause(found)) this.#tell(violation);
    return found;
  }

  /** What the last check of an invariant could not tell yet. */
  #undecided(invariant: number): Marks | undefined {
    if (invariant === 24) return this.#later;
    return invariant === 35 ? this.#unflushed : undefined;
  }

  /** What stands broken is checked again, so that it is known when it is repaired. */
  #lookAgain(time: number): void {
    const { marks } = this.#state;
    for (const { target, row, step } of this.#history.standing(time)) {
      if (target === 'page' || target === 'entry' || target === 'node' || target === 'mm')
        marks[target].follow(row, step);
      if (target === 'entry') marks.mirrorEntry.follow(row, step);
      if (
        target === 'device' ||
        target === 'mirror' ||
        target === 'memcg' ||
        target === 'tlb' ||
        target === 'task'
      )
        marks[target].follow(row, step);
    }
  }

  #run(maybeQuiet: boolean): void {
    const s = this.#state;
    const { marks } = s;
    this.#takeLater();
    syncVmas(s);
    this.#markRoots();
    syncNodes(s);
    syncHolds(s);
    checkEntries(s);
    followMirrors(s);
    followTranslations(s);
    this.#devices.sync(s);
    checkPages(s);
    checkNodes(s);
    syncContents(s);
    checkSwapCopies(s);
    this.#devices.check(s);
    checkAddressSpaces(s);
    checkMirrors(s);
    checkTranslations(s, this.#unflushed);
    checkMirrorEntries(s, this.#later);
    checkTasks(s);
    checkCharges(s);
    this.#migrations.check(s);
    if (marks.area.count > 0 || !this.#typesChecked) checkSwapTypes(s);
    this.#typesChecked = true;
    if (maybeQuiet && isQuiet(s)) checkQuiet(s);
    for (const one of this.#allMarks) one.clear();
    if (s.freed.size > 0) s.freed.clear();
    s.continuous = true;
    this.#forgotten = false;
  }

  /** What the last check left open is looked at again. */
  #takeLater(): void {
    const { mirrorEntry, tlb } = this.#state.marks;
    mirrorEntry.followAll(this.#later);
    this.#later.clear();
    tlb.followAll(this.#unflushed);
    this.#unflushed.clear();
  }

  /** The top tables of address spaces and mirrors that changed. */
  #markRoots(): void {
    const { marks, kernel, entries } = this.#state;
    for (let i = 1; i <= marks.mm.count; i++) {
      const row = marks.mm.at(i);
      const pgd = kernel.mm.pgd.get(row);
      if (pgd !== entries.pgd.get(row) && pgd !== 0) marks.node.follow(pgd, marks.mm.writer(i));
    }
    for (let i = 1; i <= marks.mirror.count; i++) {
      const mirror = marks.mirror.at(i);
      const root = this.#state.mirrorsOf(mirror).root.get(mirror);
      if (root !== 0) marks.node.follow(root, marks.mirror.writer(i));
    }
  }

  /** What was told last of an invariant. */
  told(invariant: number): Violation | undefined {
    return this.#told.get(invariant);
  }

  #tell(violation: Violation): void {
    const [first, second] = eventObjects(violation);
    this.#told.set(violation.invariant.number, violation);
    this.#state.kernel.emit('invariant_broken', violation.invariant.number, first, second);
    this.onBroken?.(violation);
  }

  #note(column: number, row: number): void {
    if (this.interpreter.quiet) this.#jumped();
    const marks = this.#marksOf[column];
    if (marks !== undefined) marks.add(row);
    else if (column === this.#patchColumn) this.#patchNoted(row);
    if (column === this.#sequenceColumn && !this.interpreter.quiet)
      this.#rangeFaults.sequenceSet(this.#state, row);
    if (column === this.#invalidationsColumn) this.#rangeFaults.invalidates(this.#state.kernel.task);
  }

  #patchNoted(row: number): void {
    const page = this.#state.pages.patched.get(row);
    if (page !== 0) this.#state.marks.content.add(page);
  }

  #restored(column: number, first: number, end: number): void {
    this.#jumped();
    for (let row = first; row < end; row++) {
      const marks = this.#marksOf[column];
      if (marks !== undefined) marks.add(row);
      else if (column === this.#patchColumn) this.#patchNoted(row);
    }
  }

  /** Steps have run, or been taken back, that were not checked. */
  #jumped(): void {
    if (this.#forgotten) return;
    this.#forgotten = true;
    this.#state.continuous = false;
    this.#state.pages.replaces.data.fill(0);
    this.#faults.forget();
    this.#invalidations.forget();
    this.#locks.jumped();
    this.#rangeFaults.forget();
  }

  #heard(task: TaskRow, name: EventName, leave: boolean, args: readonly number[]): void {
    const s = this.#state;
    const [first = 0, second = 0, third = 0, fourth = 0] = args;
    this.#forgotten = false;
    switch (name) {
      case 'do_swap_page':
        if (leave) this.#faults.left(s, task, first);
        else this.#faults.entered(task, first, second);
        break;
      case 'migrate_to_ram':
        if (leave) this.#faults.callbackLeft(task, first, second !== 0);
        else {
          this.#faults.callbackEntered(s, task);
          heardCallback(s, task, first as Vpn, second as PageRow, fourth);
        }
        break;
      case 'page_free':
        if (leave) break;
        s.at('page', first, s.now);
        heardPageFree(s, first as PageRow, third, fourth);
        break;
      case 'livelock':
        heardLivelock(s, task, second, third);
        break;
      case 'invalidate':
        this.#invalidations.heard(s, task, leave, args);
        if (!leave) this.#rangeFaults.told(s, task, args);
        break;
      case 'hmm_range_fault':
        if (!leave) this.#rangeFaults.asked(s, task, first, second);
        break;
      case 'stale_translation':
        if (fourth === 0) break;
        s.at('page', third, s.now);
        heardStaleWrite(s, s.kernel.tasks.mmOf(task), second as Vpn, third as PageRow);
        break;
      case 'device_map':
        this.#rangeFaults.entered(s, task, args);
        break;
    }
  }

  /** Name and sentence for an `invariant_broken` event that was emitted. */
  describe(number: number, first: number, second: number): string {
    const found = [...this.violations].reverse().find((violation) => {
      const [object, place] = eventObjects(violation);
      return violation.invariant.number === number && object === first && place === second;
    });
    return found ? sentence(found) : (invariantOf(number)?.about ?? `Invariant ${number} is broken.`);
  }
}
