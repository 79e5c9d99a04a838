/** A write to a read-only huge entry (do_huge_pmd_wp_page, mm/huge_memory.c). */

import type { PageRow, VmaRow } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isZeroPage, PTE_WRITE, PTE_YOUNG } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { PageT, routine, TableT, VmFaultT, VpnT } from '../../../routine/routine';
import { VmFault } from '../../constants';
import { charge_or_free } from '../memcontrol';
import { entered, isWrite, leaves, mmOf, passVmf, pte_same, vmfParams } from '../memory/vmf';
import { wrote } from '../memory/wp';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { alloc_huge_page } from '../page_alloc/page_alloc';
import { pmdLock, pmdUnlock } from '../page_table_lock';
import { pte_mkdirty, ptep_get, set_pte_bits } from '../pgtable';
import { folio_move_anon_rmap } from '../rmap/rmap';
import {
  type HugeFault,
  huge_start,
  hugeRange,
  map_anon_folio,
  pgtable_trans_huge_withdraw,
  putFolio,
  split_huge_pmd,
} from './huge_memory';

/** Nobody but this entry uses the folio; found out so, it is the VMA's from now on (not yet in 4.14). */
function can_reuse(k: Kernel, folio: PageRow, vma: VmaRow): boolean {
  const { pages } = k;
  if (!k.profile.anonExclusive) return pages.folioMapcount(folio) === 1 && !pages.has(folio, Pg.Locked);
  if (pages.has(folio, Pg.AnonExclusive)) return true;
  if (pages.has(folio, Pg.Locked) || pages.refcount.get(folio) !== 1) return false;
  folio_move_anon_rmap(k, folio, vma);
  return true;
}

/** The folio takes the huge zero page's place, with the table that was kept for it. */
function replace_zero_folio(k: Kernel, f: HugeFault): void {
  f.table = pgtable_trans_huge_withdraw(k, f.entry);
  map_anon_folio(k, f);
}

const do_huge_zero_wp_pmd = routine({
  name: 'do_huge_zero_wp_pmd',
  file: 'mm/huge_memory.c',
  about: 'A write to the huge zero page: 512 fresh pages take its place. FALLBACK where there are none.',
  params: vmfParams,
  locals: { page: PageT, table: TableT, start: VpnT },
  body: (r) => {
    return [
      r.step('folio = vma_alloc_anon_folio_pmd(vma, address): zeroed and charged', (k, f) => {
        f.start = huge_start(f.vpn);
        f.page = charge_or_free(k, alloc_huge_page(k, true), mmOf(k, f));
      }),
      r.when('(!folio)', (_, f) => f.page === 0, [r.ret('return VM_FAULT_FALLBACK', () => VmFault.FALLBACK)]),
      r.call(
        'mmu_notifier_invalidate_range_start(CLEAR, 2 MiB)',
        mmu_notifier_invalidate_range_start,
        hugeRange,
      ),
      pmdLock(r),
      r.when(
        '(pmd_same(*vmf->pmd, vmf->orig_pmd))',
        (k, f) => pte_same(k, f),
        [
          r.step('pmdp_huge_clear_flush(); map_anon_folio_pmd()', (k, f) => replace_zero_folio(k, f)),
          pmdUnlock(r),
        ],
        [pmdUnlock(r), putFolio(r)],
      ),
      r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, hugeRange),
      r.ret('return 0'),
    ];
  },
});

const isHugeZero = (_: Kernel, f: { pte: number }): boolean => isZeroPage(f.pte);

const WP = 'do_huge_pmd_wp_page';

export const do_huge_pmd_wp_page = routine({
  name: WP,
  file: 'mm/huge_memory.c',
  about:
    'A write to a read-only huge entry: write in place if it is ours alone, else split and copy one page.',
  params: vmfParams,
  locals: { ret: VmFaultT },
  body: (r) => [
    entered(r, WP, 'the entry is read-only'),
    r.only(
      (profile) => profile.hugeZeroBecomesHuge,
      [
        r.when('(is_huge_zero_pmd(orig_pmd))', isHugeZero, [
          r.call('ret = do_huge_zero_wp_pmd(vmf)', do_huge_zero_wp_pmd, passVmf, (_, f, value) => {
            f.ret = value;
          }),
          r.when('(!(ret & VM_FAULT_FALLBACK))', (_, f) => f.ret === 0, [
            leaves(r, WP, 'return ret', () => 0),
          ]),
        ]),
      ],
    ),
    r.yield('Y2'),
    pmdLock(r),
    r.when('(!pmd_same(*vmf->pmd, vmf->orig_pmd))', (k, f) => !pte_same(k, f), [
      pmdUnlock(r),
      leaves(r, WP, 'return 0', () => 0),
    ]),
    r.when(
      '(!is_huge_zero_pmd(orig_pmd)), and the page is exclusive to this mapping',
      (k, f) => !isZeroPage(f.pte) && can_reuse(k, k.tables.hi.get(f.entry) as PageRow, f.vma),
      [
        r.step('SetPageAnonExclusive(page); make the entry writable and dirty for a write', (k, f) => {
          if (k.profile.anonExclusive) k.pages.setFlag(k.tables.hi.get(f.entry) as PageRow, Pg.AnonExclusive);
          const pte = ptep_get(k, f.entry) | PTE_WRITE | PTE_YOUNG;
          if (isWrite(f)) set_pte_bits(k, f.entry, pte_mkdirty(k, pte));
        }),
        pmdUnlock(r),
        leaves(r, WP, 'return 0, or VM_FAULT_WRITE', wrote),
      ],
    ),
    pmdUnlock(r),
    r.call('__split_huge_pmd(vma, pmd, address)', split_huge_pmd, (_, f, callee) => {
      callee.vma = f.vma;
      callee.vpn = f.vpn;
    }),
    leaves(r, WP, 'return VM_FAULT_FALLBACK: the fault goes on with one page', () => VmFault.FALLBACK),
  ],
});
