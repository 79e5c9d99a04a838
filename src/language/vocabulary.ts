import { RANGE_STATEMENT_KINDS, RANGE_STATEMENTS } from './statements/range-statements';

/** Where a word of the language may stand. */
export type WordPlace = 'top' | 'statement' | 'device' | 'machine' | 'attribute' | 'expression' | 'outcome';

/** One word of the language: how it is written and what it does. The source of hovers, completion and suggestions. */
export interface Entry {
  readonly word: string;
  readonly place: WordPlace;
  readonly form: string;
  readonly doc: string;
}

function entries(place: WordPlace, rows: readonly (readonly [string, string, string])[]): Entry[] {
  return rows.map(([word, form, doc]) => ({ word, place, form, doc }));
}

const TOP = entries('top', [
  ['profile', 'profile VERSION', 'The kernel whose semantics hold: 6.12 where nothing is said.'],
  [
    'machine',
    'machine { node N { ZONE SIZE … } cpus N swap SIZE [sync] hugepages N }',
    'The memory and CPUs. Every part has a default.',
  ],
  [
    'device',
    'device NAME private|coherent|persistent SIZE [driver DRIVER] [node N] [faults=N]',
    'A device with memory of its own. private: the CPU cannot address it; coherent: it can; persistent: ordinary ZONE_DEVICE memory without callbacks.',
  ],
  ['let', 'let NAME = EXPR', 'Names a value. In a process also `let NAME = read RANGE`.'],
  [
    'file',
    'file NAME SIZE [fill BYTE]',
    'A file for `mmap … file NAME`. With fill, every byte of page k is BYTE + k.',
  ],
  [
    'schedule',
    'schedule seed N | schedule TASK[*N] … [loop { TASK[*N] … }]',
    'Who runs when. Each entry lets its task run to the next yield; those of loop are repeated for ever. Without it: round robin at blocking points.',
  ],
  ['switch', 'switch SWITCH on|off', 'Turns one named kernel fix on or off.'],
  [
    'process',
    'process NAME [cpu N] { … }',
    'A process. Processes start in the order of the text and run concurrently.',
  ],
]);

const STATEMENTS = entries('statement', [
  ...RANGE_STATEMENT_KINDS.map((word) => [word, `${word} RANGE`, RANGE_STATEMENTS[word]] as const),
  [
    'mmap',
    'NAME = mmap SIZE [anon|shmem|file FILE|device DEVICE] [private|shared] [PROT] [huge|hugetlb] [at ADDRESS]',
    'Maps memory and names it. Defaults: anon private rw. `at` replaces what is there (MAP_FIXED).',
  ],
  ['mprotect', 'mprotect RANGE PROT', 'Changes the protection.'],
  [
    'mremap',
    'mremap RANGE [size SIZE] [to ADDRESS]',
    'Moves or resizes a mapping. A buffer named as a whole keeps its name at the new place.',
  ],
  [
    'madvise',
    'madvise RANGE ADVICE',
    'Gives advice: dontneed, free, cold, pageout, populate_read, populate_write, hugepage, …',
  ],
  [
    'write',
    'write RANGE = BYTE [rising]',
    'The CPU stores one byte in each page. rising: page k of the range gets BYTE + k.',
  ],
  ['fill', 'fill RANGE = BYTE [rising]', 'The CPU stores every byte of each page.'],
  ['add', 'add N to RANGE', 'One atomic read-modify-write of byte 0 of each page: one write access.'],
  [
    'copy_from_user',
    'copy_from_user RANGE [bytes N]',
    'The kernel reads user memory for a system call. A page that cannot be read gives EFAULT, not a signal.',
  ],
  ['copy_to_user', 'copy_to_user RANGE [bytes N]', 'The kernel writes user memory for a system call.'],
  [
    'fork',
    'fork NAME [cpu N] [{ … }]',
    'A child process. With a body it runs concurrently; without one it waits to be told: `on NAME …`.',
  ],
  [
    'on',
    'on TASK STATEMENT | on TASK { … }',
    'Makes an idle child or thread do this, and waits until it has.',
  ],
  [
    'thread',
    'thread NAME [cpu N] [{ … }]',
    'A thread of this process, running concurrently; without a body it waits for `on NAME …`.',
  ],
  [
    'context',
    'context NAME on DEVICE { … }',
    'A program on the device: it reads and writes through the mirror of this process, and faults where that maps nothing.',
  ],
  ['join', 'join THREAD', 'Waits for a thread to end.'],
  ['wait', 'wait PROCESS', 'Waits for a process to end. Its outcome is the exit code or the signal.'],
  ['exit', 'exit [CODE]', 'Ends the process and all its threads.'],
  ['kill', 'kill TASK [SIGNAL]', 'Sends a signal, SIGKILL where nothing is said.'],
  [
    'open',
    'open DEVICE',
    'Opens the device. A process that never says so has every device open from its start.',
  ],
  ['close', 'close DEVICE', 'Closes the device. The last close brings back all pages that are left on it.'],
  [
    'migrate',
    'migrate RANGE to DEVICE | migrate RANGE from DEVICE',
    'Moves pages to the device, or back to system memory.',
  ],
  [
    'pin',
    'pin RANGE r|w [longterm] [fast] [as NAME]',
    'pin_user_pages: takes and keeps references. Device-private pages come home first.',
  ],
  ['unpin', 'unpin [PIN]', 'Drops a pin: the named one, or the latest.'],
  ['gup', 'gup RANGE r|w [fast]', 'get_user_pages: takes references and drops them at once.'],
  [
    'fail',
    'fail kernel alloc [ALLOCATION] [times N]',
    'The kernel gets no memory for something of its own, such as a page table, N times or until repair.',
  ],
  ['repair', 'repair kernel', 'Ends every fail kernel.'],
  ['swapon', 'swapon [SIZE] [sync]', 'Adds a swap area.'],
  ['swapoff', 'swapoff', 'Removes the latest swap area; its pages come back to memory.'],
  ['drain', 'drain lru', 'lru_add_drain_all: empties the per-CPU LRU batches.'],
  ['repeat', 'repeat N [as NAME] { … }', 'Does the block N times; NAME counts from 0.'],
  ['loop', 'loop { … }', 'Does the block for ever.'],
  [
    'under',
    'under VERSION[, VERSION…] STATEMENT | under VERSION { … }',
    'Only when the scenario runs under one of these profiles.',
  ],
  [
    'barrier',
    'barrier BARRIER [of N]',
    'Waits until all tasks whose text names this barrier, or N of them, are there.',
  ],
  ['print', 'print "TEXT {EXPR} TEXT" | print EXPR', 'Writes a line to the log.'],
  [
    'expect',
    'expect EXPR | STATEMENT expect OUTCOME',
    'Checks a condition, or the outcome of the statement it follows.',
  ],
]);

