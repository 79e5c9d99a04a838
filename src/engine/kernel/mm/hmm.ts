/** How a device learns what a process has mapped where (mm/hmm.c): hmm_range_fault. */

import { Vm } from '../../machine/address-spaces';
import type { DeviceRow, EntryRow, MirrorRow, MmRow, PageRow, SlotRow, Vpn } from '../../machine/ids';
import {
  isPresent,
  isZeroPage,
  kindOf,
  PTE_DEVMAP,
  PTE_HUGE,
  PTE_PROTNONE,
  PTE_WRITE,
  Pte,
} from '../../machine/pte';
import type { Kernel } from '../../routine/kernel';
import {
  Bool,
  EntryT,
  ErrnoT,
  FaultFlagsT,
  HmmNeedT,
  HmmPfnT,
  Int,
  MirrorT,
  PfnArrayT,
  PfnEntryT,
  routine,
  VmaT,
  VmFaultT,
  VpnT,
} from '../../routine/routine';
import { Errno, FaultFlag, HmmPfn, VM_FAULT_ERROR } from '../constants';
import { fault_progress } from '../livelock';
import { handle_mm_fault } from './memory/memory';
import { migration_entry_wait } from './migrate/migrate';
import { mmu_interval_read_retry } from './mmu_notifier/mmu_notifier';
import { step_end } from './pagewalk';
import { leaf_offset, pte_page, ptep_get, subpage } from './pgtable';

/** NEED_FAULT and NEED_WRITE_FAULT: what the walk must do about an entry. */
const Need = { Nothing: 0, Fault: 1, WriteFault: 2 } as const;

/** hmm_pte_need_fault: is what the entry allows enough for what was asked? */
function need_fault(request: number, flags: number): number {
  if ((request & HmmPfn.ReqFault) === 0) return Need.Nothing;
  if (request & HmmPfn.ReqWrite && (flags & HmmPfn.Write) === 0) return Need.WriteFault;
  return flags & HmmPfn.Valid ? Need.Nothing : Need.Fault;
}

/** What the walk found at one address: an answer (with its page), a fault to take, an entry to wait for, or an error. */
interface Found {
  readonly flags: number;
  readonly page: PageRow;
  readonly need: number;
  readonly wait: boolean;
  readonly error: number;
}
const answer = (flags: number, page: PageRow = 0 as PageRow): Found => ({
  flags,
  page,
  need: 0,
  wait: false,
  error: 0,
});
const fault = (need: number): Found => ({ ...answer(0), need });
const fail = (error: number): Found => ({ ...answer(0), error });
const WAIT: Found = { ...answer(0), wait: true };

/** An address outside every readable VMA (hmm_vma_walk_test, hmm_vma_walk_hole without a VMA). */
function unmapped(request: number): Found {
  return need_fault(request, 0) === Need.Nothing ? answer(HmmPfn.Error) : fail(-Errno.EFAULT);
}

function hole(request: number): Found {
  const need = need_fault(request, 0);
  return need === Need.Nothing ? answer(0) : fault(need);
}

/** hmm_vma_handle_pte, hmm_vma_handle_pmd: of a huge entry each page is reported, with the entry's order. */
function present_entry(k: Kernel, entry: EntryRow, pte: number, vpn: Vpn, request: number): Found {
  const usable = (pte & PTE_PROTNONE) === 0;
  const order = pte & PTE_HUGE ? HmmPfn.Huge : 0;
  const flags = usable ? HmmPfn.Valid | (pte & PTE_WRITE ? HmmPfn.Write : 0) | order : 0;
  const need = need_fault(request, flags);
  if (need !== Need.Nothing) return fault(need);
  const page = subpage(k, entry, k.tables.hi.get(entry) as PageRow, vpn);
  const addressable = isZeroPage(pte) || (pte & PTE_DEVMAP) !== 0 || pte_page(k, entry) !== 0;
  if (!addressable) return answer(HmmPfn.Error);
  return answer(flags, page);
}

/** A private page of the mirror's own device is reported, and never faulted: not even a read-only one for a write. */
const is_own_page = (k: Kernel, page: PageRow, owner: DeviceRow): boolean =>
  k.devices.pgmapDevice.get(k.pages.pgmap(page)) === owner;

