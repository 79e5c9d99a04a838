/** Write faults on read-only entries: reuse in place, or copy (do_wp_page and what it calls, mm/memory.c). */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isZeroPage, PTE_WRITE, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { Bool, type Builder, type Node, PageT, routine, VmFaultT } from '../../../routine/routine';
import { FaultFlag, Notify, VmFault } from '../../constants';
import { charge_or_free } from '../memcontrol';
import { folio_add_lru_vma } from '../mlock/mlock_folio';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { alloc_movable_page } from '../page_alloc/page_alloc';
import { pteLock, pteUnlock } from '../page_table_lock';
import { leaf_offset, pte_mkdirty, pte_page, set_pte } from '../pgtable';
import {
  folio_add_new_anon_rmap,
  folio_move_anon_rmap,
  folio_remove_rmap,
  type Mapping,
  mm_counter_add,
  rmap_walk,
} from '../rmap/rmap';
import { lruAddDrain } from '../swap/lru_add_drain';
import { getPage, put_page, rename_hold } from '../swap/page_ref';
import { folio_free_swap, free_swap_cache, reuse_swap_page } from '../swapfile/swap_state';
import { directReclaim } from '../vmscan/reclaim';
import {
  entered,
  fault_dirty_shared_page,
  isWrite,
  leaves,
  mmOf,
  passVmf,
  pte_same,
  type Vmf,
  vmf_anon_prepare,
  vmfParams,
} from './vmf';

const isUnshare = (f: { flags: number }): boolean => (f.flags & FaultFlag.Unshare) !== 0;

/** Too many hold the page for this mapping to be alone; batches of this CPU may be among them (wp_can_reuse_anon_folio). */
const has_too_many = (k: Kernel, page: PageRow): boolean =>
  k.pages.has(page, Pg.Head | Pg.Tail) || k.pages.refcount.get(page) > 3;

/** The page is on no LRU list: batches of this CPU may hold it, and must not count. */
function may_be_batched(k: Kernel, page: PageRow): boolean {
  if (page === 0 || !k.profile.anonExclusive || !k.pages.isAnon(page) || has_too_many(k, page)) return false;
  return !k.pages.has(page, Pg.AnonExclusive | Pg.Lru);
}

/** Only this address space maps the folio, and nobody else holds it (__wp_can_reuse_large_anon_folio). */
function wp_can_reuse_large_anon_folio(k: Kernel, folio: PageRow, vma: VmaRow): boolean {
  if (k.pages.has(folio, Pg.SwapCache) || k.pages.refcount.get(folio) !== k.pages.folioMapcount(folio))
    return false;
  const mm = k.mm.mm.get(vma);
  return rmap_walk(k, folio).every((at) => k.mm.mm.get(at.vma) === mm || !maps_folio(k, folio, at));
}

/** An entry of this VMA maps the folio, or a page of it. */
function maps_folio(k: Kernel, folio: PageRow, { vma, vpn }: Mapping): boolean {
  const end = k.mm.end.get(vma);
  const last = k.pages.index.get(folio) + k.pages.count(folio);
  for (let at = vpn; at < end && k.mm.linearIndex(vma, at) < last; at = (at + 1) as Vpn) {
    const page = pte_page(k, leaf_offset(k, k.mm.mm.get(vma) as MmRow, at));
    if (page !== 0 && k.pages.folio(page) === folio) return true;
  }
  return false;
}

/** Nobody but this mapping uses the page, so that it may be written in place and is its VMA's (wp_can_reuse_anon_folio). */
function wp_can_reuse_anon_folio(k: Kernel, page: PageRow, vma: VmaRow): boolean {
  if (k.profile.reusesLargeFolios && k.pages.has(page, Pg.Head | Pg.Tail))
    return wp_can_reuse_large_anon_folio(k, k.pages.folio(page), vma);
  if (has_too_many(k, page)) return false;
  if (k.pages.has(page, Pg.Locked)) return false;
  const cached = k.pages.has(page, Pg.SwapCache) ? 1 : 0;
  if (k.pages.refcount.get(page) > 1 + cached) return false;
  folio_free_swap(k, page);
  if (k.pages.refcount.get(page) !== 1) return false;
  folio_move_anon_rmap(k, page, vma);
  return true;
}

