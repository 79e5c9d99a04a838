/**
 * Failure injection into what the kernel allocates for itself, as its fail_page_alloc and failslab do it. What is
 * allocated with __GFP_NOFAIL doesn't ask here.
 */

import type { Kernel } from '../../routine/kernel';

/** Kinds of allocation: a row each of the counters of failures that are left. Row 0 is for whichever comes next. */
export const Alloc = { Any: 0, PageTable: 1, AnonVma: 2, Eviction: 3, Vma: 4 } as const;
export type Alloc = (typeof Alloc)[keyof typeof Alloc];

/** Whether this allocation is one that fails; uses up one failure (should_fail). */
export function should_fail_alloc(k: Kernel, kind: Alloc): boolean {
  const row = k.failAlloc.get(Alloc.Any) > 0 ? Alloc.Any : kind;
  if (k.failAlloc.get(row) === 0) return false;
  k.failAlloc.add(row, -1);
  return true;
}
