/** Mappings of huge pages from the pool (mm/hugetlb.c): always 2 MiB at once, never split, never migrated to a device. */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { MAPPING_ANON, Pg } from '../../../machine/pages';
import { PTE_HUGE, PTE_WRITE, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, type Node, PageT, routine, VmaT, VmFaultT, VpnT } from '../../../routine/routine';
import { Notify, VmFault } from '../../constants';
import { huge_start } from '../huge_memory/huge_memory';
import {
  entered,
  isWrite,
  keepRet,
  leaves,
  mmOf,
  passVmf,
  pte_same,
  read_orig_pte,
  type Vmf,
  vmf_anon_prepare,
  vmfParams,
  wantsOwn,
} from '../memory/vmf';
import { unmap_hugepage_range } from '../memory/zap';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { pmdLock, pmdUnlock } from '../page_table_lock';
import { pmd_offset, protnone, pte_mkdirty, ptep_get, set_pte, set_pte_bits } from '../pgtable';
import {
  folio_add_rmap_pmd,
  folio_move_anon_rmap,
  folio_remove_rmap_pmd,
  type Mapping,
  rmap_walk,
} from '../rmap/rmap';
import { folio_put_final, get_page, put_page_testzero, rename_hold } from '../swap/page_ref';
import { alloc_hugetlb_folio } from './hugetlb_pool';
import { owns_reservation } from './hugetlb_vma';

/** First mapping of a fresh folio (hugetlb_add_new_anon_rmap); hugetlb pages count in no rss. */
export function add_new_anon_folio(k: Kernel, vma: VmaRow, start: Vpn, folio: PageRow): void {
  const { mm, pages } = k;
  rename_hold(k, folio, Hold.Alloc, Hold.Pte);
  pages.mapping.set(folio, (mm.anonVma.get(vma) << 2) | MAPPING_ANON);
  pages.index.set(folio, mm.linearIndex(vma, start));
  if (k.profile.anonExclusive) pages.setFlag(folio, Pg.AnonExclusive);
  folio_add_rmap_pmd(k, folio);
}

function map_folio(k: Kernel, f: Vmf, folio: PageRow): void {
  const { mm } = k;
  add_new_anon_folio(k, f.vma, huge_start(f.vpn), folio);
  const writable = mm.has(f.vma, Vm.Write) && (isWrite(f) || mm.has(f.vma, Vm.Shared));
  const access = writable ? pte_mkdirty(k, PTE_WRITE) : protnone(k, f.vma);
  set_pte(k, f.entry, Pte.Present | PTE_HUGE | PTE_YOUNG | access, folio);
}

/** The entry changed while the folio was allocated: it goes back to the pool, and the access faults again if it must. */
function discard<F extends { page: PageRow }>(r: Builder<F>): Node<F> {
  return r.step('somebody was faster: folio_put(folio)', (k, f) => {
    if (put_page_testzero(k, f.page, Hold.Alloc)) folio_put_final(k, f.page);
  });
}

const hugetlb_no_page = routine({
  name: 'hugetlb_no_page',
  file: 'mm/hugetlb.c',
  about: 'First touch: a zeroed huge page from the pool. SIGBUS when it has none left.',
  params: vmfParams,
  locals: { page: PageT, ret: VmFaultT },
  body: (r) => [
    r.when('(vmf_anon_prepare(vmf))', (k, f) => !vmf_anon_prepare(k, f), [
      r.ret('return ret', (_, f) => f.ret),
    ]),
    r.when(
      '(is_vma_resv_set(vma, HPAGE_RESV_UNMAPPED)): the owner took a page away',
      (k, f) => k.mm.has(f.vma, Vm.ResvUnmapped),
      [r.ret('return VM_FAULT_SIGBUS', () => VmFault.SIGBUS)],
    ),
    r.step('folio = alloc_hugetlb_folio(vma, address)', (k, f) => {
      f.page = alloc_hugetlb_folio(k, f.vma);
    }),
    r.when('(IS_ERR(folio)): the pool is empty', (_, f) => f.page === 0, [
      r.ret('return VM_FAULT_SIGBUS', () => VmFault.SIGBUS),
    ]),
    pmdLock(r),
    r.when(
      '(huge_pte_none(huge_ptep_get(ptep)))',
      (k, f) => ptep_get(k, f.entry) === 0,
      [
        r.step('hugetlb_add_new_anon_rmap(); set_huge_pte_at()', (k, f) => map_folio(k, f, f.page)),
        pmdUnlock(r),
      ],
      [pmdUnlock(r), discard(r)],
    ),
    r.ret('return 0'),
  ],
});

