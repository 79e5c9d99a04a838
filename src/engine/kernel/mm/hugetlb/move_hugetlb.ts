/** The entries of a hugetlb mapping at another address (move_hugetlb_page_tables, mm/hugetlb.c; 5.16 and later). */

import type { Vpn } from '../../../machine/ids';
import { EntryT, Int, MmT, routine, VmaT, VpnT } from '../../../routine/routine';
import { Notify } from '../../constants';
import { move_huge_pmd } from '../huge_memory/huge_pmd';
import { mmOf } from '../memory/vmf';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { pmdLock, pmdUnlock } from '../page_table_lock';
import { next_pte_table } from '../pagewalk';
import { pmd_alloc, pmd_offset, ptep_get } from '../pgtable';
import { rmapWriteLock, vmaLocks } from '../rmap/rmap_lock';

/** Moves the entries of [start, start + pages) to `to`. Returns how many pages came across: all, unless memory is out. */
export const move_hugetlb_page_tables = routine({
  name: 'move_hugetlb_page_tables',
  file: 'mm/hugetlb.c',
  about: 'Move each huge entry as it stands; mirrors lose the old addresses.',
  params: { vma: VmaT, start: VpnT, pages: Int, to: VpnT },
  locals: { mm: MmT, end: VpnT, at: VpnT, entry: EntryT, moved: Int },
  body: (r) => {
    type Range = { mm: number; start: Vpn; end: Vpn; event: number };
    const range = (_: unknown, f: { mm: number; start: Vpn; end: Vpn }, callee: Range): void => {
      callee.mm = f.mm;
      callee.start = f.start;
      callee.end = f.end;
      callee.event = Notify.CLEAR;
    };
    return [
      r.step('note the range', (k, f) => {
        f.mm = mmOf(k, f);
        f.end = (f.start + f.pages) as Vpn;
        f.moved = f.pages;
      }),
      r.call(
        'mmu_notifier_invalidate_range_start(CLEAR, old range)',
        mmu_notifier_invalidate_range_start,
        range,
      ),
      rmapWriteLock(r, (k, f) => vmaLocks(k, [f.vma])),
      r.step('begin with the first huge page', (k, f) => {
        f.at = next_pte_table(k, f.mm, f.start, f.end);
      }),
      r.loop('(old_addr < old_end)', (_, f) => f.at < f.end, [
        r.step(
          'src_pte = hugetlb_walk(vma, old_addr); dst_pte = huge_pte_alloc(mm, new_vma, new_addr)',
          (k, f) => {
            f.entry = pmd_offset(k, f.mm, f.at);
            if (ptep_get(k, f.entry) === 0 || pmd_alloc(k, f.mm, (f.at + f.to - f.start) as Vpn) !== 0)
              return;
            f.moved = f.at - f.start;
            f.at = f.end;
          },
        ),
        r.when(
          '(!huge_pte_none(huge_ptep_get(src_pte)))',
          (k, f) => f.at < f.end && ptep_get(k, f.entry) !== 0,
          [
            pmdLock(r),
            r.step('move_huge_pte(vma, old_addr, new_addr, src_pte, dst_pte)', (k, f) => {
              move_huge_pmd(k, f.mm, f.at, (f.at + f.to - f.start) as Vpn, (pte) => pte);
            }),
            pmdUnlock(r),
          ],
        ),
        r.step('go on to the next huge page', (k, f) => {
          if (f.at < f.end) f.at = next_pte_table(k, f.mm, (f.at + HUGE_PAGES) as Vpn, f.end);
        }),
      ]),
      r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, range),
      r.ret('return how far it came', (_, f) => f.moved),
    ];
  },
});
