/**
 * Distinct number types, so that a page frame number can't be passed where a virtual page number is meant.
 * A `…Row` is a row of the table of that name; 0 means "none".
 */

declare const brand: unique symbol;
type Id<Name extends string> = number & { readonly [brand]: Name };

/** A virtual address in bytes, 0 ≤ va < 2^47. */
export type Va = Id<'Va'>;
/** A virtual page number: address / 4096. */
export type Vpn = Id<'Vpn'>;
/** A page frame number, up to 2^34 on a machine with 46 physical address bits. */
export type Pfn = Id<'Pfn'>;

export type PageRow = Id<'PageRow'>;
export type ZoneRow = Id<'ZoneRow'>;
export type PgmapRow = Id<'PgmapRow'>;
/** A table of 512 entries: one node of a page table, of a mirror or of a page cache. */
export type NodeRow = Id<'NodeRow'>;
/** One entry of such a table. */
export type EntryRow = Id<'EntryRow'>;
export type MmRow = Id<'MmRow'>;
export type VmaRow = Id<'VmaRow'>;
export type AnonVmaRow = Id<'AnonVmaRow'>;
export type TaskRow = Id<'TaskRow'>;
export type ProcessRow = Id<'ProcessRow'>;
export type DeviceRow = Id<'DeviceRow'>;
export type MirrorRow = Id<'MirrorRow'>;
/** A range of addresses of which a driver of 4.14 wants to know what is mapped there (struct hmm_range). */
export type RangeRow = Id<'RangeRow'>;
export type FileRow = Id<'FileRow'>;
export type MigrationRow = Id<'MigrationRow'>;
export type PinRow = Id<'PinRow'>;
/** An element of a linked array (the src/dst pairs of a migration, the pfns of an hmm_range). */
export type SlotRow = Id<'SlotRow'>;

export const PAGE_SIZE = 4096;
/** User addresses end here (47 bits). */
export const TASK_SIZE_PAGES = 2 ** 35;

export const vpnOf = (va: number): Vpn => Math.floor(va / PAGE_SIZE) as Vpn;
/** The low bits of an address; `%` on numbers past 32 bits is a division in a loop. */
export const offsetInPage = (va: number): number => va & (PAGE_SIZE - 1);
export const vaOf = (vpn: Vpn): Va => (vpn * PAGE_SIZE) as Va;
