/** A CPU's access to memory: the MMU's check, and the page fault exception (arch/x86/mm/fault.c). */

import { Vm } from '../../../../machine/address-spaces';
import { type EntryRow, offsetInPage, type PageRow, type VmaRow, vpnOf } from '../../../../machine/ids';
import { isPresent, PTE_DIRTY, PTE_PROTNONE, PTE_WRITE, PTE_YOUNG } from '../../../../machine/pte';
import type { Kernel } from '../../../../routine/kernel';
import {
  AddressT,
  Bool,
  type Builder,
  ByteT,
  EntryT,
  FaultFlagsT,
  Int,
  type Node,
  routine,
  VmaT,
  VmFaultT,
  VpnT,
} from '../../../../routine/routine';
import { FaultFlag, SiCode, Signal, VM_FAULT_ERROR, VmFault } from '../../../constants';
import { fatal_signal_pending } from '../../../kernel/signal';
import { fault_progress } from '../../../livelock';
import { handle_mm_fault } from '../../../mm/memory/memory';
import { mmap_read_unlock, mmapReadLockKillable } from '../../../mm/mmap/mmap_lock';
import { vma_end_read, vma_start_read } from '../../../mm/mmap/vma_lock';
import { leaf_offset, ptep_get, subpage } from '../../../mm/pgtable';

/** The MMU lets the access through: present, not protnone, and writable for a write. */
function mmu_allows(pte: number, write: number): boolean {
  if (!isPresent(pte) || (pte & PTE_PROTNONE) !== 0) return false;
  return write === 0 || (pte & PTE_WRITE) !== 0;
}

/** The VMA forbids this access (access_error). */
function access_error(k: Kernel, vma: VmaRow, write: number): boolean {
  const flags = k.mm.flags.get(vma);
  if (write !== 0) return (flags & Vm.Write) === 0;
  return (flags & (Vm.Read | Vm.Write | Vm.Exec)) === 0;
}

/** Delivers a signal to the current task at an address. */
function force_signal(k: Kernel, signal: number, code: number, va: number): void {
  k.tasks.signal.set(k.task, signal);
  k.tasks.signalCode.set(k.task, code);
  k.tasks.signalVa.set(k.task, va);
  k.emit('signal', k.tasks.processOf(k.task), signal, code, va);
}

function begin_fault(k: Kernel, va: number, write: number): void {
  const row = k.faults.table.alloc();
  k.faults.task.set(row, k.task);
  k.faults.outer.set(row, k.tasks.fault.get(k.task));
  k.faults.address.set(row, va);
  k.faults.write.set(row, write);
  k.faults.since.set(row, k.time);
  k.tasks.fault.set(k.task, row);
}

function end_fault(k: Kernel): void {
  const row = k.tasks.fault.get(k.task);
  k.tasks.fault.set(k.task, k.faults.outer.get(row));
  k.faults.table.free(row);
}

/** The fault is handled once more, whether the instruction trapped again or the handler said VM_FAULT_RETRY. */
function retry_fault(k: Kernel): void {
  k.faults.retries.add(k.tasks.fault.get(k.task), 1);
}

/** Results with which the fault has let go of its lock. */
const LOCK_GONE = VmFault.RETRY | VmFault.COMPLETED;

/** What a page fault works with. */
interface FaultFrame {
  readonly va: number;
  readonly kernel: number;
  readonly fault: number;
  fixup: number;
}

/** The fault is to be tried again, but its task has been killed. */
const fault_signal_pending = (k: Kernel, f: FaultFrame): boolean =>
  (f.fault & VmFault.RETRY) !== 0 && fatal_signal_pending(k);

/** Leaves the fault of a task that has been killed, without a lock: back to where it ends. */
const ends = <F extends FaultFrame>(r: Builder<F>): Node<F> =>
  r.ret("return: a signal ends the task; the kernel's own access fails", (_, f) => f.kernel);

/** The access is impossible: a signal for a program; the kernel's own copy of user memory ends early instead. */
function bad_area(k: Kernel, f: FaultFrame, signal: number, code: number): void {
  if (f.kernel !== 0) f.fixup = 1;
  else force_signal(k, signal, code, f.va);
}

