/** What an entry of a page table says, in a word or two: where its page is, and what may be done with it. */

import { ptep_get } from '../../engine/kernel/mm/pgtable';
import type { DeviceRow, EntryRow, PageRow } from '../../engine/machine/ids';
import { isZeroPage, kindOf, PTE_PROTNONE, PTE_WRITE, Pte, type PteKind } from '../../engine/machine/pte';
import type { PageTableEntryKind } from '../../protocol';
import { deviceName, deviceOfPage, pageOfEntry, type World } from '../environment';

const KINDS: Record<PteKind, PageTableEntryKind> = {
  [Pte.None]: 'none',
  [Pte.Table]: 'none',
  [Pte.Present]: 'present',
  [Pte.Swap]: 'swap',
  [Pte.Migration]: 'migration',
  [Pte.DevicePrivate]: 'device-private',
  [Pte.DeviceExclusive]: 'device-exclusive',
  [Pte.HwPoison]: 'hwpoison',
  [Pte.Marker]: 'marker',
};

/** What like entries have in common; a number, so that entries can be compared and counted quickly. 0 = empty. */
export type EntryState = number;

const ZERO = 1 << 4;
const WRITE = 1 << 5;
const NO_ACCESS = 1 << 6;
const DEVICE_SHIFT = 7;

/** The state of an entry that is no table. */
export function stateOf(world: World, entry: EntryRow): EntryState {
  const { kernel: k } = world;
  const pte = ptep_get(k, entry);
  const kind = kindOf(pte);
  if (kind === Pte.None) return 0;
  const page = pageOfEntry(k, entry);
  const device = page === 0 ? 0 : deviceOfPage(k, page as PageRow);
  return (
    kind |
    (isZeroPage(pte) ? ZERO : 0) |
    (pte & PTE_WRITE ? WRITE : 0) |
    (pte & PTE_PROTNONE ? NO_ACCESS : 0) |
    (device << DEVICE_SHIFT)
  );
}

export const entryKind = (state: EntryState): PageTableEntryKind =>
  state & ZERO ? 'zero-page' : KINDS[kindOf(state)];

/** The page may be written; of an entry that isn't present, once it is. */
export const isWritable = (state: EntryState): boolean => (state & WRITE) !== 0;

/** The device that holds the page; undefined for system memory. */
export function deviceOf(world: World, state: EntryState): string | undefined {
  const device = (state >> DEVICE_SHIFT) as DeviceRow;
  return device === 0 ? undefined : deviceName(world, device);
}

/** Where the page of an entry is: `gpu0`, `RAM`, `zero page`, `swap`; or what its entry waits for. */
function whereabouts(world: World, state: EntryState): string {
  const device = deviceOf(world, state);
  switch (entryKind(state)) {
    case 'zero-page':
      return 'zero page';
    case 'present':
      return device ?? 'RAM';
    case 'device-private':
      return device ?? 'device';
    case 'device-exclusive':
      return 'device-exclusive';
    case 'migration':
      return 'migrating';
    case 'swap':
      return 'swapped out';
    case 'hwpoison':
      return 'poisoned';
    case 'marker':
      return 'marker';
    case 'none':
      return 'none';
  }
}

/** `gpu0 rw`, `RAM r-`, `migrating rw`, `none`. */
export function showState(world: World, state: EntryState): string {
  const where = whereabouts(world, state);
  if (state === 0) return where;
  if (state & NO_ACCESS) return `${where} --`;
  const kind = kindOf(state);
  if (kind === Pte.Swap || kind === Pte.HwPoison || kind === Pte.Marker || state & ZERO) return where;
  return `${where} ${state & WRITE ? 'rw' : 'r-'}`;
}
