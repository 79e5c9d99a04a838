/** Puts a folio of 2 MiB where nothing is mapped, or the huge zero page (migrate_vma_insert_huge_pmd_page, mm/migrate_device.c). */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, NodeRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { isZeroPage, PTE_HUGE } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  EntryT,
  MigrateEntryT,
  MigrationT,
  MmT,
  PageT,
  routine,
  TableT,
  VmaT,
  VpnT,
} from '../../../routine/routine';
import type { Rule } from '../../refusals';
import { pgtable_trans_huge_deposit } from '../huge_memory/huge_memory';
import { memcg_charge } from '../memcontrol';
import { folio_add_lru_vma } from '../mlock/mlock_folio';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { pmdLock, pmdUnlock } from '../page_table_lock';
import { pmd_alloc, pte_alloc_one, ptep_get, set_pte, table_free } from '../pgtable';
import { anon_vma_prepare, folio_add_new_anon_rmap } from '../rmap/rmap';
import { get_page } from '../swap/page_ref';
import { dstPage } from './migrate_arrays';
import { abortInsert, is_hole, new_entry } from './migrate_insert';

interface Inserting {
  vma: VmaRow;
  mm: MmRow;
  vpn: Vpn;
  folio: PageRow;
  entry: EntryRow;
  table: number;
}

function map_folio(k: Kernel, f: Inserting): void {
  k.mm.rssAnon.add(f.mm, HUGE_PAGES);
  folio_add_new_anon_rmap(k, f.folio, f.vma, f.vpn);
  if (k.pages.pgmap(f.folio) === 0) folio_add_lru_vma(k, f.folio, f.vma);
  get_page(k, f.folio, Hold.Pte);
  if (isZeroPage(ptep_get(k, f.entry))) table_free(k, f.table as NodeRow);
  else pgtable_trans_huge_deposit(k, f.entry, f.table as NodeRow);
  set_pte(k, f.entry, new_entry(k, f.vma, f.folio) | PTE_HUGE, f.folio);
}

/** The VMA gets an anon_vma, the folio its charge, and there is a table for the day it is split; false without memory. */
function prepare(k: Kernel, f: Inserting): boolean {
  if (f.entry === 0 || !anon_vma_prepare(k, f.vma) || !memcg_charge(k, f.folio, f.mm)) return false;
  f.table = pte_alloc_one(k);
  return f.table !== 0;
}

/** As migrate_vma_insert_page, of 512 pages at once. */
export const migrate_vma_insert_huge_pmd_page = routine({
  name: 'migrate_vma_insert_huge_pmd_page',
  file: 'mm/migrate_device.c',
  about:
    'Nothing was there that could move: map the new folio, unless somebody has filled the hole meanwhile.',
  params: { migration: MigrationT, slot: MigrateEntryT },
  locals: { vma: VmaT, mm: MmT, vpn: VpnT, folio: PageT, entry: EntryT, table: TableT },
  body: (r) => {
    const abort = (rule: Rule) => abortInsert(r, rule);
    return [
      r.step('pmdp = pmd_alloc(mm, address)', (k, f) => {
        f.vma = k.migrations.vma.get(f.migration) as VmaRow;
        f.mm = k.mm.mm.get(f.vma) as MmRow;
        f.vpn = k.slots.vpn.get(f.slot) as Vpn;
        f.folio = dstPage(k, f.slot);
        f.entry = pmd_alloc(k, f.mm, f.vpn);
      }),
      r.when(
        '(anon_vma_prepare(vma) || mem_cgroup_charge(folio, mm, gfp) || !(pgtable = pte_alloc_one(mm)))',
        (k, f) => !prepare(k, f),
        [abort('no_memory'), r.ret('return')],
      ),
      pmdLock(r),
      r.when('(!pmd_none(*pmdp) && !is_huge_zero_pmd(*pmdp))', (k, f) => !is_hole(k, f.entry), [
        pmdUnlock(r),
        abort('hole_filled'),
        r.step('pte_free(mm, pgtable)', (k, f) => table_free(k, f.table as NodeRow)),
        r.ret('return'),
      ]),
      r.step('add_mm_counter(); folio_add_new_anon_rmap(); deposit the table; set_pmd_at()', (k, f) =>
        map_folio(k, f),
      ),
      pmdUnlock(r),
    ];
  },
});
