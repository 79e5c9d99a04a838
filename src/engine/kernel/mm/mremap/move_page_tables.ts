/** The entries of a range at another address (move_page_tables, mm/mremap.c). */

import { Vm } from '../../../machine/address-spaces';
import type { MmRow, VmaRow, Vpn } from '../../../machine/ids';
import { isPresent, kindOf, PTE_SOFT_DIRTY, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  type Builder,
  EntryT,
  Int,
  MmT,
  type Node,
  routine,
  VmaT,
  VpnT,
} from '../../../routine/routine';
import { Notify } from '../../constants';
import { huge_start, is_huge_at, split_huge_pmd } from '../huge_memory/huge_memory';
import { move_huge_pmd } from '../huge_memory/huge_pmd';
import { move_hugetlb_page_tables } from '../hugetlb/move_hugetlb';
import { mmOf } from '../memory/vmf';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { HUGE_PAGES } from '../page_alloc/page_alloc';
import { ptlLock, ptlUnlock } from '../page_table_lock';
import { next_entry, next_pte_table, pte_table_end } from '../pagewalk';
import { pmd_offset, pte_alloc, pte_clear, pte_offset, ptep_get, set_pte } from '../pgtable';
import { rmapWriteLock, vmaLocks } from '../rmap/rmap_lock';

/** Entries that carry a soft-dirty bit get it: the page is new at its new address. */
function move_soft_dirty(k: Kernel, pte: number): number {
  const carries = isPresent(pte) || kindOf(pte) === Pte.Swap || kindOf(pte) >= Pte.Migration;
  return k.profile.softDirty && carries ? pte | PTE_SOFT_DIRTY : pte;
}

/** Moves one entry as it stands: references, mappings and the page's identity don't change. */
function move_pte(k: Kernel, mm: MmRow, from: Vpn, to: Vpn): void {
  const old = pte_offset(k, mm, from);
  const pte = ptep_get(k, old);
  const page = k.tables.hi.get(old);
  pte_clear(k, old);
  set_pte(k, pte_offset(k, mm, to), move_soft_dirty(k, pte), page);
}

interface Move {
  mm: MmRow;
  start: Vpn;
  to: Vpn;
  at: Vpn;
  next: Vpn;
}

/** Moves a huge entry that lies in the range and on a boundary at both addresses; false if it must be split. */
function move_huge(k: Kernel, f: Move): boolean {
  const soft = (pte: number): number => move_soft_dirty(k, pte);
  const to = (f.at + f.to - f.start) as Vpn;
  return f.next - f.at === HUGE_PAGES && move_huge_pmd(k, f.mm, f.at, to, soft);
}

/** The entries from here on have been moved as one. */
const has_moved = (k: Kernel, f: Move): boolean =>
  f.next - f.at === HUGE_PAGES && ptep_get(k, pmd_offset(k, f.mm, f.at)) === 0;

/** Moves the entries of [at, next), which lie in one table, as those of the new address do. */
const move_ptes = routine({
  name: 'move_ptes',
  file: 'mm/mremap.c',
  about: 'Move the entries of one table to another one, under the locks of both.',
  params: { mm: MmT, start: VpnT, to: VpnT, at: VpnT, next: VpnT },
  locals: { old: EntryT, new: EntryT, vpn: VpnT },
  body: (r) => [
    r.step('find the first entry in use', (k, f) => {
      f.vpn = next_entry(k, f.mm, f.at, f.next);
      f.old = pte_offset(k, f.mm, f.at);
      f.new = pte_offset(k, f.mm, (f.at + f.to - f.start) as Vpn);
    }),
    r.when('there is none', (_, f) => f.vpn >= f.next, [r.ret('return')]),
    ptlLock(r, 'old_pte = pte_offset_map_lock(mm, old_pmd, old_addr, &old_ptl)', (_, f) => f.old),
    r.when('(new_ptl != old_ptl)', (k, f) => k.tables.nodeOf(f.old) !== k.tables.nodeOf(f.new), [
      ptlLock(r, 'spin_lock_nested(new_ptl, SINGLE_DEPTH_NESTING)', (_, f) => f.new),
    ]),
    r.loop('(old_addr < old_end)', (_, f) => f.vpn < f.next, [
      r.step('move it as it stands', (k, f) => {
        move_pte(k, f.mm, f.vpn, (f.vpn + f.to - f.start) as Vpn);
        f.vpn = next_entry(k, f.mm, (f.vpn + 1) as Vpn, f.next);
      }),
    ]),
    r.when('(new_ptl != old_ptl)', (k, f) => k.tables.nodeOf(f.old) !== k.tables.nodeOf(f.new), [
      ptlUnlock(r, 'spin_unlock(new_ptl)', (_, f) => f.new),
    ]),
    ptlUnlock(r, 'pte_unmap_unlock(old_pte, old_ptl)', (_, f) => f.old),
  ],
});

function passMove(_: Kernel, f: Move, callee: Move): void {
  callee.mm = f.mm;
  callee.start = f.start;
  callee.to = f.to;
  callee.at = f.at;
  callee.next = f.next;
}

/**
 * A walk looks at VMAs in an order. Where the new address comes before the old one, entries must not move behind its back
 * (need_rmap_locks); elsewhere it finds each at the old address or later at the new one.
 */
