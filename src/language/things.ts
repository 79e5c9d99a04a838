/**
 * What expressions can speak of: the kinds of thing, their members, the names and the functions, each with one line of
 * meaning. The one place: the checker, the editor, the debug console and the machine's own getters are made from it.
 */

/** What is shown and compared as it is. */
export const PLAIN = {
  number: { name: 'a number', family: 'number' },
  hex: { name: 'a number', family: 'number' },
  address: { name: 'an address', family: 'number' },
  'page-flags': { name: 'page flags', family: 'number' },
  'vma-flags': { name: 'VMA flags', family: 'number' },
  'fault-flags': { name: 'flags', family: 'number' },
  'vm-fault': { name: 'flags', family: 'number' },
  text: { name: 'a text', family: 'string' },
  truth: { name: 'a truth value', family: 'bool' },
} as const;

export type PlainName = keyof typeof PLAIN;

/** Things that have members. */
export type ThingName =
  | 'page'
  | 'pte'
  | 'vma'
  | 'pagemap'
  | 'smaps'
  | 'place'
  | 'range'
  | 'buffer'
  | 'zone'
  | 'zones'
  | 'device'
  | 'mirror-entry'
  | 'process'
  | 'task'
  | 'migration'
  | 'migrate-entry'
  | 'pfn-entry'
  | 'page-entry'
  | 'hmm-range'
  | 'device-fault'
  | 'callbacks';

export type TypeName = PlainName | ThingName;

/** What a member, a name or the result of a function is. */
export interface Meaning {
  readonly type: TypeName;
  /** There are several, in a list. */
  readonly list?: true;
  /** One line, without a full stop. */
  readonly doc: string;
}

/** One kind of thing. */
export interface Thing<Member extends string = string> {
  /** As in a message: `a page`. */
  readonly name: string;
  /** Things of one family can be compared with each other. */
  readonly family: string;
  readonly members: Readonly<Record<Member, Meaning>>;
  /** Functions that it has: `thing.function(ADDRESS)`. */
  readonly functions?: Readonly<Record<string, FunctionFacts>>;
  /** `thing[3]` */
  readonly element?: TypeName;
  /** `thing[1..4]` */
  readonly range?: TypeName;
  /** In arithmetic it is a number: a buffer is its address. */
  readonly counts?: true;
  /** A number can be `in` it. */
  readonly contains?: true;
}

const is = (type: TypeName, doc: string): Meaning => ({ type, doc });
const each = (type: TypeName, doc: string): Meaning => ({ type, list: true, doc });

/** A function that expressions can call. */
export interface FunctionFacts extends Meaning {
  /** An address, a page or its address, an address and a count, a page frame number, or any count of numbers and lists of them. */
  readonly takes: 'address' | 'page' | 'bytes' | 'pfn' | 'numbers';
  readonly form: string;
}

export const call = (
  takes: FunctionFacts['takes'],
  form: string,
  type: TypeName,
  doc: string,
): FunctionFacts => ({
  takes,
  form,
  type,
  doc,
});

const PAGE_FLAGS = {
  locked: is('truth', 'PG_locked: somebody holds its lock'),
  uptodate: is('truth', 'PG_uptodate: its contents are valid'),
  dirty: is('truth', 'PG_dirty: it differs from what is stored of it'),
  lru: is('truth', 'PG_lru: it is on a list that reclaim goes through'),
  active: is('truth', 'PG_active: on the active one of these lists'),
  swapbacked: is('truth', 'PG_swapbacked: swap or shared memory stands behind it'),
  reserved: is('truth', 'PG_reserved: not for the allocator'),
  anon_exclusive: is('truth', 'PG_anon_exclusive: only one process has this anonymous page'),
  swapcache: is('truth', 'PG_swapcache: it has a place in swap'),
  referenced: is('truth', 'PG_referenced: used since reclaim last looked'),
  unevictable: is('truth', 'PG_unevictable: on the list that reclaim leaves alone'),
  mlocked: is('truth', 'PG_mlocked: a mapping that mlock holds in memory maps it'),
  head: is('truth', 'PG_head: the first page of a large folio'),
  tail: is('truth', 'a page of a large folio behind its first'),
  table: is('truth', 'PGTY_table: a page table'),
  hugetlb: is('truth', 'PGTY_hugetlb: set aside for hugetlb'),
};
export type PageFlag = keyof typeof PAGE_FLAGS;
export const PAGE_FLAG_NAMES = Object.keys(PAGE_FLAGS) as readonly PageFlag[];

