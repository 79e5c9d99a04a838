/** The fault on 2 MiB that are on a device (do_huge_pmd_device_private, mm/huge_memory.c), from 6.19 on. */

import { Hold } from '../../../machine/holds';
import type { Kernel } from '../../../routine/kernel';
import { routine, VmFaultT } from '../../../routine/routine';
import { FaultFlag, VmFault } from '../../constants';
import { callMigrateToRam } from '../memory/migrate_to_ram';
import { entered, leaves, pte_same, vmfParams } from '../memory/vmf';
import { trylock_page, unlock_page } from '../mmap/mmap_lock';
import { vma_end_read } from '../mmap/vma_lock';
import { pmdLock, pmdUnlock } from '../page_table_lock';
import { get_page, put_page } from '../swap/page_ref';

const DEVICE = 'do_huge_pmd_device_private';

export const do_huge_pmd_device_private = routine({
  name: DEVICE,
  file: 'mm/huge_memory.c',
  about:
    'The 2 MiB are on a device: its driver brings all of them home. What can not be locked is tried again.',
  params: vmfParams,
  locals: { ret: VmFaultT },
  body: (r) => [
    entered(r, DEVICE, 'the entry of the PMD table is device-private'),
    r.when('(vmf->flags & FAULT_FLAG_VMA_LOCK)', (_, f) => (f.flags & FaultFlag.VmaLock) !== 0, [
      r.step('vma_end_read(vma): the callback needs mmap_lock', (k, f) => vma_end_read(k, f.vma)),
      leaves(r, DEVICE, 'return VM_FAULT_RETRY', () => VmFault.RETRY),
    ]),
    r.yield('Y2'),
    pmdLock(r),
    r.when('(!pmd_same(*vmf->pmd, vmf->orig_pmd))', (k, f) => !pte_same(k, f), [
      pmdUnlock(r),
      leaves(r, DEVICE, 'return 0', () => 0),
    ]),
    r.when('(!folio_trylock(folio))', (k, f) => !trylock_page(k, f.orig), [
      pmdUnlock(r),
      leaves(r, DEVICE, 'return 0: try again', () => 0),
    ]),
    r.step('folio_get(folio): it must not go away under the callback', (k, f) => {
      get_page(k, f.orig, Hold.Fault);
    }),
    pmdUnlock(r),
    r.yield('Y3'),
    callMigrateToRam(r, (f) => f.orig),
    r.step('folio_unlock(folio)', (k: Kernel, f) => unlock_page(k, f.orig)),
    r.call('folio_put(folio)', put_page, (k, f, callee) => {
      callee.page = f.orig;
      callee.hold = Hold.Fault;
      callee.who = k.task;
    }),
    leaves(r, DEVICE, 'return ret', (_, f) => f.ret),
  ],
});
