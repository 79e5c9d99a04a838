/** Migrations in flight between setup and finalize (I13 to I16). */

import { MigratePfn } from '../kernel/constants';
import { is_driver_page } from '../kernel/mm/swap/page_ref';
import type { PageRow, SlotRow } from '../machine/ids';
import { Pg } from '../machine/pages';
import type { CheckState } from './state';
import type { Involved } from './violation';
import { count, pageName } from './words';

/** How far a migration has come, as far as the checks tell: `moved` = the pages step is over. */
type Phase = 'collecting' | 'collected' | 'moving' | 'moved' | 'finishing';

const COLLECTS: readonly string[] = [
  'migrate_vma_setup',
  'migrate_vma_collect',
  'migrate_device_unmap',
  'migrate_vma_prepare',
  'migrate_vma_unmap',
];

/** Reads the phase from the stack of the migration's task, so that it is known after a jump in time too. */
export class Migrations {
  /** By routine: what it means for the phase when it is on the stack of the migration's task. */
  readonly #meaning: (Phase | undefined)[];
  readonly #slotOf: number[];
  readonly #notifiedOf: number[];

  constructor(s: CheckState) {
    const { routines } = s.linked;
    this.#meaning = routines.map(({ routine }) => {
      if (COLLECTS.includes(routine.name)) return 'collecting';
      if (routine.name === 'migrate_vma_pages') return 'moving';
      return routine.name === 'migrate_vma_finalize' ? 'finishing' : undefined;
    });
    const numberOf = (name: string): number[] =>
      routines.map(({ slots }) => slots.findIndex((slot) => slot.name === name));
    this.#slotOf = numberOf('slot');
    this.#notifiedOf = numberOf('notified');
  }

  check(s: CheckState): void {
    const { migrations } = s.kernel;
    for (let m = migrations.table.after(0); m !== 0; m = migrations.table.after(m)) {
      const phase = this.#phase(s, m);
      s.at('migration', m, s.now);
      if (phase === 'collected') checkCollected(s, m);
      if (phase === 'collected' || phase === 'moved') checkSources(s, m);
      if (phase === 'moved') checkMoved(s, m);
    }
  }

  #phase(s: CheckState, m: number): Phase {
    const { tasks, migrations } = s.kernel;
    let phase: Phase = 'collected';
    for (let base = tasks.base.get(migrations.task.get(m)); base !== 0; base = tasks.stack.get(base - 1)) {
      const routine = tasks.stack.get(base - 3);
      const meaning = this.#meaning[routine];
      if (meaning === undefined) continue;
      if (meaning === 'collecting') return meaning;
      const begun =
        this.#local(s, base, this.#slotOf[routine]) !== 0 ||
        this.#local(s, base, this.#notifiedOf[routine]) !== 0;
      if (meaning === 'finishing') phase = begun ? 'finishing' : 'moved';
      else if (begun) phase = 'moving';
    }
    return phase;
  }

  #local(s: CheckState, base: number, slot = -1): number {
    return slot < 0 ? 0 : s.kernel.tasks.stack.get(base + slot);
  }
}

const slotsOf = (s: CheckState, m: number): Iterable<SlotRow> =>
  s.kernel.slots.of(s.kernel.migrations.head.get(m) as SlotRow);

function checkCollected(s: CheckState, m: number): void {
  const { slots, migrations } = s.kernel;
  let migrating = 0;
  for (const slot of slotsOf(s, m)) {
    const flags = slots.srcFlags.get(slot);
    if (flags & MigratePfn.Migrate) migrating++;
    else if (flags !== 0)
      s.broken(
        15,
        { migration: m },
        `after setup an entry of src should be 0 or migrate; it is 0x${flags.toString(16)}`,
      );
    const target = slots.dstPage.get(slot) as PageRow;
    if (target !== 0) checkTarget(s, m, target);
  }
  const cpages = migrations.cpages.get(m);
  if (cpages !== migrating)
    s.broken(
      15,
      { migration: m },
      `cpages should be ${migrating}, the entries that migrate; it is ${cpages}`,
    );
}

function checkTarget(s: CheckState, m: number, target: PageRow): void {
  const { kernel: k, entries } = s;
  const involved = (): Involved => ({ ...s.page(target), migration: m });
  const name = (): string => pageName(k, target);
  if (!k.pages.has(target, Pg.Locked)) s.broken(14, involved(), `the destination ${name()} is not locked`);
  const references = 1 + (is_driver_page(k, target) ? k.profile.freeDeviceRefcount : 0);
  const refcount = k.pages.refcount.get(target);
  if (refcount !== references)
    s.broken(
      14,
      involved(),
      `the destination ${name()} should have refcount ${references}; it has ${refcount}`,
    );
  const visible =
    entries.mapped.get(target) +
    entries.entire.get(target) +
    entries.migrating.get(target) +
    entries.exclusive.get(target);
  if (visible > 0)
    s.broken(
      14,
      involved(),
      `${count(visible, 'entry', 'entries')} already stand for the destination ${name()}`,
    );
}

const MOVES = MigratePfn.Valid | MigratePfn.Migrate;

function checkSources(s: CheckState, m: number): void {
  const { kernel: k } = s;
  for (const slot of slotsOf(s, m)) {
    if ((k.slots.srcFlags.get(slot) & MOVES) !== MOVES) continue;
    const page = k.slots.srcPage.get(slot) as PageRow;
    const involved = (): Involved => ({ ...s.page(page), migration: m });
    const name = (): string => pageName(k, page);
    if (!k.pages.has(page, Pg.Locked)) s.broken(13, involved(), `${name()} migrates and is not locked`);
    const mapcount = k.pages.folioMapcount(page);
    if (mapcount !== 0) s.broken(13, involved(), `${name()} migrates and has mapcount ${mapcount}`);
    if (k.pages.has(page, Pg.Lru)) s.broken(13, involved(), `${name()} migrates and is on an LRU list`);
  }
}

function checkMoved(s: CheckState, m: number): void {
  const { kernel: k } = s;
  for (const slot of slotsOf(s, m)) {
    if ((k.slots.srcFlags.get(slot) & MOVES) !== MOVES) continue;
    const from = k.slots.srcPage.get(slot) as PageRow;
    const to = k.slots.dstPage.get(slot) as PageRow;
    // A driver may give up before it asks for the move: finalize restores what has no destination.
    if (to === 0) continue;
    const involved = (): Involved => ({ ...s.page(from), migration: m });
    if (k.pages.mapping.get(to) !== k.pages.mapping.get(from))
      s.broken(16, involved(), `${pageName(k, from)} migrates, and its destination has not got its mapping`);
    if (k.pages.memcg.get(from) !== 0)
      s.broken(16, involved(), `${pageName(k, from)} migrates and is still charged`);
  }
}
