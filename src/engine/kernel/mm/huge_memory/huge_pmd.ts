/** Huge entries in walks over page tables (mm/huge_memory.c): taken away, moved, copied by fork, cut at VMA ends. */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, NodeRow, PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import {
  isPresent,
  isZeroPage,
  kindOf,
  PTE_EXCLUSIVE,
  PTE_UFFD_WP,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, type Node, routine, VmaT, VpnT } from '../../../routine/routine';
import { hugetlb_restore_reserve } from '../hugetlb/hugetlb_pool';
import { tlb_clear_entry, tlb_remove_page } from '../mmu_gather';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import {
  pmd_alloc,
  pmd_offset,
  pte_alloc_one,
  pte_clear,
  ptep_get,
  set_pte,
  set_pte_bits_unflushed,
  table_free,
} from '../pgtable';
import { folio_add_rmap_pmd, folio_remove_rmap_pmd } from '../rmap/rmap';
import { get_page } from '../swap/page_ref';
import {
  huge_start,
  pgtable_trans_huge_deposit,
  pgtable_trans_huge_withdraw,
  split_huge_pmd,
} from './huge_memory';

const NO_FOLIO = 0 as PageRow;

/** Frees the table that was kept for a split, if there is one: hugetlb keeps none (zap_deposited_table). */
function zap_deposited_table(k: Kernel, pmd: EntryRow): void {
  const table = pgtable_trans_huge_withdraw(k, pmd);
  if (table !== 0) table_free(k, table);
}

/**
 * Takes a huge entry of the VMA away; the folio of a present one is left in the gather `tlb` (zap_huge_pmd,
 * __unmap_hugepage_range). Returns the folio of a device-private one, whose reference the caller has to put, else 0.
 */
export function zap_huge_pmd(k: Kernel, vma: VmaRow, pmd: EntryRow, tlb: SlotRow): PageRow {
  const mm = k.mm.mm.get(vma) as MmRow;
  const pte = ptep_get(k, pmd);
  const folio = k.tables.hi.get(pmd) as PageRow;
  zap_deposited_table(k, pmd);
  if (isPresent(pte)) tlb_clear_entry(k, tlb, pmd);
  else pte_clear(k, pmd);
  if (isZeroPage(pte)) return NO_FOLIO;
  if (k.pages.has(folio, Pg.HugeTlb)) hugetlb_restore_reserve(k, vma, folio);
  else k.mm.rssAnon.add(mm, -HUGE_PAGES);
  if (kindOf(pte) === Pte.Migration) return NO_FOLIO;
  folio_remove_rmap_pmd(k, folio, vma);
  if (!isPresent(pte)) return folio;
  tlb_remove_page(k, tlb, folio);
  return NO_FOLIO;
}

/** Moves a huge entry with its table; false if there is no PMD table for it, or its place is taken (move_huge_pmd). */
export function move_huge_pmd(
  k: Kernel,
  mm: MmRow,
  from: Vpn,
  to: Vpn,
  soft: (pte: number) => number,
): boolean {
  const old = pmd_offset(k, mm, from);
  const pmd = pmd_alloc(k, mm, to);
  if (pmd === 0 || ptep_get(k, pmd) !== 0) return false;
  const pte = ptep_get(k, old);
  const folio = k.tables.hi.get(old);
  const table = pgtable_trans_huge_withdraw(k, old);
  pte_clear(k, old);
  pgtable_trans_huge_deposit(k, pmd, table);
  set_pte(k, pmd, soft(pte), folio);
  return true;
}

/** What became of a huge entry in fork. */
export const Copied = { Done: 0, NoMemory: 1, Pinned: 2 } as const;

/**
 * Shares a huge entry with the child, read-only on both sides, with the flush when fork is done (copy_huge_pmd). Pinned: it must be split, the child needs
 * copies of pages.
 */
