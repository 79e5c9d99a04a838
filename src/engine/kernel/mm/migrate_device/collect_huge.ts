/** Where there is no table of PTEs: huge entries and holes in the collect step of a migration, from 6.19 on (mm/migrate_device.c). */

import { Hold } from '../../../machine/holds';
import type { MigrationRow, MmRow, PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import { isZeroPage } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { Bool, ErrnoT, MigrateEntryT, MigrationT, PageT, routine } from '../../../routine/routine';
import { MigratePfn, Select } from '../../constants';
import { placeIn, refuse } from '../../refusals';
import { notModelled } from '../../unmodelled';
import { is_huge_at } from '../huge_memory/huge_memory';
import { splitAndUnlock } from '../huge_memory/split_huge_page';
import { trylock_page } from '../mmap/mmap_lock';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { pmd_offset, pte_offset, ptep_get } from '../pgtable';
import { get_page, getsPage, put_page } from '../swap/page_ref';
import { nextSlot, slot_place } from './migrate_arrays';
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

/** The folio that is mapped here at once, or 0 of a hole or the huge zero page. */
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

/** A huge page is mapped here, and the driver doesn't ask for system memory. */
function is_unwanted(k: Kernel, f: AtTable): boolean {
  return is_huge_at(k, mmOf(k, f.migration), vpnOf(k, f)) && !selects(k, f.migration, Select.System);
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
  locals: { folio: PageT, locked: Bool, ret: ErrnoT },
  body: (r) => [
    r.step('folio = pmd_folio(*pmdp), if there is one', (k, f) => {
      f.folio = folio_here(k, f);
    }),
    r.when('(pmd_trans_huge(*pmdp) && !(migrate->flags & MIGRATE_VMA_SELECT_SYSTEM))', is_unwanted, [
      r.step('migrate_vma_collect_skip(start, end)', (k, f) => skip(k, f, 'not_selected')),
      r.ret('return', () => 1),
    ]),
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
    r.inlines(
      [getsPage((_, f) => ({ page: f.folio, hold: Hold.Collect, who: f.migration }))],
      r.step('folio_get(folio); folio_trylock(folio)', (k, f) => {
        get_page(k, f.folio, Hold.Collect, f.migration);
        f.locked = trylock_page(k, f.folio) ? 1 : 0;
        f.ret = f.locked === 0 ? -1 : 0;
      }),
    ),
    r.when('it is locked', (_, f) => f.locked !== 0, [
      r.when('all of it is asked for: a migration entry for 2 MiB', is_whole, notModelled(r, vpnOf)),
      ...splitAndUnlock(r, 'ret'),
    ]),
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