/** What one entry answers to the request (hmm_vma_handle_pte). */
function handle_pte(k: Kernel, mm: MmRow, vpn: Vpn, owner: DeviceRow, request: number): Found {
  const entry = leaf_offset(k, mm, vpn);
  const pte = ptep_get(k, entry);
  if (pte === 0) return hole(request);
  if (isPresent(pte)) return present_entry(k, entry, pte, vpn, request);
  const page = pte_page(k, entry);
  if (kindOf(pte) === Pte.DevicePrivate && is_own_page(k, page, owner))
    return answer(
      HmmPfn.Valid | (pte & PTE_WRITE ? HmmPfn.Write : 0) | (pte & PTE_HUGE ? HmmPfn.Huge : 0),
      subpage(k, entry, page, vpn),
    );
  const need = need_fault(request, 0);
  // Of 2 MiB on another device a request that faults nothing gets an error (hmm_vma_handle_absent_pmd).
  const others = (pte & PTE_HUGE) !== 0 && kindOf(pte) !== Pte.Migration;
  if (need === Need.Nothing) return answer(others ? HmmPfn.Error : 0);
  if (kindOf(pte) === Pte.Migration) return WAIT;
  const faultable =
    kindOf(pte) === Pte.Swap || kindOf(pte) === Pte.DevicePrivate || kindOf(pte) === Pte.DeviceExclusive;
  return faultable ? fault(need) : fail(-Errno.EFAULT);
}

function look(k: Kernel, f: { mirror: MirrorRow; vpn: Vpn; request: number }): Found {
  const mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
  const vma = k.mm.vmaAt(mm, f.vpn);
  if (vma === 0 || !k.mm.has(vma, Vm.Read)) return unmapped(f.request);
  return handle_pte(k, mm, f.vpn, k.devices.mirrorDevice.get(f.mirror) as DeviceRow, f.request);
}

/** Faults each page of one walk step (hmm_vma_fault). Returns -EBUSY when done: the walk looks again. */
const hmm_vma_fault = routine({
  name: 'hmm_vma_fault',
  file: 'mm/hmm.c',
  about:
    'Fault in every page from the failing one to the end of the walk step, with the same kind of access.',
  params: { vma: VmaT, start: VpnT, end: VpnT, write: Bool },
  locals: { vpn: VpnT, flags: FaultFlagsT, result: VmFaultT },
  body: (r) => [
    r.when(
      '((required_fault & HMM_NEED_WRITE_FAULT) && !(vma->vm_flags & VM_WRITE))',
      (k, f) => f.write !== 0 && !k.mm.has(f.vma, Vm.Write),
      [r.ret('return -EPERM', () => -Errno.EPERM)],
    ),
    r.step('flags = FAULT_FLAG_REMOTE (| FAULT_FLAG_WRITE)', (_, f) => {
      f.vpn = f.start;
      f.flags = FaultFlag.Remote | (f.write !== 0 ? FaultFlag.Write : 0);
    }),
    r.loop('(addr < end)', (_, f) => f.vpn < f.end, [
      r.call(
        'handle_mm_fault(vma, address, flags)',
        handle_mm_fault,
        (_, f, callee) => {
          callee.vma = f.vma;
          callee.vpn = f.vpn;
          callee.flags = f.flags;
        },
        (_, f, value) => {
          f.result = value;
          f.vpn = (f.vpn + 1) as Vpn;
        },
      ),
      r.when('(ret & VM_FAULT_ERROR)', (_, f) => (f.result & VM_FAULT_ERROR) !== 0, [
        r.ret('return -EFAULT', () => -Errno.EFAULT),
      ]),
    ]),
    r.ret('return -EBUSY: walk again from here', () => -Errno.EBUSY),
  ],
});

const RANGE_FAULT = 'hmm_range_fault';

/**
 * Fills the array (HmmPfn flags in srcFlags, page in srcPage) for [start, end) of the mirror's address space, faulting
 * pages if `request` says so. mmap_lock is held for reading. Returns 0, -EBUSY (the mirror was invalidated meanwhile:
 * begin again), -EFAULT or -EPERM.
 */
