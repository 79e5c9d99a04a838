/**
 * Transparent huge pages (mm/huge_memory.c): one entry of a PMD table maps 512 pages of an anonymous mapping that was
 * advised so. Splitting the folio itself is in split_huge_page.ts.
 */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, NodeRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import {
  isPresent,
  isZeroPage,
  kindOf,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_HUGE,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_UFFD_WP,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  type Builder,
  EntryT,
  type Node,
  PageT,
  routine,
  TableT,
  VmaT,
  VmFaultT,
  VpnT,
} from '../../../routine/routine';
import { flush_tlb_entry } from '../../arch/x86/mm/tlbflush';
import { Notify, VmFault } from '../../constants';
import { charge_or_free } from '../memcontrol';
import { entered, isWrite, leaves, mmOf, vmf_anon_prepare, vmfParams } from '../memory/vmf';
import { folio_add_lru_vma } from '../mlock/mlock_folio';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { alloc_huge_page, HUGE_PAGES } from '../page_alloc/page_alloc';
import { pmdLock, pmdUnlock } from '../page_table_lock';
import {
  pmd_offset,
  protnone,
  pte_alloc_one,
  pte_mkdirty,
  ptep_get,
  set_pte,
  table_free,
  vpn_of_entry,
} from '../pgtable';
import { folio_add_new_anon_rmap, folio_add_rmap, folio_remove_rmap_pmd } from '../rmap/rmap';
import { put_page, rename_hold } from '../swap/page_ref';

/** The first of the 512 pages that a huge entry for `vpn` maps. */
export const huge_start = (vpn: number): Vpn => (Math.floor(vpn / HUGE_PAGES) * HUGE_PAGES) as Vpn;

export const is_huge = (pte: number): boolean => (pte & PTE_HUGE) !== 0;

/** The entry of the PMD table for `vpn` maps 512 pages at once (pmd_trans_huge). */
export function is_huge_at(k: Kernel, mm: MmRow, vpn: Vpn): boolean {
  return is_huge(ptep_get(k, pmd_offset(k, mm, vpn)));
}

/** The 512 pages around `vpn` are all in the VMA (thp_vma_suitable_order). */
function is_suitable(k: Kernel, vma: VmaRow, vpn: Vpn): boolean {
  const start = huge_start(vpn);
  return k.mm.start.get(vma) <= start && start + HUGE_PAGES <= k.mm.end.get(vma);
}

/** The VMA asks for huge pages: anonymous, and advised so (thp_vma_allowable_order with "madvise"). */
export function is_allowed(k: Kernel, vma: VmaRow): boolean {
  return k.mm.has(vma, Vm.HugePage) && k.mm.isAnonymous(vma);
}

/** Keeps a page table for when the entry is split (pgtable_trans_huge_deposit). */
export function pgtable_trans_huge_deposit(k: Kernel, pmd: EntryRow, table: NodeRow): void {
  k.tables.deposited.set(pmd, table);
}

/** pgtable_trans_huge_withdraw. */
export function pgtable_trans_huge_withdraw(k: Kernel, pmd: EntryRow): NodeRow {
  const table = k.tables.deposited.get(pmd) as NodeRow;
  k.tables.deposited.set(pmd, 0);
  return table;
}

/** The shared folio of 512 zeroed pages, made when it is first needed; 0 when memory is out (mm_get_huge_zero_folio). */
function get_huge_zero_folio(k: Kernel): PageRow {
  if (k.hugeZeroPage === 0) k.setHugeZeroPage(alloc_huge_page(k, false, Hold.Kernel, 0));
  return k.hugeZeroPage as PageRow;
}

export interface HugeFault {
  vma: VmaRow;
  vpn: Vpn;
  entry: EntryRow;
  page: PageRow;
  table: number;
}

/** set_huge_zero_folio. */
function map_zero_folio(k: Kernel, f: HugeFault): void {
  pgtable_trans_huge_deposit(k, f.entry, f.table as NodeRow);
  set_pte(k, f.entry, Pte.Present | PTE_HUGE | PTE_SPECIAL | PTE_YOUNG, f.page);
}

/** map_anon_folio_pmd. */
export function map_anon_folio(k: Kernel, f: HugeFault): void {
  const writable = k.mm.has(f.vma, Vm.Write) ? PTE_WRITE : 0;
  rename_hold(k, f.page, Hold.Alloc, Hold.Pte);
  folio_add_new_anon_rmap(k, f.page, f.vma, huge_start(f.vpn));
  folio_add_lru_vma(k, f.page, f.vma);
  pgtable_trans_huge_deposit(k, f.entry, f.table as NodeRow);
  k.mm.rssAnon.add(mmOf(k, f), HUGE_PAGES);
  set_pte(k, f.entry, pte_mkdirty(k, Pte.Present | PTE_HUGE | PTE_YOUNG | writable), f.page);
}

/** Gives a new folio back that came too late. */
export const putFolio = <F extends { page: PageRow }>(r: Builder<F>): Node<F> =>
  r.call('folio_put(folio)', put_page, (k, f, callee) => {
    callee.page = f.page;
    callee.hold = Hold.Alloc;
    callee.who = k.task;
  });

