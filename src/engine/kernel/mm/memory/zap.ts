/** Taking mappings away (the zap half of mm/memory.c). */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, SlotRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent, kindOf, PTE_DIRTY, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  type Builder,
  EntryT,
  GatherT,
  MmT,
  type Node,
  PageT,
  routine,
  VmaT,
  VpnT,
} from '../../../routine/routine';
import { Notify } from '../../constants';
import { is_huge, split_huge_pmd } from '../huge_memory/huge_memory';
import { covers_huge, zap_huge_pmd } from '../huge_memory/huge_pmd';
import { mlock_has_done, mlock_put_batch } from '../mlock/mlock_folio';
import {
  tlb_clear_entry,
  tlb_finish_mmu,
  tlb_flush_mmu_free,
  tlb_flush_mmu_tlbonly,
  tlb_gather_mmu,
  tlb_remove_page,
} from '../mmu_gather';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { pmdLock, pmdUnlock, ptlLock, ptlUnlock } from '../page_table_lock';
import { next_entry, pte_table_end } from '../pagewalk';
import { is_mapping, leaf_offset, pte_clear, pte_page, ptep_get } from '../pgtable';
import { folio_remove_rmap, mm_counter_add } from '../rmap/rmap';
import { lruAddDrain } from '../swap/lru_add_drain';
import { put_page } from '../swap/page_ref';
import { free_swap_and_cache } from '../swapfile/swap_state';
import { mmOf } from './vmf';

interface Zap {
  vma: VmaRow;
  at: Vpn;
  end: Vpn;
  entry: EntryRow;
  page: PageRow;
  tlb: SlotRow;
}

/** Goes to the first entry in use from `from` on; `f.at` is `f.end` where there is none. */
function advance(k: Kernel, f: Omit<Zap, 'page' | 'tlb'>, from: Vpn): void {
  f.at = next_entry(k, mmOf(k, f), from, f.end);
  if (f.at < f.end) f.entry = leaf_offset(k, mmOf(k, f), f.at);
}

function advance_pte(k: Kernel, f: Zap, from: Vpn): void {
  advance(k, f, from);
  if (f.at < f.end) f.page = pte_page(k, f.entry);
}

/**
 * A present entry: CPUs may use it until the gather is flushed, and only then its page is freed. The zero page has nothing to
 * give back. A dirty page of a file must not be written to once its dirty bit was moved to it: the flush comes before the
 * page-table lock is gone (force_flush).
 */
function zap_present_pte(k: Kernel, f: Zap & { flush: number }): void {
  const moveDirty = f.page !== 0 && !k.pages.isAnon(f.page) && (ptep_get(k, f.entry) & PTE_DIRTY) !== 0;
  tlb_clear_entry(k, f.tlb, f.entry);
  if (f.page === 0) return;
  if (moveDirty) {
    k.pages.setFlag(f.page, Pg.Dirty);
    f.flush = 1;
  }
  mm_counter_add(k, mmOf(k, f), f.page, -1);
  folio_remove_rmap(k, f.page, f.vma);
  tlb_remove_page(k, f.tlb, f.page);
}

/** The entry holds a page that the CPU cannot reach: no TLB has it, so it is put at once. */
const holds_page = (pte: number): boolean => {
  const kind = kindOf(pte);
  return kind === Pte.DevicePrivate || kind === Pte.DeviceExclusive;
};

/** Migration entries hold no reference: whoever migrates finds nothing to restore. Swap entries give their slot back. */
function zap_other_pte(k: Kernel, f: Zap): void {
  const pte = ptep_get(k, f.entry);
  if (kindOf(pte) === Pte.Migration) mm_counter_add(k, mmOf(k, f), f.page, -1);
  if (kindOf(pte) === Pte.Swap) {
    k.mm.swapEntries.add(mmOf(k, f), -1);
    free_swap_and_cache(k, k.tables.hi.get(f.entry));
  }
  pte_clear(k, f.entry);
}