/** 4.14: references don't count, only mappings and entries in swap. A folio mapped only here becomes its VMA's. */
function reuse_unshared_page(k: Kernel, page: PageRow, vma: VmaRow): boolean {
  const folio = k.pages.folio(page);
  if (k.pages.has(folio, Pg.Locked) || !reuse_swap_page(k, page)) return false;
  if (k.pages.folioMapcount(folio) === 1) folio_move_anon_rmap(k, page, vma);
  return true;
}

function can_reuse(k: Kernel, f: Vmf & { page: PageRow }): boolean {
  const { page, vma } = f;
  if (page === 0 || !k.pages.isAnon(page)) return false;
  if (!k.profile.anonExclusive) return reuse_unshared_page(k, page, vma);
  return k.pages.has(page, Pg.AnonExclusive) || wp_can_reuse_anon_folio(k, page, vma);
}

/** maybe_mkwrite. Only a device's write comes to a VMA that nobody may write to, and only on old kernels. */
const maybe_write = (k: Kernel, vma: VmaRow): number => (k.mm.has(vma, Vm.Write) ? PTE_WRITE : 0);

/** The entry becomes dirty, and writable if the VMA is (wp_page_reuse). */
function wp_page_reuse(k: Kernel, f: Vmf): void {
  k.tables.lo.set(f.entry, pte_mkdirty(k, k.tables.lo.get(f.entry) | maybe_write(k, f.vma) | PTE_YOUNG));
}

function alloc_copy(k: Kernel, f: Vmf & { page: PageRow }): void {
  f.page = charge_or_free(k, alloc_movable_page(k), mmOf(k, f));
}

/** A write fault is done; old kernels say so (VM_FAULT_WRITE), but not where a page was only unshared. */
export const wrote = (k: Kernel, f: { flags: number }): number =>
  k.profile.faultReportsWrite && (f.flags & FaultFlag.Unshare) === 0 ? VmFault.WRITE : 0;

const COPY = 'wp_page_copy';

/** The fault's own reference on the old page, if there is one. */
const putOld = <F extends { old: PageRow }>(r: Builder<F>): Node<F>[] => [
  r.when('(old)', (_, f) => f.old !== 0, [
    r.call('put_page(old)', put_page, (k, f, callee) => {
      callee.page = f.old;
      callee.hold = Hold.Fault;
      callee.who = k.task;
    }),
  ]),
];

/** Replaces the entry's page by a copy that only this mapping uses. `old` is held for the fault; 0 for the zero page. */
const wp_page_copy = routine({
  name: COPY,
  file: 'mm/memory.c',
  about: 'The page is shared, or not anonymous: give this mapping a copy of its own.',
  params: { ...vmfParams, old: PageT },
  locals: { page: PageT, copied: Bool, ret: VmFaultT },
  body: (r) => [
    entered(r, COPY, 'the old page stays while it is copied: the fault holds it'),
    r.when('(vmf_anon_prepare(vmf))', (k, f) => !vmf_anon_prepare(k, f), [
      ...putOld(r),
      leaves(r, COPY, 'return ret', (_, f) => f.ret),
    ]),
    r.step('new_folio = folio_prealloc(): charged', alloc_copy),
    r.when('(!new_folio)', (_, f) => f.page === 0, [
      directReclaim(r, alloc_copy),
      r.when('(!new_folio)', (_, f) => f.page === 0, [
        ...putOld(r),
        leaves(r, COPY, 'return VM_FAULT_OOM', () => VmFault.OOM),
      ]),
    ]),
    r.step('copy the contents (the zero page needs none)', (k, f) => {
      if (f.old !== 0) k.contents.copy(f.old, f.page);
    }),
    r.call(
      'mmu_notifier_invalidate_range_start(CLEAR, page)',
      mmu_notifier_invalidate_range_start,
      (k, f, callee) => {
        callee.mm = mmOf(k, f);
        callee.start = f.vpn;
        callee.end = (f.vpn + 1) as typeof f.vpn;
        callee.event = Notify.CLEAR;
      },
    ),
    r.yield('Y2'),
    pteLock(r),
    r.when('(pte_same(ptep_get(vmf->pte), vmf->orig_pte))', (k, f) => pte_same(k, f), [
      r.step('ptep_clear_flush(); set_pte_at(): the copy; change reverse maps, rss, LRU', (k, f) => {
        replace_entry(k, f, f.old, f.page);
        f.copied = 1;
      }),
    ]),
    pteUnlock(r),
    r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, (k, f, callee) => {
      callee.mm = mmOf(k, f);
      callee.start = f.vpn;
      callee.end = (f.vpn + 1) as typeof f.vpn;
      callee.event = Notify.CLEAR;
    }),
    r.when('(!page_copied)', (_, f) => f.copied === 0, [
      r.call('put_page(copy)', put_page, (k, f, callee) => {
        callee.page = f.page;
        callee.hold = Hold.Alloc;
        callee.who = k.task;
      }),
    ]),
    r.when('(old)', (_, f) => f.old !== 0, [
      r.when('(page_copied)', (_, f) => f.copied !== 0, [
        r.step('free_swap_cache(old)', (k, f) => free_swap_cache(k, f.old)),
        r.call("put_page(old): the entry's reference", put_page, (k, f, callee) => {
          callee.page = f.old;
          callee.hold = Hold.Fault;
          callee.who = k.task;
        }),
      ]),
      r.call("put_page(old): the fault's reference", put_page, (k, f, callee) => {
        callee.page = f.old;
        callee.hold = Hold.Fault;
        callee.who = k.task;
      }),
    ]),
    leaves(r, COPY, 'return 0, or VM_FAULT_WRITE', (k, f) => (f.copied !== 0 ? wrote(k, f) : 0)),
  ],
});

