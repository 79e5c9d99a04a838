/**
 * dmirror: the kernel's own HMM test driver (lib/test_hmm.c). Under 4.14, which has no such driver, this is our port of
 * it to that kernel's API.
 */

import { Wait } from '../../machine/tasks';
import type { Driver } from '../../routine/driver';
import { type ContextOps, contextAccess, faultWork } from '../context';
import { memory_probe } from '../device_memory';
import { begin_ioctl } from '../ioctl';
import { dmirror_range_fault, dmirror_read, dmirror_write, do_read, do_write } from './access';
import {
  dmirror_devmem_fault,
  dmirror_devmem_folio_split,
  dmirror_devmem_free,
  dmirror_interval_invalidate,
} from './callbacks';
import { dmirror_check_exclusive, dmirror_exclusive } from './exclusive';
import { dmirror_device_evict, dmirror_open, dmirror_release, dmirror_remove } from './file';
import { FLAGS } from './flags';
import { backing_page } from './memory';
import { dmirror_migrate_to_device, dmirror_migrate_to_system } from './migrate';
import { alloc_and_copy, finalize_and_map } from './migrate_copy';
import { dmirror_fops_mmap } from './mmap';
import { FAULT_ENTRIES, failures, SWITCHES } from './options';
import { dmirror_snapshot } from './snapshot';
import { memory, mirrors, own } from './tables';
import { dmirror_vma_fault } from './vma';

const context: ContextOps = {
  file: 'lib/test_hmm.c',
  begin: begin_ioctl,
  access: (k, mirror, vpn, write, value) =>
    write ? do_write(k, mirror, vpn, value) : do_read(k, mirror, vpn),
  fault: { text: 'ret = dmirror_range_fault(&range)', routine: dmirror_range_fault },
  faultByVma: { text: 'ret = dmirror_vma_fault(range)', routine: dmirror_vma_fault },
};

export const dmirror: Driver = {
  name: 'dmirror',
  migrate_to_ram: dmirror_devmem_fault,
  page_free: dmirror_devmem_free,
  folio_split: dmirror_devmem_folio_split,
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
  verbs: [FLAGS],
  options: [FAULT_ENTRIES],
  switches: SWITCHES,
  failures,
  memory,
  mirrors,
  locks: [{ wait: Wait.RangeLock, column: (k) => own.of(k).rangeLock }],
  tables: [own, failures.tables],
  counters: { calloc: (k) => memory.of(k).calloc, cfree: (k) => memory.of(k).cfree },
  probe: (k, device, options) => {
    memory_probe(k, memory, device);
    k.devices.faultEntries.set(device, options.get(FAULT_ENTRIES.name) ?? FAULT_ENTRIES.otherwise);
  },
  contents: backing_page,
};