/** Handles one page fault exception; afterwards the instruction runs again. Returns 1 when the kernel's fixup is next. */
const do_user_addr_fault = routine({
  name: 'do_user_addr_fault',
  file: 'arch/x86/mm/fault.c',
  about: 'An access to user memory that the MMU refused: find the VMA, handle the fault, or send a signal.',
  params: { va: AddressT, write: Bool, kernel: Bool },
  locals: { vpn: VpnT, vma: VmaT, flags: FaultFlagsT, fault: VmFaultT, fixup: Bool },
  body: (r) => [
    r.step('flags = FAULT_FLAG_DEFAULT, and FAULT_FLAG_WRITE for a write', (k, f) => {
      f.vpn = vpnOf(f.va);
      f.flags = k.profile.userFaultFlags | (f.write !== 0 ? FaultFlag.Write : 0);
      if (f.kernel !== 0) f.flags &= ~FaultFlag.User;
      f.fault = VmFault.RETRY;
    }),
    r.only(
      (profile) => profile.vmaLock,
      [
        r.step('in user mode: lock_vma_under_rcu(mm, address)', (k, f) => {
          f.vma = f.kernel !== 0 ? (0 as VmaRow) : k.mm.vmaAt(k.tasks.mmOf(k.task), f.vpn);
          if (f.vma !== 0 && !vma_start_read(k, f.vma)) f.vma = 0 as VmaRow;
        }),
        r.when('(vma)', (_, f) => f.vma !== 0, [
          r.when('(access_error(error_code, vma))', (k, f) => access_error(k, f.vma, f.write), [
            r.step('vma_end_read(vma); SIGSEGV, not allowed', (k, f) => {
              vma_end_read(k, f.vma);
              bad_area(k, f, Signal.SIGSEGV, SiCode.ACCERR);
            }),
            r.ret('return', (_, f) => f.fixup),
          ]),
          r.call(
            'fault = handle_mm_fault(vma, address, flags | FAULT_FLAG_VMA_LOCK)',
            handle_mm_fault,
            (_, f, callee) => {
              callee.vma = f.vma;
              callee.vpn = f.vpn;
              callee.flags = f.flags | FaultFlag.VmaLock;
            },
            (k, f, value) => {
              f.fault = value;
              if ((value & LOCK_GONE) === 0) vma_end_read(k, f.vma);
              if ((value & VmFault.RETRY) === 0) return;
              retry_fault(k);
              // The fault stays a major one, though the next try finds the page that this one has read.
              if ((value & VmFault.MAJOR) !== 0) f.flags |= FaultFlag.Tried;
            },
          ),
          r.when('(fault_signal_pending(fault, regs))', fault_signal_pending, [ends(r)]),
        ]),
      ],
    ),
    r.loop('(fault & VM_FAULT_RETRY)', (_, f) => (f.fault & VmFault.RETRY) !== 0, [
      ...mmapReadLockKillable(r, (k) => k.tasks.mmOf(k.task), [ends(r)]),
      r.step('vma = find_vma(mm, address)', (k, f) => {
        f.vma = k.mm.vmaAt(k.tasks.mmOf(k.task), f.vpn);
      }),
      r.when(
        '(!vma || access_error(error_code, vma))',
        (k, f) => f.vma === 0 || access_error(k, f.vma, f.write),
        [
          r.step('mmap_read_unlock(mm); SIGSEGV', (k, f) => {
            mmap_read_unlock(k, k.tasks.mmOf(k.task));
            bad_area(k, f, Signal.SIGSEGV, f.vma === 0 ? SiCode.MAPERR : SiCode.ACCERR);
          }),
          r.ret('return', (_, f) => f.fixup),
        ],
      ),
      r.call(
        'fault = handle_mm_fault(vma, address, flags)',
        handle_mm_fault,
        (_, f, callee) => {
          callee.vma = f.vma;
          callee.vpn = f.vpn;
          callee.flags = f.flags;
        },
        (_, f, value) => {
          f.fault = value;
        },
      ),
      r.when(
        '(fault & VM_FAULT_RETRY): the lock is gone already',
        (_, f) => (f.fault & VmFault.RETRY) !== 0,
        [
          r.when('(fault_signal_pending(fault, regs))', fault_signal_pending, [ends(r)]),
          r.step('flags |= FAULT_FLAG_TRIED', (k, f) => {
            f.flags |= FaultFlag.Tried;
            if (k.profile.faultRetriesOnce) f.flags &= ~FaultFlag.AllowRetry;
            retry_fault(k);
          }),
        ],
        [
          r.step('mmap_read_unlock(mm), unless the fault has done it', (k, f) => {
            if ((f.fault & VmFault.COMPLETED) === 0) mmap_read_unlock(k, k.tasks.mmOf(k.task));
          }),
        ],
      ),
    ]),
    r.when('(fault & VM_FAULT_ERROR)', (_, f) => (f.fault & VM_FAULT_ERROR) !== 0, [
      r.step('mm_fault_error(): try again without memory, otherwise send the signal', (k, f) => {
        if (f.fault & VmFault.OOM) {
          k.emit('oom', k.tasks.processOf(k.task));
          if (f.kernel !== 0) f.fixup = 1;
        } else if (f.fault & (VmFault.SIGBUS | VmFault.HWPOISON))
          bad_area(k, f, Signal.SIGBUS, SiCode.ADRERR);
        else bad_area(k, f, Signal.SIGSEGV, SiCode.MAPERR);
      }),
    ]),
    r.ret('return to the instruction', (_, f) => f.fixup),
  ],
});