/** Nobody else maps the folio: it may be written in place. */
function can_reuse(k: Kernel, folio: PageRow): boolean {
  return k.pages.isAnon(folio) && k.pages.folioMapcount(folio) === 1;
}

function reuse(k: Kernel, f: Vmf): void {
  const folio = k.tables.hi.get(f.entry) as PageRow;
  if (!k.mm.has(f.vma, Vm.Shared) && !k.pages.has(folio, Pg.AnonExclusive)) {
    folio_move_anon_rmap(k, folio, f.vma);
    if (k.profile.anonExclusive) k.pages.setFlag(folio, Pg.AnonExclusive);
  }
  if (isWrite(f)) set_pte_bits(k, f.entry, pte_mkdirty(k, ptep_get(k, f.entry) | PTE_WRITE | PTE_YOUNG));
}

/** copy_user_large_folio. */
export function copy_folio(k: Kernel, from: PageRow, to: PageRow): void {
  for (let i = 0; i < HUGE_PAGES; i++) k.contents.copy(k.pages.nth(from, i), k.pages.nth(to, i));
}

/** The mapping gets the copy; the old folio loses a mapping. */
function replace(k: Kernel, f: Vmf, old: PageRow, copy: PageRow): void {
  folio_remove_rmap_pmd(k, old, f.vma);
  map_folio(k, f, copy);
  k.holds.drop(old, Hold.Pte, 0);
}

/** Another private mapping of the folio, by a process that was promised nothing. */
function other_mapping(k: Kernel, vma: VmaRow, folio: PageRow): Mapping | undefined {
  return rmap_walk(k, folio).find((at) => {
    if (at.vma === vma || k.mm.has(at.vma, Vm.Shared) || owns_reservation(k, at.vma)) return false;
    return k.tables.hi.get(pmd_offset(k, k.mm.mm.get(at.vma) as MmRow, at.vpn)) === folio;
  });
}

const unmap_ref_private = routine({
  name: 'unmap_ref_private',
  file: 'mm/hugetlb.c',
  about:
    'Children give up the page, so that the process that was promised it can go on; a child that faults there is killed.',
  params: { vma: VmaT, folio: PageT },
  locals: { other: VmaT, start: VpnT },
  body: (r) => [
    r.loop('a child maps it', (k, f) => other_mapping(k, f.vma, f.folio) !== undefined, [
      r.step('set_vma_resv_flags(vma, HPAGE_RESV_UNMAPPED)', (k, f) => {
        const at = other_mapping(k, f.vma, f.folio);
        if (at === undefined) return;
        f.other = at.vma;
        f.start = at.vpn;
        k.mm.flags.set(at.vma, k.mm.flags.get(at.vma) | Vm.ResvUnmapped);
      }),
      r.call('unmap_hugepage_range(vma, start, end, ref_page)', unmap_hugepage_range, (_, f, callee) => {
        callee.vma = f.other;
        callee.start = f.start;
        callee.end = (f.start + HUGE_PAGES) as Vpn;
      }),
    ]),
  ],
});

