/** The page fault (mm/memory.c): from handle_mm_fault down to the entry. Copy-on-write is in wp.ts, files in filemap.ts. */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { isPresent, kindOf, PTE_SPECIAL, PTE_WRITE, PTE_YOUNG, Pte } from '../../../machine/pte';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import { EntryT, FaultFlagsT, PageT, routine, VmaT, VmFaultT, VpnT } from '../../../routine/routine';
import { FaultFlag, VmFault } from '../../constants';
import { detect_livelock } from '../../livelock';
import { huge_pmd_fault, is_huge_fault } from '../huge_memory/huge_fault';
import { hugetlb_fault } from '../hugetlb/hugetlb';
import { charge_or_free } from '../memcontrol';
import { migration_entry_wait } from '../migrate/migrate';
import { folio_add_lru_vma } from '../mlock/mlock_folio';
import { trylock_page, unlock_page } from '../mmap/mmap_lock';
import { vma_end_read } from '../mmap/vma_lock';
import { alloc_movable_page } from '../page_alloc/page_alloc';
import { pteLock, pteUnlock } from '../page_table_lock';
import { pmd_alloc, pte_alloc, pte_mkdirty, pte_offset, ptep_get, set_pte } from '../pgtable';
import { folio_add_new_anon_rmap } from '../rmap/rmap';
import { getPage, put_page, rename_hold } from '../swap/page_ref';
import { directReclaim } from '../vmscan/reclaim';
import { remove_device_exclusive_entry } from './exclusive';
import { do_fault } from './filemap';
import { callMigrateToRam } from './migrate_to_ram';
import { swap_in } from './swap_in';
import {
  entered,
  isWrite,
  leaves,
  mmOf,
  passVmf,
  pte_same,
  pte_table_exists,
  read_orig_pte,
  type Vmf,
  vmf_anon_prepare,
  vmfParams,
} from './vmf';
import { do_wp_page } from './wp';

/** A fresh zeroed page for a process, charged to its memory cgroup; 0 when memory is out (vma_alloc_zeroed_movable_folio). */
function alloc_anon_page(k: Kernel, f: { vma: VmaRow }): PageRow {
  return charge_or_free(k, alloc_movable_page(k), mmOf(k, f));
}

/** Maps a fresh anonymous page that the caller allocated (the second half of do_anonymous_page). */
function map_anon_page(k: Kernel, f: Vmf, page: PageRow): void {
  const writable = k.mm.has(f.vma, Vm.Write);
  rename_hold(k, page, Hold.Alloc, Hold.Pte);
  k.mm.rssAnon.add(mmOf(k, f), 1);
  folio_add_new_anon_rmap(k, page, f.vma, f.vpn);
  folio_add_lru_vma(k, page, f.vma);
  set_pte(k, f.entry, Pte.Present | PTE_YOUNG | (writable ? pte_mkdirty(k, PTE_WRITE) : 0), page);
}

const ANON = 'do_anonymous_page';

