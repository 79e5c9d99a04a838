/** mm_structs, their VMAs, and the anon_vmas through which an anonymous page finds the entries that map it. */

import type { IntColumn, WideColumn } from './column';
import type { AnonVmaRow, MmRow, VmaRow, Vpn } from './ids';
import type { Store } from './store';
import { Table } from './table';

export const Vm = {
  Read: 1 << 0,
  Write: 1 << 1,
  Exec: 1 << 2,
  Shared: 1 << 3,
  HugeTlb: 1 << 4,
  /** IO, DONTEXPAND, PFNMAP or MIXEDMAP: nothing in it is migrated. */
  MixedMap: 1 << 5,
  Locked: 1 << 6,
  HugePage: 1 << 7,
  NoHugePage: 1 << 8,
  DontCopy: 1 << 9,
  WipeOnFork: 1 << 10,
  Mergeable: 1 << 11,
  SoftDirty: 1 << 12,
  /** May be made writable by mprotect (VM_MAYWRITE). */
  MayWrite: 1 << 13,
  /** Its pages are accounted as committed memory (VM_ACCOUNT); VMAs that differ in it don't merge. */
  Account: 1 << 14,
  /** Advice about reading ahead, and about core dumps. */
  RandRead: 1 << 15,
  SeqRead: 1 << 16,
  DontDump: 1 << 17,
  /** Of a private hugetlb mapping: its process made it (HPAGE_RESV_OWNER); or it lost a page to the one that did (_UNMAPPED). */
  ResvOwner: 1 << 18,
  ResvUnmapped: 1 << 19,
} as const;

export class AddressSpaces {
  readonly mms: Table;
  readonly pgd: IntColumn;
  readonly process: IntColumn;
  readonly firstVma: IntColumn;
  /** mmap_lock: number of readers, or the task that holds it for writing. */
  readonly lockReaders: IntColumn;
  readonly lockWriter: IntColumn;
  /** mm_lock_seq: how often it was held for writing. */
  readonly lockSeq: IntColumn;
  readonly rssAnon: IntColumn;
  readonly rssFile: IntColumn;
  readonly rssShmem: IntColumn;
  readonly swapEntries: IntColumn;
  /** 1 = it has had a subscription (notifier_subscriptions exists): invalidations are counted from then on. */
  readonly hasNotifiers: IntColumn;
  /** mmu_interval subscriptions: invalidate_seq and active_invalidate_ranges. */
  readonly notifierSeq: IntColumn;
  readonly activeInvalidations: IntColumn;
  /** Mirrors in the order in which they are told. */
  readonly firstMirror: IntColumn;
  /** Mirrors whose adding or removing waits for the end of an invalidation, the latest first (deferred_list). */
  readonly firstDeferred: IntColumn;
  readonly memcg: IntColumn;
  /**
   * Changes of its entries that are under way and whose flush comes last: mm->tlb_flush_pending. Fork is counted too: the
   * kernel need not, as mmap_lock keeps everybody out who asks. Only with more than one CPU.
   */
  readonly tlbFlushPending: IntColumn;

  readonly vmas: Table;
  readonly start: WideColumn;
  /** First page after the VMA. */
  readonly end: WideColumn;
  readonly flags: IntColumn;
  readonly mm: IntColumn;
  readonly next: IntColumn;
  readonly anonVma: IntColumn;
  readonly file: IntColumn;
  /** Linear page number of `start` in its file; of an anonymous VMA, where it was mapped first. */
  readonly pgoff: WideColumn;
  /** Next VMA that maps the same file (address_space.i_mmap), in the order of its interval tree among equal starts. */
  readonly nextInFile: IntColumn;
  readonly firstChain: IntColumn;
  /** Device whose file is mapped (the test driver's mixed map); 0 = none. */
  readonly device: IntColumn;
  /** Hugetlb: huge pages promised to the mapping and not used yet. */
  readonly hugeReserved: IntColumn;
  /** Per-VMA lock (6.4+): its readers; and 1 + vm_lock_seq, `lockSeq` of the mm when it was last locked for writing. */
  readonly vmaReaders: IntColumn;
  readonly vmaLockSeq: IntColumn;

  readonly anonVmas: Table;
  readonly root: IntColumn;
  readonly parent: IntColumn;
  readonly anonChains: IntColumn;
  readonly children: IntColumn;
  readonly users: IntColumn;

  /** anon_vma_chain: one for each (VMA, anon_vma) pair. */
  readonly chains: Table;
  readonly chainVma: IntColumn;
  readonly chainAnon: IntColumn;
  readonly nextInVma: IntColumn;
  readonly nextInAnon: IntColumn;

