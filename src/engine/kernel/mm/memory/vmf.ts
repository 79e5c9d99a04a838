/** What the steps of a fault share: the vm_fault structure as parameters, and how a fault is entered and left. */

import { Hold } from '../../../machine/holds';
import type { EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { kindOf, Pte } from '../../../machine/pte';
import type { EventName } from '../../../routine/event-schema';
import type { Kernel } from '../../../routine/kernel';
import {
  type Builder,
  EntryT,
  FaultFlagsT,
  type Node,
  PageT,
  PteT,
  SwapSlotT,
  VmaT,
  VpnT,
} from '../../../routine/routine';
import { FaultFlag, VmFault } from '../../constants';
import { mmap_read_trylock, mmap_read_unlock } from '../mmap/mmap_lock';
import { vma_end_read } from '../mmap/vma_lock';
import { pmd_offset, ptep_get } from '../pgtable';
import { anon_vma_prepare } from '../rmap/rmap';

/** struct vm_fault: where, how, and the entry as it was read without a lock. */
export const vmfParams = {
  vma: VmaT,
  vpn: VpnT,
  flags: FaultFlagsT,
  entry: EntryT,
  pte: PteT,
  orig: PageT,
  slot: SwapSlotT,
} as const;

/** orig_pte: an entry as it was read, which may be another one by now. */
export interface OrigPte {
  entry: EntryRow;
  /** Its kind and flags. */
  pte: number;
  /** The page that it named; 0 for an entry of a swap slot. */
  orig: PageRow;
  /** The swap slot that it stood for, or 0. */
  slot: number;
}

export interface Vmf extends OrigPte {
  vma: VmaRow;
  vpn: Vpn;
  flags: number;
}

/** Passes the vm_fault on to a step of the fault. */
export function passVmf(_: Kernel, f: Vmf, callee: Vmf): void {
  callee.vma = f.vma;
  callee.vpn = f.vpn;
  callee.flags = f.flags;
  callee.entry = f.entry;
  callee.pte = f.pte;
  callee.orig = f.orig;
  callee.slot = f.slot;
}

/** Reads the entry into orig_pte, all of it at once (ptep_get_lockless). */
export function read_orig_pte(k: Kernel, f: OrigPte): void {
  f.pte = ptep_get(k, f.entry);
  const target = f.entry === 0 ? 0 : k.tables.hi.get(f.entry);
  const swapped = kindOf(f.pte) === Pte.Swap;
  f.orig = (swapped ? 0 : target) as PageRow;
  f.slot = swapped ? target : 0;
}

/** Passes on the fault's reference on its page, to be dropped. */
export function passHold(
  k: Kernel,
  f: { readonly page: PageRow },
  callee: { page: PageRow; hold: number; who: number },
): void {
  callee.page = f.page;
  callee.hold = Hold.Fault;
  callee.who = k.task;
}

/** Keeps what a call returned, to be returned. */
export function keepRet(_: Kernel, f: { ret: number }, value: number): void {
  f.ret = value;
}

/** The fault is for a page that may be written to, or is nobody else's (FAULT_FLAG_WRITE, FAULT_FLAG_UNSHARE). */
export const wantsOwn = (f: { flags: number }): boolean =>
  (f.flags & (FaultFlag.Write | FaultFlag.Unshare)) !== 0;

export const isWrite = (f: { flags: number }): boolean => (f.flags & FaultFlag.Write) !== 0;

export const mmOf = (k: Kernel, f: { vma: VmaRow }): MmRow => k.mm.mm.get(f.vma) as MmRow;

/** pte_same, under the page-table lock: the entry is what was read, down to the page or slot that it names. */
export function pte_same(k: Kernel, f: OrigPte): boolean {
  if (ptep_get(k, f.entry) !== f.pte) return false;
  return f.entry === 0 || k.tables.hi.get(f.entry) === (kindOf(f.pte) === Pte.Swap ? f.slot : f.orig);
}

/** The entry point of a step of the fault that the event log names. */
export function entered<F extends { vpn: Vpn; flags: number }>(
  r: Builder<F>,
  name: EventName,
  text: string,
): Node<F> {
  return r.step(text, (k, f) => k.emit(name, f.vpn, f.flags));
}

/** Returns `value` and closes the event. */
export function leaves<F>(
  r: Builder<F>,
  name: EventName,
  text: string,
  value: (k: Kernel, f: F) => number,
): Node<F> {
  return r.ret(text, (k, f) => {
    const ret = value(k, f);
    k.leave(name, ret);
    return ret;
  });
}

/**
 * The VMA gets an anon_vma before its first anonymous page. Neighbours are looked at for that, so that a fault under the
 * VMA's own lock needs mmap_lock too; where it can't have it at once, the VMA is unlocked. False where the fault is to
 * return `ret`: VM_FAULT_RETRY for want of the lock, VM_FAULT_OOM for want of memory.
 */
export function vmf_anon_prepare(k: Kernel, f: { vma: VmaRow; flags: number; ret: number }): boolean {
  f.ret = 0;
  if (k.mm.anonVma.get(f.vma) !== 0) return true;
  const underVma = (f.flags & FaultFlag.VmaLock) !== 0;
  if (underVma && !mmap_read_trylock(k, mmOf(k, f))) {
    vma_end_read(k, f.vma);
    f.ret = VmFault.RETRY;
    return false;
  }
  if (!anon_vma_prepare(k, f.vma)) f.ret = VmFault.OOM;
  if (underVma) mmap_read_unlock(k, mmOf(k, f));
  return f.ret === 0;
}

/** The first try of a fault that may let go of its lock and be tried again (fault_flag_allow_retry_first). */
export const allow_retry_first = (f: { flags: number }): boolean =>
  (f.flags & (FaultFlag.AllowRetry | FaultFlag.Tried)) === FaultFlag.AllowRetry;

/** Lets go of what protects the fault: the VMA lock, or mmap_lock held for reading (release_fault_lock). */
export function release_fault_lock(k: Kernel, f: { vma: VmaRow; flags: number }): void {
  if ((f.flags & FaultFlag.VmaLock) !== 0) vma_end_read(k, f.vma);
  else mmap_read_unlock(k, mmOf(k, f));
}

/**
 * The page of a shared mapping is dirty from now on. The writer may have to wait until others are written back, and must
 * not hold a lock meanwhile: then the result has VM_FAULT_COMPLETED (fault_dirty_shared_page).
 */
export function fault_dirty_shared_page(k: Kernel, f: Vmf, page: PageRow): number {
  const dirtied = !k.pages.has(page, Pg.Dirty);
  k.pages.setFlag(page, Pg.Dirty);
  if (!k.profile.dirtyingCompletes || !dirtied || !allow_retry_first(f)) return 0;
  release_fault_lock(k, f);
  return VmFault.COMPLETED;
}

/** True when the PTE table for this address exists. */
export function pte_table_exists(k: Kernel, f: { vma: VmaRow; vpn: Vpn }): boolean {
  const pmd = pmd_offset(k, mmOf(k, f), f.vpn);
  return pmd !== 0 && k.tables.lo.get(pmd) === 1;
}
