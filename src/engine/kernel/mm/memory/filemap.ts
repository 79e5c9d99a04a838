/** Faults on file and shared-memory pages (do_fault of mm/memory.c, mm/filemap.c, mm/shmem.c). */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { EntryRow, FileRow, PageRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { PTE_WRITE, PTE_YOUNG, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, type Node, PageT, routine, VmFaultT } from '../../../routine/routine';
import { VmFault } from '../../constants';
import { charge_or_free, memcg_charge } from '../memcontrol';
import { folio_add_lru_vma, mlock_vma_folio } from '../mlock/mlock_folio';
import { lockPage, unlock_page } from '../mmap/mmap_lock';
import { alloc_movable_page } from '../page_alloc/page_alloc';
import { pteLock, pteUnlock } from '../page_table_lock';
import { pte_alloc, pte_mkdirty, pte_offset, ptep_get, set_pte } from '../pgtable';
import { folio_add_new_anon_rmap, folio_add_rmap, mm_counter_add } from '../rmap/rmap';
import { get_page, getPage, put_page, rename_hold } from '../swap/page_ref';
import { folio_add_lru, lru_insert } from '../swap/swap';
import { shmem_must_read, shmem_swapin_folio } from '../swapfile/shmem';
import { directReclaim } from '../vmscan/reclaim';
import { dax_fault, persistent } from './dax_fault';
import { cache_entry, cached_page, cached_slot, file_of, filemap_add_folio } from './page_cache';
import {
  entered,
  fault_dirty_shared_page,
  isWrite,
  leaves,
  mmOf,
  passVmf,
  type Vmf,
  vmf_anon_prepare,
  vmfParams,
} from './vmf';

/** Pages that a read fault looks around for in the page cache (fault_around_bytes, 64 KiB). */
const FAULT_AROUND_PAGES = 16;

const fileOf = (k: Kernel, f: { vma: number }): FileRow => k.mm.file.get(f.vma) as FileRow;

/** Allocates a page of the file and puts it into the page cache; 0 when memory is out. The cache holds one reference. */
function add_to_page_cache(k: Kernel, file: FileRow, index: number): PageRow {
  const page = alloc_movable_page(k, Hold.PageCache, file);
  if (page !== 0) filemap_add_folio(k, file, index, page);
  return page;
}

/**
 * The page of a file in the page cache, or 0. What was written into the file before the run began is there from the start;
 * the model makes such a page when somebody first looks for it.
 */
function find_page(k: Kernel, file: FileRow, index: number): PageRow {
  const entry = cache_entry(k, file, index);
  if (entry !== 0 && k.tables.lo.get(entry) !== 0) return cached_page(k, entry);
  if (k.files.filled.get(file) === 0 || index >= k.files.pages.get(file)) return 0 as PageRow;
  const page = add_to_page_cache(k, file, index);
  if (page === 0) return page;
  k.contents.fill(page, k.files.fill.get(file) + index);
  k.pages.setFlag(page, Pg.Dirty);
  lru_insert(k, page);
  return page;
}

/** vm_page_prot lets a read fault map a shared writable page writable at once: nobody tracks its first write. */
function read_prot(k: Kernel, f: { vma: number }): number {
  const flags = k.mm.flags.get(f.vma);
  const shared = (flags & (Vm.Shared | Vm.Write)) === (Vm.Shared | Vm.Write);
  return shared && k.files.shmem.get(k.mm.file.get(f.vma)) !== 0 ? PTE_WRITE : 0;
}

/** Maps a page-cache page (set_pte_range): one more reference, mapping and rss. */
function map_file_page(k: Kernel, f: Vmf, entry: EntryRow, page: PageRow, bits: number): void {
  get_page(k, page, Hold.Pte);
  folio_add_rmap(k, page);
  mlock_vma_folio(k, page, f.vma);
  mm_counter_add(k, mmOf(k, f), page, 1);
  const dirty = k.profile.sharedMapsDirty && (bits & PTE_WRITE) !== 0 && k.pages.has(page, Pg.Dirty);
  const pte = Pte.Present | PTE_YOUNG | bits;
  set_pte(k, entry, dirty ? pte_mkdirty(k, pte) : pte, page);
}

/** The window of do_fault_around: 16 pages, inside the VMA and inside one page table. */
function around(k: Kernel, f: Vmf): [from: number, to: number] {
  const slot = f.vpn & 511;
  const before = Math.min(slot, f.vpn - k.mm.start.get(f.vma));
  const from = Math.max(slot - (slot % FAULT_AROUND_PAGES), slot - before);
  const to = Math.min(from + FAULT_AROUND_PAGES, 512, slot + (k.mm.end.get(f.vma) - f.vpn));
  return [f.vpn + from - slot, f.vpn + to - slot];
}

/** Maps what the page cache has in the window (filemap_map_pages); true if the faulting page was among it. */
function filemap_map_pages(k: Kernel, f: Vmf): boolean {
  const file = fileOf(k, f);
  const [from, to] = around(k, f);
  let hit = false;
  for (let vpn = from; vpn < to; vpn++) {
    const page = find_page(k, file, k.mm.linearIndex(f.vma, vpn as Vpn));
    if (page === 0 || k.pages.has(page, Pg.Locked)) continue;
    const entry = pte_offset(k, mmOf(k, f), vpn as Vpn);
    if (ptep_get(k, entry) !== 0) continue;
    map_file_page(k, f, entry, page, read_prot(k, f));
    if (vpn === f.vpn) hit = true;
  }
  return hit;
}

/** A page of the file that the page cache has not: from swap, or fresh and charged to the process; 0 when memory is out. */
function add_new_page(k: Kernel, f: Vmf): PageRow {
  const file = fileOf(k, f);
  const index = k.mm.linearIndex(f.vma, f.vpn);
  if (cached_slot(k, cache_entry(k, file, index)) !== 0) return shmem_swapin_folio(k, file, index);
  const page = add_to_page_cache(k, file, index);
  if (page === 0) return page;
  folio_add_lru(k, page);
  memcg_charge(k, page, mmOf(k, f));
  return page;
}

/** Calls __do_fault; `major` is VM_FAULT_MAJOR where the page has to be read from swap. */
function passWithMajor(k: Kernel, f: Vmf & { major: number }, callee: Vmf): void {
  const reads = shmem_must_read(k, fileOf(k, f), k.mm.linearIndex(f.vma, f.vpn));
  f.major = reads ? VmFault.MAJOR : 0;
  passVmf(k, f, callee);
}

/** The fault is done with the page that it had locked. */
const unlockAndPut = <F extends { page: PageRow }>(r: Builder<F>): Node<F>[] => [
  r.step('unlock_page(page)', (k, f) => unlock_page(k, f.page)),
  r.call('put_page(page)', put_page, (k, f, callee) => {
    callee.page = f.page;
    callee.hold = Hold.Fault;
    callee.who = k.task;
  }),
];

/** Between its lookup and its lock the page may have been reclaimed. */
const has_left_cache = (k: Kernel, f: Vmf & { page: PageRow }): boolean =>
  file_of(k, f.page) !== fileOf(k, f);

/** Finds or makes the page of the file (__do_fault, shmem_fault, filemap_fault). Returns it locked and referenced. */
const do_fault_page = routine({
  name: '__do_fault',
  file: 'mm/memory.c',
  about:
    'Ask the file for the page: from the page cache, or fresh. vmf->page is locked, and held for the fault.',
  params: vmfParams,
  locals: { page: PageT },
  body: (r) => [
    r.when(
      '(index >= max_idx): it is beyond the end of the file',
      (k, f) => k.mm.linearIndex(f.vma, f.vpn) >= k.files.pages.get(fileOf(k, f)),
      [r.ret('return nothing: VM_FAULT_SIGBUS', () => 0)],
    ),
    r.loop('(!vmf->page)', (_, f) => f.page === 0, [
      r.step('folio = filemap_get_folio(mapping, index)', (k, f) => {
        f.page = find_page(k, fileOf(k, f), k.mm.linearIndex(f.vma, f.vpn));
      }),
      r.when('(!folio)', (_, f) => f.page === 0, [
        r.step(
          'bring it back from swap, or allocate a page and add it to the page cache and the LRU',
          (k, f) => {
            f.page = add_new_page(k, f);
          },
        ),
        r.when('(!folio)', (_, f) => f.page === 0, [
          directReclaim(r, (k, f) => {
            f.page = find_page(k, fileOf(k, f), k.mm.linearIndex(f.vma, f.vpn)) || add_new_page(k, f);
          }),
          r.when('(!folio)', (_, f) => f.page === 0, [r.ret('return nothing: VM_FAULT_OOM', () => -1)]),
        ]),
      ]),
      getPage(r, 'get_page(page)', (k, f) => ({ page: f.page, hold: Hold.Fault, who: k.task })),
      lockPage(r, (_, f) => f.page),
      r.when('(folio->mapping != mapping): it has left the page cache meanwhile', has_left_cache, [
        ...unlockAndPut(r),
        r.step('look again', (_, f) => {
          f.page = 0 as PageRow;
        }),
      ]),
    ]),
    r.ret('return the page', (_, f) => f.page),
  ],
});

const missing = (page: number): number => (page === -1 ? VmFault.OOM : VmFault.SIGBUS);

const do_read_fault = routine({
  name: 'do_read_fault',
  file: 'mm/memory.c',
  about:
    'A read: map what the page cache has around the address; only if the page is not there ask the file.',
  params: vmfParams,
  locals: { page: PageT, ret: VmFaultT, major: VmFaultT },
  body: (r) => [
    r.step('err = pte_alloc(mm, pmd)', (k, f) => {
      f.entry = pte_alloc(k, mmOf(k, f), f.vpn);
    }),
    r.when('(err)', (_, f) => f.entry === 0, [r.ret('return VM_FAULT_OOM', () => VmFault.OOM)]),
    pteLock(r),
    r.when(
      '(do_fault_around(vmf)): the page is mapped now',
      (k, f) => filemap_map_pages(k, f),
      [pteUnlock(r), r.ret('return VM_FAULT_NOPAGE', () => VmFault.NOPAGE)],
      [pteUnlock(r)],
    ),
    r.call('page = __do_fault(vmf)', do_fault_page, passWithMajor, (_, f, value) => {
      f.page = value as PageRow;
    }),
    r.when('(!page)', (_, f) => f.page <= 0, [r.ret('return the error', (_, f) => missing(f.page))]),
    r.yield('Y2'),
    pteLock(r),
    r.when('(pte_none(ptep_get(vmf->pte)))', (k, f) => ptep_get(k, f.entry) === 0, [
      r.step('finish_fault(vmf): map the page', (k, f) =>
        map_file_page(k, f, f.entry, f.page, read_prot(k, f)),
      ),
    ]),
    pteUnlock(r),
    ...unlockAndPut(r),
    r.ret('return ret | VM_FAULT_LOCKED', (_, f) => f.major | VmFault.LOCKED),
  ],
});

function map_cow_page(k: Kernel, f: Vmf, page: PageRow): void {
  rename_hold(k, page, Hold.Alloc, Hold.Pte);
  k.mm.rssAnon.add(mmOf(k, f), 1);
  folio_add_new_anon_rmap(k, page, f.vma, f.vpn);
  folio_add_lru_vma(k, page, f.vma);
  const writable = k.mm.has(f.vma, Vm.Write) ? PTE_WRITE : 0;
  set_pte(k, f.entry, pte_mkdirty(k, Pte.Present | PTE_YOUNG | writable), page);
}

/** What a copy needs; without memory for all of it there is no copy. */
function prepare_cow(k: Kernel, f: Vmf & { cow: PageRow }): void {
  f.entry = pte_alloc(k, mmOf(k, f), f.vpn);
  f.cow = f.entry === 0 ? (0 as PageRow) : charge_or_free(k, alloc_movable_page(k), mmOf(k, f));
}

const do_cow_fault = routine({
  name: 'do_cow_fault',
  file: 'mm/memory.c',
  about: "A write to a private mapping of a file: the process gets a copy of the file's page.",
  params: vmfParams,
  locals: { cow: PageT, page: PageT, ret: VmFaultT, major: VmFaultT },
  body: (r) => [
    r.when('(vmf_anon_prepare(vmf))', (k, f) => !vmf_anon_prepare(k, f), [
      r.ret('return ret', (_, f) => f.ret),
    ]),
    r.step('pte_alloc(mm, pmd); vmf->cow_page = folio_prealloc()', prepare_cow),
    r.when('(!vmf->cow_page)', (_, f) => f.cow === 0, [
      directReclaim(r, prepare_cow),
      r.when('(!vmf->cow_page)', (_, f) => f.cow === 0, [r.ret('return VM_FAULT_OOM', () => VmFault.OOM)]),
    ]),
    r.call('page = __do_fault(vmf)', do_fault_page, passWithMajor, (_, f, value) => {
      f.page = value as PageRow;
    }),
    r.when('(!page)', (_, f) => f.page <= 0, [
      r.call('put_page(copy)', put_page, (k, f, callee) => {
        callee.page = f.cow;
        callee.hold = Hold.Alloc;
        callee.who = k.task;
      }),
      r.ret('return the error', (_, f) => missing(f.page)),
    ]),
    r.step('copy_user_highpage(dst, src)', (k, f) => k.contents.copy(f.page, f.cow)),
    r.yield('Y2'),
    pteLock(r),
    r.when(
      '(pte_none(ptep_get(vmf->pte)))',
      (k, f) => ptep_get(k, f.entry) === 0,
      [
        r.step('finish_fault(vmf): map the copy, writable and dirty', (k, f) => map_cow_page(k, f, f.cow)),
        pteUnlock(r),
      ],
      [
        pteUnlock(r),
        r.call('put_page(copy)', put_page, (k, f, callee) => {
          callee.page = f.cow;
          callee.hold = Hold.Alloc;
          callee.who = k.task;
        }),
      ],
    ),
    ...unlockAndPut(r),
    r.ret('return ret | VM_FAULT_LOCKED', (_, f) => f.major | VmFault.LOCKED),
  ],
});

const do_shared_fault = routine({
  name: 'do_shared_fault',
  file: 'mm/memory.c',
  about: 'A write to a shared mapping: map the page of the file writable and mark it dirty.',
  params: vmfParams,
  locals: { page: PageT, ret: VmFaultT, major: VmFaultT },
  body: (r) => [
    r.step('err = pte_alloc(mm, pmd)', (k, f) => {
      f.entry = pte_alloc(k, mmOf(k, f), f.vpn);
    }),
    r.when('(err)', (_, f) => f.entry === 0, [r.ret('return VM_FAULT_OOM', () => VmFault.OOM)]),
    r.call('page = __do_fault(vmf)', do_fault_page, passWithMajor, (_, f, value) => {
      f.page = value as PageRow;
    }),
    r.when('(!page)', (_, f) => f.page <= 0, [r.ret('return the error', (_, f) => missing(f.page))]),
    r.yield('Y2'),
    pteLock(r),
    r.when(
      '(pte_none(ptep_get(vmf->pte)))',
      (k, f) => ptep_get(k, f.entry) === 0,
      [
        r.step('finish_fault(vmf): map the page writable and dirty', (k, f) =>
          map_file_page(k, f, f.entry, f.page, pte_mkdirty(k, PTE_WRITE)),
        ),
        pteUnlock(r),
        r.step('ret = fault_dirty_shared_page(vmf)', (k, f) => {
          f.ret = fault_dirty_shared_page(k, f, f.page);
        }),
      ],
      [pteUnlock(r)],
    ),
    ...unlockAndPut(r),
    r.ret('return ret | VM_FAULT_LOCKED', (_, f) => f.ret | f.major | VmFault.LOCKED),
  ],
});

const FAULT = 'do_fault';

export const do_fault = routine({
  name: FAULT,
  file: 'mm/memory.c',
  about: 'First touch of a page that a file, shared memory or a device backs.',
  params: vmfParams,
  locals: { ret: VmFaultT },
  body: (r) => {
    const keep = (_: Kernel, f: { ret: number }, value: number): void => {
      f.ret = value;
    };
    return [
      entered(r, FAULT, 'find out which kind of fault it is'),
      r.when(
        'the VMA maps a device',
        (k, f) => k.mm.device.get(f.vma) !== 0,
        [
          r.when('it is not persistent memory', (k, f) => persistent(k, f) === 0, [
            leaves(r, FAULT, 'return VM_FAULT_SIGBUS', () => VmFault.SIGBUS),
          ]),
          r.call('dev_dax_fault(vmf)', dax_fault, passVmf, keep),
        ],
        [
          r.when(
            '(!(vmf->flags & FAULT_FLAG_WRITE))',
            (_, f) => !isWrite(f),
            [r.call('do_read_fault(vmf)', do_read_fault, passVmf, keep)],
            [
              r.when(
                '(!(vma->vm_flags & VM_SHARED))',
                (k, f) => !k.mm.has(f.vma, Vm.Shared),
                [r.call('do_cow_fault(vmf)', do_cow_fault, passVmf, keep)],
                [r.call('do_shared_fault(vmf)', do_shared_fault, passVmf, keep)],
              ),
            ],
          ),
        ],
      ),
      leaves(r, FAULT, 'return ret', (_, f) => f.ret),
    ];
  },
});
