/** What differs between kernel versions, as data. Routines ask for a feature, never for a version. */

import type { Features } from './features';

/** Type codes of special swap entries and what they leave for real swap areas (semantics sheet, 3.1). */
export interface SwapTypes {
  readonly maxSwapfiles: number;
  readonly hwpoison: number | undefined;
  readonly migrationRead: number;
  /** Readable, but the page is exclusive to its mapping; undefined before 5.19. */
  readonly migrationReadExclusive: number | undefined;
  readonly migrationWrite: number;
  readonly deviceWrite: number;
  readonly deviceRead: number;
  /** The only device-exclusive type from 6.15 on. */
  readonly exclusiveWrite: number | undefined;
  readonly exclusiveRead: number | undefined;
  readonly marker: number | undefined;
  /** What could not be read back from swap: a type of its own only until 6.3, a marker since. */
  readonly swapinError: number | undefined;
}

export interface Profile extends Features {
  /** As written in a scenario: `6.12`. */
  readonly name: string;
  /** The kernel that was recorded, in full: `6.12.117`. */
  readonly release: string;
  /** For a person: which kernel, built how. */
  readonly title: string;
  readonly swapTypes: SwapTypes;
  /** x86-64 swap entries: `plain` has the offset in bits 14-63 and the type in 9-13; `inverted` came with the L1TF fixes. */
  readonly swapLayout: 'plain' | 'inverted';
  /** Reference count of a free device page: 1 until 6.0, where a page in use never goes below 2; 0 from 6.1. */
  readonly freeDeviceRefcount: 0 | 1;
  /** The name of the driver's fault callback as this kernel spells it. */
  readonly faultCallback: 'page_fault' | 'migrate_to_ram';
  /** The name of the driver's callback for a page that nobody uses any more. */
  readonly freeCallback: 'page_free' | 'folio_free';
  /** The kernel's helper with which a driver takes a device page into use, as this kernel spells it. */
  readonly initHelper: 'zone_device_page_init' | 'zone_device_folio_init';
  /** Pages of a round in which the test driver migrates. */
  readonly driverMigratesPages: number;
  /** Pages of a round in which the test driver asks hmm_range_fault. */
  readonly driverFaultsPages: number;
  /** Fault flags of an access from user mode, besides WRITE and VMA_LOCK. */
  readonly userFaultFlags: number;
  /** Fault flags of get_user_pages. */
  readonly gupFaultFlags: number;
  /** Switches of drivers that are on. */
  readonly driverSwitches: ReadonlySet<string>;
}