const do_anonymous_page = routine({
  name: ANON,
  file: 'mm/memory.c',
  about: 'First touch of an anonymous page: the shared zero page for a read, a fresh page for a write.',
  params: vmfParams,
  locals: { page: PageT, ret: VmFaultT },
  body: (r) => [
    entered(r, ANON, 'nothing is mapped here yet'),
    r.step('err = pte_alloc(mm, pmd)', (k, f) => {
      f.entry = pte_alloc(k, mmOf(k, f), f.vpn);
    }),
    r.when('(err)', (_, f) => f.entry === 0, [leaves(r, ANON, 'return VM_FAULT_OOM', () => VmFault.OOM)]),
    r.when('(!(vmf->flags & FAULT_FLAG_WRITE)): use the zero page', (_, f) => !isWrite(f), [
      r.yield('Y2'),
      pteLock(r),
      r.when('(pte_none(ptep_get(vmf->pte)))', (k, f) => ptep_get(k, f.entry) === 0, [
        r.step('set_pte_at(): map the zero page, read-only', (k, f) => {
          set_pte(k, f.entry, Pte.Present | PTE_SPECIAL | PTE_YOUNG, k.zeroPage);
        }),
      ]),
      pteUnlock(r),
      leaves(r, ANON, 'return 0', () => 0),
    ]),
    r.when('(vmf_anon_prepare(vmf))', (k, f) => !vmf_anon_prepare(k, f), [
      leaves(r, ANON, 'return ret', (_, f) => f.ret),
    ]),
    r.step('folio = alloc_anon_folio(vmf): zeroed and charged', (k, f) => {
      f.page = alloc_anon_page(k, f);
    }),
    r.when('(!folio)', (_, f) => f.page === 0, [
      directReclaim(r, (k, f) => {
        f.page = alloc_anon_page(k, f);
      }),
      r.when('(!folio)', (_, f) => f.page === 0, [leaves(r, ANON, 'return VM_FAULT_OOM', () => VmFault.OOM)]),
    ]),
    r.yield('Y2'),
    pteLock(r),
    r.when(
      '(pte_none(ptep_get(vmf->pte)))',
      (k, f) => ptep_get(k, f.entry) === 0,
      [
        r.step(
          'folio_add_new_anon_rmap(); set_pte_at(): writable and dirty where the VMA allows it',
          (k, f) => {
            map_anon_page(k, f, f.page);
          },
        ),
        pteUnlock(r),
      ],
      [
        pteUnlock(r),
        r.call('somebody was faster: put_page(page)', put_page, (k, f, callee) => {
          callee.page = f.page;
          callee.hold = Hold.Alloc;
          callee.who = k.task;
        }),
      ],
    ),
    leaves(r, ANON, 'return 0', () => 0),
  ],
});

const SWAP = 'do_swap_page';

const do_swap_page = routine({
  name: SWAP,
  file: 'mm/memory.c',
  about: 'The entry is neither empty nor present: find out what it stands for.',
  params: vmfParams,
  locals: { page: PageT, ret: VmFaultT },
  body: (r) => [
    entered(r, SWAP, 'entry = pte_to_swp_entry(orig_pte): each kind is checked again on its own, if at all'),
    r.yield('Y2'),
    r.step('page = pfn_swap_entry_to_page(entry)', (_, f) => {
      f.page = f.orig;
    }),
    r.when('(is_migration_entry(entry))', (_, f) => kindOf(f.pte) === Pte.Migration, [
      r.call('migration_entry_wait(mm, pmd, address)', migration_entry_wait, (_, f, callee) => {
        callee.entry = f.entry;
      }),
      leaves(r, SWAP, 'return 0', () => 0),
    ]),
    r.only(
      (profile) => profile.deviceExclusive,
      [
        r.when('(is_device_exclusive_entry(entry))', (_, f) => kindOf(f.pte) === Pte.DeviceExclusive, [
          r.call(
            'ret = remove_device_exclusive_entry(vmf)',
            remove_device_exclusive_entry,
            (k, f, callee) => passVmf(k, f, callee),
            (_, f, value) => {
              f.ret = value;
            },
          ),
          leaves(r, SWAP, 'return ret', (_, f) => f.ret),
        ]),
      ],
    ),
    r.when('(is_device_private_entry(entry))', (_, f) => kindOf(f.pte) === Pte.DevicePrivate, [
      r.only(
        (profile) => profile.vmaLock,
        [
          r.when('(vmf->flags & FAULT_FLAG_VMA_LOCK)', (_, f) => (f.flags & FaultFlag.VmaLock) !== 0, [
            r.step('vma_end_read(vma): the callback needs mmap_lock', (k, f) => {
              vma_end_read(k, f.vma);
            }),
            leaves(r, SWAP, 'return VM_FAULT_RETRY', () => VmFault.RETRY),
          ]),
        ],
      ),
      r.only(
        (profile) => profile.faultTakesReference,
        [
          pteLock(r),
          r.when('(!pte_same(ptep_get(vmf->pte), vmf->orig_pte))', (k, f) => !pte_same(k, f), [
            pteUnlock(r),
            leaves(r, SWAP, 'return 0', () => 0),
          ]),
          r.only(
            (profile) => profile.faultTrylocksPage,
            [
              r.when('(!trylock_page(vmf->page))', (k, f) => !trylock_page(k, f.page), [
                pteUnlock(r),
                r.only(
                  (profile) => profile.faultSleepsOnLock,
                  [
                    r.yield('Y10'),
                    r.wait(
                      'sleep until the page is unlocked',
                      Wait.PageUnlocked,
                      (_, f) => f.page,
                      (k, f) => !k.pages.has(f.page, Pg.Locked) || !pte_same(k, f),
                    ),
                  ],
                ),
                leaves(r, SWAP, 'return 0: try again', () => 0),
              ]),
            ],
          ),
          getPage(r, 'get_page(vmf->page): it must not go away under the callback', (k, f) => ({
            page: f.page,
            hold: Hold.Fault,
            who: k.task,
          })),
          pteUnlock(r),
        ],
      ),
      r.yield('Y3'),
      callMigrateToRam(r, (f) => f.page),
      r.only(
        (profile) => profile.faultTakesReference,
        [
          r.only(
            (profile) => profile.faultTrylocksPage,
            [r.step('unlock_page(vmf->page)', (k, f) => unlock_page(k, f.page))],
          ),
          r.call('put_page(vmf->page)', put_page, (k, f, callee) => {
            callee.page = f.page;
            callee.hold = Hold.Fault;
            callee.who = k.task;
          }),
        ],
      ),
      leaves(r, SWAP, 'return ret', (_, f) => f.ret),
    ]),
    r.when('(!non_swap_entry(entry)): the page was swapped out', (_, f) => kindOf(f.pte) === Pte.Swap, [
      r.call('ret = do_swap_page(vmf), for a page in a swap area', swap_in, passVmf, (_, f, value) => {
        f.ret = value;
      }),
      leaves(r, SWAP, 'return ret', (_, f) => f.ret),
    ]),
    leaves(r, SWAP, 'return VM_FAULT_SIGBUS: the entry makes no sense', (_, f) =>
      kindOf(f.pte) === Pte.HwPoison ? VmFault.HWPOISON : VmFault.SIGBUS,
    ),
  ],
});