const signal_pending = (k: Kernel): boolean => k.tasks.signal.get(k.task) !== 0 || fatal_signal_pending(k);

/** The translation this CPU has cached for the entry, if it is good enough for the access; else -1. */
function tlb_hit(k: Kernel, f: { entry: EntryRow; write: number }): number {
  if (k.cpus === 1 || f.entry === 0) return -1;
  const slot = k.tlb.find(k.tasks.cpu.get(k.task), f.entry);
  if (slot === -1 || f.write === 0) return slot;
  const needed = PTE_WRITE | PTE_DIRTY;
  return (k.tlb.bits.get(slot) & needed) === needed ? slot : -1;
}

/** A walk of the tables: hardware sets the accessed bit, and the dirty bit for a write, and caches the translation. */
function mmu_walk(k: Kernel, entry: EntryRow, write: number): PageRow {
  const pte = k.tables.lo.get(entry);
  const marked = pte | PTE_YOUNG | (write !== 0 ? PTE_DIRTY : 0);
  if (marked !== pte) k.tables.lo.set(entry, marked);
  const page = k.tables.hi.get(entry);
  if (k.cpus > 1) {
    const bits = marked & (PTE_WRITE | PTE_DIRTY);
    k.tlb.fill(k.tasks.cpu.get(k.task), k.tasks.mmOf(k.task), entry, page, bits);
  }
  return page as PageRow;
}

/** The page the access goes to: as the TLB has it, else as the tables say. */
function translate(k: Kernel, f: { entry: EntryRow; write: number; va: number }): PageRow {
  const slot = tlb_hit(k, f);
  const page = slot === -1 ? mmu_walk(k, f.entry, f.write) : (k.tlb.page.get(slot) as PageRow);
  const stale = !mmu_allows(k.tables.lo.get(f.entry), f.write) || k.tables.hi.get(f.entry) !== page;
  if (stale) k.emit('stale_translation', k.tasks.cpu.get(k.task), vpnOf(f.va), page, f.write);
  return subpage(k, f.entry, page, vpnOf(f.va));
}

/** Bytes that copy_user_generic copies at once as long as so many are left. */
const WORD = 8;

/**
 * How often the kernel's copy of so many bytes fails before it gives up: where a word can't be copied, it tries again byte by
 * byte; a single byte, and what is less than a word, it tries once.
 */
const copy_tries = (bytes: number): number => (bytes >= WORD ? 2 : 1);

/**
 * One load or store of a byte by the current task. Returns the byte, or -1 with the signal in the task's row. A write
 * with a negative value stores nothing and returns what is there: an atomic operation does its own store. With `copied`
 * it is the kernel's copy of so many bytes for a system call: it fails without a signal.
 */
export const cpu_access = routine({
  name: 'cpu_access',
  file: 'arch/x86/mm/fault.c',
  about: 'One load or store by the CPU: translated by the MMU, or trapped until the page is there.',
  params: { va: AddressT, write: Bool, value: ByteT, copied: Int },
  locals: { entry: EntryT, traps: Int, fixups: Int },
  body: (r) => [
    r.step('the instruction starts', (k) => {
      k.tasks.signal.set(k.task, 0);
    }),
    r.step('the MMU walks the page tables', (k, f) => {
      f.entry = leaf_offset(k, k.tasks.mmOf(k.task), vpnOf(f.va));
    }),
    r.loop(
      'neither the TLB nor the tables allow the access',
      (k, f) => tlb_hit(k, f) === -1 && !mmu_allows(ptep_get(k, f.entry), f.write),
      [
        r.step('#PF: the exception enters the kernel', (k, f) => {
          if (f.traps === 0) begin_fault(k, f.va, f.write);
          else retry_fault(k);
          f.traps++;
        }),
        r.call(
          'do_user_addr_fault(address)',
          do_user_addr_fault,
          (_, f, callee) => {
            callee.va = f.va;
            callee.write = f.write;
            callee.kernel = f.copied === 0 ? 0 : 1;
          },
          (_, f, value) => {
            f.fixups += value;
          },
        ),
        r.yield('Y14'),
        r.when(
          'a signal came, or the kernel gives up',
          (k, f) => (f.copied !== 0 && f.fixups >= copy_tries(f.copied)) || signal_pending(k),
          [
            r.ret('the instruction does not complete', (k) => {
              end_fault(k);
              return -1;
            }),
          ],
        ),
        r.step('back in user mode: the instruction runs again', (k, f) => {
          f.entry = leaf_offset(k, k.tasks.mmOf(k.task), vpnOf(f.va));
        }),
      ],
    ),
    r.ret('the access completes', (k, f) => {
      if (f.traps > 0) {
        end_fault(k);
        fault_progress(k);
      }
      const page = translate(k, f);
      const offset = offsetInPage(f.va);
      if (f.write === 0 || f.value < 0) return k.contents.read(page, offset);
      k.contents.write(page, offset, f.value);
      return f.value;
    }),
  ],
});