const ANON = 'do_huge_pmd_anonymous_page';

export const do_huge_pmd_anonymous_page = routine({
  name: ANON,
  file: 'mm/huge_memory.c',
  about:
    'First touch where huge pages are wanted: the huge zero page for a read, 512 fresh pages for a write. FALLBACK: small pages.',
  params: vmfParams,
  locals: { page: PageT, table: TableT, ret: VmFaultT },
  body: (r) => {
    const allocTable = r.step('pgtable = pte_alloc_one(mm): for the day the entry is split', (k, f) => {
      f.table = pte_alloc_one(k);
    });
    return [
      entered(r, ANON, 'nothing is mapped in these 2 MiB yet'),
      r.when(
        '(haddr < vma->vm_start || haddr + HPAGE_PMD_SIZE > vma->vm_end)',
        (k, f) => !is_suitable(k, f.vma, f.vpn),
        [leaves(r, ANON, 'return VM_FAULT_FALLBACK', () => VmFault.FALLBACK)],
      ),
      r.when('(vmf_anon_prepare(vmf))', (k, f) => !vmf_anon_prepare(k, f), [
        leaves(r, ANON, 'return ret', (_, f) => f.ret),
      ]),
      r.when('(!(vmf->flags & FAULT_FLAG_WRITE)): use the huge zero page', (_, f) => !isWrite(f), [
        allocTable,
        r.when('(!pgtable)', (_, f) => f.table === 0, [
          leaves(r, ANON, 'return VM_FAULT_OOM', () => VmFault.OOM),
        ]),
        r.step('zero_folio = mm_get_huge_zero_folio(mm)', (k, f) => {
          f.page = get_huge_zero_folio(k);
        }),
        r.when('(!zero_folio): there are no 512 pages for it', (_, f) => f.page === 0, [
          r.step('pte_free(mm, pgtable)', (k, f) => table_free(k, f.table as NodeRow)),
          leaves(r, ANON, 'return VM_FAULT_FALLBACK', () => VmFault.FALLBACK),
        ]),
        r.yield('Y2'),
        pmdLock(r),
        r.when(
          '(pmd_none(*vmf->pmd))',
          (k, f) => ptep_get(k, f.entry) === 0,
          [r.step('set_huge_zero_folio(): map it read-only', (k, f) => map_zero_folio(k, f)), pmdUnlock(r)],
          [pmdUnlock(r), r.step('pte_free(mm, pgtable)', (k, f) => table_free(k, f.table as NodeRow))],
        ),
        leaves(r, ANON, 'return 0', () => 0),
      ]),
      r.step('folio = vma_alloc_anon_folio_pmd(vma, address): zeroed and charged', (k, f) => {
        f.page = charge_or_free(k, alloc_huge_page(k, true), mmOf(k, f));
      }),
      r.when('(!folio)', (_, f) => f.page === 0, [
        leaves(r, ANON, 'return VM_FAULT_FALLBACK', () => VmFault.FALLBACK),
      ]),
      allocTable,
      r.when('(!pgtable)', (_, f) => f.table === 0, [
        putFolio(r),
        leaves(r, ANON, 'return VM_FAULT_OOM', () => VmFault.OOM),
      ]),
      r.yield('Y2'),
      pmdLock(r),
      r.when(
        '(pmd_none(*vmf->pmd))',
        (k, f) => ptep_get(k, f.entry) === 0,
        [
          r.step('map_anon_folio_pmd(): add reverse map, LRU and rss; deposit the table', (k, f) =>
            map_anon_folio(k, f),
          ),
          pmdUnlock(r),
        ],
        [
          pmdUnlock(r),
          putFolio(r),
          r.step('pte_free(mm, pgtable)', (k, f) => table_free(k, f.table as NodeRow)),
        ],
      ),
      leaves(r, ANON, 'return 0', () => 0),
    ];
  },
});

/** One of the 512 entries that take the place of a huge one, of whatever kind that is. */
function split_entry(k: Kernel, vma: VmaRow, pte: number, frozen: boolean, exclusive: boolean): number {
  if (kindOf(pte) === Pte.Migration) return pte & ~PTE_HUGE;
  const kept = pte & (PTE_SOFT_DIRTY | PTE_UFFD_WP);
  const age = pte & (PTE_YOUNG | PTE_DIRTY);
  if (!frozen && !isPresent(pte)) return Pte.DevicePrivate | kept | (pte & PTE_WRITE);
  if (!frozen) return Pte.Present | protnone(k, vma) | kept | age | (pte & PTE_WRITE);
  const access = pte & PTE_WRITE ? PTE_WRITE : exclusive ? PTE_EXCLUSIVE : 0;
  return Pte.Migration | kept | access | (k.profile.migrationKeepsYoungDirty ? age : 0);
}

/** Exclusiveness can't be given up while somebody may have pinned the folio (folio_try_share_anon_rmap_pmd). */
function may_freeze(k: Kernel, folio: PageRow): boolean {
  return !k.pages.has(folio, Pg.AnonExclusive) || k.pages.pins.get(folio) === 0;
}

