/** A fault on an entry of a page that was swapped out: the part of do_swap_page for real swap entries (mm/memory.c). */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { MAPPING_ANON, Pg } from '../../../machine/pages';
import { PTE_EXCLUSIVE, PTE_SOFT_DIRTY, PTE_UFFD_WP, PTE_WRITE, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { Bool, PageT, routine, VmFaultT } from '../../../routine/routine';
import { FaultFlag, VM_FAULT_ERROR, VmFault } from '../../constants';
import { folioLockOrRetry } from '../folio_lock';
import { mlock_vma_folio } from '../mlock/mlock_folio';
import { unlock_page } from '../mmap/mmap_lock';
import { pteLock, pteUnlock } from '../page_table_lock';
import { protnone, pte_mkdirty, set_pte } from '../pgtable';
import { folio_add_new_anon_rmap, folio_add_rmap } from '../rmap/rmap';
import { lruAddDrain } from '../swap/lru_add_drain';
import { put_page, rename_hold } from '../swap/page_ref';
import { folio_free_swap, reuse_swap_page, swap_slot_of, swapin_folio } from '../swapfile/swap_state';
import { is_free_slot, swap_free, vm_swap_full } from '../swapfile/swapfile';
import { directReclaim } from '../vmscan/reclaim';
import { isWrite, mmOf, passHold, passVmf, pte_same, read_orig_pte, type Vmf, vmfParams } from './vmf';
import { do_wp_page, wrote } from './wp';

/** One more mapping of a page from the swap cache, which may not have been mapped since it was read. */
export function map_swapped(k: Kernel, page: PageRow, vma: VmaRow, vpn: Vpn, exclusive: boolean): void {
  if (k.pages.isAnon(page)) {
    folio_add_rmap(k, page);
    mlock_vma_folio(k, page, vma);
    if (exclusive && k.profile.anonExclusive) k.pages.setFlag(page, Pg.AnonExclusive);
    return;
  }
  folio_add_new_anon_rmap(k, page, vma, vpn);
  if (exclusive) return;
  // Others may map it too: the oldest anon_vma finds them all.
  k.pages.clearFlag(page, Pg.AnonExclusive);
  const root = k.mm.root.get(k.mm.anonVma.get(vma));
  k.pages.mapping.set(page, (root << 2) | MAPPING_ANON);
}

/** Its place in a batch of this CPU must not count when a write asks whether somebody else has the page. */
function is_batched(k: Kernel, f: Vmf & { page: PageRow; fresh: number }): boolean {
  return isWrite(f) && f.fresh === 0 && !k.pages.has(f.page, Pg.Lru);
}

/** Whether the slot should be given up now (should_try_to_free_swap). */
function should_try_to_free_swap(k: Kernel, f: Vmf, page: PageRow): boolean {
  if (vm_swap_full(k) || k.mm.has(f.vma, Vm.Locked)) return true;
  return k.profile.anonExclusive && isWrite(f) && k.pages.refcount.get(page) === 2;
}

/** Gives the entry's share of the slot back and decides whether this mapping has the page alone. */
function take_from_slot(k: Kernel, f: Vmf & { fresh: number }, page: PageRow, slot: number): boolean {
  if (!k.profile.anonExclusive) {
    const reused = isWrite(f) && reuse_swap_page(k, page);
    swap_free(k, slot);
    if (should_try_to_free_swap(k, f, page)) folio_free_swap(k, page);
    return reused;
  }
  swap_free(k, slot);
  if (should_try_to_free_swap(k, f, page)) folio_free_swap(k, page);
  return f.fresh !== 0 || (f.pte & PTE_EXCLUSIVE) !== 0 || k.pages.refcount.get(page) === 1;
}

/** Maps the page; afterwards FAULT_FLAG_WRITE is left only if the write must still be handled. */
function map_page(k: Kernel, f: Vmf & { page: PageRow; slot: number; ret: number; fresh: number }): void {
  const mm = mmOf(k, f);
  const exclusive = take_from_slot(k, f, f.page, f.slot);
  k.mm.rssAnon.add(mm, 1);
  k.mm.swapEntries.add(mm, -1);
  let pte: number = Pte.Present | PTE_YOUNG | protnone(k, f.vma) | (f.pte & (PTE_SOFT_DIRTY | PTE_UFFD_WP));
  if (exclusive && k.mm.has(f.vma, Vm.Write)) {
    pte |= isWrite(f) ? pte_mkdirty(k, PTE_WRITE) : PTE_WRITE;
    if (isWrite(f)) f.ret |= wrote(k, f);
    f.flags &= ~FaultFlag.Write;
  }
  map_swapped(k, f.page, f.vma, f.vpn, exclusive);
  rename_hold(k, f.page, Hold.Fault, Hold.Pte);
  set_pte(k, f.entry, pte, f.page);
}

/**
 * Returns VM_FAULT_MAJOR when the page had to be read, with what a copy on write returned; VM_FAULT_OOM without memory;
 * VM_FAULT_RETRY, without the fault's lock, when somebody else had the page locked.
 */
export const swap_in = routine({
  name: 'do_swap_page_swapped',
  file: 'mm/memory.c',
  about:
    'The page is in a swap area: take it from the swap cache or read it, and map it. Only then may a write copy it.',
  params: vmfParams,
  locals: { page: PageT, fresh: Bool, ret: VmFaultT },
  body: (r) => [
    r.step('folio = swap_cache_get_folio(entry), or from the area: a major fault', (k, f) => {
      if (k.swap.slotCached.get(f.slot) === 0) f.ret = VmFault.MAJOR;
      f.page = swapin_folio(k, f.slot);
    }),
    r.when('(!folio)', (_, f) => f.page === 0, [
      r.when('the slot is free: the entry has changed', (k, f) => is_free_slot(k, f.slot), [
        r.ret('return 0: the access will show'),
      ]),
      directReclaim(r, (k, f) => {
        if (pte_same(k, f)) f.page = swapin_folio(k, f.slot);
      }),
      r.when('(!folio)', (_, f) => f.page === 0, [
        r.ret('return VM_FAULT_OOM; 0 if the entry has changed', (k, f) =>
          pte_same(k, f) ? VmFault.OOM : 0,
        ),
      ]),
    ]),
    r.step('note whether it is fresh: in no swap cache, nobody else can have it', (k, f) => {
      f.fresh = k.pages.has(f.page, Pg.SwapCache) ? 0 : 1;
    }),
    ...folioLockOrRetry(r),
    r.when('(ret & VM_FAULT_RETRY): the page is not locked', (_, f) => (f.ret & VmFault.RETRY) !== 0, [
      r.call('folio_put(folio)', put_page, passHold),
      r.ret('return ret', (_, f) => f.ret),
    ]),
    pteLock(r),
    r.when(
      'it left the swap cache meanwhile, or the entry has changed',
      (k, f) => (f.fresh === 0 && swap_slot_of(k, f.page) !== f.slot) || !pte_same(k, f),
      [
        pteUnlock(r),
        r.step('folio_unlock(folio)', (k, f) => unlock_page(k, f.page)),
        r.call('folio_put(folio)', put_page, passHold),
        r.ret('return ret: the access will show', (_, f) => f.ret),
      ],
    ),
    r.when('((vmf->flags & FAULT_FLAG_WRITE) && folio == swapcache && !folio_test_lru(folio))', is_batched, [
      lruAddDrain(r),
    ]),
    r.step(
      'swap_free(entry); add rss and reverse map; set_pte_at(): writable if nobody else has the page',
      (k, f) => {
        map_page(k, f);
        unlock_page(k, f.page);
      },
    ),
    r.when('(vmf->flags & FAULT_FLAG_WRITE): the page is shared', (_, f) => isWrite(f), [
      r.call(
        'ret |= do_wp_page(vmf): it unlocks',
        do_wp_page,
        (k, f, callee) => {
          passVmf(k, f, callee);
          read_orig_pte(k, callee);
        },
        (_, f, value) => {
          f.ret |= value;
          if ((f.ret & VM_FAULT_ERROR) !== 0) f.ret &= VM_FAULT_ERROR;
        },
      ),
      r.ret('return ret', (_, f) => f.ret),
    ]),
    pteUnlock(r),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
