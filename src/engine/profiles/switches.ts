/**
 * Kernel fixes that can be turned on and off over a profile: to see a bug in a kernel that has it, and the same schedule
 * survive with the fix. A fix is named after its commit.
 */

import type { Breaks } from './breaks';
import type { Profile } from './profile';

export interface Switch {
  /** As written in a scenario: `switch fix-16ce101db85d off`. */
  readonly name: string;
  /** What it does, in a sentence. */
  readonly about: string;
  /** The first kernel with the fix. */
  readonly since: string;
  /** By what the mistake of a kernel without it shows. */
  readonly breaks?: readonly Breaks[];
  readonly change: (on: boolean) => Partial<Profile>;
}

export const SWITCHES: readonly Switch[] = [
  {
    name: 'fix-write-attribute',
    about:
      'Collecting a device page keeps its write permission ("properly preserve write attribute in special migrate entry").',
    since: '4.17',
    breaks: [21],
    change: (on) => ({ collectMisreadsWrite: !on }),
  },
  {
    name: 'hmm-entry-read-first',
    about:
      'A walk of 4.14 for a mirror reads the entry before it asks what kind it is; as compiled and recorded it does not.',
    since: '4.17',
    change: (on) => ({ hmmReadsEntryFirst: on }),
  },
  {
    name: 'fix-aab8d0520e6e',
    about: 'The reverse-map walk finds the device entries of a page, not only present ones.',
    since: '4.20',
    breaks: [38],
    change: (on) => ({ rmapFindsDeviceEntries: on }),
  },
  {
    name: 'fix-1de13ee59225',
    about:
      'Unmapping a page takes the page itself, and reads no frame number out of an entry that is not present.',
    since: '5.3',
    change: (on) => ({ unmapMisreadsSubpage: !on }),
  },
  {
    name: 'fix-c18ce674d548',
    about: "A device's write to a VMA that may not be written to is refused instead of faulted for ever.",
    since: '5.4',
    breaks: [38],
    change: (on) => ({ hmmChecksWrite: on }),
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
    breaks: ['swap-copy'],
    change: (on) => ({ migrationMovesDirty: on }),
  },
  {
    name: 'fix-60bae7370896',
    about: 'Migration flushes the TLB before it lets go of the page-table lock.',
    since: '6.0',
    breaks: ['stale-write', 'replaced', 35],
    change: (on) => ({ flushUnderLock: on }),
  },
  {
    name: 'fix-16ce101db85d',
    about:
      'A fault on a device page checks the entry again and takes a reference before it calls the driver.',
    since: '6.1',
    breaks: [39],
    change: (on) => ({ faultTakesReference: on }),
  },
  {
    name: 'fix-0dc45ca1ce18',
    about: 'A device page in use holds its pgmap, so that the memory can not be removed under it.',
    since: '6.1',
    breaks: [2],
    change: (on) => ({ pgmapRefPerPage: on }),
  },
  {
    name: 'fix-device-exclusive-entries',
    about:
      'A device-exclusive entry is not taken for a migration entry when a migration of its page has failed.',
    since: '6.15',
    breaks: [40],
    change: (on) => ({ migrationRestoresExclusive: !on }),
  },
  {
    name: 'fix-1afaeb8293c9',
    about:
      'A fault on a device page locks the page before it calls the driver; if it can not, the access is tried again.',
    since: '6.15',
    breaks: [38],
    change: (on) => ({ faultTrylocksPage: on }),
  },
  {
    name: 'fix-b570f37a2ce4',
    about:
      'A fault that can not lock the device page sleeps until it is unlocked, instead of trying again at once.',
    since: '7.0',
    breaks: [38],
    change: (on) => ({ faultSleepsOnLock: on }),
  },
];

export const findSwitch = (name: string): Switch | undefined => SWITCHES.find((known) => known.name === name);
