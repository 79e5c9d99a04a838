/**
 * dmirror: the kernel's own HMM test driver (lib/test_hmm.c). Under 4.14, which has no such driver, this is our port of
 * it to that kernel's API.
 */

import type { DeviceRow, TaskRow } from '../../machine/ids';
import { Wait } from '../../machine/tasks';
import type { Driver } from '../../routine/driver';
import type { Kernel } from '../../routine/kernel';
import { type ContextOps, contextAccess, faultWork } from '../context';
import { begin_ioctl } from '../ioctl';
import { dmirror_range_fault, dmirror_read, dmirror_write, do_read, do_write } from './access';
import { dmirror_devmem_fault, dmirror_devmem_free, dmirror_interval_invalidate } from './callbacks';
import { dmirror_check_exclusive, dmirror_exclusive } from './exclusive';
import { dmirror_device_evict, dmirror_open, dmirror_release, dmirror_remove } from './file';
import { backing_page, mirror_entries } from './memory';
import {
  alloc_and_copy,
  dmirror_migrate_to_device,
  dmirror_migrate_to_system,
  finalize_and_map,
} from './migrate';
import { dmirror_fops_mmap } from './mmap';
import { FAULT_ENTRIES, failures, SWITCHES } from './options';
import { dmirror_snapshot } from './snapshot';

const context: ContextOps = {
  file: 'lib/test_hmm.c',
  begin: begin_ioctl,
  access: (k, mirror, vpn, write, value) =>
    write ? do_write(k, mirror, vpn, value) : do_read(k, mirror, vpn),
  fault: { text: 'ret = dmirror_range_fault(&range)', routine: dmirror_range_fault },
};

const pages_in_use = (k: Kernel, device: DeviceRow): number =>
  k.devices.calloc.get(device) - k.devices.cfree.get(device);

export const dmirror: Driver = {
  name: 'dmirror',
  migrate_to_ram: dmirror_devmem_fault,
  page_free: dmirror_devmem_free,
  invalidate: dmirror_interval_invalidate,
  alloc_and_copy,
  finalize_and_map,
  release: dmirror_release,
  mmap: dmirror_fops_mmap,
  operations: {
    open: dmirror_open,
    migrate_to_device: dmirror_migrate_to_device,
    migrate_to_system: dmirror_migrate_to_system,
    read: dmirror_read,
    write: dmirror_write,
    snapshot: dmirror_snapshot,
    exclusive: dmirror_exclusive,
    check_exclusive: dmirror_check_exclusive,
    evict: dmirror_device_evict,
    remove: dmirror_remove,
    context_access: contextAccess(context),
    service_faults: faultWork(context),
  },
  verbs: [],
  options: [FAULT_ENTRIES],
  switches: SWITCHES,
  failures,
  tables: [failures.tables],
  probe: (k, device, options) => {
    k.devices.untouched.set(device, k.devices.pages.get(device));
    k.devices.faultEntries.set(device, options.get(FAULT_ENTRIES.name) ?? FAULT_ENTRIES.otherwise);
  },
  lockHolder: ({ devices }, wait, on) =>
    (wait === Wait.RangeLock ? devices.mirrorRangeLock : devices.mirrorLock).get(on) as TaskRow,
  shows: {
    used: pages_in_use,
    // None of memory that it is giving back.
    free: (k, device) =>
      k.devices.removing.get(device) !== 0 ? 0 : k.devices.pages.get(device) - pages_in_use(k, device),
    counters: { calloc: (k) => k.devices.calloc, cfree: (k) => k.devices.cfree },
    contents: backing_page,
    mirror: mirror_entries,
  },
};