export const hmm_range_fault = routine({
  name: RANGE_FAULT,
  file: 'mm/hmm.c',
  about: 'Report what is mapped in the range, and fault in what the request says must be there.',
  params: { mirror: MirrorT, start: VpnT, end: VpnT, request: HmmPfnT, pfns: PfnArrayT, seq: Int },
  locals: { vpn: VpnT, slot: PfnEntryT, need: HmmNeedT, wait: Bool, ret: ErrnoT, vma: VmaT, entry: EntryT },
  body: (r) => [
    r.step('walk from range->start', (k, f) => {
      const asked = (f.request & HmmPfn.ReqFault ? 1 : 0) | (f.request & HmmPfn.ReqWrite ? 2 : 0);
      k.emit(RANGE_FAULT, f.start, f.end - f.start, k.devices.mirrorDevice.get(f.mirror), asked);
      f.vpn = f.start;
      f.slot = f.pfns;
    }),
    r.when(
      '(mmu_interval_check_retry(range->notifier, range->notifier_seq))',
      (k, f) => mmu_interval_read_retry(k, f.mirror, f.seq),
      [
        r.ret('return -EBUSY: begin again', (k) => {
          k.leave(RANGE_FAULT, -Errno.EBUSY);
          return -Errno.EBUSY;
        }),
      ],
    ),
    r.loop('(addr < end)', (_, f) => f.vpn < f.end, [
      r.step('pte = ptep_get(ptep)', (k, f) => {
        const found = look(k, f);
        k.slots.srcFlags.set(f.slot, found.flags);
        k.slots.srcPage.set(f.slot, found.page);
        f.need = found.need;
        f.wait = found.wait ? 1 : 0;
        f.ret = found.error;
      }),
      r.when('(ret): it can not be had', (_, f) => f.ret !== 0, [
        r.ret('return the error', (k, f) => {
          k.leave(RANGE_FAULT, f.ret);
          return f.ret;
        }),
      ]),
      r.when('(is_migration_entry(entry))', (_, f) => f.wait !== 0, [
        r.step('remember the migration entry', (k, f) => {
          f.entry = leaf_offset(k, k.devices.mirrorMm.get(f.mirror) as MmRow, f.vpn);
          f.ret = -Errno.EBUSY;
        }),
        r.call('migration_entry_wait(mm, pmd, address)', migration_entry_wait, (_, f, callee) => {
          callee.entry = f.entry;
        }),
      ]),
      r.when('(required_fault)', (_, f) => f.need !== Need.Nothing, [
        r.step('vma = walk->vma', (k, f) => {
          f.vma = k.mm.vmaAt(k.devices.mirrorMm.get(f.mirror) as MmRow, f.vpn);
        }),
        r.call(
          'ret = hmm_vma_fault(address, end of the walk step)',
          hmm_vma_fault,
          (k, f, callee) => {
            callee.vma = f.vma;
            callee.start = f.vpn;
            callee.end = step_end(k, f.vma, f.vpn, f.end);
            callee.write = f.need === Need.WriteFault ? 1 : 0;
          },
          (_, f, value) => {
            f.ret = value;
          },
        ),
        r.when('(ret != -EBUSY)', (_, f) => f.ret !== -Errno.EBUSY, [
          r.ret('return the error', (k, f) => {
            k.leave(RANGE_FAULT, f.ret);
            return f.ret;
          }),
        ]),
      ]),
      r.when(
        '(ret == -EBUSY): the walk looks at this address again',
        (_, f) => f.ret === -Errno.EBUSY,
        [
          r.when(
            '(mmu_interval_check_retry(range->notifier, range->notifier_seq))',
            (k, f) => mmu_interval_read_retry(k, f.mirror, f.seq),
            [
              r.ret('return -EBUSY: begin again', (k) => {
                k.leave(RANGE_FAULT, -Errno.EBUSY);
                return -Errno.EBUSY;
              }),
            ],
          ),
        ],
        [
          r.step('addr += PAGE_SIZE', (k, f) => {
            fault_progress(k);
            f.vpn = (f.vpn + 1) as Vpn;
            f.slot = k.slots.next.get(f.slot) as SlotRow;
          }),
        ],
      ),
    ]),
    r.ret('return 0', (k) => {
      k.leave(RANGE_FAULT, 0);
      return 0;
    }),
  ],
});
