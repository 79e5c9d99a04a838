/**
 * How a device of 4.14 learns what a process has mapped where (mm/hmm.c): hmm_vma_get_pfns and hmm_vma_fault, of one VMA
 * at a time. Nobody is told to wait: the answer holds if no invalidation of the range has ended since
 * (hmm_vma_range_done).
 */

import { Vm } from '../../machine/address-spaces';
import type { MmRow, PageRow, RangeRow, SlotRow, VmaRow, Vpn } from '../../machine/ids';
import { isPresent, kindOf, PTE_HUGE, PTE_PROTNONE, PTE_WRITE, Pte } from '../../machine/pte';
import type { Kernel } from '../../routine/kernel';
import {
  Bool,
  DeviceT,
  EntryT,
  ErrnoT,
  PfnArrayT,
  PfnEntryT,
  RangeT,
  routine,
  VmaT,
  VmFaultT,
  VpnT,
} from '../../routine/routine';

import { Errno, FaultFlag, HmmPfn, VM_FAULT_ERROR, VmFault } from '../constants';
import { detect_endless_walk } from '../livelock';
import { handle_mm_fault } from './memory/memory';
import { migration_entry_wait } from './migrate/migrate';
import { step_end } from './pagewalk';
import { leaf_offset, pte_offset, pte_page, ptep_get, subpage } from './pgtable';

/** A range of [start, end) of an address space, in the list of those that invalidations look through. */
export function hmm_range_begin(k: Kernel, mm: MmRow, start: Vpn, end: Vpn): RangeRow {
  const { devices } = k;
  const range = devices.ranges.alloc() as RangeRow;
  devices.rangeMm.set(range, mm);
  devices.rangeStart.set(range, start);
  devices.rangeEnd.set(range, end);
  devices.rangeValid.set(range, 1);
  devices.rangeLast.set(range, start);
  return range;
}

/** Takes the range out of the list; false where something of it was invalidated meanwhile: ask again. */
export function hmm_vma_range_done(k: Kernel, range: RangeRow): boolean {
  const valid = k.devices.rangeValid.get(range) !== 0;
  k.devices.ranges.free(range);
  return valid;
}

/** What the walk finds at one address: an answer, a fault to take for the whole step, or a migration to wait for. */
interface Found {
  readonly flags: number;
  readonly page: PageRow;
  readonly does: 'answer' | 'fault' | 'wait';
}
const answer = (flags: number, page: PageRow = 0 as PageRow): Found => ({ flags, page, does: 'answer' });
const FAULT: Found = { ...answer(0), does: 'fault' };
const WAIT: Found = { ...answer(0), does: 'wait' };

interface Asked {
  readonly fault: number;
  readonly write: number;
}

/**
 * An entry that is not present. As compiled, the kernel never comes to ask what kind of entry it is: it asks a variable
 * that nothing has been written to, and the compiler may take the answer for granted.
 */
function unpresent_entry(k: Kernel, pte: number, page: PageRow, asked: Asked): Found {
  if (!k.profile.hmmReadsEntryFirst || kindOf(pte) === Pte.Swap) return asked.fault !== 0 ? FAULT : answer(0);
  switch (kindOf(pte)) {
    case Pte.DevicePrivate:
      if ((pte & PTE_WRITE) !== 0) return answer(HmmPfn.Valid | HmmPfn.Write, page);
      return asked.write !== 0 ? FAULT : answer(HmmPfn.Valid, page);
    case Pte.Migration:
      return asked.fault !== 0 ? WAIT : answer(0);
    default:
      return answer(HmmPfn.Error);
  }
}

/** What one address answers (the loops of hmm_vma_walk_pmd). */
function look(k: Kernel, vma: VmaRow, vpn: Vpn, asked: Asked): Found {
  const entry = leaf_offset(k, k.mm.mm.get(vma) as MmRow, vpn);
  const pte = ptep_get(k, entry);
  if (pte === 0) return asked.fault !== 0 ? FAULT : answer(0);
  if (!isPresent(pte)) return unpresent_entry(k, pte, pte_page(k, entry), asked);
  const huge = (pte & PTE_HUGE) !== 0;
  if (huge && (pte & PTE_PROTNONE) !== 0) return asked.fault !== 0 ? FAULT : answer(0);
  if (asked.write !== 0 && (pte & PTE_WRITE) === 0) return FAULT;
  const flags = HmmPfn.Valid | (pte & PTE_WRITE ? HmmPfn.Write : 0) | (huge ? HmmPfn.Huge : 0);
  return answer(flags, subpage(k, entry, k.tables.hi.get(entry) as PageRow, vpn));
}