const takeRmapLocks = <F extends { vma: VmaRow; locked: number }>(r: Builder<F>): Node<F> =>
  rmapWriteLock(r, (k, f) => (f.locked !== 0 ? vmaLocks(k, [f.vma]) : []));

/** Nothing is mapped from the boundary of page tables below `vpn` up to there, where a VMA begins (can_align_down). */
function can_align_down(k: Kernel, mm: MmRow, vpn: Vpn): boolean {
  const begins = k.mm.start.get(k.mm.vmaAt(mm, vpn)) === vpn;
  return begins && k.mm.findVma(mm, huge_start(vpn)) === k.mm.vmaAt(mm, vpn);
}

/** The move may begin at the boundaries below both addresses, so that whole tables can change hands (try_realign_addr). */
function can_realign(k: Kernel, f: { mm: MmRow; start: Vpn; to: Vpn; pages: number }): boolean {
  const into = f.start - huge_start(f.start);
  if (into === 0 || into !== f.to - huge_start(f.to) || f.pages < HUGE_PAGES - into) return false;
  return can_align_down(k, f.mm, f.start) && can_align_down(k, f.mm, f.to);
}

/** Moves the entries of [start, start + pages) to `to`. Returns how many pages came across: all, unless memory is out. */
export const move_page_tables = routine({
  name: 'move_page_tables',
  file: 'mm/mremap.c',
  about: 'Move the entries table by table; mirrors lose the old addresses.',
  params: { vma: VmaT, start: VpnT, pages: Int, to: VpnT, locked: Bool },
  locals: { mm: MmT, end: VpnT, at: VpnT, next: VpnT, moved: Int },
  body: (r) => [
    r.step('note the range', (k, f) => {
      f.mm = mmOf(k, f);
      f.end = (f.start + f.pages) as Vpn;
      f.moved = f.pages;
    }),
    r.when('(is_vm_hugetlb_page(vma))', (k, f) => k.mm.has(f.vma, Vm.HugeTlb), [
      r.call(
        'moved = move_hugetlb_page_tables(vma, new_vma, old_addr, new_addr, len)',
        move_hugetlb_page_tables,
        (_, f, callee) => {
          callee.vma = f.vma;
          callee.start = f.start;
          callee.pages = f.pages;
          callee.to = f.to;
        },
        (_, f, value) => {
          f.moved = value;
        },
      ),
      r.ret('return moved', (_, f) => f.moved),
    ]),
    r.only(
      (profile) => profile.mremapRealigns,
      [
        r.when('the range goes over a boundary of page tables: try_realign_addr()', can_realign, [
          r.step('old_addr &= PMD_MASK; new_addr &= PMD_MASK', (_, f) => {
            f.start = huge_start(f.start);
            f.to = huge_start(f.to);
          }),
        ]),
      ],
    ),
    r.call(
      'mmu_notifier_invalidate_range_start(UNMAP, old range)',
      mmu_notifier_invalidate_range_start,
      (_, f, callee) => {
        callee.mm = f.mm;
        callee.start = f.start;
        callee.end = f.end;
        callee.event = Notify.UNMAP;
      },
    ),
    r.step('find the first table of the old range', (k, f) => {
      f.at = next_pte_table(k, f.mm, f.start, f.end);
    }),
    r.loop('(old_addr < old_end)', (_, f) => f.at < f.end, [
      r.step('extent = get_extent(): as far as both tables go', (_, f) => {
        const ahead = (f.at + f.to - f.start) as Vpn;
        const span = pte_table_end(ahead, (ahead + (f.end - f.at)) as Vpn) - ahead;
        f.next = Math.min(pte_table_end(f.at, f.end), f.at + span) as Vpn;
      }),
      takeRmapLocks(r),
      r.when('(pmd_trans_huge(*old_pmd))', (k, f) => is_huge_at(k, f.mm, f.at), [
        r.when('it can not move as a whole', (k, f) => !move_huge(k, f), [
          r.call('split_huge_pmd(vma, old_pmd, old_addr)', split_huge_pmd, (_, f, callee) => {
            callee.vma = f.vma;
            callee.vpn = f.at;
          }),
        ]),
      ]),
      r.when(
        '(pte_alloc(mm, new_pmd)): there is no memory, and entries are left',
        (k, f) => !has_moved(k, f) && pte_alloc(k, f.mm, (f.at + f.to - f.start) as Vpn) === 0,
        [
          r.step('stop here', (_, f) => {
            f.moved = Math.max(0, f.at - f.end + f.pages);
            f.next = f.end;
          }),
        ],
        [
          takeRmapLocks(r),
          r.call(
            'move_ptes(vma, old_pmd, old_addr, old_addr + extent, new_pmd, new_addr)',
            move_ptes,
            passMove,
          ),
        ],
      ),
      r.step('old_addr += extent; new_addr += extent', (k, f) => {
        f.at = f.next < f.end ? next_pte_table(k, f.mm, f.next, f.end) : f.end;
      }),
    ]),
    r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, (_, f, callee) => {
      callee.mm = f.mm;
      callee.start = f.start;
      callee.end = f.end;
      callee.event = Notify.UNMAP;
    }),
    r.ret('return the pages moved', (_, f) => f.moved),
  ],
});
