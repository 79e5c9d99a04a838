import { linux612 } from './linux-6.12';
import type { Profile } from './profile';

/**
 * Linux 6.1.192 as recorded: the kernel's own HMM test driver, no memory-failure support, no soft-dirty bits. As 6.12, except
 * for what is said here.
 */
export const linux61: Profile = {
  ...linux612,
  name: '6.1',
  release: '6.1.192',
  title: 'Linux 6.1.192, x86-64, test driver of lib/test_hmm.c',
  swapTypes: {
    ...linux612.swapTypes,
    maxSwapfiles: 23,
    migrationRead: 23,
    migrationReadExclusive: 24,
    migrationWrite: 25,
    deviceWrite: 26,
    deviceRead: 27,
    exclusiveWrite: 28,
    exclusiveRead: 29,
    marker: 30,
    swapinError: 31,
  },
  vmaLock: false,
  faultReportsWrite: true,
  migrationFreesSwap: false,
  unmapMisreadsDirty: false,
  savedDirty: false,
  mprotectNotifiesAtPud: false,
  mprotectTrustsClean: false,
  mprotectDropsAccount: false,
  mremapRealigns: false,
  hugetlbRestoresReserve: false,
  hugetlbZapNotifies: true,
  mmapKeepsUnmapError: false,
  pinUnsharesFiles: false,
  pinCountsZeroPage: true,
  longtermKeepsLock: true,
  populatesByVma: true,
  advisesWholeFolios: false,
  pagemapExclusiveElsewhere: true,
  smapsDoubtsElsewhere: false,
  splitMapsZeroPages: false,
};