const DEVICE = entries('device', [
  [
    'read',
    'DEVICE read RANGE',
    'The device reads through its mirror of this process; missing pages are faulted in by hmm_range_fault.',
  ],
  ['write', 'DEVICE write RANGE = BYTE', 'The device fills page k of the range with BYTE + k.'],
  [
    'snapshot',
    'DEVICE snapshot RANGE',
    'hmm_range_fault without a request: one protection byte for each page.',
  ],
  [
    'exclusive',
    'DEVICE exclusive RANGE',
    'make_device_exclusive: CPU access to these pages is taken away until it faults. From 5.14.',
  ],
  ['check_exclusive', 'DEVICE check_exclusive RANGE', 'EPERM when a page of the range is still exclusive.'],
  ['release', 'DEVICE release', 'Evicts the device and gives its memory back (memunmap_pages).'],
  ['evict', 'DEVICE evict', 'Brings back all pages on the device (migrate_device_range).'],
  [
    'fail',
    'DEVICE fail migrate_to_ram [as RESULT] [times N] | DEVICE fail POINT [times N]',
    'Makes the driver fail, the next N times or until repair.',
  ],
  ['dead', 'DEVICE dead', 'The device answers nothing any more: its data cannot come back.'],
  ['repair', 'DEVICE repair', 'Ends dead and every fail.'],
]);

const MACHINE = entries('machine', [
  ['node', 'node N { ZONE SIZE … }', 'A NUMA node and its zones: dma, dma32, normal, movable.'],
  ['cpus', 'cpus N', 'Number of CPUs.'],
  ['swap', 'swap SIZE [sync]', 'A swap area that is on from the start.'],
  ['sync', 'swap SIZE sync', 'Reading from the area is over at once, as from a RAM disk or zram.'],
  ['hugepages', 'hugepages N', 'Pages of 2MiB set aside for `mmap … hugetlb`.'],
]);