const PLACE_MEMBERS = {
  page: is('page', 'the page that is mapped there, or that a special entry names; none where there is none'),
  pte: is('pte', 'its page-table entry; none where it is empty'),
  vma: is('vma', 'the VMA it lies in; none where nothing is mapped'),
  pagemap: is('pagemap', 'what /proc/PID/pagemap says of it'),
  address: is('address', 'its address'),
};

const ZONE_COUNTERS = {
  present: is('number', 'pages that are there'),
  managed: is('number', 'pages that the allocator hands out'),
  free: is('number', 'free pages'),
  wmark_min: is('number', 'the min watermark: below it a fault reclaims pages itself'),
  wmark_low: is('number', 'the low watermark: below it kswapd is woken'),
  wmark_high: is('number', 'the high watermark: kswapd stops there'),
  inactive_anon: is('number', 'pages on the inactive list of anonymous memory'),
  active_anon: is('number', 'pages on the active list of anonymous memory'),
  inactive_file: is('number', 'pages on the inactive list of files'),
  active_file: is('number', 'pages on the active list of files'),
  unevictable: is('number', 'pages locked in memory'),
  anon_pages: is('number', 'NR_ANON_MAPPED: mapped anonymous pages'),
  mapped: is('number', 'NR_FILE_MAPPED: mapped pages of files'),
  file_pages: is('number', 'NR_FILE_PAGES: pages of files and shared memory'),
  shmem: is('number', 'NR_SHMEM: pages of shared memory'),
  page_table_pages: is('number', 'NR_PAGETABLE: pages that are page tables'),
  isolated_anon: is('number', 'NR_ISOLATED_ANON: pages taken off their list'),
  memmap_pages: is('number', 'pages that hold the struct pages of devices'),
};
export type ZoneCounter = keyof typeof ZONE_COUNTERS;
export const ZONE_COUNTER_NAMES = Object.keys(ZONE_COUNTERS) as readonly ZoneCounter[];

const ZONE_DOC = 'all zones of this type, on all nodes together';

