/** Faults on persistent memory that is mapped directly (drivers/dax/device.c). */

import { Vm } from '../../../machine/address-spaces';
import { MemoryType } from '../../../machine/devices';
import { Hold } from '../../../machine/holds';
import type { DeviceRow, PgmapRow } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { PTE_DEVMAP, PTE_WRITE, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { routine } from '../../../routine/routine';
import { VmFault } from '../../constants';
import { pte_alloc, pte_mkdirty, set_pte } from '../pgtable';
import { isWrite, mmOf, vmfParams } from './vmf';

/** The pgmap of a VMA that maps persistent memory directly. */
export function persistent(k: Kernel, f: { vma: number }): PgmapRow {
  const pgmap = k.devices.pgmap.get(k.mm.device.get(f.vma) as DeviceRow) as PgmapRow;
  return (k.devices.pgmapType.get(pgmap) === MemoryType.Host ? pgmap : 0) as PgmapRow;
}

/** The CPU can address persistent memory: its frame goes straight into the page table, no callback, no count. */
export const dax_fault = routine({
  name: 'dev_dax_fault',
  file: 'drivers/dax/device.c',
  about:
    'Persistent memory is addressable: map its frame as it is. No reference, no mapping count, no callback.',
  params: vmfParams,
  body: (r) => [
    r.when(
      '(phys == -1): it is beyond the end of the device',
      (k, f) => k.mm.linearIndex(f.vma, f.vpn) >= k.devices.pages.get(k.mm.device.get(f.vma)),
      [r.ret('return VM_FAULT_SIGBUS', () => VmFault.SIGBUS)],
    ),
    r.step('vmf_insert_mixed(vma, address, pfn)', (k, f) => {
      const entry = pte_alloc(k, mmOf(k, f), f.vpn);
      if (entry === 0) return;
      const page = k.pages.touch(k.devices.pgmapRange.get(persistent(k, f)), k.mm.linearIndex(f.vma, f.vpn));
      if (k.pages.refcount.get(page) === 0) {
        k.pages.flags.set(page, Pg.Uptodate | Pg.Reserved);
        k.holds.first(page, Hold.Driver, k.mm.device.get(f.vma));
      }
      const writable = k.mm.has(f.vma, Vm.Write) ? PTE_WRITE : 0;
      const pte = Pte.Present | PTE_DEVMAP | PTE_YOUNG | writable;
      set_pte(k, entry, isWrite(f) ? pte_mkdirty(k, pte) : pte, page);
    }),
    r.ret('return VM_FAULT_NOPAGE', () => VmFault.NOPAGE),
  ],
});
