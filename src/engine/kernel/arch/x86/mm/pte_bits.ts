/** Page-table entries as the CPU would see them: 64 bits of x86-64 (arch/x86/include/asm/pgtable*.h). */

import type { EntryRow, PageRow } from '../../../../machine/ids';
import {
  kindOf,
  PTE_DEVMAP,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_HUGE,
  PTE_PROTNONE,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_UFFD_WP,
  PTE_WRITE,
  PTE_YOUNG,
  Pte,
  swapArea,
} from '../../../../machine/pte';
import type { Profile, SwapTypes } from '../../../../profiles/profile';
import type { Kernel } from '../../../../routine/kernel';
import { ptep_get } from '../../../mm/pgtable';

const bit = (n: number): bigint => 1n << BigInt(n);
const P = bit(0);
const RW = bit(1);
const US = bit(2);
const A = bit(5);
const D = bit(6);
const PSE = bit(7);
/** PROT_NONE: the global bit of an entry that is not present. */
const PROTNONE = bit(8);
const SPECIAL = bit(9);
const SOFT_DIRTY = bit(11);
/** Dirty bit of a read-only entry (6.6+), kept apart because of shadow stacks; devmap of a present one. */
const SAVED_DIRTY = bit(58);
const NX = bit(63);
const OFFSET_BITS = 50;
/** Bits of a page frame number in a migration entry; young and dirty stand above them. */
const SWP_PFN_BITS = 34;

/** The type code of a non-present entry, or undefined where this kernel has none. */
export function swap_type(types: SwapTypes, pte: number): number | undefined {
  const write = (pte & PTE_WRITE) !== 0;
  switch (kindOf(pte)) {
    case Pte.Swap:
      return swapArea(pte);
    case Pte.DevicePrivate:
      return write ? types.deviceWrite : types.deviceRead;
    case Pte.DeviceExclusive:
      return write ? types.exclusiveWrite : (types.exclusiveRead ?? types.exclusiveWrite);
    case Pte.Migration:
      if (write) return types.migrationWrite;
      return pte & PTE_EXCLUSIVE ? types.migrationReadExclusive : types.migrationRead;
    case Pte.HwPoison:
      return types.hwpoison;
    case Pte.Marker:
      return types.marker;
    default:
      return undefined;
  }
}

function present_bits(profile: Profile, pte: number, pfn: bigint): bigint {
  const protnone = (pte & PTE_PROTNONE) !== 0;
  const frame = protnone && profile.swapLayout === 'inverted' ? ~pfn & (bit(40) - 1n) : pfn;
  let bits = (frame << 12n) | NX | (protnone ? PROTNONE : P | US);
  if (pte & PTE_WRITE) bits |= RW;
  if (pte & PTE_YOUNG) bits |= A;
  if (pte & PTE_DIRTY) bits |= pte & PTE_WRITE || !profile.savedDirty ? D : SAVED_DIRTY;
  if (pte & PTE_HUGE) bits |= PSE;
  if (pte & PTE_SPECIAL && !(pte & PTE_HUGE)) bits |= SPECIAL;
  if (pte & PTE_SOFT_DIRTY) bits |= SOFT_DIRTY;
  if (pte & PTE_DEVMAP) bits |= SAVED_DIRTY;
  return bits;
}

function swap_bits(profile: Profile, pte: number, offset: bigint): bigint {
  const type = BigInt(swap_type(profile.swapTypes, pte) ?? 0);
  let bits = pte & PTE_SOFT_DIRTY ? bit(1) : 0n;
  if (pte & PTE_UFFD_WP) bits |= bit(2);
  if (profile.swapLayout === 'plain') return bits | (type << 9n) | (offset << 14n);
  if (kindOf(pte) === Pte.Swap && pte & PTE_EXCLUSIVE) bits |= bit(3);
  const inverted = ~offset & (bit(OFFSET_BITS) - 1n);
  return bits | (type << 59n) | (inverted << 9n);
}

/** The offset of a swap entry: a slot, or a page frame number, which a migration entry extends by young and dirty. */
function swap_offset(k: Kernel, entry: EntryRow, pte: number): bigint {
  const target = k.tables.hi.get(entry);
  if (kindOf(pte) === Pte.Swap) return BigInt(k.swap.slotOffset.get(target));
  if (kindOf(pte) === Pte.Marker) return BigInt(target);
  let offset = BigInt(k.pages.pfn(target as PageRow));
  if (kindOf(pte) === Pte.Migration && k.profile.migrationKeepsYoungDirty) {
    if (pte & PTE_YOUNG) offset |= bit(SWP_PFN_BITS);
    if (pte & PTE_DIRTY) offset |= bit(SWP_PFN_BITS + 1);
  }
  return offset;
}

/** The entry's 64 bits; 0 for an empty one. */
export function pte_val(k: Kernel, entry: EntryRow): bigint {
  const pte = ptep_get(k, entry);
  switch (kindOf(pte)) {
    case Pte.None:
      return 0n;
    case Pte.Present:
      return present_bits(k.profile, pte, BigInt(k.pages.pfn(k.tables.hi.get(entry) as PageRow)));
    case Pte.Table: {
      const table = k.tables.page.get(k.tables.child(entry)) as PageRow;
      return (BigInt(k.pages.pfn(table)) << 12n) | P | RW | US | A | D;
    }
    default:
      return swap_bits(k.profile, pte, swap_offset(k, entry, pte));
  }
}
