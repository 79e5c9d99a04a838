/** What the test driver keeps: the memory of its devices, its mirrors, and its part of the kernel's tables. */

import { Own } from '../../routine/own';
import { memoryTables } from '../device_memory';
import { Mirrors } from '../mirror_table';

export const memory = memoryTables('dmirror');
export const mirrors = new Mirrors('dmirror');

export const own = new Own(({ devices, migrations }) => ({
  /** By mirror: who holds the lock of the switch driver-range-lock. */
  rangeLock: devices.mirrors.int('dmirror.rangeLock'),
  /** By mirror: the notifier of a snapshot is a row too; here is the mirror for which it was taken. 0 = a mirror. */
  of: devices.mirrors.int('dmirror.of'),
  /** By migration: the mirror for whose process it is. */
  mirror: migrations.table.int('dmirror.mirror'),
  /** By migration: 1: pages come home; 0: they go to the device. */
  toRam: migrations.table.int('dmirror.toRam'),
}));
