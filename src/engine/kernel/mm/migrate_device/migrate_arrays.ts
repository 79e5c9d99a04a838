/** The src and dst arrays of a migration, and the loop over them (struct migrate_vma). */

import type { DeviceRow, MigrationRow, MmRow, PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import type { EventName } from '../../../routine/event-schema';
import type { Kernel } from '../../../routine/kernel';
import type { Builder, Node } from '../../../routine/routine';
import { MigratePfn, Notify } from '../../constants';
import { placeIn } from '../../refusals';

/** A new migration of [start, end) of a VMA, its arrays empty. */
export function migration_alloc(
  k: Kernel,
  args: { vma: VmaRow; start: Vpn; end: Vpn; select: number; owner: DeviceRow; faultPage: PageRow },
): MigrationRow {
  const { migrations } = k;
  const m = migrations.table.alloc() as MigrationRow;
  migrations.vma.set(m, args.vma);
  migrations.start.set(m, args.start);
  migrations.end.set(m, args.end);
  migrations.select.set(m, args.select);
  migrations.owner.set(m, args.owner);
  migrations.faultPage.set(m, args.faultPage);
  migrations.head.set(m, k.slots.array(args.start, args.end - args.start));
  migrations.task.set(m, k.task);
  return m;
}

export function migration_free(k: Kernel, m: MigrationRow): void {
  k.slots.free(k.migrations.head.get(m) as SlotRow);
  k.migrations.table.free(m);
}

export const srcPage = (k: Kernel, slot: SlotRow): PageRow => k.slots.srcPage.get(slot) as PageRow;
export const dstPage = (k: Kernel, slot: SlotRow): PageRow => k.slots.dstPage.get(slot) as PageRow;
export const headOf = (k: Kernel, m: MigrationRow): SlotRow => k.migrations.head.get(m) as SlotRow;
export const nextSlot = (k: Kernel, slot: SlotRow): SlotRow => k.slots.next.get(slot) as SlotRow;

/** The entry is still to be migrated. */
export const migrates = (k: Kernel, slot: SlotRow): boolean =>
  (k.slots.srcFlags.get(slot) & MigratePfn.Migrate) !== 0;

export function clear_migrate(k: Kernel, slot: SlotRow): void {
  k.slots.srcFlags.set(slot, k.slots.srcFlags.get(slot) & ~MigratePfn.Migrate);
}

/** The address that an element is about; undefined where pages are migrated by their frame numbers. */
export function slot_place(
  k: Kernel,
  m: MigrationRow,
  slot: SlotRow,
): ReturnType<typeof placeIn> | undefined {
  const vma = k.migrations.vma.get(m);
  return vma === 0 ? undefined : placeIn(k, k.mm.mm.get(vma) as MmRow, k.slots.vpn.get(slot) as Vpn);
}

/** Logs src or dst of the migration as it is now. */
export function log_array(k: Kernel, m: MigrationRow, dst: boolean): void {
  const { slots } = k;
  const flags = dst ? slots.dstFlags : slots.srcFlags;
  const pages = dst ? slots.dstPage : slots.srcPage;
  const numbers = [dst ? 1 : 0];
  for (let slot = headOf(k, m); slot !== 0; slot = nextSlot(k, slot))
    numbers.push(flags.get(slot), pages.get(slot));
  k.emitAll('migrate_array', numbers);
}

/** Logs that a phase begins. */
export function log_phase(k: Kernel, name: EventName, m: MigrationRow): void {
  const { migrations } = k;
  const start = migrations.start.get(m);
  const pages = migrations.end.get(m) - start;
  const select = migrations.select.get(m);
  const owner = migrations.owner.get(m);
  const fault = migrations.faultPage.get(m);
  if (name === 'migrate_vma_setup') k.emit(name, start, pages, select, owner, fault);
  else k.emit(name, start, pages, select, owner, fault, migrations.cpages.get(m));
}

export type WithMigration = { migration: MigrationRow };
export type WithSlot = { migration: MigrationRow; slot: SlotRow };

/** What mirrors are told of a migration: its whole range, and who it is. */
export function notifierRange(
  k: Kernel,
  f: WithMigration,
  callee: { mm: MmRow; start: Vpn; end: Vpn; event: number; owner: DeviceRow },
): void {
  callee.mm = k.mm.mm.get(k.migrations.vma.get(f.migration)) as MmRow;
  callee.start = k.migrations.start.get(f.migration) as Vpn;
  callee.end = k.migrations.end.get(f.migration) as Vpn;
  callee.event = Notify.MIGRATE;
  callee.owner = k.migrations.owner.get(f.migration) as DeviceRow;
}

/** Runs `body` for each element of the arrays, `f.slot` being the element. */
export function forEachSlot<F extends WithSlot>(r: Builder<F>, text: string, body: Node<F>[]): Node<F>[] {
  return [
    r.step(`i = 0: ${text}`, (k, f) => {
      f.slot = headOf(k, f.migration);
    }),
    r.loop('(i < npages)', (_, f) => f.slot !== 0, [
      ...body,
      r.step('i++', (k, f) => {
        f.slot = nextSlot(k, f.slot);
      }),
    ]),
  ];
}
