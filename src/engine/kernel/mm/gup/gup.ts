/** get_user_pages (mm/gup.c): finds pages of a process for a device or the kernel to use, faulting in what is missing. */

import { Vm } from '../../../machine/address-spaces';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent, PTE_DIRTY, PTE_HUGE, PTE_PROTNONE, PTE_WRITE, PTE_YOUNG } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { inlined, leaf } from '../../../routine/leaf';
import {
  Bool,
  type Builder,
  EntryT,
  ErrnoT,
  FollowT,
  FollT,
  HolderT,
  Int,
  MmT,
  type Node,
  PageArrayT,
  PageEntryT,
  PageT,
  routine,
  VmaT,
  VmFaultT,
  VpnT,
} from '../../../routine/routine';
import { Errno, FaultFlag, VM_FAULT_ERROR, VmFault } from '../../constants';
import { fatal_signal_pending } from '../../kernel/signal';
import { fault_progress } from '../../livelock';
import { is_huge_at, split_huge_pmd } from '../huge_memory/huge_memory';
import { handle_mm_fault } from '../memory/memory';
import { mmapReadLockKillable } from '../mmap/mmap_lock';
import { pteLock, pteUnlock } from '../page_table_lock';
import { leaf_offset, pmd_offset, pte_mkdirty, ptep_get, set_pte_bits, subpage } from '../pgtable';
import { Foll } from './foll';
import { grabsFolio, try_grab_folio } from './grab';

/** What follow_page found: a page, nothing yet (fault it in), or a shared page that must be unshared first (-EMLINK). */
export const Follow = { Page: 0, Missing: 1, Unshare: 2 } as const;

/** A read-only pin may not watch a page that a later write would replace by a copy (gup_must_unshare). */
function gup_must_unshare(k: Kernel, vma: VmaRow, foll: number, page: PageRow): boolean {
  if (!k.profile.anonExclusive || (foll & (Foll.Write | Foll.Pin)) !== Foll.Pin) return false;
  if (k.pages.isAnon(page)) return !k.pages.has(page, Pg.AnonExclusive);
  return k.profile.pinUnsharesFiles && (foll & Foll.Longterm) !== 0 && k.mm.isCow(vma);
}

/** The use leaves a trace: in a huge entry itself (touch_pmd), or on the page that is to be written. */
function touch(k: Kernel, entry: EntryRow, pte: number, page: PageRow, foll: number): void {
  const write = (foll & Foll.Write) !== 0;
  const young = pte | PTE_YOUNG;
  if (pte & PTE_HUGE) {
    // x86 writes such an entry back only where it becomes dirty (pmdp_set_access_flags).
    if (write) set_pte_bits(k, entry, pte_mkdirty(k, young));
  } else if (page !== k.zeroPage) {
    const dirty = write && (pte & PTE_DIRTY) === 0;
    k.pages.setFlag(k.pages.folio(page), Pg.Referenced | (dirty ? Pg.Dirty : 0));
  }
}

/** follow_page_pte, follow_huge_pmd: the page of a present entry that allows this use. */
export function follow_page(
  k: Kernel,
  vma: VmaRow,
  vpn: Vpn,
  foll: number,
): { found: number; page: PageRow } {
  const entry = leaf_offset(k, k.mm.mm.get(vma) as MmRow, vpn);
  const pte = ptep_get(k, entry);
  const missing = { found: Follow.Missing, page: 0 as PageRow };
  if (!isPresent(pte) || (pte & PTE_PROTNONE) !== 0) return missing;
  if (foll & Foll.Write && (pte & PTE_WRITE) === 0) return missing;
  const page = k.tables.hi.get(entry) as PageRow;
  if ((pte & PTE_WRITE) === 0 && gup_must_unshare(k, vma, foll, page)) return { found: Follow.Unshare, page };
  if (foll & Foll.Touch) touch(k, entry, pte, page, foll);
  return { found: Follow.Page, page: subpage(k, entry, page, vpn) };
}