const hugetlb_wp = routine({
  name: 'hugetlb_wp',
  file: 'mm/hugetlb.c',
  about: 'A write to a read-only huge page: in place if nobody shares it, else a copy from the pool.',
  params: vmfParams,
  locals: { old: PageT, page: PageT },
  body: (r) => {
    type Range = { mm: MmRow; start: Vpn; end: Vpn; event: number };
    const range = (k: Kernel, f: { vma: VmaRow; vpn: Vpn }, callee: Range): void => {
      callee.mm = mmOf(k, f);
      callee.start = huge_start(f.vpn);
      callee.end = (callee.start + HUGE_PAGES) as Vpn;
      callee.event = Notify.CLEAR;
    };
    return [
      r.step('old_folio = page_folio(pte_page(pte))', (_, f) => {
        f.old = f.orig;
      }),
      r.when(
        'nobody shares it, or the mapping is shared',
        (k, f) => can_reuse(k, f.old) || k.mm.has(f.vma, Vm.Shared),
        [
          r.step('set_huge_ptep_writable(): make the entry writable and dirty', (k, f) => reuse(k, f)),
          r.ret('return 0'),
        ],
      ),
      r.step('new_folio = alloc_hugetlb_folio(vma, address, outside_reserve)', (k, f) => {
        get_page(k, f.old, Hold.Fault);
        f.page = alloc_hugetlb_folio(k, f.vma, owns_reservation(k, f.vma));
      }),
      r.when('(IS_ERR(new_folio)): the pool is empty', (_, f) => f.page === 0, [
        r.step('folio_put(old_folio)', (k, f) => {
          put_page_testzero(k, f.old, Hold.Fault);
        }),
        r.when(
          '(outside_reserve): the process of the mapping keeps the page, children lose it',
          (k, f) => owns_reservation(k, f.vma),
          [
            r.call('unmap_ref_private(mm, vma, old_folio, address)', unmap_ref_private, (_, f, callee) => {
              callee.vma = f.vma;
              callee.folio = f.old;
            }),
            r.ret('return 0: try again'),
          ],
        ),
        r.ret('return VM_FAULT_SIGBUS', () => VmFault.SIGBUS),
      ]),
      r.step('copy_user_large_folio(new_folio, old_folio, address, vma)', (k, f) =>
        copy_folio(k, f.old, f.page),
      ),
      r.call('mmu_notifier_invalidate_range_start(CLEAR, 2 MiB)', mmu_notifier_invalidate_range_start, range),
      pmdLock(r),
      r.when(
        '(pte_same(huge_ptep_get(ptep), pte))',
        (k, f) => pte_same(k, f),
        [
          r.step('huge_ptep_clear_flush(); set_huge_pte_at(): the copy', (k, f) =>
            replace(k, f, f.old, f.page),
          ),
          pmdUnlock(r),
        ],
        [pmdUnlock(r), discard(r)],
      ),
      r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, range),
      r.step('folio_put(old_folio)', (k, f) => {
        if (put_page_testzero(k, f.old, Hold.Fault)) folio_put_final(k, f.old);
      }),
      r.ret('return 0'),
    ];
  },
});

const FAULT = 'hugetlb_fault';

export const hugetlb_fault = routine({
  name: FAULT,
  file: 'mm/hugetlb.c',
  about: 'A fault in a hugetlb mapping: map a huge page from the pool, or make one writable.',
  params: vmfParams,
  locals: { ret: VmFaultT },
  body: (r) => {
    return [
      entered(r, FAULT, 'vmf.orig_pte = huge_ptep_get(mm, address, pte)'),
      r.step('entry = huge_ptep_get(ptep)', (k, f) => {
        read_orig_pte(k, f);
      }),
      r.when('(huge_pte_none(entry))', (_, f) => f.pte === 0, [
        r.call('ret = hugetlb_no_page(mapping, vmf)', hugetlb_no_page, passVmf, keepRet),
        leaves(r, FAULT, 'return ret', (_, f) => f.ret),
      ]),
      r.when(
        '((flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE)) && !huge_pte_write(entry))',
        (_, f) => wantsOwn(f) && (f.pte & PTE_WRITE) === 0,
        [
          r.call('ret = hugetlb_wp(vmf)', hugetlb_wp, passVmf, keepRet),
          leaves(r, FAULT, 'return ret', (_, f) => f.ret),
        ],
      ),
      pmdLock(r),
      r.step('huge_ptep_set_access_flags(): young, and dirty for a write', (k, f) => {
        const pte = ptep_get(k, f.entry) | PTE_YOUNG;
        set_pte_bits(k, f.entry, isWrite(f) ? pte_mkdirty(k, pte) : pte);
      }),
      pmdUnlock(r),
      leaves(r, FAULT, 'return 0', () => 0),
    ];
  },
});
