/** The child's entries of a hugetlb mapping (copy_hugetlb_page_range, mm/hugetlb.c). */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { PTE_HUGE, PTE_UFFD_WP, PTE_WRITE, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, EntryT, Int, type Node, PageT, routine, VmaT, VpnT } from '../../../routine/routine';
import { Errno, Notify } from '../../constants';
import { mmOf } from '../memory/vmf';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { ptlLock, ptlUnlock } from '../page_table_lock';
import { next_pte_table } from '../pagewalk';
import {
  pmd_alloc,
  pmd_offset,
  protnone,
  pte_mkdirty,
  ptep_get,
  set_pte,
  set_pte_bits_unflushed,
} from '../pgtable';
import { folio_add_rmap_pmd } from '../rmap/rmap';
import { get_page, getPage, put_page } from '../swap/page_ref';
import { add_new_anon_folio, copy_folio } from './hugetlb';
import { alloc_hugetlb_folio } from './hugetlb_pool';

interface Copy {
  dst: VmaRow;
  src: VmaRow;
  at: Vpn;
  end: Vpn;
  entry: EntryRow;
  to: EntryRow;
  page: PageRow;
}

/** The next huge page of the parent at or after `from`. */
function advance(k: Kernel, f: Omit<Copy, 'page' | 'to'>, from: Vpn): void {
  f.at = next_pte_table(k, mmOf(k, { vma: f.src }), from, f.end);
  while (f.at < f.end && ptep_get(k, pmd_offset(k, mmOf(k, { vma: f.src }), f.at)) === 0)
    f.at = next_pte_table(k, mmOf(k, { vma: f.src }), (f.at + HUGE_PAGES) as Vpn, f.end);
  f.entry = f.at < f.end ? pmd_offset(k, mmOf(k, { vma: f.src }), f.at) : (0 as EntryRow);
}

/** Pinned for a device to write to: the parent must keep this very page (hugetlb_try_dup_anon_rmap). */
function is_pinned(k: Kernel, f: Copy): boolean {
  return k.pages.has(f.page, Pg.AnonExclusive) && k.pages.pins.get(f.page) > 0;
}

/** One more mapping, by the child: read-only on both sides where pages are copied on write. The flush comes with fork's end. */
function share(k: Kernel, f: Copy): void {
  let pte = ptep_get(k, f.entry);
  get_page(k, f.page, Hold.Pte);
  folio_add_rmap_pmd(k, f.page);
  k.pages.clearFlag(f.page, Pg.AnonExclusive);
  if (k.mm.isCow(f.src) && (pte & PTE_WRITE) !== 0) {
    pte &= ~PTE_WRITE;
    set_pte_bits_unflushed(k, f.entry, pte);
  }
  set_pte(k, f.to, pte & ~PTE_UFFD_WP, f.page);
}

/** The child's own copy of a pinned page (hugetlb_install_folio). */
function install(k: Kernel, f: Copy, copy: PageRow): void {
  copy_folio(k, f.page, copy);
  add_new_anon_folio(k, f.dst, f.at, copy);
  const access = k.mm.has(f.dst, Vm.Write) ? pte_mkdirty(k, PTE_WRITE) : protnone(k, f.dst);
  set_pte(k, f.to, Pte.Present | PTE_HUGE | PTE_YOUNG | access, copy);
}

const lockBoth = <F extends Copy>(r: Builder<F>): Node<F>[] => [
  ptlLock(r, 'dst_ptl = huge_pte_lock(h, dst, dst_pte)', (_, f) => f.to),
  ptlLock(r, 'spin_lock_nested(src_ptl, SINGLE_DEPTH_NESTING)', (_, f) => f.entry),
];
const unlockBoth = <F extends Copy>(r: Builder<F>): Node<F>[] => [
  ptlUnlock(r, 'spin_unlock(src_ptl)', (_, f) => f.entry),
  ptlUnlock(r, 'spin_unlock(dst_ptl)', (_, f) => f.to),
];

type Range = { mm: number; start: Vpn; end: Vpn; event: number };
function range(k: Kernel, f: { src: VmaRow }, callee: Range): void {
  callee.mm = k.mm.mm.get(f.src);
  callee.start = k.mm.start.get(f.src) as Vpn;
  callee.end = k.mm.end.get(f.src) as Vpn;
  callee.event = Notify.CLEAR;
}

/** Returns 0, or -ENOMEM where a page table, or a huge page for a copy, could not be had. */
export const copy_hugetlb_page_range = routine({
  name: 'copy_hugetlb_page_range',
  file: 'mm/hugetlb.c',
  about:
    'Share each huge page with the child, read-only on both sides; a pinned one is copied for it at once.',
  params: { dst: VmaT, src: VmaT },
  locals: { at: VpnT, end: VpnT, entry: EntryT, to: EntryT, page: PageT, copy: PageT, ret: Int },
  body: (r) => [
    r.when('(is_cow_mapping(src_vma->vm_flags))', (k, f) => k.mm.isCow(f.src), [
      r.call('mmu_notifier_invalidate_range_start(CLEAR, vma)', mmu_notifier_invalidate_range_start, range),
    ]),
    r.step('begin with the first huge page', (k, f) => {
      f.end = k.mm.end.get(f.src) as Vpn;
      advance(k, f, k.mm.start.get(f.src) as Vpn);
    }),
    r.loop('(addr < src_vma->vm_end && !ret)', (_, f) => f.at < f.end && f.ret === 0, [
      r.step('dst_pte = huge_pte_alloc(dst, dst_vma, addr)', (k, f) => {
        f.to = pmd_alloc(k, mmOf(k, { vma: f.dst }), f.at);
        f.page = k.tables.hi.get(f.entry) as PageRow;
        if (f.to === 0) f.ret = -Errno.ENOMEM;
      }),
      r.when('(dst_pte)', (_, f) => f.ret === 0, [
        ...lockBoth(r),
        r.when(
          'it is exclusive and pinned: the child needs a copy',
          is_pinned,
          [
            getPage(r, 'folio_get(pte_folio)', (k, f) => ({ page: f.page, hold: Hold.Fault, who: k.task })),
            ...unlockBoth(r),
            r.step(
              'new_folio = alloc_hugetlb_folio(dst_vma, addr): nothing was promised to the child',
              (k, f) => {
                f.copy = alloc_hugetlb_folio(k, f.dst, true);
                if (f.copy === 0) f.ret = -Errno.ENOMEM;
              },
            ),
            r.when('(!IS_ERR(new_folio))', (_, f) => f.ret === 0, [
              ...lockBoth(r),
              r.step('copy_user_large_folio(); hugetlb_install_folio()', (k, f) => install(k, f, f.copy)),
              ...unlockBoth(r),
            ]),
            r.call('folio_put(pte_folio)', put_page, (k, f, callee) => {
              callee.page = f.page;
              callee.hold = Hold.Fault;
              callee.who = k.task;
            }),
          ],
          [r.step('huge_ptep_set_wrprotect(): share it, and flush later', share), ...unlockBoth(r)],
        ),
      ]),
      r.step('go on to the next huge page', (k, f) => advance(k, f, (f.at + HUGE_PAGES) as Vpn)),
    ]),
    r.when('(is_cow_mapping(src_vma->vm_flags))', (k, f) => k.mm.isCow(f.src), [
      r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, range),
    ]),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
