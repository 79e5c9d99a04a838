/** Shared memory in swap (mm/shmem.c). */

import { Hold } from '../../../machine/holds';
import type { EntryRow, FileRow, NodeRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { EntryT, ErrnoT, FileT, IndexT, routine, SwapAreaT } from '../../../routine/routine';
import { Errno } from '../../constants';
import {
  cache_entry,
  cached_slot,
  drop_cache_reference,
  file_of,
  filemap_add_folio,
  filemap_remove_folio,
} from '../memory/page_cache';
import { put_page_testzero } from '../swap/page_ref';
import {
  add_to_swap,
  delete_from_swap_cache,
  read_swap_cache,
  swap_slot_of,
  swap_writepage,
} from './swap_state';
import { swap_duplicate, swp_entry } from './swapfile';

/** Keys of a page cache are page numbers of the file, below this. */
const CACHE_END = 2 ** 36;

/**
 * Writes a page to swap: its slot takes its place in the page cache, and it is in the swap cache. False, with nothing
 * changed, where no area has room.
 */
export function shmem_writepage(k: Kernel, page: PageRow): boolean {
  const file = file_of(k, page);
  const entry = cache_entry(k, file, k.pages.index.get(page));
  if (!add_to_swap(k, page)) return false;
  const slot = swap_slot_of(k, page);
  swap_duplicate(k, slot);
  filemap_remove_folio(k, file, entry, swp_entry(k, slot, false), slot);
  drop_cache_reference(k, file, page);
  swap_writepage(k, page);
  return true;
}

/** Brings a page back into the page cache from its slot; 0 when memory is out. It is dirty: memory has the only copy. */
export function shmem_swapin_folio(k: Kernel, file: FileRow, index: number): PageRow {
  const slot = cached_slot(k, cache_entry(k, file, index));
  const page = read_swap_cache(k, slot);
  if (page === 0) return page;
  k.holds.rename(page, Hold.Fault, k.task, Hold.PageCache, file);
  filemap_add_folio(k, file, index, page);
  k.swap.slotCount.add(slot, -1);
  delete_from_swap_cache(k, page);
  k.pages.setFlag(page, Pg.Dirty);
  return page;
}

/** The page is in an area, and not in memory: who needs it waits for the area. */
export function shmem_must_read(k: Kernel, file: FileRow, index: number): boolean {
  const slot = cached_slot(k, cache_entry(k, file, index));
  return slot !== 0 && k.swap.slotCached.get(slot) === 0;
}

/** MADV_WILLNEED: pages of the range that are in swap come into the swap cache, if there is memory (shmem_swapin_range). */
export function shmem_swapin_range(k: Kernel, vma: VmaRow, start: Vpn, end: Vpn): void {
  const file = k.mm.file.get(vma) as FileRow;
  const cache = k.files.cache.get(file) as NodeRow;
  const last = k.mm.linearIndex(vma, end);
  let index = k.tables.next(cache, k.mm.linearIndex(vma, start) as Vpn, last as Vpn);
  for (; index >= 0; index = k.tables.next(cache, (index + 1) as Vpn, last as Vpn)) {
    const slot = cached_slot(k, cache_entry(k, file, index));
    const page = slot === 0 ? 0 : read_swap_cache(k, slot);
    if (page !== 0) put_page_testzero(k, page as PageRow, Hold.Fault);
  }
}

interface Swapped {
  area: number;
  file: FileRow;
  index: number;
  entry: EntryRow;
}

/** The first page of a file that is in the area; `entry` 0 when there is none. */
function find_swapped(k: Kernel, f: Swapped): void {
  f.entry = 0 as EntryRow;
  for (const file of k.files.files.rows()) {
    const cache = k.files.cache.get(file) as NodeRow;
    let index = k.tables.next(cache, 0 as Vpn, CACHE_END as Vpn);
    for (; index >= 0; index = k.tables.next(cache, (index + 1) as Vpn, CACHE_END as Vpn)) {
      const entry = cache_entry(k, file as FileRow, index);
      const slot = cached_slot(k, entry);
      if (slot === 0 || k.swap.slotArea.get(slot) !== f.area) continue;
      Object.assign(f, { file, index, entry });
      return;
    }
  }
}

/** Brings every page of shared memory back from the area. Returns 0 or -ENOMEM. */
export const shmem_unuse = routine({
  name: 'shmem_unuse',
  file: 'mm/shmem.c',
  about: 'Bring back each page of shared memory that is in this swap area.',
  params: { area: SwapAreaT },
  locals: { file: FileT, index: IndexT, entry: EntryT, ret: ErrnoT },
  body: (r) => [
    r.step('find the first page of shared memory in the area', find_swapped),
    r.loop('there is one, and no error', (_, f) => f.entry !== 0 && f.ret === 0, [
      r.yield('Y11'),
      r.step('error = shmem_swapin_folio(inode, index)', (k, f) => {
        const swapped = cached_slot(k, cache_entry(k, f.file, f.index)) !== 0;
        if (swapped && shmem_swapin_folio(k, f.file, f.index) === 0) f.ret = -Errno.ENOMEM;
      }),
      r.step('go on to the next one', find_swapped),
    ]),
    r.ret('return error', (_, f) => f.ret),
  ],
});
