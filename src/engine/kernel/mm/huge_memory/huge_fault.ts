/** The part of a fault that is about the PMD table (mm/memory.c, mm/huge_memory.c). */

import { Vm } from '../../../machine/address-spaces';
import type { EntryRow, VmaRow } from '../../../machine/ids';
import { isPresent, kindOf, PTE_WRITE, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { routine, VmFaultT } from '../../../routine/routine';
import { VmFault } from '../../constants';
import { isWrite, keepRet, passVmf, pte_same, read_orig_pte, vmfParams, wantsOwn } from '../memory/vmf';
import { migration_entry_wait } from '../migrate/migrate';
import { pmdLock, pmdUnlock } from '../page_table_lock';
import { pte_mkdirty, ptep_get, set_pte_bits } from '../pgtable';
import { do_huge_pmd_device_private } from './huge_device';
import { do_huge_pmd_anonymous_page, is_allowed, is_huge } from './huge_memory';
import { do_huge_pmd_wp_page } from './huge_wp';

const isHugePresent = (pte: number): boolean => is_huge(pte) && isPresent(pte);
const isHugeMigration = (pte: number): boolean => is_huge(pte) && kindOf(pte) === Pte.Migration;

/** A fault needs a look at the PMD table: huge pages are wanted here, or one is there. */
export function is_huge_fault(k: Kernel, f: { vma: VmaRow; pmd: EntryRow }): boolean {
  return is_huge(ptep_get(k, f.pmd)) || k.mm.has(f.vma, Vm.HugePage | Vm.HugeTlb);
}

/** The part of __handle_mm_fault for the PMD table. VM_FAULT_FALLBACK: go on with the PTE table. */
export const huge_pmd_fault = routine({
  name: '__handle_mm_fault',
  file: 'mm/memory.c',
  about: 'Make or use an entry for 2 MiB at once (create_huge_pmd, wp_huge_pmd, huge_pmd_set_accessed).',
  params: vmfParams,
  locals: { ret: VmFaultT },
  body: (r) => {
    return [
      r.step('vmf->orig_pmd = pmdp_get_lockless(vmf->pmd)', (k, f) => {
        read_orig_pte(k, f);
        f.ret = VmFault.FALLBACK;
      }),
      r.when(
        '(pmd_none(*vmf->pmd)), and huge pages are wanted',
        (k, f) => f.pte === 0 && is_allowed(k, f.vma),
        [r.call('create_huge_pmd(vmf)', do_huge_pmd_anonymous_page, passVmf, keepRet)],
        [
          r.only(
            (profile) => profile.collectsHuge,
            [
              r.when(
                '(pmd_is_device_private_entry(vmf->orig_pmd))',
                (_, f) => kindOf(f.pte) === Pte.DevicePrivate,
                [
                  r.call('do_huge_pmd_device_private(vmf)', do_huge_pmd_device_private, passVmf, keepRet),
                  r.ret('return ret', (_, f) => f.ret),
                ],
              ),
              r.when('(pmd_is_migration_entry(vmf->orig_pmd))', (_, f) => isHugeMigration(f.pte), [
                r.call('pmd_migration_entry_wait(mm, pmd)', migration_entry_wait, (_, f, callee) => {
                  callee.entry = f.entry;
                }),
                r.ret('return 0'),
              ]),
            ],
          ),
          r.when('(pmd_trans_huge(vmf->orig_pmd))', (_, f) => isHugePresent(f.pte), [
            r.when(
              '((flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE)) && !pmd_write(vmf->orig_pmd))',
              (_, f) => wantsOwn(f) && (f.pte & PTE_WRITE) === 0,
              [r.call('wp_huge_pmd(vmf)', do_huge_pmd_wp_page, passVmf, keepRet)],
              [
                r.yield('Y2'),
                pmdLock(r),
                r.step('huge_pmd_set_accessed(vmf): young and dirty for a write', (k, f) => {
                  f.ret = 0;
                  // x86 leaves the accessed bit of a read to the hardware (pmdp_set_access_flags).
                  if (!pte_same(k, f) || !isWrite(f)) return;
                  set_pte_bits(k, f.entry, pte_mkdirty(k, f.pte | PTE_YOUNG));
                }),
                pmdUnlock(r),
              ],
            ),
          ]),
        ],
      ),
      r.ret('return ret', (_, f) => f.ret),
    ];
  },
});
