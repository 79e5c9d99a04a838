/** What a scenario may say of the test driver: options, switches, and what can be made to fail. */

import type { Profile } from '../../profiles/profile';
import type { DriverOption, DriverSwitch } from '../../routine/driver';
import { Injection } from '../injection';

/** Entries of the largest fault buffer. */
const MOST_FAULT_ENTRIES = 2 ** 16;

export const FAULT_ENTRIES: DriverOption = {
  name: 'faults',
  what: 'the number of entries of a fault buffer',
  least: 1,
  most: MOST_FAULT_ENTRIES,
  otherwise: 64,
};

export const failures = new Injection('dmirror', ['migrate_to_ram', 'copy', 'alloc']);

const switches = {
  rangeLock: {
    name: 'driver-range-lock',
    about:
      'The driver holds a lock of its own while it faults pages in for the device, and takes it again in its fault callback.',
    mistake: {
      when: true,
      about: 'its own lock is taken before mmap_lock for the device, and after it in a CPU fault',
      breaks: [29],
    },
  },
  guardsFaultingTask: {
    name: 'driver-faulting-task-guard',
    about:
      'The driver knows that the task that faults pages in for the device is the one in its fault callback, and returns.',
  },
  migratesAround: {
    name: 'driver-migrates-around',
    about:
      'On a CPU fault the driver migrates the 16 pages around it and asks for system memory too, as some drivers do.',
  },
  keepsOwnEntries: {
    name: 'driver-keeps-own-entries',
    about:
      "The driver skips the invalidation of its own migration and forgets to drop the device's entries of the pages that leave.",
    mistake: {
      when: true,
      about: "the device keeps entries of pages that its driver's own migration has taken away",
      breaks: [24, 25],
    },
  },
  skipsReadRetry: {
    name: 'driver-skips-read-retry',
    about:
      "The driver enters what hmm_range_fault answered into the device's table without asking mmu_interval_read_retry.",
    mistake: {
      when: true,
      about: 'an invalidation between hmm_range_fault and the update of the device is missed',
      breaks: [24, 25, 27],
    },
  },
  faultsAfterMigration: {
    name: 'driver-faults-after-migration',
    about:
      "The driver obeys the invalidations of its own migrations, and maps what they moved by asking hmm_range_fault afterwards; the kernel's test driver enters it itself.",
    mistake: {
      when: false,
      about:
        'it skips the invalidations of its own migrations and enters what they moved without asking for the sequence, so that another task may have changed the mapping meanwhile',
      breaks: ['takeover', 'replaced', 24, 25],
    },
  },
  evictsOnClose: {
    name: 'driver-evicts-on-close',
    about:
      "Our port of the driver to 4.14 brings a device's pages home when the device is closed, as the later test driver does by itself.",
  },
  evictionMayFail: {
    name: 'driver-eviction-may-fail',
    about:
      'The driver allocates the arrays of an eviction without __GFP_NOFAIL and uses them without a look, as it did before the fix "handle src_pfns and dst_pfns allocation failure": `fail kernel alloc eviction` makes it oops.',
  },
  dirtiesPages: {
    name: 'driver-dirties-pages',
    about:
      "The driver calls a page dirty when its device writes to it (set_page_dirty); the kernel's test driver doesn't.",
    mistake: {
      when: false,
      about: 'what its device writes to a clean page of the swap cache is lost when the page is reclaimed',
      breaks: ['swap-copy'],
    },
  },
} as const satisfies Record<string, DriverSwitch>;

export const SWITCHES: readonly DriverSwitch[] = Object.values(switches);

const switched =
  (name: keyof typeof switches) =>
  (profile: Profile): boolean =>
    profile.driverSwitches.has(switches[name].name);

// Whether a switch is on: asked when a routine is linked, and by its steps.
export const rangeLock = switched('rangeLock');
export const guardsFaultingTask = switched('guardsFaultingTask');
export const migratesAround = switched('migratesAround');
export const keepsOwnEntries = switched('keepsOwnEntries');
export const skipsReadRetry = switched('skipsReadRetry');
export const faultsAfterMigration = switched('faultsAfterMigration');
export const evictsOnClose = switched('evictsOnClose');
export const evictionMayFail = switched('evictionMayFail');
export const dirtiesPages = switched('dirtiesPages');
