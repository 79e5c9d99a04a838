/** MADV_WILLNEED (mm/madvise.c): pages that were swapped out are read in before anybody asks for them. */

import { Hold } from '../../../machine/holds';
import type { EntryRow } from '../../../machine/ids';
import { kindOf, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { routine } from '../../../routine/routine';
import { forEachEntry, walkLocals } from '../locked_walk';
import { ptep_get } from '../pgtable';
import { lruAddDrain } from '../swap/lru_add_drain';
import { put_page_testzero } from '../swap/page_ref';
import { shmem_swapin_range } from '../swapfile/shmem';
import { read_swap_cache } from '../swapfile/swap_state';
import { range } from './madvise_free';

/** The page of a swap entry is in the swap cache from now on, if there is memory for it; the entry stays. */
function read_in(k: Kernel, entry: EntryRow): void {
  if (kindOf(ptep_get(k, entry)) !== Pte.Swap) return;
  const page = read_swap_cache(k, k.tables.hi.get(entry));
  if (page !== 0) put_page_testzero(k, page, Hold.Fault);
}

export const madvise_willneed = routine({
  name: 'madvise_willneed',
  file: 'mm/madvise.c',
  about: 'Read pages that were swapped out into the swap cache. Their entries are left to the fault.',
  params: range,
  locals: walkLocals,
  body: (r) => [
    r.when('(vma->vm_file)', (k, f) => k.mm.file.get(f.vma) !== 0, [
      r.step('shmem_swapin_range(vma, start, end, mapping)', (k, f) =>
        shmem_swapin_range(k, f.vma, f.start, f.end),
      ),
      r.ret('return'),
    ]),
    r.when('it maps a device', (k, f) => !k.mm.isAnonymous(f.vma), [r.ret('return')]),
    r.step('addr = start', (_, f) => {
      f.at = f.start;
    }),
    ...forEachEntry(r, [r.step('a swap entry: read_swap_cache_async(entry)', (k, f) => read_in(k, f.entry))]),
    lruAddDrain(r),
  ],
});
