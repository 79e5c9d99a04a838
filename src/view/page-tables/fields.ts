/** What stands in one entry, field by field, and of the page that it names. */

import { pte_page, ptep_get } from '../../engine/kernel/mm/pgtable';
import type { EntryRow, PageRow } from '../../engine/machine/ids';
import {
  isPresent,
  isZeroPage,
  KIND_NAMES,
  kindOf,
  PTE_DEVMAP,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_HUGE,
  PTE_PROTNONE,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_UFFD_WP,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
} from '../../engine/machine/pte';
import {
  ledgerOf,
  mapcountOf,
  pageOfEntry,
  showExpected,
  showPage,
  showPageFlags,
  showPteBits,
  swapTypeOf,
  type World,
} from '../environment';

/** A fact of an entry: its name, its value, and what it means. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly meaning?: string;
}

const PRESENT_BITS: readonly (readonly [bit: number, name: string, meaning: string])[] = [
  [PTE_WRITE, 'write', 'the CPU may write without a fault'],
  [PTE_DIRTY, 'dirty', 'the page was written through this entry'],
  [PTE_YOUNG, 'accessed', 'the page was used through this entry'],
  [PTE_SOFT_DIRTY, 'soft-dirty', 'written since clear_refs'],
  [PTE_SPECIAL, 'special', 'no struct page is counted for it'],
  [PTE_DEVMAP, 'devmap', 'maps device memory directly, counted by nobody'],
  [PTE_PROTNONE, 'PROT_NONE', 'the page stays, every access faults'],
  [PTE_HUGE, 'PSE', 'one entry for 2 MiB'],
];

const SWAP_BITS: readonly (readonly [bit: number, name: string, meaning: string])[] = [
  [PTE_WRITE, 'write', 'the page may be written when it comes back'],
  [PTE_EXCLUSIVE, 'exclusive', 'nobody else has the page'],
  [PTE_YOUNG, 'accessed', 'kept for when the entry is present again'],
  [PTE_DIRTY, 'dirty', 'kept for when the entry is present again'],
  [PTE_SOFT_DIRTY, 'soft-dirty', 'written since clear_refs'],
  [PTE_UFFD_WP, 'uffd-wp', 'write-protected by userfaultfd'],
];

const KIND_MEANINGS: Partial<Record<(typeof Pte)[keyof typeof Pte], string>> = {
  [Pte.Swap]: 'the page is in a swap area',
  [Pte.Migration]: 'the page is on its way; who touches it waits',
  [Pte.DevicePrivate]: 'the page is in memory that the CPU cannot address; a touch calls the driver',
  [Pte.DeviceExclusive]: 'a device has the page for its atomic accesses; a touch takes it back',
  [Pte.HwPoison]: 'the memory is broken',
};

function bitsOf(pte: number): Field[] {
  const bits = isPresent(pte) ? PRESENT_BITS : SWAP_BITS;
  return bits
    .filter(([bit]) => (pte & bit) !== 0)
    .map(([, name, meaning]) => ({ name, value: '1', meaning }));
}

function pageFields(world: World, page: PageRow): Field[] {
  const { kernel: k } = world;
  const head = k.pages.folio(page);
  const ledger = ledgerOf(world, page);
  return [
    { name: 'page', value: showPage(world, page) },
    { name: 'flags', value: showPageFlags(k.pages.flags.get(head)) },
    { name: 'mapcount', value: `${mapcountOf(k, page)}`, meaning: 'entries that map it' },
    { name: 'refcount', value: `${ledger.refcount}` },
    { name: 'expected', value: showExpected(ledger), meaning: 'the refcount at which a migration moves it' },
    ...ledger.rows.map(({ name, count, since }) => ({
      name: 'held by',
      value: `${count} × ${name}`,
      ...(since === '' ? {} : { meaning: since }),
    })),
  ];
}

/** The entry's own bits first, then the page. */
export function fieldsOf(world: World, entry: EntryRow): Field[] {
  const { kernel: k } = world;
  const pte = ptep_get(k, entry);
  const meaning = isZeroPage(pte) ? 'the shared page of zeroes' : KIND_MEANINGS[kindOf(pte)];
  const type = swapTypeOf(k, entry);
  const counted = pte_page(k, entry);
  const named = pageOfEntry(k, entry);
  return [
    { name: 'entry', value: showPteBits(k, entry), meaning: 'as the CPU sees it' },
    { name: 'kind', value: KIND_NAMES[kindOf(pte)], ...(meaning === undefined ? {} : { meaning }) },
    ...(type === undefined ? [] : [{ name: 'swap type', value: `${type}` }]),
    ...bitsOf(pte),
    ...(counted === 0 && named === 0 ? [] : pageFields(world, (counted || named) as PageRow)),
  ];
}
