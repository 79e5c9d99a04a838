/** The kernel's and the driver's entry points that statements call. */

export { dmirror_read, dmirror_write } from '../engine/drivers/dmirror-access';
export { dmirror_check_exclusive, dmirror_exclusive } from '../engine/drivers/dmirror-exclusive';
export {
  dmirror_device_evict,
  dmirror_open,
  dmirror_remove,
} from '../engine/drivers/dmirror-file';
export { dmirror_migrate_to_device, dmirror_migrate_to_system } from '../engine/drivers/dmirror-migrate';
export { dmirror_snapshot } from '../engine/drivers/dmirror-snapshot';
export { do_exit } from '../engine/kernel/kernel/exit';
export { sys_fork } from '../engine/kernel/kernel/fork';
export { pin_user_pages, unpin_user_pages } from '../engine/kernel/mm/gup/gup';
export { sys_madvise } from '../engine/kernel/mm/madvise/madvise';
export { sys_mlock, sys_munlock } from '../engine/kernel/mm/mlock';
export { sys_mmap, sys_munmap } from '../engine/kernel/mm/mmap/mmap';
export { sys_mprotect } from '../engine/kernel/mm/mprotect';
export { mremap_anywhere, sys_mremap } from '../engine/kernel/mm/mremap/mremap';
export { sys_swapon } from '../engine/kernel/mm/swapfile/swapfile';
export { sys_swapoff } from '../engine/kernel/mm/swapfile/swapoff';
export { reclaim_range } from '../engine/kernel/mm/vmscan/vmscan';
