/** The array of page pointers that the kernel's tester of get_user_pages works with (kvcalloc of mm/util.c). */

import type { SlotRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, type Node, PageArrayT, routine } from '../../../routine/routine';
import { Errno } from '../../constants';

const POINTER_BYTES = 8;
const PAGE_BYTES = 4096;
/** The kernel refuses to allocate more at once. */
const INT_MAX = 2 ** 31 - 1;
/** Elements that are given back in one step. */
const A_STEP = 512;

/** Pages of system memory (totalram_pages). */
function totalram_pages(k: Kernel): number {
  let pages = 0;
  for (const zone of k.zones.rows()) pages += k.zones.managed.get(zone);
  return pages;
}

/** 0 where so many pointers don't fit: kvmalloc_node and __vmalloc_node_range say so before they try. */
function kvcalloc(k: Kernel, start: Vpn, pages: number): SlotRow {
  const bytes = pages * POINTER_BYTES;
  if (bytes > INT_MAX || Math.ceil(bytes / PAGE_BYTES) > totalram_pages(k)) return 0 as SlotRow;
  return k.slots.growing(start, pages);
}

/** Allocates the array as `f.slots`; returns -ENOMEM where there is not enough memory for it. */
export function pageArray<F extends { start: Vpn; pages: number; slots: SlotRow }>(r: Builder<F>): Node<F>[] {
  return [
    r.step('pages = kvcalloc(nr_pages, sizeof(void *))', (k, f) => {
      f.slots = kvcalloc(k, f.start, f.pages);
    }),
    r.when('(!pages)', (_, f) => f.slots === 0, [r.ret('return -ENOMEM', () => -Errno.ENOMEM)]),
  ];
}

/** Gives an array back. */
const kvfree = routine({
  name: 'kvfree',
  file: 'mm/util.c',
  about: 'Give the memory of an array back.',
  params: { slots: PageArrayT },
  body: (r) => [
    r.loop('pages of the array are left', (_, f) => f.slots !== 0, [
      r.step('free one', (k, f) => {
        f.slots = k.slots.free(f.slots, A_STEP);
      }),
    ]),
  ],
});

/** Calls `kvfree` for `f.slots`. */
export function freePageArray<F extends { slots: SlotRow }>(r: Builder<F>): Node<F> {
  return r.call('kvfree(pages)', kvfree, (_, f, callee) => {
    callee.slots = f.slots;
  });
}