/** 0 where the VMA allows this use, else the error: holes and permissions are told apart for MADV_POPULATE_* (check_vma_flags). */
function check_vma_flags(k: Kernel, vma: VmaRow, foll: number): number {
  const populate = (foll & Foll.Populate) !== 0;
  if (vma === 0) return populate ? -Errno.ENOMEM : -Errno.EFAULT;
  const allowed = foll & Foll.Write ? k.mm.has(vma, Vm.Write) : k.mm.has(vma, Vm.Read) || foll & Foll.Force;
  if (!allowed) return populate ? -Errno.EINVAL : -Errno.EFAULT;
  // Pages of the hugetlb pool are never split (CVE-2025-22034).
  return (foll & Foll.SplitPmd) !== 0 && k.mm.has(vma, Vm.HugeTlb) ? -Errno.EOPNOTSUPP : 0;
}

const check_flags = leaf({
  name: 'check_vma_flags',
  file: 'mm/gup.c',
  about: 'Whether the VMA lets get_user_pages do this with its pages.',
  params: { vma: VmaT, foll: FollT },
  lines: [
    'if (!vma)',
    '    return -EFAULT; -ENOMEM for MADV_POPULATE',
    'if ((gup_flags & FOLL_WRITE) && !(vma->vm_flags & VM_WRITE))',
    '    return -EFAULT; -EINVAL for MADV_POPULATE',
    'if (!(gup_flags & FOLL_WRITE) && !(vma->vm_flags & VM_READ) && !(gup_flags & FOLL_FORCE))',
    '    the same',
    'if ((gup_flags & FOLL_SPLIT_PMD) && is_vm_hugetlb_page(vma))',
    '    return -EOPNOTSUPP',
    'return 0',
  ],
});

function splits(k: Kernel, f: { vma: VmaRow; vpn: Vpn; foll: number }): boolean {
  if ((f.foll & Foll.SplitPmd) === 0) return false;
  const pmd = pmd_offset(k, k.mm.mm.get(f.vma) as MmRow, f.vpn);
  return is_huge_at(k, k.mm.mm.get(f.vma) as MmRow, f.vpn) && isPresent(ptep_get(k, pmd));
}

function fault_flags(k: Kernel, f: { foll: number; found: number; tried: number }): number {
  let flags = f.foll & Foll.Write ? FaultFlag.Write : 0;
  if (f.foll & Foll.Remote) flags |= FaultFlag.Remote;
  if (f.foll & Foll.Unlockable) flags |= k.profile.gupFaultFlags;
  if (f.tried !== 0) flags |= FaultFlag.Tried;
  if (f.tried !== 0 && k.profile.faultRetriesOnce) flags &= ~FaultFlag.AllowRetry;
  return f.found === Follow.Unshare && k.profile.anonExclusive ? flags | FaultFlag.Unshare : flags;
}

/** What __get_user_pages returns early: how many pages it has, if it has any. */
const interrupted = <F extends { readonly done: number }>(r: Builder<F>): Node<F> =>
  r.ret('return what was done so far, or -EINTR', (_, f) => f.done || -Errno.EINTR);

/** vm_fault_to_errno. */
const errnoOf = (fault: number): number => (fault & VmFault.OOM ? -Errno.ENOMEM : -Errno.EFAULT);

/**
 * Goes through [start, start + pages), faulting in what is missing; takes a reference or pin on each page and stores
 * it in `slots`, if given. mmap_lock is held for reading, and afterwards too, except with FOLL_UNLOCKABLE where the task
 * was killed or the caller begins again itself. Returns how many pages it got, or an error if not one.
 */
