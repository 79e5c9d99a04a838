/** The child's page tables (the fork half of mm/memory.c). */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import {
  isPresent,
  kindOf,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_SOFT_DIRTY,
  PTE_UFFD_WP,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  type Builder,
  EntryT,
  ErrnoT,
  Int,
  MmT,
  type Node,
  PageT,
  routine,
  VmaT,
  VpnT,
} from '../../../routine/routine';
import { Errno, Notify } from '../../constants';
import { is_huge_at, split_huge_pmd } from '../huge_memory/huge_memory';
import { Copied, copy_huge_pmd } from '../huge_memory/huge_pmd';
import { copy_hugetlb_page_range } from '../hugetlb/copy_hugetlb';
import { memcg_charge } from '../memcontrol';
import { folio_add_lru_vma } from '../mlock/mlock_folio';
import { trylock_page, unlock_page } from '../mmap/mmap_lock';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { alloc_movable_page } from '../page_alloc/page_alloc';
import { ptlLock, ptlUnlock } from '../page_table_lock';
import { next_entry, next_pte_table, pte_table_end } from '../pagewalk';
import {
  protnone,
  pte_alloc,
  pte_mkdirty,
  pte_offset,
  pte_page,
  ptep_get,
  set_pte,
  set_pte_bits_unflushed,
} from '../pgtable';
import { folio_add_new_anon_rmap, folio_add_rmap, mm_counter_add } from '../rmap/rmap';
import { get_page, rename_hold } from '../swap/page_ref';
import { swap_duplicate } from '../swapfile/swapfile';
import { restore_exclusive_pte } from './exclusive';
import { mmOf } from './vmf';

interface Copy {
  dst: VmaRow;
  src: VmaRow;
  at: Vpn;
  entry: EntryRow;
  to: EntryRow;
  page: PageRow;
}

/**
 * Tables are copied only where faults could not make them again: for VMAs with anonymous pages, and for those that map
 * frames directly (vma_needs_copy).
 */
function vma_needs_copy(k: Kernel, src: VmaRow): boolean {
  return k.mm.anonVma.get(src) !== 0 || k.mm.has(src, Vm.MixedMap);
}

/** One more mapping, by the child; an anonymous page is then exclusive to nobody (folio_dup_… / folio_try_dup_anon_rmap_pte). */
function dup_rmap(k: Kernel, f: Copy): void {
  get_page(k, f.page, Hold.Pte);
  folio_add_rmap(k, f.page);
  k.pages.clearFlag(f.page, Pg.AnonExclusive);
  mm_counter_add(k, k.mm.mm.get(f.dst) as MmRow, f.page, 1);
}

/**
 * In a mapping that copies on write neither side may write any more; bits of shared entries stay. The flush comes when
 * dup_mmap is done: until then threads of the parent may write to pages that the child has already.
 */
function write_protect(k: Kernel, f: Copy, pte: number): number {
  if (!k.mm.isCow(f.src) || (pte & PTE_WRITE) === 0) return pte;
  set_pte_bits_unflushed(k, f.entry, pte & ~PTE_WRITE);
  return pte & ~PTE_WRITE;
}

/** Pinned for a device to write to: the parent must keep this very page, so that it can't be shared. */
function is_pinned_pte(k: Kernel, { entry, page }: Copy): boolean {
  if (page === 0 || !isPresent(ptep_get(k, entry))) return false;
  return k.pages.pins.get(k.pages.folio(page)) > 0 && k.pages.has(page, Pg.AnonExclusive);
}

function copy_present_pte(k: Kernel, f: Copy): void {
  if (f.page !== 0) dup_rmap(k, f);
  let pte = write_protect(k, f, ptep_get(k, f.entry)) & ~(PTE_YOUNG | PTE_UFFD_WP);
  if (k.mm.has(f.src, Vm.Shared)) pte &= ~PTE_DIRTY;
  set_pte(k, f.to, pte, k.tables.hi.get(f.entry));
}

/** The child's own copy of a pinned page. */
function map_copy(k: Kernel, f: Copy, copy: PageRow): void {
  const mm = k.mm.mm.get(f.dst) as MmRow;
  k.contents.copy(f.page, copy);
  memcg_charge(k, copy, mm);
  rename_hold(k, copy, Hold.Alloc, Hold.Pte);
  folio_add_new_anon_rmap(k, copy, f.dst, f.at);
  folio_add_lru_vma(k, copy, f.dst);
  k.mm.rssAnon.add(mm, 1);
  const access = k.mm.has(f.dst, Vm.Write) ? PTE_WRITE : protnone(k, f.dst);
  set_pte(k, f.to, pte_mkdirty(k, Pte.Present | PTE_YOUNG | access), copy);
}

