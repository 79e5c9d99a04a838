/** The invariants by number: what must hold, in one sentence, and when it is checked. */

export interface Invariant {
  readonly number: number;
  /** `I4`. */
  readonly id: string;
  readonly name: string;
  /** One sentence for a person who has never seen it. */
  readonly about: string;
  /** `yield`: whenever another task could look. `quiet`: when no task is inside the kernel. */
  readonly when: 'yield' | 'quiet';
}

const always = (number: number, name: string, about: string): Invariant => ({
  number,
  id: `I${number}`,
  name,
  about,
  when: 'yield',
});

export const INVARIANTS: readonly Invariant[] = [
  always(
    1,
    'one entry for an address',
    'Every table of a page table has one parent entry, counts its entries rightly, and an entry is of one kind.',
  ),
  always(
    2,
    'device entries name pages in use',
    'A device-private entry leads to a page in use of one private pgmap whose memory was not removed.',
  ),
  always(3, 'the CPU cannot reach private memory', 'No present entry maps a page of device-private memory.'),
  always(4, 'mapcount', "A page's mapcount is the number of present and device-private entries that map it."),
  always(
    5,
    'refcount',
    "A page's refcount is what its state starts with, its mappings, and its named holders.",
  ),
  always(
    6,
    'free device pages are clean',
    'A free device page has the refcount of a free page, no mapping, owner, charge or lock, and is on one free list once.',
  ),
  always(
    7,
    'device pages are accounted for',
    "A device's pages in use are those handed out less those given back; with the free ones they make up its memory, until that is removed.",
  ),
  always(
    8,
    'page_free once',
    'page_free is called exactly once when a device page becomes free, and never while it is mapped.',
  ),
  always(9, 'device pages are on no LRU', 'A ZONE_DEVICE page is on no LRU list and in no batch.'),
  always(
    10,
    'private pages cannot be pinned',
    'No get_user_pages reference or pin is held on a device-private page.',
  ),
  always(
    11,
    'pgmap references',
    "A pgmap's references are one for itself while it lives and, from 6.1 on, one for each page in use.",
  ),
  always(
    12,
    'migration entries belong to a migration',
    'The page behind a migration entry is locked and held by the one migration that put it there.',
  ),
  always(
    13,
    'pages that migrate are unmapped',
    'After setup a page that migrates is locked, mapped nowhere and on no LRU.',
  ),
  always(
    14,
    'destinations are private',
    'Before its pages step a destination of a migration is locked, has one reference and is mapped nowhere.',
  ),
  always(15, 'cpages', 'After setup cpages counts the entries that still migrate; every other entry is 0.'),
  always(
    16,
    'the identity has moved',
    'After the pages step a page that migrates has given mapping and charge to its destination.',
  ),
  always(
    17,
    'migration entries are restored',
    'A migration entry is replaced by an entry that may not write more than before and keeps the soft-dirty and uffd bits.',
  ),
  always(
    18,
    'nothing written is lost',
    'When an address gets another page, that holds what the old one held, or zeroes; a clean page in the swap cache holds what its slot holds; a CPU writes only where its address leads.',
  ),
  always(
    20,
    'exclusive pages have one mapping',
    'An exclusive anonymous page is mapped at most once, and only an exclusive one is mapped writable.',
  ),
  always(
    21,
    'shared pages are read-only',
    'An anonymous page that several entries stand for is writable through none of them.',
  ),
  always(22, 'rss', 'The rss counters of an address space count its entries of each kind.'),
  always(
    23,
    'charges',
    'The usage of a memory cgroup is the number of pages charged to it, on the device or not.',
  ),
  always(
    24,
    'the device sees what the CPU sees',
    'Outside an invalidation, a page in a mirror is the one the process maps there, and is writable only if it is there.',
  ),
  always(
    25,
    'invalidations are obeyed',
    "After its invalidate callback a mirror has no entry in the range, unless the event is its own device's migration.",
  ),
  always(
    26,
    'notifier sequence',
    'The sequence is odd only while an invalidation is active; that of a mirror is odd and not ahead of it.',
  ),
  always(
    27,
    'answers are still true',
    'What hmm_range_fault answered is entered under the lock of the driver, and only if no invalidation came since it asked.',
  ),
  always(
    28,
    'nobody sleeps under a spinlock',
    'A task that sleeps holds no spinlock and is not inside page_free.',
  ),
  always(
    29,
    'locks have one order',
    'No two kinds of locks are taken in both orders; inside migrate_vma pages are only ever trylocked.',
  ),
  always(
    30,
    'mmap_lock across a fault',
    'do_swap_page returns with the lock held, or with VM_FAULT_RETRY and the lock given back.',
  ),
  always(
    31,
    'SIGBUS comes from the driver',
    'do_swap_page returns VM_FAULT_SIGBUS only when the callback did, and then the entry is what it was.',
  ),
  always(
    32,
    'holes are filled once',
    'A device page is put only into an empty entry, the zero page, or the place of its own migration.',
  ),
  always(
    33,
    'swap types',
    'The type codes of special entries are distinct and leave exactly MAX_SWAPFILES for swap areas, which are no more.',
  ),
  always(
    35,
    'translations are true',
    'What a CPU remembers of an entry is what the entry says, its page and no right that it has not, unless the flush is still to come; a free page is never remembered.',
  ),
  {
    number: 36,
    id: 'I36',
    name: 'quiet is quiet',
    about:
      'When no task is inside the kernel, nothing is locked, migrating or being invalidated, and no short reference is held.',
    when: 'quiet',
  },
  always(
    38,
    'faults make progress',
    'A task does not take the same fault, at the same address and with the same entry, again and again.',
  ),
  always(
    39,
    'what is in use stays',
    'The fault callback is called only for a device page that is in use, and to which the entry leads unless the fault holds it; an open device is released only when no call is inside it.',
  ),
  always(
    40,
    'exclusive until told',
    'What a device has for itself alone is mapped for a CPU only after its mirror was told, and no reference is lost.',
  ),
];

const byNumber = new Map(INVARIANTS.map((invariant) => [invariant.number, invariant]));

/** The invariant of this number, as an `invariant_broken` event gives it. */
export function invariantOf(number: number): Invariant | undefined {
  return byNumber.get(number);
}
