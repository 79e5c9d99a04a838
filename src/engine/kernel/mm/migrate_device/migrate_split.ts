/** A huge page that moves to small ones (migrate_vma_split_unmapped_folio, mm/migrate_device.c). */

import type { PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { ErrnoT, MigrateEntryT, MigrationT, PageT, routine } from '../../../routine/routine';
import { MigratePfn } from '../../constants';
import { split_huge_pmd } from '../huge_memory/huge_memory';
import { folio_split_unmapped } from '../huge_memory/split_huge_page';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { nextSlot, srcPage, type WithSlot } from './migrate_arrays';

const flagsOf = (k: Kernel, slot: SlotRow): number => k.slots.srcFlags.get(slot);

/** The source is compound and migrates. */
export const is_compound = (k: Kernel, slot: SlotRow): boolean => {
  const both = MigratePfn.Migrate | MigratePfn.Compound;
  return (flagsOf(k, slot) & both) === both;
};

/** What the driver gave for it is compound, too. */
export const takes_compound = (k: Kernel, slot: SlotRow): boolean =>
  (k.slots.dstFlags.get(slot) & MigratePfn.Compound) !== 0;

/** The elements from this one on that stand for its 512 pages. */
function* elements(k: Kernel, first: SlotRow): Iterable<SlotRow> {
  let slot = first;
  for (let i = 0; i < HUGE_PAGES && slot !== 0; i++, slot = nextSlot(k, slot)) yield slot;
}

/** A hole that was to be filled at once is filled page by page. */
export function fill_singly(k: Kernel, { slot }: WithSlot): void {
  k.slots.srcFlags.set(slot, flagsOf(k, slot) & ~MigratePfn.Compound);
  for (const at of elements(k, slot)) k.slots.srcFlags.set(at, flagsOf(k, at) | MigratePfn.Migrate);
}

/** It does not move. */
export function keep_compound(k: Kernel, { slot }: WithSlot): void {
  k.slots.srcFlags.set(slot, flagsOf(k, slot) & ~(MigratePfn.Migrate | MigratePfn.Compound));
}

/** Each page of the folio, which is split now, has its own element. */
function spread(k: Kernel, { slot }: WithSlot): void {
  const folio = srcPage(k, slot);
  const flags = flagsOf(k, slot) & ~MigratePfn.Compound;
  let n = 0;
  for (const at of elements(k, slot)) {
    k.slots.srcPage.set(at, k.pages.nth(folio, n++));
    k.slots.srcFlags.set(at, flags);
  }
}

/** Returns 0, or -EAGAIN where the folio can't be split; then it is mapped page by page, or will be. */
export const migrate_vma_split_unmapped_folio = routine({
  name: 'migrate_vma_split_unmapped_folio',
  file: 'mm/migrate_device.c',
  about:
    'The driver has small pages for a huge one: make its migration entry 512 of them, and 512 pages of it.',
  params: { migration: MigrationT, slot: MigrateEntryT },
  locals: { folio: PageT, ret: ErrnoT },
  body: (r) => [
    r.step('folio = page_folio(migrate_pfn_to_page(src[i]))', (k, f) => {
      f.folio = srcPage(k, f.slot);
    }),
    r.call('split_huge_pmd_address(vma, addr, freeze)', split_huge_pmd, (k, f, callee) => {
      callee.vma = k.migrations.vma.get(f.migration) as VmaRow;
      callee.vpn = k.slots.vpn.get(f.slot) as Vpn;
      callee.freeze = 1;
      callee.folio = 0 as PageRow;
    }),
    r.call(
      'ret = folio_split_unmapped(folio, 0)',
      folio_split_unmapped,
      (_, f, callee) => {
        callee.folio = f.folio;
        callee.migration = f.migration;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.when('(!ret)', (_, f) => f.ret === 0, [
      r.step('src[i + j] = migrate_pfn(pfn + j) | flags, without COMPOUND', spread),
    ]),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
