/** What every page migration shares (mm/migrate.c): waiting on migration entries, moving a page's identity, restoring entries. */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import {
  kindOf,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../../machine/pte';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import { inlined, leaf } from '../../../routine/leaf';
import { EntryT, Int, PageT, routine } from '../../../routine/routine';
import { type Refused, refuse } from '../../refusals';
import { migration_pmd, remove_migration_pmd } from '../huge_memory/migration_pmd';
import { memcg_migrate } from '../memcontrol';
import { mlock_drain_for, mlock_vma_folio } from '../mlock/mlock_folio';
import { pteLock, pteUnlock } from '../page_table_lock';
import { protnone, pte_page, ptep_get, set_pte } from '../pgtable';
import { folio_add_rmap, type Mapping, migration_entry } from '../rmap/rmap';
import { rmapWalk, rmapWalkLocals } from '../rmap/rmap_lock';
import { get_page, getPage, is_device_private, put_page, rename_hold } from '../swap/page_ref';

/** Sleeps until the migration that put the entry there is over, whichever it is by now; the access is then tried again. */
export const migration_entry_wait = routine({
  name: 'migration_entry_wait',
  file: 'mm/migrate.c',
  about: 'Another task is migrating the page: sleep until it unlocks the page, then try again.',
  params: { entry: EntryT },
  locals: { page: PageT },
  body: (r) => [
    pteLock(r),
    r.when('(!is_migration_entry(entry))', (k, f) => kindOf(ptep_get(k, f.entry)) !== Pte.Migration, [
      pteUnlock(r),
      r.ret('return'),
    ]),
    r.step('page = pfn_swap_entry_to_page(entry)', (k, f) => {
      f.page = pte_page(k, f.entry);
    }),
    r.only(
      (profile) => profile.entryWaitTakesReference,
      [getPage(r, 'get_page(page)', (k, f) => ({ page: f.page, hold: Hold.Walk, who: k.task }))],
    ),
    pteUnlock(r),
    r.yield('Y10'),
    r.wait(
      'sleep until the page is unlocked',
      Wait.MigrationEntry,
      (k, f) => k.pages.folio(f.page),
      (k, f) => !k.pages.has(k.pages.folio(f.page), Pg.Locked) || pte_page(k, f.entry) !== f.page,
    ),
    r.only(
      (profile) => profile.entryWaitTakesReference,
      [
        r.call('put_page(page)', put_page, (k, f, callee) => {
          callee.page = f.page;
          callee.hold = Hold.Walk;
          callee.who = k.task;
        }),
      ],
    ),
  ],
});

/** References an unmapped page may have and still move: one, plus those of caches and of the fault (folio_expected_ref_count). */
function expected_refs(k: Kernel, page: PageRow, extra: number): number {
  const base = is_device_private(k, page) ? k.profile.freeDeviceRefcount : 0;
  const cached = k.holds.has(page, Hold.PageCache) || k.holds.has(page, Hold.SwapCache) ? 1 : 0;
  return base + k.pages.folioMapcount(page) + cached + extra + 1;
}

const migrate_mapping = leaf({
  name: 'folio_migrate_mapping',
  file: 'mm/migrate.c',
  about: 'The new page takes the place of the old one, which nobody else may hold.',
  aliases: ['migrate_page_move_mapping', 'migrate_page'],
  params: { from: PageT, to: PageT, extra: Int },
  lines: [
    'expected = folio_expected_refs(mapping, folio) + extra_count',
    'if (folio_ref_count(folio) != expected)',
    '    return -EAGAIN',
    'newfolio->index = folio->index; newfolio->mapping = folio->mapping',
    'folio_migrate_flags(newfolio, folio)',
    'return MIGRATEPAGE_SUCCESS',
  ],
});

/** Says that a step moves the identity of one page to another, if it comes to that. */
export const movesMapping = <F>(
  args: (k: Kernel, f: F) => { from: PageRow; to: PageRow; extra: number } | undefined,
) => inlined(migrate_mapping, args);

/** References that such a page has by the migration itself. */
const EXPECTED = [Hold.Collect, Hold.Isolate, Hold.PageCache, Hold.SwapCache];

/** Says why `folio_migrate` did not: `at` is where the page was found. */
export function refuse_identity(k: Kernel, page: PageRow, extra: number, at: Refused['at']): void {
  const found = k.pages.refcount.get(page);
  const wanted = expected_refs(k, page, extra);
  // The fault that migrates the page holds it, too.
  const besides = extra === 0 ? EXPECTED : [...EXPECTED, Hold.Fault];
  refuse(k, 'reference_taken', { at, page, found, wanted, besides });
}

/**
 * Moves the identity of `from` to `to`: mapping, index, flags, memcg charge (folio_migrate_mapping and
 * folio_migrate_flags). False, with nothing changed, when somebody else holds a reference.
 */
export function folio_migrate(k: Kernel, from: PageRow, to: PageRow, extra: number): boolean {
  const { pages } = k;
  if (pages.refcount.get(from) !== expected_refs(k, from, extra)) return false;
  pages.index.set(to, pages.index.get(from));
  pages.mapping.set(to, pages.mapping.get(from));
  const moved = Pg.SwapBacked | Pg.Dirty | Pg.Referenced | Pg.Active | Pg.Unevictable;
  pages.flags.set(to, pages.flags.get(to) | (pages.flags.get(from) & moved));
  memcg_migrate(k, from, to);
  return true;
}

/**
 * Replaces the migration entry for `from` at one place of the reverse-map walk by an entry for `to`: present, or
 * device-private (remove_migration_pte). Nothing happens where there is no such entry. `to` may be `from`: the entry is
 * restored.
 */
export function remove_migration_pte(k: Kernel, from: PageRow, to: PageRow, at: Mapping): void {
  const entry = migration_entry(k, from, at);
  if (entry === 0) return;
  restore_entry(k, entry, to, at.vma);
  mlock_drain_for(k, at.vma);
  k.emit('remove_migration_pte', k.mm.process.get(k.mm.mm.get(at.vma)), at.vpn, to);
}

/**
 * What remove_migration_pte reads out of an entry. A device-exclusive one has another type and no bits beside its frame
 * number: it is neither writable, young nor dirty, but not of the readable type either, and so exclusive.
 */
function migration_bits(old: number): number {
  return kindOf(old) === Pte.Migration ? old : (old & ~(PTE_WRITE | PTE_YOUNG | PTE_DIRTY)) | PTE_EXCLUSIVE;
}

function restore_entry(k: Kernel, entry: EntryRow, to: PageRow, vma: VmaRow): void {
  const old = migration_bits(ptep_get(k, entry));
  // The entry's own reference is forgotten: nobody will ever put it.
  if (kindOf(ptep_get(k, entry)) === Pte.DeviceExclusive) rename_hold(k, to, Hold.Exclusive, Hold.Lost, 0);
  const write = (old & PTE_WRITE) !== 0 && k.mm.has(vma, Vm.Write) ? PTE_WRITE : 0;
  const kept = write | (old & (PTE_SOFT_DIRTY | PTE_UFFD_WP));
  get_page(k, to, Hold.Pte);
  folio_add_rmap(k, to);
  mlock_vma_folio(k, to, vma);
  const exclusive = (old & (PTE_WRITE | PTE_EXCLUSIVE)) !== 0;
  if (k.profile.anonExclusive && exclusive && k.pages.isAnon(to)) k.pages.setFlag(to, Pg.AnonExclusive);
  if (is_device_private(k, to)) {
    const lost = k.profile.deviceEntriesKeepSoftDirty ? 0 : PTE_SOFT_DIRTY;
    set_pte(k, entry, Pte.DevicePrivate | (kept & ~lost), to);
    return;
  }
  const young = old & PTE_YOUNG;
  const dirty = old & PTE_DIRTY && k.pages.has(k.pages.folio(to), Pg.Dirty) ? PTE_DIRTY : 0;
  set_pte(k, entry, Pte.Present | protnone(k, vma) | kept | young | dirty, to);
}

const is_large = (k: Kernel, page: PageRow): boolean => k.pages.has(page, Pg.Head);

/** All entries that stand for a large folio in one VMA: an entry of the PMD table, or those of its pages. */
function remove_large(k: Kernel, from: PageRow, to: PageRow, { vma, vpn }: Mapping): void {
  const pmd = migration_pmd(k, from, { vma, vpn });
  if (pmd !== 0) {
    remove_migration_pmd(k, to, { vma, vpn }, pmd);
    return;
  }
  const first = k.mm.linearIndex(vma, vpn) - k.pages.index.get(to);
  const end = k.mm.end.get(vma);
  for (let n = first; n < k.pages.count(to); n++) {
    const at = (vpn + n - first) as Vpn;
    if (at < end) remove_migration_pte(k, k.pages.nth(from, n), k.pages.nth(to, n), { vma, vpn: at });
  }
}

/** Walks the page's mappings and restores every migration entry (remove_migration_ptes). */
export const remove_migration_ptes = routine({
  name: 'remove_migration_ptes',
  file: 'mm/migrate.c',
  about: 'Wherever the old page was mapped, put an entry for the new one (or for the old one, if it stays).',
  params: { from: PageT, to: PageT },
  locals: { ...rmapWalkLocals, entry: EntryT },
  body: (r) => [
    ...rmapWalk(
      r,
      (f) => f.to,
      () => true,
      [
        r.step('page_vma_mapped_walk(): find the migration entry, if it is still one', (k, f) => {
          f.entry = migration_entry(k, f.from, f);
        }),
        r.only(
          (profile) => profile.collectsHuge,
          [
            r.when(
              '(folio_test_large(folio)): one for all of it, or one for each page',
              (k, f) => is_large(k, f.to),
              [
                r.step('put entries for the folio there', (k, f) => {
                  remove_large(k, f.from, f.to, f);
                  f.entry = 0 as EntryRow;
                }),
              ],
            ),
          ],
        ),
        r.when('(pvmw.pte)', (_, f) => f.entry !== 0, [
          pteLock(r),
          r.step('put an entry for the page there', (k, f) => remove_migration_pte(k, f.from, f.to, f)),
          pteUnlock(r),
        ]),
      ],
    ),
  ],
});
