/** Swap areas and their slots (mm/swapfile.c). Taking an area out of use is in swapoff.ts. */

import { PTE_AREA_SHIFT, PTE_EXCLUSIVE, Pte } from '../../../machine/pte';
import type { Kernel } from '../../../routine/kernel';
import { Bool, Int, routine, SwapAreaT } from '../../../routine/routine';
import { Errno } from '../../constants';

/** Slots of all areas together (total_swap_pages). */
export function total_swap_pages(k: Kernel): number {
  let pages = 0;
  for (const area of k.swap.areas.rows()) pages += k.swap.pages.get(area);
  return pages;
}

/** Slots that are free (get_nr_swap_pages). */
export function nr_swap_pages(k: Kernel): number {
  let pages = total_swap_pages(k);
  for (const area of k.swap.areas.rows()) pages -= k.swap.used.get(area);
  return pages;
}

/** More than half of the slots are in use: pages that come back give theirs up (vm_swap_full). */
export const vm_swap_full = (k: Kernel): boolean => nr_swap_pages(k) * 2 < total_swap_pages(k);

/** A place of the area that no slot has; 0 = none. Places that were never used come first. */
function free_offset(k: Kernel, area: number): number {
  const { swap } = k;
  if (swap.fresh.get(area) < swap.pages.get(area)) return swap.fresh.add(area, 1);
  const taken = new Set<number>();
  for (const slot of swap.slots.rows())
    if (swap.slotArea.get(slot) === area) taken.add(swap.slotOffset.get(slot));
  for (let offset = 1; offset <= swap.pages.get(area); offset++) if (!taken.has(offset)) return offset;
  return 0;
}

/** A slot for one page that no entry stands for yet (folio_alloc_swap); 0 when every area is full. */
export function alloc_swap_slot(k: Kernel): number {
  const { swap } = k;
  for (const area of swap.areas.rows()) {
    if (swap.closing.get(area) !== 0 || swap.used.get(area) >= swap.pages.get(area)) continue;
    const slot = swap.slots.alloc();
    swap.slotArea.set(slot, area);
    swap.slotOffset.set(slot, free_offset(k, area));
    swap.used.add(area, 1);
    return slot;
  }
  return 0;
}

/** No entry stands for the slot, and no page of the swap cache belongs to it. */
export const is_free_slot = (k: Kernel, slot: number): boolean =>
  k.swap.slotCount.get(slot) === 0 && k.swap.slotCached.get(slot) === 0;

/** Gives the slot back to its area once it is free. */
export function put_swap_slot(k: Kernel, slot: number): void {
  const { swap } = k;
  if (!is_free_slot(k, slot)) return;
  swap.used.add(swap.slotArea.get(slot), -1);
  swap.contents.fill(slot, 0);
  swap.slots.free(slot);
}

/** One more entry stands for the slot: a page was unmapped, or fork copied an entry (swap_duplicate). */
export function swap_duplicate(k: Kernel, slot: number): void {
  k.swap.slotCount.add(slot, 1);
}

/** One entry less stands for the slot (swap_free). */
export function swap_free(k: Kernel, slot: number): void {
  k.swap.slotCount.add(slot, -1);
  put_swap_slot(k, slot);
}

/** The entry that stands for the slot. `exclusive`: the page in it belongs to this mapping alone. */
export function swp_entry(k: Kernel, slot: number, exclusive: boolean): number {
  const type = k.swap.slotArea.get(slot) - 1;
  return Pte.Swap | (type << PTE_AREA_SHIFT) | (exclusive ? PTE_EXCLUSIVE : 0);
}

/** Returns the area's number, -EPERM when the special entry types leave no number, -EINVAL without a page. */
export const sys_swapon = routine({
  name: 'sys_swapon',
  file: 'mm/swapfile.c',
  about: 'Add a swap area. Special entries take their type codes from the same 32, so that fewer areas fit.',
  params: { pages: Int, sync: Bool },
  locals: { area: SwapAreaT },
  body: (r) => [
    r.when('the area has no page', (_, f) => f.pages <= 0, [r.ret('return -EINVAL', () => -Errno.EINVAL)]),
    r.when(
      '(type >= MAX_SWAPFILES)',
      (k) => [...k.swap.areas.rows()].length >= k.profile.swapTypes.maxSwapfiles,
      [r.ret('return -EPERM', () => -Errno.EPERM)],
    ),
    r.step('enable the area', (k, f) => {
      f.area = k.swap.areas.alloc();
      k.swap.pages.set(f.area, f.pages);
      k.swap.sync.set(f.area, f.sync);
    }),
    r.ret('return its number', (_, f) => f.area),
  ],
});
