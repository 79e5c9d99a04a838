/** What a kernel does, or does not, in a sentence each: a profile says of every one whether it holds. */
export const FEATURES = {
  pgmapRefPerPage: 'A device page in use holds a reference on its pgmap (6.1+).',
  vmaLock: 'A user fault first runs under the per-VMA lock; device entries make it return RETRY (6.6+).',
  rwsemFavoursReaders:
    'A reader takes a free mmap_lock before a woken writer, and one reader that is woken brings all others (5.3-5.10).',
  faultRetriesOnce:
    'A fault may let go of its lock and be tried again only once: ALLOW_RETRY is cleared then (until 5.6).',
  killableReads:
    'Who is killed waits for mmap_lock no longer, in a fault (6.5+) and in get_user_pages (5.7+).',
  origPteValid: 'FAULT_FLAG_ORIG_PTE_VALID tells that the PTE table existed (5.19+).',
  faultTakesReference:
    'do_swap_page re-checks the entry under the page-table lock and takes a reference before the callback (6.1+).',
  anonExclusive:
    'PG_anon_exclusive decides about reuse, and migration entries have a READ_EXCLUSIVE form (5.19+).',
  splitMigrateApi:
    'migrate_vma_setup/pages/finalize with selection and owner (5.4+, 5.9+) instead of one migrate_vma(ops).',
  intervalNotifiers:
    'hmm_range_fault with interval notifiers (5.8+) instead of hmm_vma_fault and mirrors told at the end.',
  notifiersKeepMm:
    'Whoever subscribes to an mm takes a reference on it that nobody gives back: the mm is never freed (4.14).',
  faultReportsWrite: 'A write fault that is done returns VM_FAULT_WRITE (until 6.2).',
  hmmReadsEntryFirst:
    '4.14 asks a variable of its walk for a mirror before anything is written to it: what comes of that is up to the compiler. As compiled by gcc 11 and 12 (false) it takes every entry that is not present for one that must be faulted, and reports nothing of it; with the line moved to where it belongs (true) private pages of every device are reported.',
  hmmChecksWrite:
    "A device's write to a VMA that may not be written to is refused; before, 4.14 faulted it for ever.",
  collectSkipsLocked: "A page that can't be locked while it is collected is skipped for good (5.16+).",
  entryWaitTakesReference:
    'migration_entry_wait holds a reference while it sleeps (until 5.16), which can make the migration fail.',
  migrationKeepsYoungDirty: 'Young and dirty bits travel in migration entries (6.1+).',
  migrationMovesDirty: 'Collect moves the dirty bit of an entry that it clears to the page (6.0+).',
  migrationFreesSwap:
    'A page in the swap cache gives its slot up to migrate to a device (6.5+); before, it stays.',
  collectMisreadsWrite: 'Collect asks pte_write() of a swap entry, which reads another bit; fixed in 4.17.',
  unmapKeepsDeviceWrite:
    'Unmapping a device-private entry by the reverse map keeps its write permission; 4.14 always makes it read-only.',
  unmapMisreadsDirty:
    'Unmapping by the reverse map asks pte_dirty() of a device-private entry and finds another bit set (program-facts 14).',
  collectSplitsLarge:
    'Collect splits a large folio that is mapped page by page (6.19+); before, it leaves the folio alone.',
  reusesLargeFolios:
    'A page of a large folio is written in place where only this address space maps the folio, and nobody else holds it (6.15+); before, it is copied.',
  hugeZeroBecomesHuge:
    'A write to the huge zero page gets 512 fresh pages at once (6.13+); before, the zero page is split.',
  collectsHuge:
    'Migration takes a huge page to a device as one where the driver asks for it (6.19+); before, it splits it first.',
  checkTrustsDevicePages: 'The check for foreign references passes every device-private page (until 5.16).',
  flushUnderLock:
    'The TLB is flushed while the page-table lock is still held when migration clears entries (6.0+).',
  collectsFileHoles: 'Holes of file VMAs are collected too, and refused when inserting (before 5.10.y).',
  savedDirty: 'The dirty bit of a read-only entry is kept in another bit (x86 since 6.6).',
  softDirty: 'Soft-dirty bits exist in page-table entries.',
  deviceEntriesKeepSoftDirty:
    "A device entry's soft-dirty bit travels in migration entries and back (5.9+). Before, migration looks for it where present entries have it and finds a bit of the type that is always set; and an entry for a device page has none.",
  rmapFindsDeviceEntries:
    'The reverse-map walk finds device-private entries (4.20+); before, map_pte passes over what is not present.',
  unmapMisreadsSubpage:
    'Unmapping by the reverse map reads the frame number out of an entry as if it were present (until 5.2): where it finds device entries, that is an oops.',
  mprotectNotifiesAtPud:
    'mprotect tells mirrors as soon as a PMD table exists; before 6.12 only where a PTE table does.',
  mprotectGathers:
    'mprotect flushes the TLB once, at its end (5.19+); before, after each VMA, and at once where it changes a huge entry.',
  mprotectTrustsClean:
    'mprotect lets clean and huge entries be written to at once, not only dirty small ones (6.2+).',
  mprotectDropsAccount:
    'mprotect stops accounting for a mapping that nobody wrote to and nobody may write to (6.3+).',
  mremapRealigns:
    'mremap begins to move at a boundary of page tables where nothing is mapped before both addresses (6.7+).',
  sharedMapsDirty:
    'A read fault maps a dirty page of shared memory dirty, where the entry is writable at once (6.16+).',
  dirtyingCompletes:
    "A first write to a shared page lets go of the fault's lock and returns COMPLETED (6.0+).",
  munmapDowngrades: 'munmap gives the write lock back for reading before it zaps (4.20+).',
  hugetlbRestoresReserve: 'A huge page of the pool that its owner zaps is promised to it again (6.8+).',
  mergesUnfaulted:
    'A VMA without anonymous pages may grow over one that has some, and takes over its anon_vma (6.16+).',
  mremapMovesMany:
    'mremap to a given address moves all the VMAs of the range, where the size stays, and looks whether it may before it unmaps what is there (6.17+); before, it refuses a range that is not in one VMA, after that.',
  mremapMovesHugetlb:
    'mremap looks for the mapping before it does anything, and moves one of hugetlb pages (5.16+). Before, it refuses those, and what is at the new address is unmapped even where there is nothing to move.',
  dontneedZapsHugetlb:
    'MADV_DONTNEED zaps the whole huge pages of a hugetlb mapping (5.18+); before, it refuses.',
  hugetlbZapNotifies: 'Zapping hugetlb pages tells mirrors of it once more, whoever zaps them (until 6.1).',
  mmapKeepsUnmapError:
    "mmap over what can't be unmapped fails with the error of that (6.12+); before, with -ENOMEM.",
  hugetlbMayBeDumped: 'MADV_DODUMP takes hugetlb mappings (4.19+).',
  pinCountsMany: 'pin_user_pages counts a pin as 1024 references (FOLL_PIN, 5.6+); before, as one.',
  pinUnsharesFiles:
    "A read-only long-term pin never watches the zero page or a file's page that a later write would replace (6.2+).",
  pinCountsZeroPage: 'The zero page counts pins (until 6.4).',
  longtermKeepsLock:
    'A long-term pin keeps mmap_lock over its faults, which may not let go of it then (until 6.2).',
  populatesByVma:
    'MADV_POPULATE_* goes VMA by VMA as other advice does (until 6.8); since, it is one walk that ends at a hole.',
  pagemapExclusiveElsewhere:
    'pagemap calls pages that are not present, on a device for instance, exclusive too (until 6.1).',
  smapsDoubtsElsewhere:
    'smaps takes exclusive and migration entries for shared, as nobody knows how often they are mapped.',
  mlockBatches:
    'mlock works by per-CPU batches that hold references, and follows each mapping (5.18+); before, it marks at once.',
  gatherTakesTables:
    "munmap and exit gather page tables together with pages, so that freeing them drains this CPU's batches (4.20+, where CONFIG_PARAVIRT is not set). Before, and with it, tables wait in batches of their own.",
  gatherDrains: "Freeing what was gathered drains this CPU's batches first (6.12, and not in 7.2).",
  syncSwapSkipsCache:
    'A page that is read from a synchronous swap area for its only user stays out of the swap cache (4.15+).',
  newerAdvice:
    'MADV_COLD and MADV_PAGEOUT (5.4+), MADV_POPULATE_READ/WRITE (5.14+) and MADV_DONTNEED_LOCKED (5.18+) exist.',
  advisesWholeFolios:
    'MADV_COLD, FREE and PAGEOUT take a huge page that is mapped page by page as one where all of it is in the range (6.10+); before, they split it, and what they can not split ends the work on its page table.',
  deviceExclusive: 'Pages can be device-exclusive (5.14+).',
  exclusiveByPage:
    "make_device_exclusive takes one page, waits for its lock and says why it can't be had (6.15+); before, make_device_exclusive_range takes a range and passes over what it can't have.",
  exclusiveKeepsMapcount: 'A device-exclusive entry goes on counting as a mapping of its page (6.15+).',
  exclusiveKeepsWrite:
    'A device-exclusive entry is writable or read-only, and so is what it is taken back to (until 6.14); since, there is one kind, and the VMA and the page decide.',
  exclusiveEndsAsClear:
    'That a device-exclusive entry is taken back is told to mirrors as CLEAR (6.15+); before, as EXCLUSIVE.',
  migrationRestoresExclusive:
    'The walk that puts entries back after a migration takes device-exclusive ones for migration entries (until 6.14): they become present and read-only, their own reference is lost, and no mirror is told.',
  faultTrylocksPage:
    "do_swap_page locks a device page before the callback; what it can't lock is tried again (6.15+).",
  faultSleepsOnLock: "What it can't lock it waits for (7.0).",
  driverMapsHolesReadOnly:
    'The test driver enters what comes of memory that was never touched into its mirror for reading only, whatever the entry allows (6.19+).',
  driverReportsNoMemory:
    'Without a page of system memory the fault callback of the test driver returns VM_FAULT_OOM, and its migration to the system -ENOMEM (6.19+); before, 0.',
  splitMapsZeroPages: 'Splitting a huge page maps the zero page where a page of it is all zeroes (6.12+).',
} as const satisfies Record<string, string>;

export type Features = Readonly<Record<keyof typeof FEATURES, boolean>>;