const hmm_vma_walk_clear = routine({
  name: 'hmm_vma_walk_clear',
  file: 'mm/hmm.c',
  about: 'Fault in every page of the walk step from its start, also those that are there already.',
  aliases: ['hmm_vma_walk_hole', 'hmm_vma_do_fault'],
  params: { vma: VmaT, start: VpnT, end: VpnT, write: Bool },
  locals: { vpn: VpnT, fault: VmFaultT },
  body: (r) => [
    r.step('addr = start', (_, f) => {
      f.vpn = f.start;
    }),
    r.only(
      (profile) => profile.hmmChecksWrite,
      [
        r.when(
          '(write && !(vma->vm_flags & VM_WRITE))',
          (k, f) => f.write !== 0 && !k.mm.has(f.vma, Vm.Write),
          [r.ret('return -EPERM', () => -Errno.EPERM)],
        ),
      ],
    ),
    r.loop('(addr < end)', (_, f) => f.vpn < f.end, [
      r.call(
        'fault = handle_mm_fault(vma, address, FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_REMOTE)',
        handle_mm_fault,
        (_, f, callee) => {
          callee.vma = f.vma;
          callee.vpn = f.vpn;
          callee.flags = FaultFlag.AllowRetry | FaultFlag.Remote | (f.write !== 0 ? FaultFlag.Write : 0);
        },
        (_, f, value) => {
          f.fault = value;
          f.vpn = (f.vpn + 1) as Vpn;
        },
      ),
      r.when(
        '(fault & VM_FAULT_RETRY): it has let go of mmap_sem',
        (_, f) => (f.fault & VmFault.RETRY) !== 0,
        [r.ret('return -EBUSY', () => -Errno.EBUSY)],
      ),
      r.when('(fault & VM_FAULT_ERROR)', (_, f) => (f.fault & VM_FAULT_ERROR) !== 0, [
        r.ret('return -EFAULT', () => -Errno.EFAULT),
      ]),
    ]),
    r.ret('return -EAGAIN: walk again', () => -Errno.EAGAIN),
  ],
});

/** One step of the walk: [start, end) lies in the span of one page table. */
const hmm_vma_walk_pmd = routine({
  name: 'hmm_vma_walk_pmd',
  file: 'mm/hmm.c',
  about: 'Look at each entry of the step; the first that is not good enough makes all of them be faulted.',
  params: { vma: VmaT, start: VpnT, end: VpnT, fault: Bool, write: Bool, pfns: PfnArrayT, range: RangeT },
  locals: { vpn: VpnT, slot: PfnEntryT, faults: Bool, waits: Bool, entry: EntryT, ret: ErrnoT },
  body: (r) => [
    r.step('addr = start', (k, f) => {
      f.vpn = f.start;
      f.slot = f.pfns;
      k.devices.rangeLast.set(f.range, f.start);
    }),
    r.loop('(addr < end)', (_, f) => f.vpn < f.end, [
      r.step('pfns[i] = what the entry allows', (k, f) => {
        const found = look(k, f.vma, f.vpn, f);
        k.slots.srcFlags.set(f.slot, found.flags);
        k.slots.srcPage.set(f.slot, found.page);
        f.faults = found.does === 'fault' ? 1 : 0;
        f.waits = found.does === 'wait' ? 1 : 0;
      }),
      r.when('(is_migration_entry(entry))', (_, f) => f.waits !== 0, [
        r.step('hmm_vma_walk->last = addr; remember the migration entry', (k, f) => {
          k.devices.rangeLast.set(f.range, f.vpn);
          f.entry = pte_offset(k, k.mm.mm.get(f.vma) as MmRow, f.vpn);
        }),
        r.call('migration_entry_wait(mm, pmdp, address)', migration_entry_wait, (_, f, callee) => {
          callee.entry = f.entry;
        }),
        r.ret('return -EAGAIN: walk again', () => -Errno.EAGAIN),
      ]),
      r.when('it must be faulted', (_, f) => f.faults !== 0, [
        r.call(
          'ret = hmm_vma_walk_clear(start, end): all pages of the step',
          hmm_vma_walk_clear,
          (_, f, callee) => {
            callee.vma = f.vma;
            callee.start = f.start;
            callee.end = f.end;
            callee.write = f.write;
          },
          (_, f, value) => {
            f.ret = value;
          },
        ),
        r.ret('return ret', (_, f) => f.ret),
      ]),
      r.step('addr += PAGE_SIZE', (k, f) => {
        f.vpn = (f.vpn + 1) as Vpn;
        f.slot = k.slots.next.get(f.slot) as SlotRow;
      }),
    ]),
    r.ret('return 0'),
  ],
});

/** The element of the array for the address where the walk goes on. */
function slot_at(k: Kernel, pfns: SlotRow, range: RangeRow, vpn: number): SlotRow {
  let slot = pfns;
  for (let at = k.devices.rangeStart.get(range); at < vpn; at++) slot = k.slots.next.get(slot) as SlotRow;
  return slot;
}