/** Clears the entries of [start, end) that lie in one PTE table. Present pages are left in the gather `tlb`. */
const zap_pte_range = routine({
  name: 'zap_pte_range',
  file: 'mm/memory.c',
  about: 'Clear the entries of one table in address order, whatever they stand for, under its lock.',
  params: { vma: VmaT, start: VpnT, end: VpnT, tlb: GatherT },
  locals: { at: VpnT, first: EntryT, entry: EntryT, page: PageT, flush: Bool },
  body: (r) => [
    r.step('find the first entry in use', (k, f) => {
      advance_pte(k, f, f.start);
      f.first = f.entry;
    }),
    ptlLock(r, 'start_pte = pte_offset_map_lock(mm, pmd, addr, &ptl)', (_, f) => f.first),
    r.loop('(addr < end)', (_, f) => f.at < f.end, [
      r.when(
        '(pte_present(ptent))',
        (k, f) => isPresent(ptep_get(k, f.entry)),
        [
          r.step(
            'ptep_get_and_clear_full(): flush later; take rss and reverse map; gather the page',
            (k, f) => zap_present_pte(k, f),
          ),
        ],
        [
          r.when(
            '(is_device_private_entry(entry) || is_device_exclusive_entry(entry))',
            (k, f) => holds_page(ptep_get(k, f.entry)),
            [
              r.step('take rss; remove the mapping, where the entry is one', (k, f) => {
                mm_counter_add(k, mmOf(k, f), f.page, -1);
                if (is_mapping(k, ptep_get(k, f.entry))) folio_remove_rmap(k, f.page, f.vma);
              }),
              r.call('put_page(page)', put_page, (k, f, callee) => {
                callee.page = f.page;
                callee.hold = is_mapping(k, ptep_get(k, f.entry)) ? Hold.Pte : Hold.Exclusive;
              }),
              r.step('pte_clear(mm, address, pte)', (k, f) => pte_clear(k, f.entry)),
            ],
            [r.step('take rss for a migration entry; give a swap slot back; pte_clear()', zap_other_pte)],
          ),
        ],
      ),
      r.step('go on to the next entry in use', (k, f) => advance_pte(k, f, (f.at + 1) as Vpn)),
    ]),
    r.when('a full batch of mlock had the last reference of device memory', mlock_has_done, [
      r.call('folios_put(fbatch)', mlock_put_batch, (k, _, callee) => {
        callee.cpu = k.tasks.cpu.get(k.task);
      }),
    ]),
    r.when('(force_flush): the dirty bits of file pages were moved', (_, f) => f.flush !== 0, [
      r.step('tlb_flush_mmu_tlbonly(tlb): nobody writes to them by what is cached', (k, f) =>
        tlb_flush_mmu_tlbonly(k, mmOf(k, f), f.tlb),
      ),
    ]),
    ptlUnlock(r, 'pte_unmap_unlock(start_pte, ptl)', (_, f) => f.first),
    r.when('(force_flush): what was gathered is freed too', (_, f) => f.flush !== 0, [
      r.call('tlb_flush_mmu_free(tlb)', tlb_flush_mmu_free, (_, f, callee) => {
        callee.tlb = f.tlb;
      }),
    ]),
  ],
});

/** Clears every entry of [start, end), which lies in the VMA. Present pages are left in the gather `tlb`. */
const unmap_page_range = routine({
  name: 'unmap_page_range',
  file: 'mm/memory.c',
  about: 'Clear the entries of the range table by table (zap_pmd_range).',
  params: { vma: VmaT, start: VpnT, end: VpnT, tlb: GatherT },
  locals: { at: VpnT, next: VpnT, entry: EntryT, folio: PageT },
  body: (r) => [
    r.step('find the first entry in use', (k, f) => advance(k, f, f.start)),
    r.loop('(addr < end)', (_, f) => f.at < f.end, [
      r.step('next = pmd_addr_end(addr, end)', (_, f) => {
        f.next = pte_table_end(f.at, f.end);
      }),
      r.when(
        '(pmd_trans_huge(*pmd))',
        (k, f) => is_huge(ptep_get(k, f.entry)),
        [
          r.when(
            '(next - addr == HPAGE_PMD_SIZE)',
            (_, f) => covers_huge(f.at, f.end),
            [
              pmdLock(r),
              r.step(
                'zap_huge_pmd(): flush later; take rss, reverse map and the deposited table; gather the folio',
                (k, f) => {
                  f.folio = zap_huge_pmd(k, f.vma, f.entry, f.tlb);
                },
              ),
              r.only(
                (profile) => profile.collectsHuge,
                [
                  r.when('(folio_is_device_private(folio))', (_, f) => f.folio !== 0, [
                    r.call('folio_put(folio)', put_page, (_, f, callee) => {
                      callee.page = f.folio;
                      callee.hold = Hold.Pte;
                    }),
                  ]),
                ],
              ),
              pmdUnlock(r),
            ],
            [
              r.call('__split_huge_pmd(vma, pmd, addr)', split_huge_pmd, (_, f, callee) => {
                callee.vma = f.vma;
                callee.vpn = f.at;
              }),
              r.step('look at this address again', (_, f) => {
                f.next = f.at;
              }),
            ],
          ),
        ],
        [
          r.call('zap_pte_range(tlb, vma, pmd, addr, next)', zap_pte_range, (_, f, callee) => {
            callee.vma = f.vma;
            callee.start = f.at;
            callee.end = f.next;
            callee.tlb = f.tlb;
          }),
        ],
      ),
      r.step('go on to the next entry in use', (k, f) => advance(k, f, f.next)),
    ]),
  ],
});

interface Range {
  readonly vma: VmaRow;
  readonly start: Vpn;
  readonly end: Vpn;
}

