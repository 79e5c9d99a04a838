/** Changing the protection of a range (mm/mprotect.c). */

import { Vm } from '../../machine/address-spaces';
import type { EntryRow, MmRow, VmaRow, Vpn } from '../../machine/ids';
import {
  isPresent,
  kindOf,
  PTE_EXCLUSIVE,
  PTE_HUGE,
  PTE_PROTNONE,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  Pte,
} from '../../machine/pte';
import type { Kernel } from '../../routine/kernel';
import { inlined, leaf } from '../../routine/leaf';
import { EntryT, ErrnoT, Int, MmT, routine, VmaT, VmFlagsT, VpnT } from '../../routine/routine';
import { dec_tlb_flush_pending, flush_tlb_mm, inc_tlb_flush_pending } from '../arch/x86/mm/tlbflush';
import { Errno, Notify } from '../constants';
import { populateVma } from './gup/populate';
import { cuts_hugetlb } from './hugetlb/hugetlb_vma';
import { forEachEntry, walkLocals } from './locked_walk';
import { mmOf } from './memory/vmf';
import { enough_memory } from './mmap/mmap';
import { mmap_write_unlock, mmapWriteLockKillable } from './mmap/mmap_lock';
import { vmaModifyFlags } from './mmap/vma_modify';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from './mmu_notifier/mmu_notifier';
import { next_pmd_table, next_pte_table } from './pagewalk';
import { pte_page, ptep_get, set_pte_bits, set_pte_bits_unflushed } from './pgtable';
import { can_change_pte_writable } from './pte_writable';

const ACCESS = Vm.Read | Vm.Write | Vm.Exec;

/** Shared memory whose pages may be written without a fault first: nobody writes them back (vma_wants_writenotify). */
function shared_writable(k: Kernel, vma: VmaRow): boolean {
  const wanted = Vm.Shared | Vm.Write;
  if ((k.mm.flags.get(vma) & wanted) !== wanted) return false;
  return k.mm.has(vma, Vm.HugeTlb) || k.files.shmem.get(k.mm.file.get(vma)) !== 0;
}

/** All translations that the changes have left are flushed, and none is waited for any more. */
function flush_changes(k: Kernel, mm: MmRow): void {
  flush_tlb_mm(k, mm);
  dec_tlb_flush_pending(k, mm);
}

/**
 * A present entry gets the VMA's protection: readable or not, writable only where no write needs a fault. CPUs may go by
 * the old one until all entries are changed.
 */
function change_present_pte(k: Kernel, vma: VmaRow, entry: EntryRow): void {
  let pte = ptep_get(k, entry) & ~(PTE_WRITE | PTE_PROTNONE);
  if ((k.mm.flags.get(vma) & ACCESS) === 0) pte |= PTE_PROTNONE;
  if (shared_writable(k, vma) || can_change_pte_writable(k, vma, entry, pte)) pte |= PTE_WRITE;
  const atOnce = (pte & PTE_HUGE) !== 0 && !k.profile.mprotectGathers;
  (atOnce ? set_pte_bits : set_pte_bits_unflushed)(k, entry, pte);
}

const ask_writable = leaf({
  name: 'can_change_pte_writable',
  file: 'mm/mprotect.c',
  about: 'Whether the entry may be writable at once, as no fault has to be taken for the next write.',
  isIn: (profile) => profile.anonExclusive,
  params: { vma: VmaT, vpn: VpnT, entry: EntryT },
  lines: [
    'if (!(vma->vm_flags & VM_WRITE) || pte_protnone(pte))',
    '    return false',
    'if (vma->vm_flags & VM_SHARED)',
    '    return pte_dirty(pte)',
    'page = vm_normal_page(vma, addr, pte)',
    'return page && PageAnon(page) && PageAnonExclusive(page)',
  ],
});

const asksWritable = inlined(
  ask_writable,
  (k: Kernel, { vma, at, entry }: { vma: VmaRow; at: Vpn; entry: EntryRow }) =>
    shared_writable(k, vma) ? undefined : { vma, vpn: at, entry },
);

/** Entries for pages that are elsewhere lose the right to write, whatever the new protection is. */
function change_nonpresent_pte(k: Kernel, entry: EntryRow): void {
  const pte = ptep_get(k, entry);
  if ((pte & PTE_WRITE) === 0) return;
  switch (kindOf(pte)) {
    case Pte.Migration: {
      const exclusive = k.profile.anonExclusive && k.pages.isAnon(pte_page(k, entry));
      set_pte_bits_unflushed(k, entry, (pte & ~PTE_WRITE) | (exclusive ? PTE_EXCLUSIVE : 0));
      return;
    }
    case Pte.DevicePrivate:
      set_pte_bits_unflushed(k, entry, pte & ~(PTE_WRITE | PTE_SOFT_DIRTY));
      return;
    case Pte.DeviceExclusive:
      set_pte_bits_unflushed(k, entry, pte & ~PTE_WRITE);
      return;
    default:
      return;
  }
}