export function copy_huge_pmd(k: Kernel, mm: MmRow, child: MmRow, vpn: Vpn): number {
  const { pages } = k;
  const from = pmd_offset(k, mm, vpn);
  const pte = ptep_get(k, from);
  const folio = k.tables.hi.get(from) as PageRow;
  const migrating = kindOf(pte) === Pte.Migration;
  const exclusive = pages.has(folio, Pg.AnonExclusive);
  if (!migrating && exclusive && pages.pins.get(folio) > 0) return Copied.Pinned;
  const to = pmd_alloc(k, child, vpn);
  const table = to === 0 ? 0 : pte_alloc_one(k);
  if (table === 0) return Copied.NoMemory;
  if (!isZeroPage(pte)) k.mm.rssAnon.add(child, HUGE_PAGES);
  if (!isZeroPage(pte) && !migrating) {
    get_page(k, folio, Hold.Pte);
    folio_add_rmap_pmd(k, folio);
    pages.clearFlag(folio, Pg.AnonExclusive);
  }
  pgtable_trans_huge_deposit(k, to, table as NodeRow);
  const shared = PTE_WRITE | (migrating ? PTE_EXCLUSIVE : 0);
  if (pte & shared) set_pte_bits_unflushed(k, from, pte & ~shared);
  set_pte(k, to, pte & ~(shared | PTE_YOUNG | PTE_UFFD_WP), folio);
  return Copied.Done;
}

/**
 * A VMA is about to end or begin at `at`, inside 2 MiB that it has whole: a huge entry there could not stay. The kernel
 * asks only whether there is a PMD table (split_huge_pmd_if_needed).
 */
function cuts(k: Kernel, vma: VmaRow, from: number, at: number): boolean {
  const { mm } = k;
  const start = huge_start(at);
  if (vma === 0 || mm.has(vma, Vm.HugeTlb) || start === at || at <= from || at >= mm.end.get(vma))
    return false;
  if (start < from || start + HUGE_PAGES > mm.end.get(vma)) return false;
  return pmd_offset(k, mm.mm.get(vma) as MmRow, at as Vpn) !== 0;
}

interface Cut {
  start: Vpn;
  end: Vpn;
}

/** The VMA that is cut at the start of the range, and at its end; 0 where nothing is. */
const cut_at_start = (k: Kernel, mm: MmRow, f: Cut): VmaRow => {
  const vma = k.mm.vmaAt(mm, f.start);
  return cuts(k, vma, k.mm.start.get(vma), f.start) ? vma : (0 as VmaRow);
};
const cut_at_end = (k: Kernel, mm: MmRow, f: Cut): VmaRow => {
  const vma = k.mm.vmaAt(mm, f.end);
  const from = Math.max(k.mm.start.get(vma), f.start);
  return cuts(k, vma, from, f.end) ? vma : (0 as VmaRow);
};

const split_at = routine({
  name: 'split_huge_pmd_if_needed',
  file: 'mm/huge_memory.c',
  about: 'A VMA will begin or end inside these 2 MiB: map them page by page.',
  params: { vma: VmaT, vpn: VpnT },
  body: (r) => [
    r.call('split_huge_pmd_address(vma, address)', split_huge_pmd, (_, f, callee) => {
      callee.vma = f.vma;
      callee.vpn = f.vpn;
    }),
  ],
});

/** Steps before VMAs are cut at both ends of a range: huge entries across the cuts are split (vma_adjust_trans_huge). */
export function vma_adjust_trans_huge<F extends Cut>(
  r: Builder<F>,
  mm: (k: Kernel, f: F) => MmRow,
): Node<F>[] {
  return [
    r.when(
      'an end of the range may cut a huge page',
      (_, f) => f.start % HUGE_PAGES !== 0 || f.end % HUGE_PAGES !== 0,
      [
        r.when('its start may cut one', (k, f) => cut_at_start(k, mm(k, f), f) !== 0, [
          r.call('split_huge_pmd_if_needed(vma, start)', split_at, (k, f, callee) => {
            callee.vma = cut_at_start(k, mm(k, f), f);
            callee.vpn = f.start;
          }),
        ]),
        r.when('its end may cut one', (k, f) => cut_at_end(k, mm(k, f), f) !== 0, [
          r.call('split_huge_pmd_if_needed(vma, end)', split_at, (k, f, callee) => {
            callee.vma = cut_at_end(k, mm(k, f), f);
            callee.vpn = f.end;
          }),
        ]),
      ],
    ),
  ];
}

/** The whole of a huge entry lies in [at, end). */
export function covers_huge(at: Vpn, end: Vpn): boolean {
  return huge_start(at) === at && at + HUGE_PAGES <= end;
}
