/** Taking a swap area out of use: every page in it comes back to memory (try_to_unuse, mm/swapfile.c). */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { kindOf, PTE_EXCLUSIVE, PTE_SOFT_DIRTY, PTE_UFFD_WP, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import {
  EntryT,
  ErrnoT,
  MmT,
  PageT,
  routine,
  SwapAreaT,
  SwapSlotT,
  VmaT,
  VpnT,
} from '../../../routine/routine';
import { Errno } from '../../constants';
import { map_swapped } from '../memory/swap_in';
import { lockPage, mmap_read_unlock, mmapReadLock, unlock_page } from '../mmap/mmap_lock';
import { pteLock, pteUnlock } from '../page_table_lock';
import { next_entry } from '../pagewalk';
import { protnone, pte_offset, ptep_get, set_pte } from '../pgtable';
import { get_page, getPage, put_page } from '../swap/page_ref';
import { shmem_unuse } from './shmem';
import { folio_free_swap, read_swap_cache, swap_slot_of } from './swap_state';
import { swap_free } from './swapfile';

/** The slot of the area that the entry stands for, or 0. */
function slot_in(k: Kernel, area: number, entry: EntryRow): number {
  if (kindOf(ptep_get(k, entry)) !== Pte.Swap) return 0;
  const slot = k.tables.hi.get(entry);
  return k.swap.slotArea.get(slot) === area ? slot : 0;
}

interface Place {
  area: number;
  vma: VmaRow;
  vpn: Vpn;
  entry: EntryRow;
  slot: number;
}

/** Finds the first entry of an address space that stands for a slot of the area; `slot` 0 when there is none. */
function find_entry(k: Kernel, mm: MmRow, f: Place): void {
  f.slot = 0;
  for (const vma of k.mm.vmasOf(mm)) {
    const end = k.mm.end.get(vma) as Vpn;
    let at = next_entry(k, mm, k.mm.start.get(vma) as Vpn, end);
    for (; at < end; at = next_entry(k, mm, (at + 1) as Vpn, end)) {
      const entry = pte_offset(k, mm, at);
      const slot = slot_in(k, f.area, entry);
      if (slot === 0) continue;
      Object.assign(f, { vma, vpn: at, entry, slot });
      return;
    }
  }
}

/** The next address space with entries in swap, or 0. */
function next_mm(k: Kernel, after: MmRow): MmRow {
  for (const mm of k.mm.mms.rows()) if (mm > after && k.mm.swapEntries.get(mm) > 0) return mm as MmRow;
  return 0 as MmRow;
}

/** Puts an old, read-only entry for the page where the swap entry was (unuse_pte). */
function unuse_pte(k: Kernel, f: Place & { mm: MmRow; page: PageRow }): void {
  if (slot_in(k, f.area, f.entry) !== f.slot || swap_slot_of(k, f.page) !== f.slot) return;
  const pte = ptep_get(k, f.entry);
  k.mm.swapEntries.add(f.mm, -1);
  k.mm.rssAnon.add(f.mm, 1);
  get_page(k, f.page, Hold.Pte);
  map_swapped(k, f.page, f.vma, f.vpn, (pte & PTE_EXCLUSIVE) !== 0);
  const kept = pte & (PTE_SOFT_DIRTY | PTE_UFFD_WP);
  set_pte(k, f.entry, Pte.Present | protnone(k, f.vma) | kept, f.page);
  swap_free(k, f.slot);
}

/** Brings back every page of the area that the address space has an entry for. Returns 0 or -ENOMEM. */
const unuse_mm = routine({
  name: 'unuse_mm',
  file: 'mm/swapfile.c',
  about: 'Read each page of the area that this address space has an entry for, and map it again.',
  params: { mm: MmT, area: SwapAreaT },
  locals: { vma: VmaT, vpn: VpnT, entry: EntryT, slot: SwapSlotT, page: PageT },
  body: (r) => [
    ...mmapReadLock(r, (_, f) => f.mm),
    r.step('find the first entry in the area', (k, f) => find_entry(k, f.mm, f)),
    r.loop('there is one', (_, f) => f.slot !== 0, [
      r.step('folio = swap_cache_get_folio(entry), or swapin_readahead(entry)', (k, f) => {
        f.page = read_swap_cache(k, f.slot);
      }),
      r.when('(!folio)', (_, f) => f.page === 0, [
        r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
        r.ret('return -ENOMEM', () => -Errno.ENOMEM),
      ]),
      r.yield('Y11'),
      lockPage(r, (_, f) => f.page),
      pteLock(r),
      r.step('unuse_pte(vma, pmd, addr, entry, folio)', (k, f) => unuse_pte(k, f)),
      pteUnlock(r),
      r.step('folio_free_swap(folio); folio_unlock(folio)', (k, f) => {
        folio_free_swap(k, f.page);
        unlock_page(k, f.page);
      }),
      r.call('folio_put(folio)', put_page, (k, f, callee) => {
        callee.page = f.page;
        callee.hold = Hold.Fault;
        callee.who = k.task;
      }),
      r.step('go on to the next entry in the area', (k, f) => find_entry(k, f.mm, f)),
    ]),
    r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
    r.ret('return 0'),
  ],
});

/** A page of the area that is in the swap cache and that no entry of a page table stands for, or 0. */
function next_cached(k: Kernel, area: number): PageRow {
  for (const slot of k.swap.slots.rows())
    if (k.swap.slotArea.get(slot) === area && k.swap.slotCount.get(slot) === 0)
      return k.swap.slotCached.get(slot) as PageRow;
  return 0 as PageRow;
}

/** Returns 0; -EINVAL when the area isn't in use; -ENOMEM when its pages don't fit into memory: it stays in use then. */
export const sys_swapoff = routine({
  name: 'sys_swapoff',
  file: 'mm/swapfile.c',
  about:
    'Remove a swap area: its pages come back to memory first. Device entries are no swap entries: they are left alone.',
  params: { area: SwapAreaT },
  locals: { mm: MmT, page: PageT, ret: ErrnoT },
  body: (r) => [
    r.when('there is no such area', (k, f) => f.area <= 0 || !k.swap.areas.isLive(f.area), [
      r.ret('return -EINVAL', () => -Errno.EINVAL),
    ]),
    r.step('no slot is given out any more', (k, f) => k.swap.closing.set(f.area, 1)),
    r.call(
      'ret = shmem_unuse(type)',
      shmem_unuse,
      (_, f, callee) => {
        callee.area = f.area;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.loop('slots are in use', (k, f) => k.swap.used.get(f.area) > 0 && f.ret === 0, [
      r.step('find the first address space with swap entries', (k, f) => {
        f.mm = next_mm(k, 0 as MmRow);
      }),
      r.loop('there is one', (_, f) => f.mm !== 0 && f.ret === 0, [
        r.call(
          'ret = unuse_mm(mm, type)',
          unuse_mm,
          (_, f, callee) => {
            callee.mm = f.mm;
            callee.area = f.area;
          },
          (k, f, value) => {
            f.ret = value;
            f.mm = next_mm(k, f.mm);
          },
        ),
      ]),
      r.step('find the first page in the swap cache that no entry stands for', (k, f) => {
        f.page = next_cached(k, f.area);
      }),
      r.loop('there is one', (_, f) => f.page !== 0, [
        getPage(r, 'folio_get(folio)', (k, f) => ({ page: f.page, hold: Hold.Walk, who: k.task })),
        lockPage(r, (_, f) => f.page),
        r.step('folio_free_swap(folio); folio_unlock(folio)', (k, f) => {
          folio_free_swap(k, f.page);
          unlock_page(k, f.page);
        }),
        r.call('folio_put(folio)', put_page, (k, f, callee) => {
          callee.page = f.page;
          callee.hold = Hold.Walk;
          callee.who = k.task;
        }),
        r.step('go on to the next one', (k, f) => {
          f.page = next_cached(k, f.area);
        }),
      ]),
    ]),
    r.when('(err)', (_, f) => f.ret !== 0, [
      r.step('the area stays in use', (k, f) => k.swap.closing.set(f.area, 0)),
      r.ret('return -ENOMEM', (_, f) => f.ret),
    ]),
    r.step('the area is gone', (k, f) => k.swap.areas.free(f.area)),
    r.ret('return 0'),
  ],
});
