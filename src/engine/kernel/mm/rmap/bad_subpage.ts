/**
 * The mistake of kernels 4.20 to 5.2: unmapping a page, try_to_unmap_one reads the frame number out of the bits of the
 * entry as if it were present, and so finds another struct page than the one that is mapped, or none at all.
 */

import type { EntryRow } from '../../../machine/ids';
import { kindOf, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { EntryT, PageT, routine } from '../../../routine/routine';
import { pte_val } from '../../arch/x86/mm/pte_bits';
import { oops } from '../../oops';
import { ptep_get } from '../pgtable';

/** The entry that is about to be unmapped leads to the wrong struct page. */
export const is_misread = (k: Kernel, entry: EntryRow): boolean =>
  kindOf(ptep_get(k, entry)) === Pte.DevicePrivate;

/** pte_pfn() of an entry: bits 12 to 51. */
const pte_pfn = (k: Kernel, entry: EntryRow): number =>
  Number((pte_val(k, entry) >> 12n) & ((1n << 40n) - 1n));

/** Never returns. */
export const page_remove_rmap = routine({
  name: 'page_remove_rmap',
  file: 'mm/rmap.c',
  about: 'One mapping of the page less. This is not the page: nothing is where its struct page should be.',
  params: { page: PageT, entry: EntryT },
  body: (r) =>
    oops(r, 'oops: unable to handle kernel paging request', (k, { page, entry }) => ({
      page,
      frame: pte_pfn(k, entry),
    })),
});
