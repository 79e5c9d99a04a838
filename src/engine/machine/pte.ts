/**
 * A page-table entry as the engine keeps it: one word of kind and flags; the second word (`Radix.hi`) names the
 * page, or the slot of a swap entry. The bits a CPU would see are made by `pte-bits.ts` from these two words.
 */

/** Kinds of leaf entry. `Table` marks an upper entry that points to a table. */
export const Pte = {
  None: 0,
  Table: 1,
  Present: 2,
  Swap: 3,
  Migration: 4,
  DevicePrivate: 5,
  DeviceExclusive: 6,
  HwPoison: 7,
  Marker: 8,
} as const;
export type PteKind = (typeof Pte)[keyof typeof Pte];

export const PTE_KIND = 0xf;
export const PTE_WRITE = 1 << 4;
export const PTE_DIRTY = 1 << 5;
export const PTE_YOUNG = 1 << 6;
export const PTE_SOFT_DIRTY = 1 << 7;
export const PTE_UFFD_WP = 1 << 8;
/** No struct page to count: the shared zero page. */
export const PTE_SPECIAL = 1 << 9;
/** READ_EXCLUSIVE of a migration entry, or an exclusive swap entry. */
export const PTE_EXCLUSIVE = 1 << 10;
export const PTE_PROTNONE = 1 << 11;
/** A leaf in a PMD table: 512 pages at once. */
export const PTE_HUGE = 1 << 12;
/** Maps a page of persistent memory or of a device's file directly: counted by nobody (pte_devmap, VM_MIXEDMAP). */
export const PTE_DEVMAP = 1 << 13;
/** Swap entries: the area's number in bits 16-20. */
export const PTE_AREA_SHIFT = 16;

export const kindOf = (pte: number): PteKind => (pte & PTE_KIND) as PteKind;
export const isPresent = (pte: number): boolean => (pte & PTE_KIND) === Pte.Present;
export const isZeroPage = (pte: number): boolean =>
  (pte & (PTE_KIND | PTE_SPECIAL)) === (Pte.Present | PTE_SPECIAL);
/** Entries that hold a page without being present: migration, device-private, device-exclusive. */
export const isPfnSwapEntry = (pte: number): boolean => {
  const kind = pte & PTE_KIND;
  return kind >= Pte.Migration && kind <= Pte.DeviceExclusive;
};
export const swapArea = (pte: number): number => (pte >> PTE_AREA_SHIFT) & 31;

export const KIND_NAMES: Record<PteKind, string> = {
  [Pte.None]: 'none',
  [Pte.Table]: 'table',
  [Pte.Present]: 'present',
  [Pte.Swap]: 'swap',
  [Pte.Migration]: 'migration',
  [Pte.DevicePrivate]: 'device-private',
  [Pte.DeviceExclusive]: 'device-exclusive',
  [Pte.HwPoison]: 'hwpoison',
  [Pte.Marker]: 'marker',
};
