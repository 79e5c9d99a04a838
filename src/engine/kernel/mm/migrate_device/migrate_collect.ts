/** The collect step of a migration (mm/migrate_device.c; mm/migrate.c in 4.14): which pages of a range may move. */

import { Hold, PIN_BIAS } from '../../../machine/holds';
import type {
  DeviceRow,
  EntryRow,
  MigrationRow,
  MmRow,
  PageRow,
  SlotRow,
  VmaRow,
  Vpn,
} from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import {
  isPresent,
  isZeroPage,
  kindOf,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { inlined, leaf } from '../../../routine/leaf';
import { MigrateEntryT, MigrationT, PageT } from '../../../routine/routine';
import { MigratePfn, Select } from '../../constants';
import { refuse } from '../../refusals';
import { trylock_page, unlock_page } from '../mmap/mmap_lock';
import { pte_offset, pte_page, ptep_get, set_pte, set_pte_unflushed } from '../pgtable';
import { folio_remove_rmap } from '../rmap/rmap';
import { get_page, getsPage, is_device_coherent, is_device_private, put_page_held } from '../swap/page_ref';
import { slot_place } from './migrate_arrays';

/** References that are no pins. */
const NO_PINS = Object.values(Hold).filter((kind) => kind !== Hold.Pin);

/** folio_maybe_dma_pinned: for a small page no more than a guess from its count. */
function is_pinned(k: Kernel, page: PageRow): boolean {
  const folio = k.pages.folio(page);
  return k.pages.has(folio, Pg.Head) ? k.pages.pins.get(folio) > 0 : k.pages.refcount.get(page) >= PIN_BIAS;
}

/**
 * Takes a page's exclusiveness away so that it can be shared or moved; false for a page that may be pinned
 * (folio_try_share_anon_rmap_pte).
 */
export function folio_try_share_anon_rmap(k: Kernel, page: PageRow): boolean {
  if (!is_device_private(k, page) && is_pinned(k, page)) return false;
  k.pages.clearFlag(page, Pg.AnonExclusive);
  return true;
}

const try_share = leaf({
  name: 'folio_try_share_anon_rmap_pte',
  file: 'include/linux/rmap.h',
  about: 'Takes the mark of exclusiveness off an anonymous page, unless it may be pinned.',
  aliases: ['page_try_share_anon_rmap'],
  isIn: (profile) => profile.anonExclusive,
  params: { page: PageT },
  lines: [
    'if (!is_device_private_page(page) && folio_maybe_dma_pinned(folio))',
    '    return -EBUSY',
    'ClearPageAnonExclusive(page)',
    'return 0',
  ],
});

/** Says that a step takes away the exclusiveness of a page, if it comes to one that has it. */
export const sharesAnon = <F>(page: (k: Kernel, f: F) => PageRow) =>
  inlined(try_share, (k: Kernel, f: F) => {
    const found = page(k, f);
    return found !== 0 && k.pages.has(found, Pg.AnonExclusive) ? { page: found } : undefined;
  });

/** Old kernels look for soft-dirty where present entries have it: of a device's entry that is a bit of the type, always set. */
function reads_as_soft_dirty(k: Kernel, pte: number): boolean {
  if (kindOf(pte) === Pte.DevicePrivate && k.profile.softDirty && !k.profile.deviceEntriesKeepSoftDirty)
    return true;
  return (pte & PTE_SOFT_DIRTY) !== 0;
}

/** The entry that stands for a page in migration; permission and the bits that survive come from the old entry. */
export function migration_pte(k: Kernel, pte: number, write: boolean, exclusive: boolean): number {
  const kept = (pte & PTE_UFFD_WP) | (reads_as_soft_dirty(k, pte) ? PTE_SOFT_DIRTY : 0);
  const age = isPresent(pte) && k.profile.migrationKeepsYoungDirty ? pte & (PTE_YOUNG | PTE_DIRTY) : 0;
  const access = write ? PTE_WRITE : exclusive ? PTE_EXCLUSIVE : 0;
  return Pte.Migration | kept | age | access;
}

/** pgmap_owner: is this device page one of the device that migrates? */
function owned(k: Kernel, m: MigrationRow, page: PageRow): boolean {
  const device = k.devices.pgmapDevice.get(k.pages.pgmap(page)) as DeviceRow;
  return device === k.migrations.owner.get(m);
}

/** The selection flags ask for this page (always, before there was a selection). */
export function selected(k: Kernel, m: MigrationRow, page: PageRow): boolean {
  if (!k.profile.splitMigrateApi) return true;
  const select = k.migrations.select.get(m);
  if (is_device_private(k, page)) return (select & Select.DevicePrivate) !== 0 && owned(k, m, page);
  if (is_device_coherent(k, page)) return (select & Select.DeviceCoherent) !== 0 && owned(k, m, page);
  return (select & Select.System) !== 0;
}

/** Why the selection leaves the page: another kind of memory, or another device's. */
function refuse_selection(k: Kernel, m: MigrationRow, slot: SlotRow, page: PageRow): void {
  const asked = k.migrations.select.get(m);
  const pgmap = k.pages.pgmap(page);
  const wanted = is_device_private(k, page) ? Select.DevicePrivate : Select.DeviceCoherent;
  const others = pgmap !== 0 && (asked & wanted) !== 0;
  refuse(k, others ? 'other_owner' : 'not_selected', {
    at: slot_place(k, m, slot),
    page,
    found: others ? k.devices.pgmapDevice.get(pgmap) : k.devices.pgmapType.get(pgmap),
    wanted: others ? k.migrations.owner.get(m) : asked,
  });
}

function collect_hole(k: Kernel, m: MigrationRow, slot: SlotRow): void {
  k.slots.srcFlags.set(slot, MigratePfn.Migrate);
  k.migrations.cpages.add(m, 1);
}

/** 4.14 asks pte_write() of the swap entry: on x86 that is the bit where the entry keeps soft-dirty. */
function reads_as_writable(k: Kernel, pte: number): boolean {
  if (isPresent(pte) || !k.profile.collectMisreadsWrite) return (pte & PTE_WRITE) !== 0;
  return (pte & PTE_SOFT_DIRTY) !== 0;
}

/** Puts a migration entry where the locked page was mapped, and drops that mapping and its reference. */
function replace_by_migration_entry(k: Kernel, vma: VmaRow, entry: EntryRow, page: PageRow): boolean {
  const pte = ptep_get(k, entry);
  const exclusive = k.pages.has(page, Pg.AnonExclusive);
  if (exclusive && !folio_try_share_anon_rmap(k, page)) return false;
  if (k.profile.migrationMovesDirty && isPresent(pte) && pte & PTE_DIRTY) k.pages.setFlag(page, Pg.Dirty);
  const set = k.profile.flushUnderLock ? set_pte : set_pte_unflushed;
  set(k, entry, migration_pte(k, pte, reads_as_writable(k, pte), exclusive), page);
  folio_remove_rmap(k, page, vma);
  put_page_held(k, page, Hold.Pte, 0);
  return true;
}

/** This migration has the page lock, or can have it. */
function can_lock(k: Kernel, faultFolio: PageRow, page: PageRow): boolean {
  const isFaultPage = k.profile.faultTrylocksPage && faultFolio === page;
  return isFaultPage || k.pages.lockOwner.get(k.pages.folio(page)) === 0;
}

function collect_page(k: Kernel, m: MigrationRow, slot: SlotRow, entry: EntryRow, faultFolio: PageRow): void {
  const page = pte_page(k, entry);
  const pte = ptep_get(k, entry);
  const write = pte & PTE_WRITE ? MigratePfn.Write : 0;
  const device = !k.profile.splitMigrateApi && is_device_private(k, page) ? MigratePfn.Device : 0;
  get_page(k, page, Hold.Collect, m);
  const faultLocked = k.profile.faultTrylocksPage && faultFolio === page;
  const locked = faultLocked || trylock_page(k, page);
  if (!locked && k.profile.collectSkipsLocked) {
    refuse(k, 'locked', { at: slot_place(k, m, slot), page, lock: true });
    drop_collected(k, m, page);
    return;
  }
  if (locked && !replace_by_migration_entry(k, k.migrations.vma.get(m) as VmaRow, entry, page)) {
    refuse(k, 'may_be_pinned', {
      at: slot_place(k, m, slot),
      page,
      found: k.pages.refcount.get(page),
      besides: NO_PINS,
    });
    unlock_page(k, page);
    drop_collected(k, m, page);
    return;
  }
  const lockFlag = locked && !k.profile.collectSkipsLocked ? MigratePfn.Locked : 0;
  k.slots.srcFlags.set(slot, MigratePfn.Valid | MigratePfn.Migrate | write | device | lockFlag);
  k.slots.srcPage.set(slot, page);
  k.migrations.cpages.add(m, 1);
}

/** The page's entry still holds it, so this can't be the last reference. */
function drop_collected(k: Kernel, m: MigrationRow, page: PageRow): void {
  put_page_held(k, page, Hold.Collect, m);
}

/** An entry for a page of a large folio that is asked for. */
export function maps_large_folio(k: Kernel, m: MigrationRow, entry: EntryRow): boolean {
  const page = pte_page(k, entry);
  const kind = kindOf(ptep_get(k, entry));
  if (page === 0 || (kind !== Pte.Present && kind !== Pte.DevicePrivate)) return false;
  return k.pages.has(page, Pg.Head | Pg.Tail) && selected(k, m, page);
}

/** The page that a collected entry leads to, if it is one to be taken; else 0. */
function page_to_take(k: Kernel, m: MigrationRow, slot: SlotRow): PageRow {
  const entry = pte_offset(k, k.mm.mm.get(k.migrations.vma.get(m)) as MmRow, k.slots.vpn.get(slot) as Vpn);
  const pte = ptep_get(k, entry);
  const page = isZeroPage(pte) ? (0 as PageRow) : pte_page(k, entry);
  const moves = kindOf(pte) === Pte.Present || kindOf(pte) === Pte.DevicePrivate;
  if (page === 0 || !moves || k.pages.mapping.get(page) === 0) return 0 as PageRow;
  return !k.pages.has(page, Pg.Head | Pg.Tail) && selected(k, m, page) ? page : (0 as PageRow);
}

const collect_entry = leaf({
  name: 'migrate_vma_collect_pmd',
  file: 'mm/migrate_device.c',
  about: 'One entry of the table: a hole or a page that may move is collected, anything else stays as it is.',
  params: { migration: MigrationT, slot: MigrateEntryT },
  lines: [
    'if (pte_none(pte))',
    '    a hole, collected in anonymous memory',
    'if (is_zero_pfn(pte_pfn(pte)))',
    '    collected as a hole, if system memory is asked for',
    'if (!pte_present(pte) && !is_device_private_entry(entry))',
    '    left alone',
    'if (!(migrate->flags & the kind of its memory), or pgmap->owner != migrate->pgmap_owner)',
    '    left alone',
    'if (!page || !page->mapping || folio_test_large(folio))',
    '    left alone',
    'folio_get(folio)',
    'if (!folio_trylock(folio))',
    '    left alone',
    'if (anon_exclusive && folio_try_share_anon_rmap_pte(folio, page))',
    '    left alone',
    'set_pte_at(mm, addr, ptep, make_migration_entry(page))',
    'migrate->src[i] = migrate_pfn(page) | MIGRATE_PFN_MIGRATE',
  ],
});

type Collected = { migration: MigrationRow; slot: SlotRow; faultFolio: PageRow };

/** What a step that collects the entry of `f.slot` runs. */
export const collectsEntry = <F extends Collected>() => [
  inlined(collect_entry, (_: Kernel, { migration, slot }: F) => ({ migration, slot })),
  getsPage((k: Kernel, f: F) => {
    const page = page_to_take(k, f.migration, f.slot);
    return page === 0 ? undefined : { page, hold: Hold.Collect, who: f.migration };
  }),
  sharesAnon((k: Kernel, f: F) => {
    const page = page_to_take(k, f.migration, f.slot);
    return page !== 0 && can_lock(k, f.faultFolio, page) ? page : (0 as PageRow);
  }),
];

/**
 * Looks at one entry of the range, under the page-table lock (the body of migrate_vma_collect_pmd's loop). `faultFolio` is
 * locked by the fault that migrates.
 */
export function migrate_vma_collect_entry(
  k: Kernel,
  m: MigrationRow,
  slot: SlotRow,
  faultFolio: PageRow,
): void {
  const vma = k.migrations.vma.get(m) as VmaRow;
  const entry = pte_offset(k, k.mm.mm.get(vma) as MmRow, k.slots.vpn.get(slot) as Vpn);
  const pte = ptep_get(k, entry);
  const kind = kindOf(pte);
  k.slots.srcFlags.set(slot, 0);
  k.slots.srcPage.set(slot, 0);
  if (kind === Pte.None) {
    if (k.profile.collectsFileHoles || k.mm.isAnonymous(vma)) collect_hole(k, m, slot);
    else refuse(k, 'file_hole', { at: slot_place(k, m, slot) });
    return;
  }
  if (isZeroPage(pte)) {
    const wanted = !k.profile.splitMigrateApi || (k.migrations.select.get(m) & Select.System) !== 0;
    if (wanted) collect_hole(k, m, slot);
    else refuse(k, 'zero_page', { at: slot_place(k, m, slot) });
    return;
  }
  const page = pte_page(k, entry);
  if (kind !== Pte.Present && kind !== Pte.DevicePrivate)
    refuse(k, 'entry_kind', { at: slot_place(k, m, slot), page, found: kind });
  else if (page === 0 || k.pages.mapping.get(page) === 0)
    refuse(k, 'special_page', { at: slot_place(k, m, slot), page });
  else if (k.pages.has(page, Pg.Head | Pg.Tail))
    refuse(k, 'large_folio', { at: slot_place(k, m, slot), page });
  else if (selected(k, m, page)) collect_page(k, m, slot, entry, faultFolio);
  else refuse_selection(k, m, slot, page);
}
