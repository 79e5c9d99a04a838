/** What the test driver keeps: the memory of its devices, its mirrors, and its part of the kernel's tables. */

import type { MigrationRow, MirrorRow } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
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
  /** By mirror: HMM_DMIRROR_FLAGS; bit 0 makes the next allocation fail. */
  flags: devices.mirrors.int('dmirror.flags'),
  /** By migration: the mirror for whose process it is. */
  mirror: migrations.table.int('dmirror.mirror'),
  /** By migration: 1: pages come home; 0: they go to the device. */
  toRam: migrations.table.int('dmirror.toRam'),
}));

/** The mirror for whose process the frame's migration is. */
export const mirrorOf = (k: Kernel, f: { migration: MigrationRow }): MirrorRow =>
  own.of(k).mirror.get(f.migration) as MirrorRow;