export const get_user_pages = routine({
  name: '__get_user_pages',
  file: 'mm/gup.c',
  about:
    'For each address: find the page, or handle a fault and look again. A device page is never found: it comes home.',
  params: { mm: MmT, start: VpnT, pages: Int, foll: FollT, who: HolderT, slots: PageArrayT },
  locals: {
    done: Int,
    vma: VmaT,
    vpn: VpnT,
    entry: EntryT,
    page: PageT,
    found: FollowT,
    fault: VmFaultT,
    slot: PageEntryT,
    tried: Bool,
    ret: ErrnoT,
  },
  body: (r) => [
    r.step('start at the first page', (_, f) => {
      f.slot = f.slots;
    }),
    r.loop('(nr_pages)', (_, f) => f.done < f.pages, [
      r.inlines(
        [
          inlined(check_flags, (k, f) => ({
            vma: k.mm.vmaAt(f.mm, (f.start + f.done) as Vpn) as VmaRow,
            foll: f.foll,
          })),
        ],
        r.step('vma = gup_vma_lookup(mm, address); check_vma_flags(vma, gup_flags)', (k, f) => {
          f.vpn = (f.start + f.done) as Vpn;
          f.vma = k.mm.vmaAt(f.mm, f.vpn);
          f.ret = check_vma_flags(k, f.vma, f.foll);
        }),
      ),
      r.when('(ret): there is none, or it does not allow this', (_, f) => f.ret !== 0, [
        r.ret('return what was done so far, or the error', (_, f) => f.done || f.ret),
      ]),
      r.when('(fatal_signal_pending(current))', fatal_signal_pending, [interrupted(r)]),
      r.when('(pmd_trans_huge(pmdval) && (flags & FOLL_SPLIT_PMD))', splits, [
        r.call('split_huge_pmd(vma, pmd, address)', split_huge_pmd, (_, f, callee) => {
          callee.vma = f.vma;
          callee.vpn = f.vpn;
        }),
      ]),
      r.step('walk the tables down to the entry, as far as there are any', (k, f) => {
        f.entry = leaf_offset(k, f.mm, f.vpn);
      }),
      r.when('(ptep)', (_, f) => f.entry !== 0, [pteLock(r)]),
      r.step('page = follow_page_mask(vma, address)', (k, f) => {
        const result = follow_page(k, f.vma, f.vpn, f.foll);
        f.found = result.found;
        f.page = result.page;
      }),
      r.when(
        '(page)',
        (_, f) => f.found === Follow.Page,
        [
          r.inlines(
            [grabsFolio],
            r.step('try_grab_folio(folio): take a reference, or pin it', (k, f) => {
              fault_progress(k);
              try_grab_folio(k, f.page, f.foll, f.who);
              if (f.slot !== 0) {
                k.slots.srcPage.set(f.slot, f.page);
                f.slot = k.slots.after(f.slot);
              }
              f.done++;
              f.tried = 0;
            }),
          ),
          pteUnlock(r),
        ],
        [
          r.when('(ptep)', (_, f) => f.entry !== 0, [pteUnlock(r)]),
          r.call(
            'fault = handle_mm_fault(vma, address, flags)',
            handle_mm_fault,
            (k, f, callee) => {
              callee.vma = f.vma;
              callee.vpn = f.vpn;
              callee.flags = fault_flags(k, f);
            },
            (_, f, value) => {
              f.fault = value;
            },
          ),
          r.when('(fault & VM_FAULT_ERROR)', (_, f) => (f.fault & VM_FAULT_ERROR) !== 0, [
            r.ret('return what was done so far, or the error', (_, f) => f.done || errnoOf(f.fault)),
          ]),
          r.when(
            '(fault & (VM_FAULT_RETRY | VM_FAULT_COMPLETED)): it has let go of mmap_lock',
            (_, f) => (f.fault & (VmFault.RETRY | VmFault.COMPLETED)) !== 0,
            [
              r.when('the caller begins again', (_, f) => (f.foll & Foll.Restarts) !== 0, [
                r.ret('return what was done so far', (_, f) => f.done),
              ]),
              r.only(
                (profile) => profile.killableReads,
                [r.when('(gup_signal_pending(flags))', fatal_signal_pending, [interrupted(r)])],
              ),
              ...mmapReadLockKillable(r, (_, f) => f.mm, [interrupted(r)]),
              r.step('flags |= FOLL_TRIED, for this page', (_, f) => {
                f.tried = 1;
              }),
            ],
          ),
        ],
      ),
    ]),
    r.ret('return how many', (_, f) => f.done),
  ],
});
