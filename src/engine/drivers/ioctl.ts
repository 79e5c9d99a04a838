/** What a call on a device file leaves in its task: data, one byte a page, and the counts of pages and faults. */

import type { SlotRow } from '../machine/ids';
import type { Kernel } from '../routine/kernel';

/** Appends a byte to what the task's ioctl returns, one a page. */
export function push_data(k: Kernel, byte: number): void {
  const slot = k.slots.table.alloc() as SlotRow;
  k.slots.srcFlags.set(slot, byte);
  const last = k.tasks.dataLast.get(k.task);
  if (last === 0) k.tasks.data.set(k.task, slot);
  else k.slots.next.set(last, slot);
  k.tasks.dataLast.set(k.task, slot);
}

/** An ioctl begins: no data, cpages = faults = 0. */
export function begin_ioctl(k: Kernel): void {
  k.slots.free(k.tasks.data.get(k.task) as SlotRow);
  k.tasks.data.set(k.task, 0);
  k.tasks.dataLast.set(k.task, 0);
  k.tasks.cpages.set(k.task, 0);
  k.tasks.faults.set(k.task, 0);
}