/** Gives the entries of [start, end) of a VMA the protection it has now. */
const change_protection = routine({
  name: 'change_protection',
  file: 'mm/mprotect.c',
  about: 'Walk the page tables of the range and change each entry; mirrors are told where there are tables.',
  params: { vma: VmaT, start: VpnT, end: VpnT },
  locals: { mm: MmT, told: VpnT, ...walkLocals },
  body: (r) => [
    r.step('find the first table of the range', (k, f) => {
      f.mm = mmOf(k, f);
      const next = k.profile.mprotectNotifiesAtPud ? next_pmd_table : next_pte_table;
      // Of a hugetlb mapping mirrors are told in any case (hugetlb_change_protection).
      f.told = k.mm.has(f.vma, Vm.HugeTlb) ? f.start : next(k, f.mm, f.start, f.end);
    }),
    r.when('there is none', (_, f) => f.told === f.end, [r.ret('return')]),
    r.call(
      'mmu_notifier_invalidate_range_start(PROTECTION_VMA, range)',
      mmu_notifier_invalidate_range_start,
      (_, f, callee) => {
        callee.mm = f.mm;
        callee.start = f.told;
        callee.end = f.end;
        callee.event = Notify.PROTECTION_VMA;
      },
    ),
    r.only(
      (profile) => profile.mprotectGathers,
      [
        r.step('go on from there', (_, f) => {
          f.at = f.told;
        }),
      ],
      [
        r.step('inc_tlb_flush_pending(mm); from there', (k, f) => {
          inc_tlb_flush_pending(k, f.mm);
          f.at = f.told;
        }),
      ],
    ),
    ...forEachEntry(r, [
      r.when(
        '(pte_present(oldpte))',
        (k, f) => isPresent(ptep_get(k, f.entry)),
        [
          r.inlines(
            [asksWritable],
            r.step(
              "ptep_modify_prot_commit(): the VMA's protection, writable at once where that is safe; flush later",
              (k, f) => change_present_pte(k, f.vma, f.entry),
            ),
          ),
        ],
        [
          r.step('make a writable device-private, device-exclusive or migration entry read-only', (k, f) =>
            change_nonpresent_pte(k, f.entry),
          ),
        ],
      ),
    ]),
    r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, (_, f, callee) => {
      callee.mm = f.mm;
      callee.start = f.told;
      callee.end = f.end;
      callee.event = Notify.PROTECTION_VMA;
    }),
    r.only(
      (profile) => !profile.mprotectGathers,
      [
        r.yield('Y5'),
        r.ret('flush_tlb_range(vma, start, end); dec_tlb_flush_pending(mm)', (k, f) => {
          flush_changes(k, f.mm);
          return 0;
        }),
      ],
    ),
  ],
});

/** VM_ACCOUNT follows what the mapping may come to use: on with the first right to write, off if nothing was ever written. */
function account(k: Kernel, vma: VmaRow, flags: number): number {
  const old = k.mm.flags.get(vma);
  if ((flags & Vm.Write) !== 0)
    return (old & (Vm.Account | Vm.Write | Vm.Shared)) === 0 ? flags | Vm.Account : flags;
  const untouched = k.mm.isAnonymous(vma) && k.mm.anonVma.get(vma) === 0;
  return k.profile.mprotectDropsAccount && untouched ? flags & ~Vm.Account : flags;
}

/** A locked private mapping may be written from now on: later there shall be no fault, not even to copy a page. */
function breaks_cow(_: Kernel, f: { old: number; flags: number }): boolean {
  return (f.old & (Vm.Write | Vm.Shared | Vm.Locked)) === Vm.Locked && (f.flags & Vm.Write) !== 0;
}

