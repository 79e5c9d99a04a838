/**
 * Reclaim of pages (mm/vmscan.c): swapped out, or dropped where swap or a file has the same already. Device
 * pages are on no LRU list, so that reclaim never sees them.
 */

import { Hold } from '../../../machine/holds';
import type { FileRow, MmRow, PageRow, SlotRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { inlined, leaf } from '../../../routine/leaf';
import { FolioListT, Int, MmT, PageT, routine, VpnT } from '../../../routine/routine';
import { refuse } from '../../refusals';
import { cache_entry, drop_cache_reference, file_of, filemap_remove_folio } from '../memory/page_cache';
import { mmap_read_unlock, mmapReadLock, trylock_page, unlock_page } from '../mmap/mmap_lock';
import { next_entry, pte_table_end } from '../pagewalk';
import { pte_offset, pte_page, ptep_get } from '../pgtable';
import { try_to_unmap } from '../rmap/try_to_unmap';
import { lruAddDrain } from '../swap/lru_add_drain';
import { lru_pages } from '../swap/lru_list';
import { folio_put_final, get_page } from '../swap/page_ref';
import { folio_add_lru, lru_del, lru_insert } from '../swap/swap';
import { shmem_writepage } from '../swapfile/shmem';
import { add_to_swap, delete_from_swap_cache, swap_writepage } from '../swapfile/swap_state';

/** An empty list: a head slot whose `next` is the first page's slot and whose dstPage is the last one's row. */
export function folio_list(k: Kernel): SlotRow {
  return k.slots.table.alloc() as SlotRow;
}

function append_folio(k: Kernel, list: SlotRow, page: PageRow): void {
  const { slots } = k;
  const slot = slots.table.alloc() as SlotRow;
  slots.srcPage.set(slot, page);
  const last = slots.dstPage.get(list);
  slots.next.set(last === 0 ? list : last, slot);
  slots.dstPage.set(list, slot);
}

/** Takes the first page off a list that has one. */
function take_folio(k: Kernel, list: SlotRow): PageRow {
  const { slots } = k;
  const slot = slots.next.get(list);
  const page = slots.srcPage.get(slot) as PageRow;
  slots.next.set(list, slots.next.get(slot));
  slots.table.free(slot);
  return page;
}

/**
 * Takes a page off its LRU list and puts it on a list for reclaim; huge pages stay where they are: the model doesn't swap
 * them. True if it was taken.
 */
export function isolate_folio(k: Kernel, list: SlotRow, page: PageRow): boolean {
  if (k.pages.has(page, Pg.Head | Pg.Tail)) return false;
  if (k.pages.has(page, Pg.Unevictable)) refuse(k, 'mlocked', { page });
  if (!k.pages.has(page, Pg.Lru) || k.pages.has(page, Pg.Unevictable)) return false;
  lru_del(k, page);
  get_page(k, page, Hold.Reclaim);
  k.zones.isolatedAnon.add(k.pages.zone(page), 1);
  append_folio(k, list, page);
  return true;
}

/** Reclaim lets go of a page; it is free if that was the last reference. */
function put_isolated(k: Kernel, page: PageRow): void {
  k.zones.isolatedAnon.add(k.pages.zone(page), -1);
  if (k.holds.drop(page, Hold.Reclaim, k.task) === 0) folio_put_final(k, page);
}

/** Pages of a range that stay go back to the LRU through the batch of this CPU (folio_putback_lru). The list is gone. */
export function putback_lru_folios(k: Kernel, list: SlotRow): void {
  putback_folios(k, list, Number.POSITIVE_INFINITY);
  k.slots.table.free(list);
}

/** Up to `most` of them. */
function putback_folios(k: Kernel, list: SlotRow, most: number): void {
  for (let left = most; left > 0 && k.slots.next.get(list) !== 0; left--) {
    const page = take_folio(k, list);
    folio_add_lru(k, page);
    put_isolated(k, page);
  }
}

/** Pages of an LRU list that stay go back there at once, as the youngest. The list for reclaim is gone. */
export function move_folios_to_lru(k: Kernel, list: SlotRow): void {
  while (k.slots.next.get(list) !== 0) {
    const page = take_folio(k, list);
    lru_insert(k, page);
    put_isolated(k, page);
  }
  k.slots.table.free(list);
}

/** An anonymous page that may be swapped has a slot, or gets one; one that was given up (MADV_FREE) needs none. */
function has_place(k: Kernel, page: PageRow): boolean {
  if (!k.pages.isAnon(page) || !k.pages.has(page, Pg.SwapBacked)) return true;
  if (k.pages.pins.get(page) > 0) {
    refuse_free(k, page);
    return false;
  }
  if (k.pages.has(page, Pg.SwapCache)) return true;
  const added = add_to_swap(k, page);
  if (!added) refuse(k, 'no_swap', { page });
  return added;
}

/** References that an unmapped page may have: reclaim's, and the one of the swap cache or the page cache. */
function freeable_references(k: Kernel, page: PageRow): number {
  return 1 + (k.pages.has(page, Pg.SwapCache) || file_of(k, page) !== 0 ? 1 : 0);
}

/** Somebody holds the page besides reclaim and a cache. */
function refuse_free(k: Kernel, page: PageRow): void {
  const besides = [Hold.Reclaim, Hold.SwapCache, Hold.PageCache];
  const wanted = freeable_references(k, page);
  refuse(k, 'reclaim_held', { page, found: k.pages.refcount.get(page), wanted, besides });
}

/**
 * A page of a file leaves the page cache: a dirty one of shared memory goes to swap, a dirty one of a disk waits for
 * writeback, which the model has not. False: it stays, dirty.
 */
function drop_file_page(k: Kernel, page: PageRow, file: FileRow): boolean {
  if (!k.pages.has(page, Pg.Dirty)) {
    filemap_remove_folio(k, file, cache_entry(k, file, k.pages.index.get(page)));
    drop_cache_reference(k, file, page);
    return true;
  }
  if (k.files.shmem.get(file) === 0) return false;
  if (!shmem_writepage(k, page)) {
    refuse(k, 'no_swap', { page });
    return false;
  }
  delete_from_swap_cache(k, page);
  return true;
}

/** pageout() and __remove_mapping(): a dirty page is written, a clean one dropped. False: it stays in memory. */
function write_and_drop(k: Kernel, page: PageRow): boolean {
  const found = k.pages.mapcount.get(page);
  if (found > 0 || k.pages.refcount.get(page) !== freeable_references(k, page)) {
    if (found > 0) refuse(k, 'reclaim_mapped', { page, found });
    else refuse_free(k, page);
    return false;
  }
  const file = file_of(k, page);
  if (file !== 0) return drop_file_page(k, page, file);
  if (!k.pages.has(page, Pg.SwapCache)) return !k.pages.has(page, Pg.Dirty);
  if (k.pages.has(page, Pg.Dirty)) swap_writepage(k, page);
  delete_from_swap_cache(k, page);
  return true;
}

const add_swap = leaf({
  name: 'add_to_swap',
  file: 'mm/swap_state.c',
  about: 'A slot in a swap area for an anonymous page; without one it stays in memory.',
  params: { page: PageT },
  lines: [
    'entry = folio_alloc_swap(folio)',
    'if (!entry.val)',
    '    return false',
    'return !add_to_swap_cache(folio, entry)',
  ],
});
const addsToSwap = inlined(add_swap, (k: Kernel, { page }: { page: PageRow }) => {
  const needsSlot = k.pages.isAnon(page) && k.pages.has(page, Pg.SwapBacked);
  return needsSlot && k.pages.pins.get(page) === 0 && !k.pages.has(page, Pg.SwapCache) ? { page } : undefined;
});

const remove_mapping = leaf({
  name: '__remove_mapping',
  file: 'mm/vmscan.c',
  about: 'Whether nobody but reclaim and a cache holds the page; then it leaves the cache.',
  params: { page: PageT },
  lines: [
    'refcount = 1 + folio_nr_pages(folio)',
    'if (!folio_ref_freeze(folio, refcount))',
    '    return 0',
    'delete_from_swap_cache(folio), or filemap_remove_folio(folio)',
    'return 1',
  ],
});
const removesMapping = inlined(remove_mapping, (_: Kernel, { page }: { page: PageRow }) => ({ page }));

/** It is asked of each folio that a step isolates. */
const evictable = leaf({
  name: 'folio_evictable',
  file: 'mm/internal.h',
  about: 'Whether reclaim may take a folio: asked of each one before it is isolated.',
  params: {},
  lines: ['return !mapping_unevictable(folio_mapping(folio)) && !folio_test_mlocked(folio)'],
});
/** Says that a step isolates folios for reclaim. */
export const asksEvictable = inlined(evictable, () => ({}));

/**
 * Reclaims the isolated pages of a list, in its order. Returns how many were freed; the others are on the list again, and
 * whoever has isolated them puts them back.
 */
export const shrink_folio_list = routine({
  name: 'shrink_folio_list',
  file: 'mm/vmscan.c',
  about:
    'Each page gets a slot in a swap area, its mappings become swap entries, and it is freed when its slot has what it had.',
  aliases: ['shrink_page_list'],
  params: { list: FolioListT },
  locals: { kept: FolioListT, page: PageT, freed: Int },
  body: (r) => [
    r.step('no page is kept yet', (k, f) => {
      f.kept = folio_list(k);
    }),
    r.loop('(!list_empty(folio_list))', (k, f) => k.slots.next.get(f.list) !== 0, [
      r.step('folio = lru_to_folio(list)', (k, f) => {
        f.page = take_folio(k, f.list);
      }),
      r.when(
        '(folio_trylock(folio))',
        (k, f) => trylock_page(k, f.page),
        [
          r.inlines(
            [addsToSwap],
            r.when(
              'it has a place in a swap area, or needs none: add_to_swap(folio)',
              (k, f) => has_place(k, f.page),
              [
                r.when('(folio_mapped(folio))', (k, f) => k.pages.mapcount.get(f.page) > 0, [
                  r.call('try_to_unmap(folio)', try_to_unmap, (_, f, callee) => {
                    callee.page = f.page;
                  }),
                ]),
                r.yield('Y7'),
                r.inlines(
                  [removesMapping],
                  r.when(
                    'it is clean, or written now, and nobody else holds it',
                    (k, f) => write_and_drop(k, f.page),
                    [
                      r.step('free it', (k, f) => {
                        unlock_page(k, f.page);
                        put_isolated(k, f.page);
                        f.page = 0 as PageRow;
                        f.freed++;
                      }),
                    ],
                  ),
                ),
              ],
            ),
          ),
          r.when('it stays', (_, f) => f.page !== 0, [
            r.step('folio_unlock(folio); list_add(folio, ret_folios)', (k, f) => {
              unlock_page(k, f.page);
              append_folio(k, f.kept, f.page);
            }),
          ]),
        ],
        [
          r.step('list_add(folio, ret_folios)', (k, f) => {
            refuse(k, 'reclaim_locked', { page: f.page, lock: true });
            append_folio(k, f.kept, f.page);
          }),
        ],
      ),
    ]),
    r.ret('list_splice(ret_folios, list); return the number of pages freed', (k, f) => {
      k.slots.next.set(f.list, k.slots.next.get(f.kept));
      k.slots.table.free(f.kept);
      return f.freed;
    }),
  ],
});

/** Folios that one step gives back, as many as a page table maps. */
const PUTBACK_BATCH = 512;

/** Pages that one page table maps, from the first entry in [at, end) on. Returns where to go on. */
function isolate_table(k: Kernel, list: SlotRow, f: { mm: MmRow; at: Vpn; end: Vpn }): Vpn {
  let at = next_entry(k, f.mm, f.at, f.end);
  for (const stop = pte_table_end(at, f.end); at < stop; ) {
    const entry = pte_offset(k, f.mm, at);
    const page = isPresent(ptep_get(k, entry)) ? pte_page(k, entry) : (0 as PageRow);
    if (page !== 0) isolate_folio(k, list, page);
    at = next_entry(k, f.mm, (at + 1) as Vpn, f.end);
  }
  return at;
}

/** Reclaims the pages that a range of the current address space maps. Returns how many were freed. */
export const reclaim_range = routine({
  name: 'reclaim_pages',
  file: 'mm/vmscan.c',
  about:
    'What memory pressure does, for the pages of one range: isolate them from the LRU and shrink the list.',
  params: { start: VpnT, pages: Int },
  locals: { mm: MmT, at: VpnT, end: VpnT, list: FolioListT, freed: Int },
  body: (r) => [
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      f.end = (f.start + f.pages) as Vpn;
    }),
    ...mmapReadLock(r, (_, f) => f.mm),
    lruAddDrain(r),
    r.step('addr = start', (k, f) => {
      f.list = folio_list(k);
      f.at = f.start;
    }),
    r.loop('(addr < end)', (_, f) => f.at < f.end, [
      r.inlines(
        [asksEvictable],
        r.step('isolate the pages of one table', (k, f) => {
          f.at = isolate_table(k, f.list, { mm: f.mm, at: f.at, end: f.end });
        }),
      ),
    ]),
    r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
    r.call(
      'reclaimed = shrink_folio_list(list)',
      shrink_folio_list,
      (_, f, callee) => {
        callee.list = f.list;
      },
      (_, f, value) => {
        f.freed = value;
      },
    ),
    r.loop('folios are left that stay', (k, f) => k.slots.next.get(f.list) !== 0, [
      r.step('putback_lru_folios(list): a batch of them', (k, f) => putback_folios(k, f.list, PUTBACK_BATCH)),
    ]),
    r.step('the list is done with', (k, f) => k.slots.table.free(f.list)),
    r.ret('return reclaimed', (_, f) => f.freed),
  ],
});