const handle_pte_fault = routine({
  name: 'handle_pte_fault',
  file: 'mm/memory.c',
  about: 'The tables above are there: read the entry without a lock and choose the path.',
  params: { vma: VmaT, vpn: VpnT, flags: FaultFlagsT },
  locals: {
    entry: vmfParams.entry,
    pte: vmfParams.pte,
    orig: vmfParams.orig,
    slot: vmfParams.slot,
    ret: VmFaultT,
  },
  body: (r) => {
    const keep = (_: Kernel, f: { ret: number }, value: number): void => {
      f.ret = value;
    };
    return [
      r.step('vmf->orig_pte = ptep_get_lockless(vmf->pte)', (k, f) => {
        if (!pte_table_exists(k, f)) return;
        f.entry = pte_offset(k, mmOf(k, f), f.vpn);
        read_orig_pte(k, f);
        if (k.profile.origPteValid) f.flags |= FaultFlag.OrigPteValid;
      }),
      r.when('(pte_none(vmf->orig_pte))', (_, f) => f.pte === 0, [
        r.when(
          '(vma_is_anonymous(vma))',
          (k, f) => k.mm.isAnonymous(f.vma),
          [r.call('do_anonymous_page(vmf)', do_anonymous_page, passVmf, keep)],
          [r.call('do_fault(vmf)', do_fault, passVmf, keep)],
        ),
        r.ret('return ret', (_, f) => f.ret),
      ]),
      r.when('(!pte_present(vmf->orig_pte))', (_, f) => !isPresent(f.pte), [
        r.call('do_swap_page(vmf)', do_swap_page, passVmf, keep),
        r.ret('return ret', (_, f) => f.ret),
      ]),
      r.yield('Y2'),
      pteLock(r),
      r.when('(!pte_same(ptep_get(vmf->pte), vmf->orig_pte))', (k, f) => !pte_same(k, f), [
        pteUnlock(r),
        r.ret('return 0'),
      ]),
      r.when(
        '(vmf->flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE) && !pte_write(entry))',
        (_, f) => (f.flags & (FaultFlag.Write | FaultFlag.Unshare)) !== 0 && (f.pte & PTE_WRITE) === 0,
        [
          r.call('do_wp_page(vmf): it unlocks', do_wp_page, passVmf, keep),
          r.ret('return ret', (_, f) => f.ret),
        ],
      ),
      r.when(
        '(vmf->flags & FAULT_FLAG_WRITE): x86 leaves the accessed bit of a read to the hardware',
        (_, f) => isWrite(f),
        [
          r.step('ptep_set_access_flags(): young and dirty', (k, f) => {
            k.tables.lo.set(f.entry, pte_mkdirty(k, k.tables.lo.get(f.entry) | PTE_YOUNG));
          }),
        ],
      ),
      pteUnlock(r),
      r.ret('return 0'),
    ];
  },
});