/** Entries for pages that are elsewhere (copy_nonpresent_pte): device-private, migration, swap. */
function copy_nonpresent_pte(k: Kernel, f: Copy): void {
  const pte = ptep_get(k, f.entry);
  const mm = k.mm.mm.get(f.dst) as MmRow;
  switch (kindOf(pte)) {
    case Pte.DevicePrivate: {
      dup_rmap(k, f);
      let shared = write_protect(k, f, pte);
      if (shared !== pte) {
        shared &= ~PTE_SOFT_DIRTY;
        set_pte_bits_unflushed(k, f.entry, shared);
      }
      set_pte(k, f.to, shared & ~PTE_UFFD_WP, f.page);
      return;
    }
    case Pte.Migration: {
      const shared = k.mm.isCow(f.src) ? pte & ~(PTE_WRITE | PTE_EXCLUSIVE) : pte;
      mm_counter_add(k, mm, f.page, 1);
      set_pte_bits_unflushed(k, f.entry, shared);
      set_pte(k, f.to, shared, f.page);
      return;
    }
    case Pte.Swap: {
      const shared = pte & ~PTE_EXCLUSIVE;
      swap_duplicate(k, k.tables.hi.get(f.entry));
      k.mm.swapEntries.add(mm, 1);
      set_pte_bits_unflushed(k, f.entry, shared);
      set_pte(k, f.to, shared, k.tables.hi.get(f.entry));
      return;
    }
    default:
      set_pte(k, f.to, pte, k.tables.hi.get(f.entry));
  }
}

/** The entry at `f.at` on both sides, and its page. */
function look(k: Kernel, f: Copy): void {
  f.entry = pte_offset(k, mmOf(k, { vma: f.src }), f.at);
  f.to = pte_offset(k, mmOf(k, { vma: f.dst }), f.at);
  f.page = pte_page(k, f.entry);
}

const lockBoth = <F extends Copy>(r: Builder<F>): Node<F>[] => [
  ptlLock(r, 'dst_pte = pte_alloc_map_lock(dst_mm, dst_pmd, addr, &dst_ptl)', (_, f) => f.to),
  ptlLock(r, 'spin_lock_nested(src_ptl, SINGLE_DEPTH_NESTING)', (_, f) => f.entry),
];
const unlockBoth = <F extends Copy>(r: Builder<F>): Node<F>[] => [
  ptlUnlock(r, 'pte_unmap_unlock(src_pte, src_ptl)', (_, f) => f.entry),
  ptlUnlock(r, 'pte_unmap_unlock(dst_pte, dst_ptl)', (_, f) => f.to),
];

/** Copies the entries of one PTE table; the child's table exists. Returns 0, -ENOMEM, or -EBUSY for a locked exclusive page. */
const copy_pte_range = routine({
  name: 'copy_pte_range',
  file: 'mm/memory.c',
  about: 'Copy the entries of one table. Anonymous pages are shared from now on and read-only on both sides.',
  params: { dst: VmaT, src: VmaT, start: VpnT, end: VpnT },
  locals: { at: VpnT, entry: EntryT, to: EntryT, page: PageT, copy: PageT },
  body: (r) => [
    r.step('find the first entry in use', (k, f) => {
      f.at = next_entry(k, mmOf(k, { vma: f.src }), f.start, f.end);
    }),
    r.when('(addr >= end)', (_, f) => f.at >= f.end, [r.ret('return 0')]),
    r.step('read src_pte; find dst_pte and the page', look),
    ...lockBoth(r),
    r.loop('(addr < end)', (_, f) => f.at < f.end, [
      r.step('ptep_get(src_pte), and the page', look),
      r.only(
        (profile) => profile.deviceExclusive,
        [
          r.when(
            '(is_device_exclusive_entry(entry)): it must be present before it is copied',
            (k, f) => kindOf(ptep_get(k, f.entry)) === Pte.DeviceExclusive,
            [
              r.when(
                '(try_restore_exclusive_pte(src_pte, src_vma, addr)): the page is locked',
                (k, f) => !trylock_page(k, f.page),
                [...unlockBoth(r), r.ret('return -EBUSY', () => -Errno.EBUSY)],
              ),
              r.step('restore_exclusive_pte(src_vma, page, addr, src_pte)', (k, f) => {
                restore_exclusive_pte(k, f.entry, f.src);
                unlock_page(k, f.page);
              }),
            ],
          ),
        ],
      ),
      r.when('the page is exclusive and pinned: the child needs a copy', is_pinned_pte, [
        ...unlockBoth(r),
        r.step('page_copy_prealloc(dst_mm, dst_vma, addr)', (k, f) => {
          f.copy = alloc_movable_page(k);
        }),
        r.when('(!prealloc)', (_, f) => f.copy === 0, [r.ret('return -ENOMEM', () => -Errno.ENOMEM)]),
        ...lockBoth(r),
      ]),
      r.when(
        '(pte_present(ptent))',
        (k, f) => isPresent(ptep_get(k, f.entry)),
        [
          r.when(
            'the page is exclusive and pinned',
            is_pinned_pte,
            [r.step('copy_present_page(): give the child a copy at once', (k, f) => map_copy(k, f, f.copy))],
            [
              r.step('copy_present_ptes(): share the page, and flush later', (k, f) =>
                copy_present_pte(k, f),
              ),
            ],
          ),
        ],
        [r.step('copy_nonpresent_pte(): share what it stands for', (k, f) => copy_nonpresent_pte(k, f))],
      ),
      r.step('go on to the next entry in use', (k, f) => {
        f.at = next_entry(k, mmOf(k, { vma: f.src }), (f.at + 1) as Vpn, f.end);
      }),
    ]),
    ...unlockBoth(r),
    r.ret('return 0'),
  ],
});