const mprotect_fixup = routine({
  name: 'mprotect_fixup',
  file: 'mm/mprotect.c',
  about: 'Give [start, end) of one VMA the new flags: merge with neighbours that have them, or split.',
  params: { vma: VmaT, start: VpnT, end: VpnT, flags: VmFlagsT },
  locals: { old: VmFlagsT },
  body: (r) => [
    r.when('(newflags == oldflags)', (k, f) => k.mm.flags.get(f.vma) === f.flags, [
      r.ret('return the VMA', (_, f) => f.vma),
    ]),
    r.step('account for memory that may be written from now on', (k, f) => {
      f.old = k.mm.flags.get(f.vma);
      f.flags = account(k, f.vma, f.flags);
    }),
    r.when(
      '(security_vm_enough_memory_mm(current->mm, charged))',
      (k, f) => (f.flags & ~k.mm.flags.get(f.vma) & Vm.Account) !== 0 && !enough_memory(k, f.end - f.start),
      [r.ret('return -ENOMEM', () => -Errno.ENOMEM)],
    ),
    r.when('it would cut a huge page of the pool', (k, f) => cuts_hugetlb(k, mmOf(k, f), f.start, f.end), [
      r.ret('return -EINVAL', () => -Errno.EINVAL),
    ]),
    ...vmaModifyFlags(
      r,
      'vma_modify_flags(vmi, prev, vma, start, end, newflags)',
      r.ret('return -ENOMEM', () => -Errno.ENOMEM),
    ),
    r.call('change_protection(tlb, vma, start, end, cp_flags)', change_protection, (_, f, callee) => {
      callee.vma = f.vma;
      callee.start = f.start;
      callee.end = f.end;
    }),
    r.when(
      '((oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && (newflags & VM_WRITE)): have its copies now',
      breaks_cow,
      populateVma(r, (_, f) => f, 0),
    ),
    r.ret('return the VMA', (_, f) => f.vma),
  ],
});

/** The current address space and the range. */
function begin(k: Kernel, f: { mm: MmRow; start: Vpn; pages: number; end: Vpn; at: Vpn }): void {
  f.mm = k.tasks.mmOf(k.task);
  f.end = (f.start + f.pages) as Vpn;
  f.at = f.start;
}

/** mprotect(2). `prot` are the Vm bits Read, Write, Exec. Returns 0, -ENOMEM at a hole (what lies before it is changed), or -EACCES. */
export const sys_mprotect = routine({
  name: 'sys_mprotect',
  file: 'mm/mprotect.c',
  about: 'Change the protection of a range, VMA by VMA, as far as it is mapped.',
  aliases: ['do_mprotect_pkey'],
  params: { start: VpnT, pages: Int, prot: VmFlagsT },
  locals: { mm: MmT, end: VpnT, at: VpnT, vma: VmaT, flags: VmFlagsT, ret: ErrnoT },
  body: (r) => [
    r.when('(!len)', (_, f) => f.pages <= 0, [r.ret('return 0')]),
    ...mmapWriteLockKillable(r, (k) => k.tasks.mmOf(k.task)),
    r.only(
      (profile) => profile.mprotectGathers,
      [
        r.step('tlb_gather_mmu(&tlb, current->mm); first VMA of the range', (k, f) => {
          begin(k, f);
          inc_tlb_flush_pending(k, f.mm);
        }),
      ],
      [r.step('vma = find_vma(start)', begin)],
    ),
    r.loop('(nstart < end && !error)', (_, f) => f.at < f.end && f.ret === 0, [
      r.step('vma = vma_find(vmi, end); newflags = prot | (vma->vm_flags & ~mask_off_old_flags)', (k, f) => {
        f.vma = k.mm.vmaAt(f.mm, f.at);
        f.flags = (k.mm.flags.get(f.vma) & ~ACCESS) | f.prot;
      }),
      r.when('(!vma)', (_, f) => f.vma === 0, [
        r.step('error = -ENOMEM', (_, f) => {
          f.ret = -Errno.ENOMEM;
        }),
      ]),
      r.when(
        '((newflags & ~(newflags >> 4)) & VM_ACCESS_FLAGS): the mapping may not be written',
        (_, f) => f.vma !== 0 && (f.prot & Vm.Write) !== 0 && (f.flags & Vm.MayWrite) === 0,
        [
          r.step('error = -EACCES', (_, f) => {
            f.ret = -Errno.EACCES;
          }),
        ],
      ),
      r.when('(!error)', (_, f) => f.ret === 0, [
        r.call(
          'mprotect_fixup(vmi, &tlb, vma, &prev, nstart, tmp, newflags)',
          mprotect_fixup,
          (k, f, callee) => {
            callee.vma = f.vma;
            callee.start = f.at;
            callee.end = Math.min(f.end, k.mm.end.get(f.vma)) as Vpn;
            callee.flags = f.flags;
          },
          (k, f, value) => {
            if (value < 0) f.ret = value;
            else f.at = k.mm.end.get(value) as Vpn;
          },
        ),
      ]),
    ]),
    r.only(
      (profile) => profile.mprotectGathers,
      [
        r.yield('Y5'),
        r.step('tlb_finish_mmu(&tlb): flush the TLB; mmap_write_unlock(mm)', (k, f) => {
          flush_changes(k, f.mm);
          mmap_write_unlock(k, f.mm);
        }),
      ],
      [r.step('mmap_write_unlock(mm)', (k, f) => mmap_write_unlock(k, f.mm))],
    ),
    r.ret('return the error', (_, f) => f.ret),
  ],
});
