/** Where there is no table of PTEs: huge entries and holes in the collect step of a migration, from 6.19 on (mm/migrate_device.c). */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MigrationRow, MmRow, PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import { isPresent, isZeroPage, kindOf, PTE_WRITE, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { Bool, EntryT, ErrnoT, MigrateEntryT, MigrationT, PageT, routine } from '../../../routine/routine';
import { MigratePfn, Select } from '../../constants';
import { placeIn, refuse } from '../../refusals';
import { is_huge, is_huge_at } from '../huge_memory/huge_memory';
import { set_pmd_migration_entry } from '../huge_memory/migration_pmd';
import { splitAndUnlock } from '../huge_memory/split_huge_page';
import { trylock_page } from '../mmap/mmap_lock';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { pmdLock, pmdUnlock } from '../page_table_lock';
import { pmd_offset, pte_offset, pte_page, ptep_get } from '../pgtable';
import { get_page, getsPage, put_page } from '../swap/page_ref';
import { nextSlot, slot_place } from './migrate_arrays';
import { selected } from './migrate_collect';
import { skip_table } from './migrate_huge';

interface AtTable {
  readonly migration: MigrationRow;
  readonly slot: SlotRow;
}

const mmOf = (k: Kernel, m: MigrationRow): MmRow => k.mm.mm.get(k.migrations.vma.get(m)) as MmRow;
const vpnOf = (k: Kernel, f: AtTable): Vpn => k.slots.vpn.get(f.slot) as Vpn;
const selects = (k: Kernel, m: MigrationRow, what: number): boolean =>
  (k.migrations.select.get(m) & what) !== 0;

/** What lies below the entry of the PMD table is no table of PTEs: a huge page, or nothing. */
export function has_no_ptes(k: Kernel, f: AtTable): boolean {
  const mm = mmOf(k, f.migration);
  return is_huge_at(k, mm, vpnOf(k, f)) || pte_offset(k, mm, vpnOf(k, f)) === 0;
}

/** The driver takes compound pages, and all of these 2 MiB are asked for. */
function is_whole(k: Kernel, f: AtTable): boolean {
  const start = vpnOf(k, f);
  const fits = start % HUGE_PAGES === 0 && start + HUGE_PAGES <= k.migrations.end.get(f.migration);
  return fits && selects(k, f.migration, Select.Compound);
}

/** The folio that an entry of the PMD table stands for here, or 0 of a hole or the huge zero page. */
function folio_here(k: Kernel, f: AtTable): PageRow {
  const mm = mmOf(k, f.migration);
  if (!is_huge_at(k, mm, vpnOf(k, f))) return 0 as PageRow;
  const pmd = pmd_offset(k, mm, vpnOf(k, f));
  return (isZeroPage(ptep_get(k, pmd)) ? 0 : k.tables.hi.get(pmd)) as PageRow;
}

/** Nothing is there that could be left alone: only anonymous memory has holes that are filled. */
function fills_hole(k: Kernel, f: AtTable): boolean {
  return k.mm.isAnonymous(k.migrations.vma.get(f.migration) as VmaRow);
}

const pmd_here = (k: Kernel, f: AtTable): EntryRow => pmd_offset(k, mmOf(k, f.migration), vpnOf(k, f));

/** A huge page is here, of a kind that the driver doesn't ask for; or one that migrates already. */
function is_unwanted(k: Kernel, f: AtTable): boolean {
  const pte = ptep_get(k, pmd_here(k, f));
  if (!is_huge(pte)) return false;
  if (isPresent(pte)) return !selects(k, f.migration, Select.System);
  return kindOf(pte) !== Pte.DevicePrivate || !selected(k, f.migration, pte_page(k, pmd_here(k, f)));
}

/** The fault that migrates this folio has locked it. */
function is_locked_by_fault(k: Kernel, f: { migration: MigrationRow; folio: PageRow }): boolean {
  const page = k.migrations.faultPage.get(f.migration) as PageRow;
  return page !== 0 && k.pages.folio(page) === f.folio;
}

interface Collecting extends AtTable {
  readonly folio: PageRow;
}

/** A migration entry for all 2 MiB; false where the folio may be pinned. */
function collect_whole(k: Kernel, f: Collecting): boolean {
  const pmd = pmd_here(k, f);
  const write = ptep_get(k, pmd) & PTE_WRITE ? MigratePfn.Write : 0;
  const vma = k.migrations.vma.get(f.migration) as VmaRow;
  if (set_pmd_migration_entry(k, f.folio, vma, vpnOf(k, f), pmd) !== 0) return false;
  skip_table(k, f.slot);
  k.slots.srcFlags.set(f.slot, MigratePfn.Valid | MigratePfn.Migrate | MigratePfn.Compound | write);
  k.slots.srcPage.set(f.slot, f.folio);
  k.migrations.cpages.add(f.migration, 1);
  return true;
}

/** migrate_vma_collect_hole: one element stands for all of it where it is whole, else each for its page. */
function collect_hole(k: Kernel, f: AtTable): void {
  const whole = is_whole(k, f);
  const behind = skip_table(k, f.slot);
  for (let slot = f.slot; slot !== behind; slot = nextSlot(k, slot)) {
    if (whole && slot !== f.slot) continue;
    k.slots.srcFlags.set(slot, MigratePfn.Migrate | (whole ? MigratePfn.Compound : 0));
    k.migrations.cpages.add(f.migration, 1);
  }
}

function skip(k: Kernel, f: AtTable, rule: 'file_hole' | 'not_selected'): void {
  refuse(k, rule, { at: slot_place(k, f.migration, f.slot), wanted: k.migrations.select.get(f.migration) });
  skip_table(k, f.slot);
}

/** Returns 1 where all of the table's pages are dealt with, 0 where its PTEs are to be looked at. */
export const migrate_vma_collect_huge_pmd = routine({
  name: 'migrate_vma_collect_huge_pmd',
  file: 'mm/migrate_device.c',
  about:
    'Nothing, or 2 MiB at once: what is asked for as a whole moves as a whole; of what is not the folio is split.',
  params: { migration: MigrationT, slot: MigrateEntryT },
  locals: { folio: PageT, entry: EntryT, locked: Bool, ret: ErrnoT },
  body: (r) => [
    r.step('folio = pmd_folio(*pmdp), if there is one', (k, f) => {
      f.folio = folio_here(k, f);
      f.entry = pmd_here(k, f);
    }),
    r.when(
      '(!(migrate->flags & the kind of its memory), or folio->pgmap->owner != migrate->pgmap_owner)',
      is_unwanted,
      [
        r.step('migrate_vma_collect_skip(start, end)', (k, f) => skip(k, f, 'not_selected')),
        r.ret('return', () => 1),
      ],
    ),
    r.when('(pmd_none(*pmdp) || is_huge_zero_pmd(*pmdp))', (_, f) => f.folio === 0, [
      r.when(
        '(vma_is_anonymous(vma))',
        fills_hole,
        [
          r.step(
            'migrate_vma_collect_hole(start, end): src[i] = MIGRATE, COMPOUND if it is whole',
            collect_hole,
          ),
        ],
        [r.step('migrate_vma_collect_skip(start, end)', (k, f) => skip(k, f, 'file_hole'))],
      ),
      r.ret('return', () => 1),
    ]),
    pmdLock(r),
    r.inlines(
      [getsPage((_, f) => ({ page: f.folio, hold: Hold.Collect, who: f.migration }))],
      r.step('folio_get(folio); folio_trylock(folio), unless folio == fault_folio', (k, f) => {
        get_page(k, f.folio, Hold.Collect, f.migration);
        f.locked = is_locked_by_fault(k, f) || trylock_page(k, f.folio) ? 1 : 0;
        f.ret = f.locked === 0 ? -1 : 0;
      }),
    ),
    r.when(
      '(IS_ALIGNED(start | end, HPAGE_PMD_SIZE) && !set_pmd_migration_entry(&pvmw, page))',
      (k, f) => f.locked !== 0 && is_whole(k, f) && collect_whole(k, f),
      [pmdUnlock(r), r.ret('return', () => 1)],
    ),
    pmdUnlock(r),
    r.when('it is locked', (_, f) => f.locked !== 0, splitAndUnlock(r, 'ret')),
    r.call('folio_put(folio)', put_page, (_, f, callee) => {
      callee.page = f.folio;
      callee.hold = Hold.Collect;
      callee.who = f.migration;
    }),
    r.yield('Y5'),
    r.when('it is still huge', (_, f) => f.ret !== 0, [
      r.step('migrate_vma_collect_skip(start, end)', (k, f) => {
        const at = placeIn(k, mmOf(k, f.migration), vpnOf(k, f));
        refuse(k, 'not_split', { at, page: f.folio, found: f.ret });
        skip_table(k, f.slot);
      }),
    ]),
    r.ret('return', (_, f) => (f.ret !== 0 ? 1 : 0)),
  ],
});
