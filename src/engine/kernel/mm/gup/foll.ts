/** What get_user_pages is to do (FOLL_* of include/linux/mm_types.h). */

/**
 * SplitPmd: pages of huge entries one by one. Unlockable: a fault may let go of mmap_lock; Restarts: and the caller begins
 * again itself then. Populate: MADV_POPULATE_*, with errors of its own. Force: memory is read that its process may only write
 * to or execute.
 */
export const Foll = {
  Write: 1,
  Get: 2,
  Pin: 4,
  Longterm: 8,
  Touch: 16,
  Unlockable: 32,
  Remote: 64,
  Populate: 128,
  SplitPmd: 256,
  Restarts: 512,
  Force: 1024,
} as const;