/** Copies the entries of a VMA to the child's VMA, as far as that is needed. Returns 0 or -ENOMEM. */
export const copy_page_range = routine({
  name: 'copy_page_range',
  file: 'mm/memory.c',
  about: 'Give the child the page-table entries of one VMA, table by table.',
  params: { dst: VmaT, src: VmaT },
  locals: { mm: MmT, at: VpnT, end: VpnT, next: VpnT, copied: Int, ret: ErrnoT },
  body: (r) => [
    r.when(
      '(!vma_needs_copy(dst_vma, src_vma)): faults can make the entries again',
      (k, f) => !vma_needs_copy(k, f.src),
      [r.ret('return 0')],
    ),
    r.when('(is_vm_hugetlb_page(src_vma))', (k, f) => k.mm.has(f.src, Vm.HugeTlb), [
      r.call(
        'ret = copy_hugetlb_page_range(dst_mm, src_mm, dst_vma, src_vma)',
        copy_hugetlb_page_range,
        (_, f, callee) => {
          callee.dst = f.dst;
          callee.src = f.src;
        },
        (_, f, value) => {
          f.ret = value;
        },
      ),
      r.ret('return ret', (_, f) => f.ret),
    ]),
    r.step('note the range', (k, f) => {
      f.mm = mmOf(k, { vma: f.src });
      f.end = k.mm.end.get(f.src) as Vpn;
      f.at = next_pte_table(k, f.mm, k.mm.start.get(f.src) as Vpn, f.end);
    }),
    r.when('(is_cow): entries of the parent become read-only', (k, f) => k.mm.isCow(f.src), [
      r.call(
        'mmu_notifier_invalidate_range_start(PROTECTION_PAGE, vma)',
        mmu_notifier_invalidate_range_start,
        (k, f, callee) => {
          callee.mm = f.mm;
          callee.start = k.mm.start.get(f.src) as Vpn;
          callee.end = f.end;
          callee.event = Notify.PROTECTION_PAGE;
        },
      ),
    ]),
    r.loop('(addr != end && !ret)', (_, f) => f.at < f.end && f.ret === 0, [
      r.step('next = pmd_addr_end(addr, end)', (_, f) => {
        f.next = pte_table_end(f.at, f.end);
      }),
      r.when('(pmd_trans_huge(*src_pmd))', (k, f) => is_huge_at(k, f.mm, f.at), [
        r.step(
          'copy_huge_pmd(dst_mm, src_mm, …): share the folio, read-only on both sides; no flush yet',
          (k, f) => {
            f.copied = copy_huge_pmd(k, f.mm, mmOf(k, { vma: f.dst }), f.at);
            if (f.copied === Copied.NoMemory) f.ret = -Errno.ENOMEM;
          },
        ),
        r.when('it is exclusive and pinned: the child needs copies', (_, f) => f.copied === Copied.Pinned, [
          r.call('__split_huge_pmd(src_vma, src_pmd, addr)', split_huge_pmd, (_, f, callee) => {
            callee.vma = f.src;
            callee.vpn = f.at;
          }),
        ]),
      ]),
      r.when('(!pmd_none_or_clear_bad(src_pmd))', (k, f) => !is_huge_at(k, f.mm, f.at), [
        r.when(
          '(pte_alloc(dst_mm, dst_pmd)): no memory for the child’s table',
          (k, f) => pte_alloc(k, mmOf(k, { vma: f.dst }), f.at) === 0,
          [
            r.step('ret = -ENOMEM', (_, f) => {
              f.ret = -Errno.ENOMEM;
            }),
          ],
          [
            r.call(
              'copy_pte_range(dst_vma, src_vma, dst_pmd, src_pmd, addr, next)',
              copy_pte_range,
              (_, f, callee) => {
                callee.dst = f.dst;
                callee.src = f.src;
                callee.start = f.at;
                callee.end = f.next;
              },
              (_, f, value) => {
                f.ret = value;
              },
            ),
          ],
        ),
      ]),
      r.step("go on to the parent's next table", (k, f) => {
        f.at = next_pte_table(k, f.mm, f.next, f.end);
      }),
    ]),
    r.when('(is_cow)', (k, f) => k.mm.isCow(f.src), [
      r.call(
        'mmu_notifier_invalidate_range_end(range)',
        mmu_notifier_invalidate_range_end,
        (k, f, callee) => {
          callee.mm = f.mm;
          callee.start = k.mm.start.get(f.src) as Vpn;
          callee.end = f.end;
          callee.event = Notify.PROTECTION_PAGE;
        },
      ),
    ]),
    r.ret('return 0 or -ENOMEM', (_, f) => (f.ret === 0 ? 0 : -Errno.ENOMEM)),
  ],
});