/** Clears the entries of a range of one VMA (unmap_single_vma). Of hugetlb pages mirrors were once told here too. */
function unmap_single_vma<F extends { tlb: SlotRow }>(
  r: Builder<F>,
  range: (k: Kernel, f: F) => Range,
): Node<F>[] {
  const pass = (k: Kernel, f: F, callee: { mm: MmRow; start: Vpn; end: Vpn; event: number }): void => {
    const { vma, start, end } = range(k, f);
    callee.mm = k.mm.mm.get(vma) as MmRow;
    callee.start = start;
    callee.end = end;
    callee.event = Notify.UNMAP;
  };
  const told = (nodes: Node<F>[]): Node<F> =>
    r.only(
      (profile) => profile.hugetlbZapNotifies,
      [r.when('(is_vm_hugetlb_page(vma))', (k, f) => k.mm.has(range(k, f).vma, Vm.HugeTlb), nodes)],
    );
  return [
    told([
      r.call('mmu_notifier_invalidate_range_start(UNMAP, range)', mmu_notifier_invalidate_range_start, pass),
    ]),
    r.call('unmap_page_range(tlb, vma, start, end)', unmap_page_range, (k, f, callee) => {
      const { vma, start, end } = range(k, f);
      callee.vma = vma;
      callee.start = start;
      callee.end = end;
      callee.tlb = f.tlb;
    }),
    told([r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, pass)]),
  ];
}

/** Unmaps [start, end) of a list of VMAs linked by `next`, with one invalidation for the whole range. */
export const unmap_vmas = routine({
  name: 'unmap_vmas',
  file: 'mm/memory.c',
  about: 'Tell the mirrors that the range goes away, then clear the entries of each VMA.',
  params: { mm: MmT, vma: VmaT, start: VpnT, end: VpnT, tlb: GatherT },
  body: (r) => [
    r.call(
      'mmu_notifier_invalidate_range_start(UNMAP, range)',
      mmu_notifier_invalidate_range_start,
      (_, f, callee) => {
        callee.mm = f.mm;
        callee.start = f.start;
        callee.end = f.end;
        callee.event = Notify.UNMAP;
      },
    ),
    r.loop('(vma)', (_, f) => f.vma !== 0, [
      ...unmap_single_vma(r, (k, { vma, start, end }) => ({
        vma,
        start: Math.max(start, k.mm.start.get(vma)) as Vpn,
        end: Math.min(end, k.mm.end.get(vma)) as Vpn,
      })),
      r.step('vma = vma_next(vmi)', (k, f) => {
        f.vma = k.mm.next.get(f.vma) as VmaRow;
      }),
    ]),
    r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, (_, f, callee) => {
      callee.mm = f.mm;
      callee.start = f.start;
      callee.end = f.end;
      callee.event = Notify.UNMAP;
    }),
  ],
});

/** Empties [start, end) of one VMA, which stays; the page tables stay too. */
export const zap_page_range_single = routine({
  name: 'zap_page_range_single',
  file: 'mm/memory.c',
  about: 'Remove the pages of a range; the VMA and the page tables stay.',
  params: { vma: VmaT, start: VpnT, end: VpnT },
  locals: { mm: MmT, tlb: GatherT },
  body: (r) => [
    lruAddDrain(r),
    r.step('tlb_gather_mmu(&tlb, mm)', (k, f) => {
      f.mm = k.mm.mm.get(f.vma) as MmRow;
      f.tlb = tlb_gather_mmu(k, f.mm);
    }),
    r.call(
      'mmu_notifier_invalidate_range_start(CLEAR, range)',
      mmu_notifier_invalidate_range_start,
      (_, f, callee) => {
        callee.mm = f.mm;
        callee.start = f.start;
        callee.end = f.end;
        callee.event = Notify.CLEAR;
      },
    ),
    ...unmap_single_vma(r, (_, f) => f),
    r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, (_, f, callee) => {
      callee.mm = f.mm;
      callee.start = f.start;
      callee.end = f.end;
      callee.event = Notify.CLEAR;
    }),
    r.call('tlb_finish_mmu(&tlb)', tlb_finish_mmu, (_, f, callee) => {
      callee.mm = f.mm;
      callee.tlb = f.tlb;
    }),
  ],
});

/** Takes a huge page of the pool away from one mapping. Where every zap tells mirrors of it, this doesn't besides. */
export const unmap_hugepage_range = routine({
  name: 'unmap_hugepage_range',
  file: 'mm/hugetlb.c',
  about: 'Remove huge pages of the pool from a mapping; the mapping stays.',
  params: { vma: VmaT, start: VpnT, end: VpnT },
  locals: { mm: MmT, tlb: GatherT },
  body: (r) => [
    r.only(
      (profile) => profile.hugetlbZapNotifies,
      [
        r.step('tlb_gather_mmu(&tlb, mm)', (k, f) => {
          f.mm = k.mm.mm.get(f.vma) as MmRow;
          f.tlb = tlb_gather_mmu(k, f.mm);
        }),
        ...unmap_single_vma(r, (_, f) => f),
        r.call('tlb_finish_mmu(&tlb)', tlb_finish_mmu, (_, f, callee) => {
          callee.mm = f.mm;
          callee.tlb = f.tlb;
        }),
      ],
      [
        r.call('__unmap_hugepage_range(&tlb, vma, start, end)', zap_page_range_single, (_, f, callee) => {
          callee.vma = f.vma;
          callee.start = f.start;
          callee.end = f.end;
        }),
      ],
    ),
  ],
});