export const THINGS = {
  page: thing('a page', 'page', {
    pfn: is('hex', 'its page frame number'),
    refcount: is('number', 'how many references there are; of a large folio the whole folio’s'),
    mapcount: is('number', 'how many entries map it'),
    flags: is('page-flags', 'its flags, by name'),
    ...PAGE_FLAGS,
    zone: is('zone', 'the zone it lies in'),
    node: is('number', 'the NUMA node it lies in'),
    device: is('device', 'the device whose memory it is; none for system memory'),
    type: is('text', '"system", "private", "coherent" or "persistent"'),
    value: is('hex', 'its byte 0'),
    anon: is('truth', 'anonymous memory'),
    index: is('hex', 'its place in what it maps, in pages'),
    pins: is('number', 'how often FOLL_PIN holds it'),
    order: is('number', 'its folio has 2^order pages'),
    zero: is('truth', 'it is the shared zero page'),
    lock_owner: is('task', 'the task that holds its lock; none where nobody does'),
    holders: each('text', 'who holds its references, with how many'),
    mappings: each('address', 'the addresses that name it, in the order of the reverse map'),
  }),
  pte: thing('a page-table entry', 'pte', {
    kind: is('text', '"present", "device_private", "migration", "swap", …'),
    page: is('page', 'the page it names; none where it names none'),
    present: is('truth', 'the CPU can follow it'),
    write: is('truth', 'it may be written'),
    dirty: is('truth', 'it has been written through'),
    young: is('truth', 'it has been accessed through'),
    zero: is('truth', 'it maps the shared zero page'),
    huge: is('truth', 'it is a PMD that maps 2MiB'),
    bits: is('text', 'its 64 bits as the CPU sees them'),
    swap_type: is('number', 'the type of an entry that is not present; none for one that is'),
  }),
  vma: {
    ...thing('a VMA', 'vma', {
      start: is('address', 'its first address'),
      end: is('address', 'the address behind its last'),
      pages: is('number', 'its length in pages'),
      flags: is('vma-flags', 'vm_flags, by name'),
      anon: is('truth', 'anonymous memory'),
      process: is('process', 'the process it belongs to'),
      smaps: is('smaps', 'what /proc/PID/smaps says of it'),
    }),
    contains: true,
  },
  pagemap: thing('an entry of pagemap', 'pagemap', {
    word: is('text', 'its 64 bits'),
    present: is('truth', 'bit 63: the page is in memory'),
    swap: is('truth', 'bit 62: its entry is not present: swapped out, on a device, in migration'),
    file: is('truth', 'bit 61: a page of a file, or shared anonymous memory'),
    exclusive: is('truth', 'bit 56: mapped once'),
    soft_dirty: is('truth', 'bit 55: written to since soft-dirty bits were cleared'),
    swap_type: is('number', 'bits 0-4 of an entry that is not present; none of one that is'),
  }),
  smaps: thing('an entry of smaps', 'smaps', {
    size: is('number', 'bytes of addresses'),
    rss: is('number', 'bytes that are mapped, those on a device included'),
    pss: is('number', 'the same, each page divided by how often it is mapped; in whole KiB'),
    shared_clean: is('number', 'bytes mapped more than once that nobody has written to'),
    shared_dirty: is('number', 'bytes mapped more than once that somebody has written to'),
    private_clean: is('number', 'bytes mapped once that nobody has written to'),
    private_dirty: is('number', 'bytes mapped once that somebody has written to'),
    referenced: is('number', 'bytes that were used since that was cleared'),
    anonymous: is('number', 'bytes of anonymous memory'),
    swap: is('number', 'bytes that are swapped out'),
    swap_pss: is('number', 'the same, each page divided by how many swap entries it has; in whole KiB'),
    locked: is('number', 'bytes locked in memory'),
  }),
  place: { ...thing('a page of a buffer', 'place', PLACE_MEMBERS), counts: true, contains: true },
  range: {
    ...thing('a range of pages', 'range', {
      page: each('page', 'the page of each'),
      pte: each('pte', 'the page-table entry of each'),
      vma: each('vma', 'the VMA of each'),
      pagemap: each('pagemap', 'what /proc/PID/pagemap says of each'),
      address: each('address', 'the address of each'),
    }),
    element: 'place',
    contains: true,
  },
  buffer: {
    ...thing('a buffer', 'buffer', {
      ...PLACE_MEMBERS,
      pages: is('number', 'its length in pages'),
      size: is('hex', 'its length in bytes'),
    }),
    element: 'place',
    range: 'range',
    counts: true,
    contains: true,
  },
  zone: thing('a zone', 'zone', {
    spanned: is('number', 'pages from its first to its last'),
    ...ZONE_COUNTERS,
    name: is('text', 'its name'),
  }),
  zones: thing('zones', 'zones', {
    DMA: is('zone', ZONE_DOC),
    DMA32: is('zone', ZONE_DOC),
    Normal: is('zone', ZONE_DOC),
    Movable: is('zone', ZONE_DOC),
    Device: is('zone', ZONE_DOC),
  }),
  device: {
    ...thing('a device', 'device', {
      name: is('text', 'its name'),
      total: is('number', 'pages it has'),
      used: is('number', 'pages its driver has handed out and not taken back'),
      free: is('number', 'pages its driver can hand out'),
      type: is('text', '"private", "coherent" or "persistent"'),
      dead: is('truth', 'it answers nothing any more'),
    }),
    functions: {
      mirror: call(
        'address',
        'mirror(ADDRESS)',
        'mirror-entry',
        "the device's own page-table entry of an address; none where the device maps nothing there",
      ),
    },
  },
  'mirror-entry': thing("an entry of a device's page table", 'mirror-entry', {
    page: is('page', 'the page whose contents the device sees'),
    access: is('text', '"read", "read, write" or "atomic": what the device may do there'),
    write: is('truth', 'the device may write there'),
    differs: is('text', "how it differs from what the CPU's table says there; none where they agree"),
  }),
  process: thing('a process', 'process', {
    name: is('text', 'its name'),
    exited: is('truth', 'it has ended'),
    code: is('number', 'its exit code'),
    signal: is('number', 'the signal that ended it; 0 for none'),
    rss_anon: is('number', 'MM_ANONPAGES: anonymous pages it maps'),
    rss_file: is('number', 'MM_FILEPAGES: pages of files it maps'),
    rss_shmem: is('number', 'MM_SHMEMPAGES: pages of shared memory it maps'),
    swap_entries: is('number', 'MM_SWAPENTS: its pages that are in swap'),
    parent: is('process', 'the process that forked it; none for one that the scenario declares'),
  }),
  task: thing('a task', 'task', {
    name: is('text', 'its name'),
    state: is('text', '"runnable", "blocked" or "exited"'),
    cpu: is('number', 'the CPU it runs on'),
    process: is('process', 'its process; none for a worker of the kernel'),
    depth: is('number', 'how many frames its stack has'),
  }),
  migration: thing('a migration', 'migration', {
    vma: is('vma', 'the VMA; none where pages are taken by their frame numbers'),
    start: is('address', 'its first address'),
    end: is('address', 'the address behind its last'),
    entries: each('migrate-entry', 'its src and dst arrays, one entry a page'),
    cpages: is('number', 'pages that can be migrated'),
    owner: is('device', 'pgmap_owner: the device whose pages it may take'),
    fault_page: is('page', 'the page whose fault it serves; none without a fault'),
    flags: is('text', 'MIGRATE_VMA_SELECT_…: what it takes'),
    task: is('task', 'the task that migrates'),
  }),
  'migrate-entry': thing('an entry of src and dst', 'migrate-entry', {
    address: is('address', 'its address; none where pages are taken by their frame numbers'),
    src: is('page', 'the page that is to go'),
    src_flags: is('text', 'MIGRATE_PFN_… of src'),
    dst: is('page', 'the page that takes its place; none as long as there is none'),
    dst_flags: is('text', 'MIGRATE_PFN_… of dst'),
  }),
  'pfn-entry': thing('an entry of hmm_pfns', 'pfn-entry', {
    address: is('address', 'its address'),
    page: is('page', 'the page that is mapped there'),
    flags: is('text', 'HMM_PFN_… that were answered'),
  }),
  'page-entry': thing('an entry of an array of pages', 'page-entry', {
    page: is('page', 'the page; none as long as there is none'),
  }),
  'hmm-range': thing('an hmm_range', 'hmm-range', {
    start: is('address', 'its first address'),
    end: is('address', 'the address behind its last'),
    valid: is('truth', 'nothing of it was invalidated since it was asked for'),
  }),
  'device-fault': thing('a fault of a device', 'device-fault', {
    address: is('address', 'its address'),
    device: is('device', 'the device'),
    process: is('process', 'the process whose memory it is'),
    write: is('truth', 'the device wants to write'),
    since: is('number', 'the time at which it began'),
  }),
  callbacks: thing('callbacks', 'callbacks', {
    migrate_to_ram: is('number', 'how often it has been called'),
    page_free: is('number', 'how often it has been called'),
    invalidate: is('number', 'how often it has been called'),
    page_fault: is('number', 'how often migrate_to_ram, which it is called since 5.3, has been called'),
    folio_free: is('number', 'how often page_free, which it is called from 6.19 on, has been called'),
    alloc_and_copy: is('number', 'how often it has been called (4.14)'),
    finalize_and_map: is('number', 'how often it has been called (4.14)'),
    release: is('number', 'how often it has been called'),
  }),
} satisfies Record<ThingName, Thing>;