/** Anonymous pages of a group, the oldest of each node first, until `pages` are isolated. */
function isolate_memcg(k: Kernel, list: SlotRow, memcg: number, pages: number): void {
  let left = pages;
  for (let node = 0; node < k.nodes; node++)
    for (const page of lru_pages(k, node)) {
      if (left === 0) return;
      if (k.pages.memcg.get(page) === memcg && isolate_folio(k, list, page)) left--;
    }
}

/** Reclaims up to `pages` pages charged to a group (memory.reclaim). Returns how many were freed. */
export const try_to_free_mem_cgroup_pages = routine({
  name: 'try_to_free_mem_cgroup_pages',
  file: 'mm/vmscan.c',
  about: 'Shrink the LRU lists of one memory cgroup. Its pages on devices are charged to it, and stay.',
  params: { memcg: Int, pages: Int },
  locals: { list: FolioListT, freed: Int },
  body: (r) => [
    lruAddDrain(r),
    r.inlines(
      [asksEvictable],
      r.step('isolate pages of the group', (k, f) => {
        f.list = folio_list(k);
        isolate_memcg(k, f.list, f.memcg, f.pages);
      }),
    ),
    r.call(
      'reclaimed = shrink_folio_list(list)',
      shrink_folio_list,
      (_, f, callee) => {
        callee.list = f.list;
      },
      (k, f, value) => {
        f.freed = value;
        move_folios_to_lru(k, f.list);
      },
    ),
    r.ret('return reclaimed', (_, f) => f.freed),
  ],
});
