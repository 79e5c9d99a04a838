/** The VMAs of mremap: the one at the new address, and what one that grows where it is gets (copy_vma, mm/vma.c). */

import { Vm } from '../../../machine/address-spaces';
import type { AnonVmaRow, DeviceRow, FileRow, VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { hugetlb_split_reserve } from '../hugetlb/hugetlb_pool';
import { mmOf } from '../memory/vmf';
import { merge_new_range, vm_area_dup, vma_link, type Wanted } from '../mmap/vma';
import { anon_vma_clone } from '../rmap/rmap';

/** What a neighbour must agree with to have a part of the VMA, its pages being numbered from `pgoff`. */
function like(k: Kernel, vma: VmaRow, start: Vpn, pages: number, pgoff: number): Wanted {
  const { mm } = k;
  return {
    start,
    end: (start + pages) as Vpn,
    flags: mm.flags.get(vma),
    file: mm.file.get(vma) as FileRow,
    device: mm.device.get(vma) as DeviceRow,
    pgoff,
    anonVma: mm.anonVma.get(vma) as AnonVmaRow,
    like: vma,
  };
}

/** What move_vma works with. */
interface Moving {
  readonly vma: VmaRow;
  readonly start: Vpn;
  readonly to: Vpn;
  readonly newPages: number;
}

/** A VMA that never had an anonymous page takes its linear numbers from the new address. */
export function moved_vma(k: Kernel, { vma, start, to, newPages }: Moving): Wanted {
  const fresh = k.mm.isAnonymous(vma) && k.mm.anonVma.get(vma) === 0;
  return like(k, vma, to, newPages, fresh ? to : k.mm.linearIndex(vma, start));
}

/**
 * A VMA at the new address for the pages of the old one, on the same anon_vmas; a neighbour may grow instead (copy_vma).
 * True if entries have to move under the locks of the reverse map.
 */
export function copy_vma(k: Kernel, f: Moving): boolean {
  const { mm } = k;
  const { vma } = f;
  const wanted = moved_vma(k, f);
  const merged = merge_new_range(k, mmOf(k, f), wanted);
  if (merged !== 0) return mm.pgoff.get(merged) <= mm.pgoff.get(k.mm.vmaAt(mmOf(k, f), f.start));
  const copy = vm_area_dup(k, vma);
  mm.start.set(copy, wanted.start);
  mm.end.set(copy, wanted.end);
  mm.pgoff.set(copy, wanted.pgoff);
  mm.anonVma.set(copy, mm.anonVma.get(vma));
  anon_vma_clone(k, copy, vma);
  if (mm.has(vma, Vm.HugeTlb)) hugetlb_split_reserve(k, vma, copy, f.start, (f.start + f.newPages) as Vpn);
  vma_link(k, mmOf(k, f), copy);
  return false;
}

/** What a VMA that grows at its end gets; a neighbour behind it may then be joined to it (vma_merge_extend). */
export function grown_part(k: Kernel, f: { vma: VmaRow; pages: number; newPages: number }): Wanted {
  const start = k.mm.end.get(f.vma) as Vpn;
  return like(k, f.vma, start, f.newPages - f.pages, k.mm.linearIndex(f.vma, start));
}
