/** The kernel's and the driver's entry points that statements call. */

export { dmirror_read, dmirror_write } from '../../engine/drivers/dmirror-access';
export { dmirror_check_exclusive, dmirror_exclusive } from '../../engine/drivers/dmirror-exclusive';
export {
  dmirror_device_evict,
  dmirror_open,
  dmirror_remove,
} from '../../engine/drivers/dmirror-file';
export { dmirror_migrate_to_device, dmirror_migrate_to_system } from '../../engine/drivers/dmirror-migrate';
export { dmirror_snapshot } from '../../engine/drivers/dmirror-snapshot';
export { do_exit } from '../../engine/kernel/exit';
export { sys_fork } from '../../engine/kernel/fork';
export { pin_user_pages, unpin_user_pages } from '../../engine/kernel/gup';
export { sys_madvise } from '../../engine/kernel/madvise';
export { sys_mlock, sys_munlock } from '../../engine/kernel/mlock';
export { sys_mmap, sys_munmap } from '../../engine/kernel/mmap';
export { sys_mprotect } from '../../engine/kernel/mprotect';
export { mremap_anywhere, sys_mremap } from '../../engine/kernel/mremap';
export { sys_swapon } from '../../engine/kernel/swapfile';
export { sys_swapoff } from '../../engine/kernel/swapoff';
export { reclaim_range } from '../../engine/kernel/vmscan';