const WALK = 'hmm_range_fault';
const params = {
  vma: VmaT,
  range: RangeT,
  pfns: PfnArrayT,
  device: DeviceT,
  fault: Bool,
  write: Bool,
} as const;

/** The walk both functions make: step by step, and with `fault` again from `last` while a step says -EAGAIN. */
const walk_page_range = routine({
  name: 'walk_page_range',
  file: 'mm/pagewalk.c',
  about: 'Go through the range one page table at a time.',
  params,
  locals: { vpn: VpnT, next: VpnT, ret: ErrnoT },
  body: (r) => [
    r.step('walk from range->start', (k, f) => {
      const { rangeStart, rangeEnd } = k.devices;
      f.vpn = rangeStart.get(f.range) as Vpn;
      const asked = (f.fault !== 0 ? 1 : 0) | (f.write !== 0 ? 2 : 0);
      k.emit(WALK, f.vpn, rangeEnd.get(f.range) - f.vpn, f.device, asked);
    }),
    r.loop('(addr < end)', (k, f) => f.vpn < k.devices.rangeEnd.get(f.range), [
      r.call(
        'ret = hmm_vma_walk_pmd(pmdp, address, end of this table)',
        hmm_vma_walk_pmd,
        (k, f, callee) => {
          f.next = step_end(k, f.vma, f.vpn, k.devices.rangeEnd.get(f.range) as Vpn);
          callee.vma = f.vma;
          callee.start = f.vpn;
          callee.end = f.next;
          callee.fault = f.fault;
          callee.write = f.write;
          callee.pfns = slot_at(k, f.pfns, f.range, f.vpn);
          callee.range = f.range;
        },
        (_, f, value) => {
          f.ret = value;
        },
      ),
      r.when(
        '(ret == -EAGAIN)',
        (_, f) => f.ret === -Errno.EAGAIN,
        [
          r.step('walk again from hmm_vma_walk.last', (k, f) => {
            f.vpn = k.devices.rangeLast.get(f.range) as Vpn;
            detect_endless_walk(k, f.range, f.vpn);
          }),
        ],
        [
          r.when('(ret)', (_, f) => f.ret !== 0, [
            r.ret('return ret', (k, f) => {
              k.leave(WALK, f.ret);
              return f.ret;
            }),
          ]),
          r.step('go on with the next step', (_, f) => {
            f.vpn = f.next;
          }),
        ],
      ),
    ]),
    r.ret('return 0', (k) => {
      k.leave(WALK, 0);
      return 0;
    }),
  ],
});

/** Fills the array (HmmPfn flags in srcFlags, page in srcPage) with what is mapped; nothing is faulted. Returns 0. */
export const hmm_vma_get_pfns = routine({
  name: 'hmm_vma_get_pfns',
  file: 'mm/hmm.c',
  about: 'Report what is mapped in a range of a VMA.',
  params: { vma: VmaT, range: RangeT, pfns: PfnArrayT, device: DeviceT },
  locals: { ret: ErrnoT },
  body: (r) => [
    r.call(
      'walk_page_range(start, end, &mm_walk)',
      walk_page_range,
      (_, f, callee) => {
        callee.vma = f.vma;
        callee.range = f.range;
        callee.pfns = f.pfns;
        callee.device = f.device;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.ret('return 0', (_, f) => f.ret),
  ],
});

/**
 * The same, and what is missing is faulted in, for reading or for writing, until the whole range is there. Neither asks
 * whether the VMA may be written to nor whether the task has been killed. Returns 0, -EFAULT, -EBUSY where a fault has
 * let go of mmap_sem, or -EPERM with the fix; with an error the range is done.
 */
export const hmm_vma_fault = routine({
  name: 'hmm_vma_fault',
  file: 'mm/hmm.c',
  about:
    'Fault in what is missing in a range of a VMA, and report it: again and again until all of it is there.',
  params: { vma: VmaT, range: RangeT, pfns: PfnArrayT, device: DeviceT, write: Bool },
  locals: { ret: ErrnoT },
  body: (r) => [
    r.call(
      'walk_page_range(start, end, &mm_walk) until it does not say -EAGAIN',
      walk_page_range,
      (_, f, callee) => {
        callee.vma = f.vma;
        callee.range = f.range;
        callee.pfns = f.pfns;
        callee.device = f.device;
        callee.fault = 1;
        callee.write = f.write;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.when('(ret)', (_, f) => f.ret !== 0, [
      r.step('hmm_vma_range_done(range)', (k, f) => {
        hmm_vma_range_done(k, f.range);
      }),
    ]),
    r.ret('return ret', (_, f) => f.ret),
  ],
});