function thing<M extends string>(name: string, family: string, members: Record<M, Meaning>): Thing<M> {
  return { name, family, members };
}

export type MemberOf<N extends ThingName> = Extract<keyof (typeof THINGS)[N]['members'], string>;

/** Names that expressions have besides those of the scenario. */
export const NAMES = {
  DMA: is('zone', ZONE_DOC),
  DMA32: is('zone', ZONE_DOC),
  Normal: is('zone', ZONE_DOC),
  Movable: is('zone', ZONE_DOC),
  Device: is('zone', ZONE_DOC),
  zone: is('zones', 'the types of zones, by name'),
  callbacks: is('callbacks', 'how often each callback of a driver has been called'),
  time: is('number', 'steps since the start'),
  profile: is('text', 'the kernel whose semantics hold'),
  task: is('task', 'the task that runs'),
  process: is('process', 'its process'),
} satisfies Record<string, Meaning>;

/** Names that mean something only where execution stands in a routine: in conditions and watches. */
export const SITUATION = {
  page: is('page', 'the page that this is about'),
  address: is('address', 'the address of the fault'),
  device: is('device', 'the device that this is about'),
  flags: is('fault-flags', 'FAULT_FLAG_… of the fault'),
  ret: is('vm-fault', 'what the fault has come to'),
} satisfies Record<string, Meaning>;

/** What is said of the counters that drivers add to the members of devices. */
export const DRIVER_COUNTER = 'a counter of its driver';