const ATTRIBUTES = entries('attribute', [
  ['anon', 'mmap SIZE anon', 'Anonymous memory.'],
  ['shmem', 'mmap SIZE shmem', 'A fresh shared-memory file (memfd).'],
  [
    'private',
    'mmap … private | device NAME private SIZE',
    'MAP_PRIVATE; for a device: memory the CPU cannot address.',
  ],
  ['shared', 'mmap … shared', 'MAP_SHARED.'],
  ['coherent', 'device NAME coherent SIZE', 'Device memory that the CPU can address.'],
  [
    'persistent',
    'device NAME persistent SIZE',
    'ZONE_DEVICE memory as it was before HMM: addressable, no callbacks.',
  ],
  ['huge', 'mmap SIZE huge', '2MiB aligned, with MADV_HUGEPAGE.'],
  ['hugetlb', 'mmap SIZE hugetlb', 'MAP_HUGETLB: from the pages that `machine { hugepages N }` sets aside.'],
  ['at', 'mmap SIZE at ADDRESS', 'The fixed address.'],
  ['rising', 'write RANGE = BYTE rising', 'Page k of the range has BYTE + k.'],
  ['past', 'RANGE past end', 'This range goes past the end of its buffer on purpose.'],
  ['for', 'ADDRESS for SIZE', 'A range given by its first address and its size.'],
  ['longterm', 'pin RANGE w longterm', 'FOLL_LONGTERM.'],
  ['fast', 'pin RANGE w fast', 'The variant that tries without mmap_lock first.'],
  ['bytes', 'copy_from_user RANGE bytes N', 'So many bytes of each page; one where nothing is said.'],
  ['times', 'DEVICE fail … times N', 'How often.'],
]);

const EXPRESSION = entries('expression', [
  ['and', 'A and B', 'Both hold. Also `&&`.'],
  ['or', 'A or B', 'At least one holds. Also `||`.'],
  ['not', 'not A', 'It does not hold. Also `!`.'],
  ['in', 'address in buf[0..4]', 'The address lies in the range, or the value in the list.'],
  ['true', 'true', 'Holds.'],
  ['false', 'false', 'Does not hold.'],
  ['none', 'buf[3].page == none', 'There is no such thing.'],
  ['why', 'why buf[3]', 'Says why the page is where it is.'],
]);

const OUTCOMES = entries('outcome', [
  ['ok', 'STATEMENT expect ok', 'No error and no signal.'],
  ['code', 'expect SIGSEGV code ACCERR', 'The si_code of the signal: a number, MAPERR, ACCERR or ADRERR.'],
  ['cpages', 'gpu0 read buf expect cpages 16', 'Pages done, as the driver reports them.'],
  ['faults', 'gpu0 read buf expect faults 1', 'Device faults, as the driver reports them.'],
]);

export const VOCABULARY: readonly Entry[] = [
  ...TOP,
  ...STATEMENTS,
  ...DEVICE,
  ...MACHINE,
  ...ATTRIBUTES,
  ...EXPRESSION,
  ...OUTCOMES,
];

/** The words that may stand at a place, in the order in which they are explained. */
export function wordsAt(place: WordPlace): string[] {
  return VOCABULARY.filter((e) => e.place === place).map((e) => e.word);
}

/** The form of a word at a place, as in `munmap RANGE`. */
export function formOf(word: string, place: WordPlace): string {
  return VOCABULARY.find((e) => e.place === place && e.word === word)?.form ?? word;
}

export const TOP_WORDS = wordsAt('top');
export const STATEMENT_WORDS = [...wordsAt('statement'), 'let'].filter((word) => word !== 'mmap');
export const DEVICE_VERBS = wordsAt('device');

/** Words that cannot be names: those that begin a declaration or a statement, and those of expressions. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...TOP_WORDS,
  ...STATEMENT_WORDS,
  'mmap',
  ...wordsAt('expression'),
  'ok',
]);

export const ADVICES = [
  'normal',
  'random',
  'sequential',
  'willneed',
  'dontneed',
  'free',
  'dontfork',
  'dofork',
  'mergeable',
  'unmergeable',
  'hugepage',
  'nohugepage',
  'dontdump',
  'dodump',
  'wipeonfork',
  'keeponfork',
  'cold',
  'pageout',
  'populate_read',
  'populate_write',
  'dontneed_locked',
];

export const ZONES = ['dma', 'dma32', 'normal', 'movable'] as const;
export const DEVICE_TYPES = ['private', 'coherent', 'persistent'] as const;
/** What the kernel allocates for itself and can be made to get none of. */
export const KERNEL_ALLOCATIONS = ['page_table', 'anon_vma', 'vma', 'eviction'] as const;
export const FAULT_RESULTS = ['sigbus', 'sigsegv', 'oom', 'hwpoison', 'nopage', 'retry', 'nothing'] as const;
