/** The kernel's entry points that statements call. */

export { sys_fork } from '../engine/kernel/kernel/fork';
export { pin_user_pages, unpin_user_pages } from '../engine/kernel/mm/gup/pin';
export { sys_madvise } from '../engine/kernel/mm/madvise/madvise';
export { sys_mlock, sys_munlock } from '../engine/kernel/mm/mlock/mlock';
export { sys_mmap } from '../engine/kernel/mm/mmap/mmap';
export { sys_munmap } from '../engine/kernel/mm/mmap/munmap';
export { sys_mprotect } from '../engine/kernel/mm/mprotect';
export { do_mremap } from '../engine/kernel/mm/mremap/do_mremap';
export { mremap_anywhere, sys_mremap } from '../engine/kernel/mm/mremap/mremap';
export { sys_swapon } from '../engine/kernel/mm/swapfile/swapfile';
export { sys_swapoff } from '../engine/kernel/mm/swapfile/swapoff';
export { reclaim_range } from '../engine/kernel/mm/vmscan/vmscan';