  constructor(store: Store) {
    this.mms = new Table(store, 'mm');
    this.pgd = this.mms.int('pgd');
    this.process = this.mms.int('process');
    this.firstVma = this.mms.int('firstVma');
    this.lockReaders = this.mms.int('lockReaders');
    this.lockWriter = this.mms.int('lockWriter');
    this.lockSeq = this.mms.int('lockSeq');
    this.rssAnon = this.mms.int('rssAnon');
    this.rssFile = this.mms.int('rssFile');
    this.rssShmem = this.mms.int('rssShmem');
    this.swapEntries = this.mms.int('swapEntries');
    this.hasNotifiers = this.mms.int('hasNotifiers');
    this.notifierSeq = this.mms.int('notifierSeq');
    this.activeInvalidations = this.mms.int('activeInvalidations');
    this.firstMirror = this.mms.int('firstMirror');
    this.firstDeferred = this.mms.int('firstDeferred');
    this.memcg = this.mms.int('memcg');
    this.tlbFlushPending = this.mms.int('tlbFlushPending');

    this.vmas = new Table(store, 'vma');
    this.start = this.vmas.wide('start');
    this.end = this.vmas.wide('end');
    this.flags = this.vmas.int('flags');
    this.mm = this.vmas.int('mm');
    this.next = this.vmas.int('next');
    this.anonVma = this.vmas.int('anonVma');
    this.file = this.vmas.int('file');
    this.pgoff = this.vmas.wide('pgoff');
    this.nextInFile = this.vmas.int('nextInFile');
    this.firstChain = this.vmas.int('firstChain');
    this.device = this.vmas.int('device');
    this.hugeReserved = this.vmas.int('hugeReserved');
    this.vmaReaders = this.vmas.int('vmaReaders');
    this.vmaLockSeq = this.vmas.int('vmaLockSeq');

    this.anonVmas = new Table(store, 'anonVma');
    this.root = this.anonVmas.int('root');
    this.parent = this.anonVmas.int('parent');
    this.anonChains = this.anonVmas.int('chains');
    this.children = this.anonVmas.int('children');
    this.users = this.anonVmas.int('users');

    this.chains = new Table(store, 'anonVmaChain');
    this.chainVma = this.chains.int('vma');
    this.chainAnon = this.chains.int('anonVma');
    this.nextInVma = this.chains.int('nextInVma');
    this.nextInAnon = this.chains.int('nextInAnon');
  }

  /** First VMA that ends after `vpn` (the kernel's find_vma), or 0. It need not contain `vpn`. */
  findVma(mm: MmRow, vpn: Vpn): VmaRow {
    let vma = this.firstVma.get(mm);
    while (vma !== 0 && this.end.get(vma) <= vpn) vma = this.next.get(vma);
    return vma as VmaRow;
  }

  /** The VMA that contains `vpn` (vma_lookup), or 0. */
  vmaAt(mm: MmRow, vpn: Vpn): VmaRow {
    const vma = this.findVma(mm, vpn);
    return (vma !== 0 && this.start.get(vma) <= vpn ? vma : 0) as VmaRow;
  }

  *vmasOf(mm: MmRow): Iterable<VmaRow> {
    for (let vma = this.firstVma.get(mm); vma !== 0; vma = this.next.get(vma)) yield vma as VmaRow;
  }

  has(vma: VmaRow, flag: number): boolean {
    return (this.flags.get(vma) & flag) !== 0;
  }

  /** Private and backed by no file, and not of the hugetlb pool: vma_is_anonymous. */
  isAnonymous(vma: VmaRow): boolean {
    return this.file.get(vma) === 0 && this.device.get(vma) === 0 && !this.has(vma, Vm.HugeTlb);
  }

  /** A private mapping that may become writable: its entries are made read-only by fork (is_cow_mapping). */
  isCow(vma: VmaRow): boolean {
    return (this.flags.get(vma) & (Vm.Shared | Vm.MayWrite)) === Vm.MayWrite;
  }

  /** linear_page_index. */
  linearIndex(vma: VmaRow, vpn: Vpn): number {
    return this.pgoff.get(vma) + (vpn - this.start.get(vma));
  }

  /** VMAs that hang on an anon_vma, in the order of its interval tree: by linear start, then as they were linked. */
  vmasOfAnon(anonVma: AnonVmaRow): VmaRow[] {
    const vmas: VmaRow[] = [];
    for (let chain = this.anonChains.get(anonVma); chain !== 0; chain = this.nextInAnon.get(chain))
      vmas.push(this.chainVma.get(chain) as VmaRow);
    if (vmas.length < 2) return vmas;
    return vmas.reverse().sort((a, b) => this.pgoff.get(a) - this.pgoff.get(b));
  }
}
