/** Per-CPU batches of folios (struct folio_batch): linked slots, in the order in which the folios came. */

import type { PageRow, SlotRow } from '../../../machine/ids';
import type { FolioBatch } from '../../../machine/lru';
import type { Kernel } from '../../../routine/kernel';

/** Adds a folio to the batch of a CPU; the reference is the caller's to take. Returns its slot. */
export function batch_add(k: Kernel, batch: FolioBatch, cpu: number, folio: PageRow): SlotRow {
  const slot = k.slots.table.alloc() as SlotRow;
  k.slots.srcPage.set(slot, folio);
  const last = batch.last.get(cpu);
  if (last === 0) batch.first.set(cpu, slot);
  else k.slots.next.set(last, slot);
  batch.last.set(cpu, slot);
  batch.count.add(cpu, 1);
  return slot;
}

/** Takes all slots out of the batch of a CPU; 0 if it is empty. They are the caller's to free. */
export function batch_take(batch: FolioBatch, cpu: number): SlotRow {
  const head = batch.first.get(cpu) as SlotRow;
  if (head === 0) return head;
  batch.first.set(cpu, 0);
  batch.last.set(cpu, 0);
  batch.count.set(cpu, 0);
  return head;
}