/** pmd_alloc; false when memory is out. */
function alloc_pmd(k: Kernel, f: { vma: VmaRow; vpn: Vpn; pmd: EntryRow }): boolean {
  f.pmd = pmd_alloc(k, mmOf(k, f), f.vpn);
  return f.pmd !== 0;
}

/** The vm_fault for the entry of the PMD table. */
function passPmd(
  _: Kernel,
  f: { vma: VmaRow; vpn: Vpn; flags: number; pmd: EntryRow },
  callee: { vma: VmaRow; vpn: Vpn; flags: number; entry: EntryRow },
): void {
  callee.vma = f.vma;
  callee.vpn = f.vpn;
  callee.flags = f.flags;
  callee.entry = f.pmd;
}

function keepResult(_: Kernel, f: { ret: number }, value: number): void {
  f.ret = value;
}

const FAULT = 'handle_mm_fault';

/** Handles a fault at one address. mmap_lock is held for reading, or (with FAULT_FLAG_VMA_LOCK) the VMA is locked. */
export const handle_mm_fault = routine({
  name: FAULT,
  file: 'mm/memory.c',
  about:
    'Make the address usable for this kind of access. The result is a VM_FAULT word; 0 means: try again.',
  params: { vma: VmaT, vpn: VpnT, flags: FaultFlagsT },
  locals: { ret: VmFaultT, pmd: EntryT },
  body: (r) => [
    r.step('count_vm_event(PGFAULT): a fault begins', (k, f) => {
      k.emit(FAULT, f.vpn, f.flags);
      detect_livelock(k, mmOf(k, f), f.vpn);
    }),
    r.when(
      '(!pmd_alloc(mm, pud, address)): no memory for the upper page tables',
      (k, f) => !alloc_pmd(k, f),
      [leaves(r, FAULT, 'return VM_FAULT_OOM', () => VmFault.OOM)],
    ),
    r.when('a huge page is there, or wanted', is_huge_fault, [
      r.when(
        '(is_vm_hugetlb_page(vma))',
        (k, f) => k.mm.has(f.vma, Vm.HugeTlb),
        [r.call('ret = hugetlb_fault(vma, address, flags)', hugetlb_fault, passPmd, keepResult)],
        [r.call('ret = __handle_mm_fault(vma, address, flags)', huge_pmd_fault, passPmd, keepResult)],
      ),
      r.when('(!(ret & VM_FAULT_FALLBACK))', (_, f) => (f.ret & VmFault.FALLBACK) === 0, [
        leaves(r, FAULT, 'return ret', (_, f) => f.ret),
      ]),
    ]),
    r.call(
      'ret = handle_pte_fault(vmf)',
      handle_pte_fault,
      (_, f, callee) => {
        callee.vma = f.vma;
        callee.vpn = f.vpn;
        callee.flags = f.flags;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    leaves(r, FAULT, 'return ret', (_, f) => f.ret),
  ],
});
