import { linux612 } from './linux-6.12';
import type { Profile } from './profile';

/**
 * Linux 7.2.13 as recorded: the kernel's own HMM test driver, no memory-failure support, no soft-dirty bits. As 6.12, except
 * for what is said here.
 */
export const linux72: Profile = {
  ...linux612,
  name: '7.2',
  release: '7.2.13',
  title: 'Linux 7.2.13, x86-64, test driver of lib/test_hmm.c',
  swapTypes: {
    ...linux612.swapTypes,
    maxSwapfiles: 25,
    migrationRead: 25,
    migrationReadExclusive: 26,
    migrationWrite: 27,
    deviceWrite: 28,
    deviceRead: 29,
    exclusiveWrite: 30,
    exclusiveRead: undefined,
  },
  freeCallback: 'folio_free',
  initHelper: 'zone_device_folio_init',
  collectSplitsLarge: true,
  collectsHuge: true,
  reusesLargeFolios: true,
  hugeZeroBecomesHuge: true,
  unmapMisreadsDirty: false,
  gatherDrains: false,
  mergesUnfaulted: true,
  mremapMovesMany: true,
  sharedMapsDirty: true,
  exclusiveByPage: true,
  exclusiveKeepsMapcount: true,
  exclusiveKeepsWrite: false,
  exclusiveEndsAsClear: true,
  migrationRestoresExclusive: false,
  faultTrylocksPage: true,
  faultSleepsOnLock: true,
  driverMapsHolesReadOnly: true,
  driverReportsNoMemory: true,
  driverMigratesPages: 512,
  driverFaultsPages: 32,
};
