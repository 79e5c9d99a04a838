/** Swap areas and their slots (mm/swapfile.c). */

import { Errno } from './constants';
import type { Kernel } from './kernel';
import { Int, routine } from './routine';

/** One more entry stands for the slot: fork copied one (swap_duplicate). */
export function swap_duplicate(k: Kernel, slot: number): void {
  k.swap.slotCount.add(slot, 1);
}

/** One entry less stands for the slot; with the last the slot is free (free_swap_and_cache). */
export function free_swap_and_cache(k: Kernel, slot: number): void {
  if (k.swap.slotCount.add(slot, -1) > 0) return;
  k.swap.used.add(k.swap.slotArea.get(slot), -1);
  k.swap.slots.free(slot);
}

/** Pages that all areas together have room for (total_swap_pages). */
export function total_swap_pages(k: Kernel): number {
  let pages = 0;
  for (const area of k.swap.areas.rows()) pages += k.swap.pages.get(area);
  return pages;
}

/** Returns the area's number, -EPERM when the special entry types leave no number, -EINVAL without a page. */
export const sys_swapon = routine({
  name: 'sys_swapon',
  file: 'mm/swapfile.c',
  about: 'Add a swap area. Special entries take their type codes from the same 32, so that fewer areas fit.',
  params: { pages: Int },
  locals: { area: Int },
  body: (r) => [
    r.when('the area has no page', (_, f) => f.pages <= 0, [r.ret('return -EINVAL', () => -Errno.EINVAL)]),
    r.when(
      'MAX_SWAPFILES areas are in use',
      (k) => [...k.swap.areas.rows()].length >= k.profile.swapTypes.maxSwapfiles,
      [r.ret('return -EPERM', () => -Errno.EPERM)],
    ),
    r.step('enable the area', (k, f) => {
      f.area = k.swap.areas.alloc();
      k.swap.pages.set(f.area, f.pages);
    }),
    r.ret('return its number', (_, f) => f.area),
  ],
});

/** Returns 0, or -EINVAL when the area isn't in use. */
export const sys_swapoff = routine({
  name: 'sys_swapoff',
  file: 'mm/swapfile.c',
  about: 'Remove a swap area. Device entries are no swap entries: they are left alone.',
  params: { area: Int },
  body: (r) => [
    r.when('there is no such area', (k, f) => f.area <= 0 || !k.swap.areas.isLive(f.area), [
      r.ret('return -EINVAL', () => -Errno.EINVAL),
    ]),
    r.step('the area is gone', (k, f) => k.swap.areas.free(f.area)),
    r.ret('return 0'),
  ],
});
