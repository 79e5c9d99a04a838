/**
 * Kernel fixes, and mistakes of drivers, that can be turned on and off over a profile: to see a bug in a kernel that has
 * it, and the same schedule survive with the fix. A fix is named after its commit.
 */

import type { Profile } from './profile';

export interface Switch {
  /** As written in a scenario: `switch fix-16ce101db85d off`. */
  readonly name: string;
  /** What it does, in a sentence. */
  readonly about: string;
  /** The first kernel with the fix; undefined for a driver's mistake. */
  readonly since: string | undefined;
  readonly change: (on: boolean) => Partial<Profile>;
}

export const SWITCHES: readonly Switch[] = [
  {
    name: 'fix-write-attribute',
    about:
      'Collecting a device page keeps its write permission ("properly preserve write attribute in special migrate entry").',
    since: '4.17',
    change: (on) => ({ collectMisreadsWrite: !on }),
  },
  {
    name: 'fix-ffa65753c431',
    about: 'Waiting on a migration entry takes no reference, so that it can not make the migration fail.',
    since: '5.17',
    change: (on) => ({ entryWaitTakesReference: !on }),
  },
  {
    name: 'fix-fd35ca3d12cc',
    about: 'Migration moves the dirty bit of an entry that it clears to the page.',
    since: '6.0',
    change: (on) => ({ migrationMovesDirty: on }),
  },
  {
    name: 'fix-60bae7370896',
    about: 'Migration flushes the TLB before it lets go of the page-table lock.',
    since: '6.0',
    change: (on) => ({ flushUnderLock: on }),
  },
  {
    name: 'fix-16ce101db85d',
    about:
      'A fault on a device page checks the entry again and takes a reference before it calls the driver.',
    since: '6.1',
    change: (on) => ({ faultTakesReference: on }),
  },
  {
    name: 'fix-0dc45ca1ce18',
    about: 'A device page in use holds its pgmap, so that the memory can not be removed under it.',
    since: '6.1',
    change: (on) => ({ pgmapRefPerPage: on }),
  },
  {
    name: 'fix-1afaeb8293c9',
    about:
      'A fault on a device page locks the page before it calls the driver; if it can not, the access is tried again.',
    since: '6.15',
    change: (on) => ({ faultTrylocksPage: on }),
  },
  {
    name: 'fix-b570f37a2ce4',
    about:
      'A fault that can not lock the device page sleeps until it is unlocked, instead of trying again at once.',
    since: '7.0',
    change: (on) => ({ faultSleepsOnLock: on }),
  },
  {
    name: 'driver-range-lock',
    about:
      'The driver holds a lock of its own while it faults pages in for the device, and takes it again in its fault callback.',
    since: undefined,
    change: (on) => ({ driverRangeLock: on }),
  },
  {
    name: 'driver-faulting-task-guard',
    about:
      'The driver knows that the task that faults pages in for the device is the one in its fault callback, and returns.',
    since: undefined,
    change: (on) => ({ driverGuardsFaultingTask: on }),
  },
  {
    name: 'driver-migrates-around',
    about:
      'On a CPU fault the driver migrates the 16 pages around it and asks for system memory too, as some drivers do.',
    since: undefined,
    change: (on) => ({ driverMigratesAround: on }),
  },
  {
    name: 'driver-keeps-own-entries',
    about:
      "The driver skips the invalidation of its own migration and forgets to drop the device's entries of the pages that leave.",
    since: undefined,
    change: (on) => ({ driverKeepsOwnEntries: on }),
  },
  {
    name: 'driver-skips-read-retry',
    about:
      "The driver enters what hmm_range_fault answered into the device's table without asking mmu_interval_read_retry.",
    since: undefined,
    change: (on) => ({ driverSkipsReadRetry: on }),
  },
  {
    name: 'driver-faults-after-migration',
    about:
      "The driver obeys the invalidations of its own migrations, and maps what they moved by asking hmm_range_fault afterwards; the kernel's test driver enters it itself.",
    since: undefined,
    change: (on) => ({ driverFaultsAfterMigration: on }),
  },
  {
    name: 'driver-dirties-pages',
    about:
      "The driver calls a page dirty when its device writes to it (set_page_dirty); the kernel's test driver doesn't.",
    since: undefined,
    change: (on) => ({ driverDirtiesPages: on }),
  },
];

export const findSwitch = (name: string): Switch | undefined => SWITCHES.find((known) => known.name === name);
