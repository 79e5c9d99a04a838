/** Puts a page straight into an empty entry or in place of the zero page (migrate_vma_insert_page, mm/migrate_device.c). */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { isZeroPage, PTE_WRITE, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  type Builder,
  EntryT,
  MigrateEntryT,
  MigrationT,
  MmT,
  type Node,
  PageT,
  routine,
  VmaT,
  VpnT,
} from '../../../routine/routine';
import { type Rule, refuse } from '../../refusals';
import { is_huge_at, split_huge_pmd } from '../huge_memory/huge_memory';
import { memcg_charge } from '../memcontrol';
import { folio_add_lru_vma } from '../mlock/mlock_folio';
import { pteLock, pteUnlock } from '../page_table_lock';
import { pmd_offset, pte_alloc, pte_mkdirty, ptep_get, set_pte } from '../pgtable';
import { anon_vma_prepare, folio_add_new_anon_rmap } from '../rmap/rmap';
import { get_page, is_device_private, is_driver_page } from '../swap/page_ref';
import { clear_migrate, dstPage, slot_place, type WithSlot } from './migrate_arrays';

/** What the new entry is: device-private or present, writable exactly where the VMA is. */
export function new_entry(k: Kernel, vma: VmaRow, page: PageRow): number {
  const writable = k.mm.has(vma, Vm.Write);
  if (is_device_private(k, page)) return Pte.DevicePrivate | (writable ? PTE_WRITE : 0);
  return Pte.Present | PTE_YOUNG | (writable ? pte_mkdirty(k, PTE_WRITE) : 0);
}

/** The VMA has holes to fill, and the page is of a kind that may fill one. */
function can_insert(k: Kernel, f: { vma: VmaRow; page: PageRow }): boolean {
  return k.mm.isAnonymous(f.vma) && (k.pages.pgmap(f.page) === 0 || is_driver_page(k, f.page));
}

/** The 2 MiB were left to the huge zero page when they were collected. */
const maps_huge_zero_page = (k: Kernel, f: { mm: MmRow; vpn: Vpn }): boolean =>
  is_huge_at(k, f.mm, f.vpn) && isZeroPage(ptep_get(k, pmd_offset(k, f.mm, f.vpn)));

/** Nothing is there but perhaps the zero page. */
export function is_hole(k: Kernel, entry: EntryRow): boolean {
  const pte = ptep_get(k, entry);
  return pte === 0 || isZeroPage(pte);
}

function map_page(k: Kernel, f: { vma: VmaRow; vpn: Vpn; mm: MmRow; page: PageRow; entry: EntryRow }): void {
  k.mm.rssAnon.add(f.mm, 1);
  folio_add_new_anon_rmap(k, f.page, f.vma, f.vpn);
  if (k.pages.pgmap(f.page) === 0) folio_add_lru_vma(k, f.page, f.vma);
  get_page(k, f.page, Hold.Pte);
  set_pte(k, f.entry, new_entry(k, f.vma, f.page), f.page);
}

/** The page can't be put there, for that reason: it does not migrate. */
export const abortInsert = <F extends WithSlot>(r: Builder<F>, rule: Rule): Node<F> =>
  r.step('abort: *src &= ~MIGRATE_PFN_MIGRATE', (k, f) => {
    refuse(k, rule, { at: slot_place(k, f.migration, f.slot) });
    clear_migrate(k, f.slot);
  });

/** Without room, memory or a hole, MIGRATE is cleared; a filled hole keeps it, without a page: finalize has nothing to replace there. */
export const migrate_vma_insert_page = routine({
  name: 'migrate_vma_insert_page',
  file: 'mm/migrate_device.c',
  about:
    'Nothing was there that could move: map the new page, unless somebody has filled the hole meanwhile.',
  params: { migration: MigrationT, slot: MigrateEntryT },
  locals: { vma: VmaT, mm: MmT, vpn: VpnT, page: PageT, entry: EntryT },
  body: (r) => {
    const abort = (rule: Rule) => abortInsert(r, rule);
    return [
      r.step('note vma, address and page', (k, f) => {
        f.vma = k.migrations.vma.get(f.migration) as VmaRow;
        f.mm = k.mm.mm.get(f.vma) as MmRow;
        f.vpn = k.slots.vpn.get(f.slot) as Vpn;
        f.page = dstPage(k, f.slot);
      }),
      r.when(
        '(!vma_is_anonymous(vma)), or the page is of no kind that can be inserted',
        (k, f) => !can_insert(k, f),
        [abort('file_hole_insert'), r.ret('return')],
      ),
      r.only(
        (profile) => profile.collectsHuge,
        [
          r.when('(is_huge_zero_pmd(*pmdp))', maps_huge_zero_page, [
            r.call('split_huge_pmd(vma, pmdp, addr)', split_huge_pmd, (_, f, callee) => {
              callee.vma = f.vma;
              callee.vpn = f.vpn;
            }),
          ]),
        ],
      ),
      r.step('err = pte_alloc(mm, pmdp)', (k, f) => {
        f.entry = pte_alloc(k, f.mm, f.vpn);
      }),
      r.when('(err)', (_, f) => f.entry === 0, [abort('no_memory'), r.ret('return')]),
      r.when('(anon_vma_prepare(vma))', (k, f) => !anon_vma_prepare(k, f.vma), [
        abort('no_memory'),
        r.ret('return'),
      ]),
      r.when('(mem_cgroup_charge(folio, mm, GFP_KERNEL))', (k, f) => !memcg_charge(k, f.page, f.mm), [
        abort('no_memory'),
        r.ret('return'),
      ]),
      pteLock(r),
      r.when('it is no hole any more', (k, f) => !is_hole(k, f.entry), [
        pteUnlock(r),
        abort('hole_filled'),
        r.ret('return'),
      ]),
      r.step('inc_mm_counter(); folio_add_new_anon_rmap(); set_pte_at()', (k, f) => map_page(k, f)),
      pteUnlock(r),
    ];
  },
});