/** Gives the mapping of the folio as a whole to its pages one by one, or to migration entries, which hold nothing. */
function hand_over(k: Kernel, vma: VmaRow, folio: PageRow, frozen: boolean, exclusive: boolean): void {
  const { pages } = k;
  if (frozen) pages.clearFlag(folio, Pg.AnonExclusive);
  else {
    k.holds.adjust(folio, HUGE_PAGES - 1);
    for (let i = 0; i < HUGE_PAGES; i++) {
      const page = pages.nth(folio, i);
      folio_add_rmap(k, page);
      if (exclusive) pages.setFlag(page, Pg.AnonExclusive);
    }
  }
  folio_remove_rmap_pmd(k, folio, vma);
  if (frozen) k.holds.drop(folio, Hold.Pte, 0);
}

/**
 * Puts a table with 512 entries where one huge entry was: for the same pages, or migration entries for them if `freeze`
 * (__split_huge_pmd_locked). Nothing happens if the entry isn't huge, or maps another folio than `folio` (0 = any).
 */
export function split_huge_pmd_locked(
  k: Kernel,
  vma: VmaRow,
  pmd: EntryRow,
  freeze: boolean,
  folio: PageRow,
): void {
  const { tables, pages } = k;
  const pte = ptep_get(k, pmd);
  const head = tables.hi.get(pmd) as PageRow;
  if (!is_huge(pte) || (folio !== 0 && folio !== head)) return;
  const table = pgtable_trans_huge_withdraw(k, pmd);
  const migrating = kindOf(pte) === Pte.Migration;
  const zero = isZeroPage(pte);
  const frozen = freeze && !zero && !migrating && may_freeze(k, head);
  if (!zero) {
    const exclusive = k.profile.anonExclusive && pages.has(head, Pg.AnonExclusive);
    const entry = split_entry(k, vma, pte, frozen, exclusive);
    if (isPresent(pte) && pte & PTE_DIRTY) pages.setFlag(head, Pg.Dirty);
    if (!migrating) hand_over(k, vma, head, frozen, exclusive);
    for (let i = 0; i < HUGE_PAGES; i++) tables.set(tables.entry(table, i), entry, pages.nth(head, i));
  } else {
    const entry = Pte.Present | PTE_SPECIAL | PTE_YOUNG | protnone(k, vma);
    for (let i = 0; i < HUGE_PAGES; i++) tables.set(tables.entry(table, i), entry, k.zeroPage);
  }
  tables.parent.set(table, pmd);
  tables.link(pmd, table);
  flush_tlb_entry(k, pmd);
  k.emit(
    'split_huge_pmd_locked',
    k.mm.process.get(mmOf(k, { vma })),
    vpn_of_entry(k, pmd),
    pte,
    freeze ? 1 : 0,
  );
}

/** The 2 MiB from `start` on, for mirrors that are to drop them (mmu_notifier_range_init with MMU_NOTIFY_CLEAR). */
export function hugeRange(
  k: Kernel,
  f: { vma: VmaRow; start: Vpn },
  callee: { mm: MmRow; start: Vpn; end: Vpn; event: number },
): void {
  callee.mm = mmOf(k, f);
  callee.start = f.start;
  callee.end = (f.start + HUGE_PAGES) as Vpn;
  callee.event = Notify.CLEAR;
}

/** Makes the huge entry for `vpn` a table of 512 entries. The folio stays one; `freeze` and `folio`: for its own split. */
export const split_huge_pmd = routine({
  name: '__split_huge_pmd',
  file: 'mm/huge_memory.c',
  about: 'The 2 MiB are mapped page by page from now on; mirrors drop them. Nothing else changes.',
  aliases: ['split_huge_pmd', 'split_huge_pmd_address'],
  params: { vma: VmaT, vpn: VpnT, freeze: Bool, folio: PageT },
  locals: { start: VpnT, entry: EntryT },
  body: (r) => {
    return [
      r.step('haddr = address & HPAGE_PMD_MASK', (k, f) => {
        f.start = huge_start(f.vpn);
        k.emit('split_huge_pmd', k.mm.process.get(mmOf(k, f)), f.vpn);
      }),
      r.call(
        'mmu_notifier_invalidate_range_start(CLEAR, 2 MiB)',
        mmu_notifier_invalidate_range_start,
        hugeRange,
      ),
      r.step('entry = mk_huge_pmd(page, vma->vm_page_prot)', (k, f) => {
        f.entry = pmd_offset(k, mmOf(k, f), f.start);
      }),
      r.when('there is a table', (_, f) => f.entry !== 0, [
        pmdLock(r),
        r.step("pmd_populate(mm, pmd, pgtable): the deposited table takes the entry's place", (k, f) =>
          split_huge_pmd_locked(k, f.vma, f.entry, f.freeze !== 0, f.folio),
        ),
        pmdUnlock(r),
      ]),
      r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, hugeRange),
    ];
  },
});