function replace_entry(k: Kernel, f: Vmf, old: PageRow, page: PageRow): void {
  const mm = mmOf(k, f);
  if (old !== 0) {
    mm_counter_add(k, mm, old, -1);
    folio_remove_rmap(k, old, f.vma);
    rename_hold(k, old, Hold.Pte, Hold.Fault);
  }
  k.mm.rssAnon.add(mm, 1);
  rename_hold(k, page, Hold.Alloc, Hold.Pte);
  folio_add_new_anon_rmap(k, page, f.vma, f.vpn);
  folio_add_lru_vma(k, page, f.vma);
  const written = isUnshare(f) ? 0 : pte_mkdirty(k, maybe_write(k, f.vma));
  set_pte(k, f.entry, Pte.Present | PTE_YOUNG | written, page);
}

const WP = 'do_wp_page';

/** Called with the page-table lock held, which it lets go of. */
export const do_wp_page = routine({
  name: WP,
  file: 'mm/memory.c',
  about:
    'A write (or an unshare request) on a read-only entry: shared mappings stay, private ones reuse or copy.',
  params: vmfParams,
  locals: { page: PageT, ret: vmfParams.flags },
  body: (r) => [
    entered(r, WP, 'page = vm_normal_page(vma, address, pte)'),
    r.step('vmf->page = vm_normal_page(): none for the zero page', (k, f) => {
      f.page = isZeroPage(f.pte) ? (0 as PageRow) : pte_page(k, f.entry);
    }),
    r.when(
      '(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)): write in place',
      (k, f) => k.mm.has(f.vma, Vm.Shared),
      [
        r.step('wp_page_reuse(): make the entry writable and dirty', (k, f) => {
          wp_page_reuse(k, f);
        }),
        pteUnlock(r),
        r.when('(vmf->page)', (_, f) => f.page !== 0, [
          r.step('ret = fault_dirty_shared_page(vmf)', (k, f) => {
            f.ret = fault_dirty_shared_page(k, f, f.page);
          }),
        ]),
        leaves(r, WP, 'return ret', (k, f) => f.ret | wrote(k, f)),
      ],
    ),
    r.when(
      '(!folio_test_lru(folio)), and it is not known to be exclusive',
      (k, f) => may_be_batched(k, f.page),
      [lruAddDrain(r)],
    ),
    r.when('(folio_test_anon(folio)), and the page is exclusive to this mapping', can_reuse, [
      r.step('SetPageAnonExclusive(page); make the entry writable and dirty for a write', (k, f) => {
        if (k.profile.anonExclusive) k.pages.setFlag(f.page, Pg.AnonExclusive);
        if (isWrite(f)) wp_page_reuse(k, f);
      }),
      pteUnlock(r),
      leaves(r, WP, 'return 0, or VM_FAULT_WRITE', wrote),
    ]),
    r.when('(vmf->page)', (_, f) => f.page !== 0, [
      getPage(r, 'folio_get(folio)', (k, f) => ({ page: f.page, hold: Hold.Fault, who: k.task })),
    ]),
    pteUnlock(r),
    r.call(
      'ret = wp_page_copy(vmf)',
      wp_page_copy,
      (k, f, callee) => {
        passVmf(k, f, callee);
        callee.old = f.page;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    leaves(r, WP, 'return ret', (_, f) => f.ret),
  ],
});
