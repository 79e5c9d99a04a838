/** Device-exclusive entries, taken back on CPU access (mm/memory.c, 5.14+). */

import { Hold } from '../../../machine/holds';
import type { EntryRow, PageRow, VmaRow } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { PTE_WRITE, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { PageT, routine, VmFaultT } from '../../../routine/routine';
import { Notify } from '../../constants';
import { folioLockOrRetry } from '../folio_lock';
import { mlock_vma_folio } from '../mlock/mlock_folio';
import { unlock_page } from '../mmap/mmap_lock';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { pteLock, pteUnlock } from '../page_table_lock';
import { protnone, pte_mkdirty, pte_page, ptep_get, set_pte } from '../pgtable';
import { can_change_pte_writable } from '../pte_writable';
import { folio_add_rmap } from '../rmap/rmap';
import { getPage, put_page, rename_hold } from '../swap/page_ref';
import { entered, leaves, mmOf, passHold, pte_same, vmfParams } from './vmf';

/** The bits that a restored entry has because it may be written to: what the entry remembers, or what VMA and page allow. */
function writable_bits(k: Kernel, entry: EntryRow, vma: VmaRow, pte: number): number {
  if (k.profile.exclusiveKeepsWrite) return ptep_get(k, entry) & PTE_WRITE ? pte_mkdirty(k, PTE_WRITE) : 0;
  if (!can_change_pte_writable(k, vma, entry, pte)) return 0;
  const dirty = k.pages.has(k.pages.folio(pte_page(k, entry)), Pg.Dirty);
  return dirty ? pte_mkdirty(k, PTE_WRITE) : PTE_WRITE;
}

/**
 * Makes a device-exclusive entry present and old again (restore_exclusive_pte). The entry's reference becomes the
 * mapping's, where the entry was no mapping.
 */
export function restore_exclusive_pte(k: Kernel, entry: EntryRow, vma: VmaRow): void {
  const page = pte_page(k, entry);
  const pte = Pte.Present | protnone(k, vma);
  if (!k.profile.exclusiveKeepsMapcount) {
    rename_hold(k, page, Hold.Exclusive, Hold.Pte, 0);
    folio_add_rmap(k, page);
    mlock_vma_folio(k, page, vma);
  }
  set_pte(k, entry, pte | writable_bits(k, entry, vma, pte), page);
}

const is_free = (k: Kernel, f: { page: PageRow }): boolean =>
  k.pages.refcount.get(k.pages.folio(f.page)) === 0;

/** What mirrors are told of. */
const announced = (k: Kernel): number => (k.profile.exclusiveEndsAsClear ? Notify.CLEAR : Notify.EXCLUSIVE);

const REMOVE = 'remove_device_exclusive_entry';

export const remove_device_exclusive_entry = routine({
  name: REMOVE,
  file: 'mm/memory.c',
  about: 'The CPU touches a page that a device uses exclusively: revoke the device and map the page again.',
  params: vmfParams,
  locals: { page: PageT, ret: VmFaultT },
  body: (r) => [
    entered(r, REMOVE, 'page = vmf->page'),
    r.step('page = vmf->page: no lock keeps it there', (_, f) => {
      f.page = f.orig;
    }),
    r.when('(!folio_try_get(folio)): it is free, so the entry is gone', is_free, [
      leaves(r, REMOVE, 'return 0', () => 0),
    ]),
    getPage(r, 'it has worked: the page stays', (k, f) => ({ page: f.page, hold: Hold.Fault, who: k.task })),
    ...folioLockOrRetry(r),
    r.when('(ret): the page is not locked', (_, f) => f.ret !== 0, [
      r.call('put_page(page)', put_page, passHold),
      leaves(r, REMOVE, 'return ret', (_, f) => f.ret),
    ]),
    r.call(
      'mmu_notifier_invalidate_range_start(page)',
      mmu_notifier_invalidate_range_start,
      (k, f, callee) => {
        callee.mm = mmOf(k, f);
        callee.start = f.vpn;
        callee.end = (f.vpn + 1) as typeof f.vpn;
        callee.event = announced(k);
      },
    ),
    pteLock(r),
    r.when('(pte_same(ptep_get(vmf->pte), vmf->orig_pte))', (k, f) => pte_same(k, f), [
      r.step('restore_exclusive_pte(vma, page, address, pte)', (k, f) =>
        restore_exclusive_pte(k, f.entry, f.vma),
      ),
    ]),
    pteUnlock(r),
    r.step('folio_unlock(folio)', (k, f) => unlock_page(k, f.page)),
    r.call('put_page(page)', put_page, passHold),
    r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, (k, f, callee) => {
      callee.mm = mmOf(k, f);
      callee.start = f.vpn;
      callee.end = (f.vpn + 1) as typeof f.vpn;
      callee.event = announced(k);
    }),
    leaves(r, REMOVE, 'return 0', () => 0),
  ],
});
