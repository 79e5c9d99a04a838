/** VMAs of an address space: found, linked, split and merged (mm/vma.c; mm/mmap.c before 6.11). */

import { Vm } from '../../../machine/address-spaces';
import type { AnonVmaRow, DeviceRow, FileRow, MmRow, VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { hugetlb_split_reserve, hugetlb_unreserve } from '../hugetlb/hugetlb_pool';
import {
  anon_vma_clone,
  i_mmap_insert,
  i_mmap_remove,
  previous_vma,
  unlink_anon_vmas,
  vma_trees_update,
} from '../rmap/rmap';
import { vma_mark_write } from './vma_lock';

/** The range that shall become (part of) a VMA, and what a neighbour must agree with (struct vma_merge_struct). */
export interface Wanted {
  readonly start: Vpn;
  readonly end: Vpn;
  readonly flags: number;
  readonly file: FileRow;
  readonly device: DeviceRow;
  readonly pgoff: number;
  readonly anonVma: AnonVmaRow;
  /** The VMA that is changed or copied, and has that anon_vma; 0 of a new mapping. */
  readonly like: VmaRow;
}

/** VMAs linked by `next`, from the first on. */
export function* listed(k: Kernel, first: VmaRow): Iterable<VmaRow> {
  for (let vma = first; vma !== 0; vma = k.mm.next.get(vma) as VmaRow) yield vma;
}

/** The last VMA that ends at or before `vpn`, or 0. */
export function vma_before(k: Kernel, mm: MmRow, vpn: number): VmaRow {
  let before = 0;
  for (const vma of k.mm.vmasOf(mm)) {
    if (k.mm.end.get(vma) > vpn) break;
    before = vma;
  }
  return before as VmaRow;
}

/** Puts a VMA into its mm's list, in address order. */
export function vma_link(k: Kernel, mm: MmRow, vma: VmaRow): void {
  const before = vma_before(k, mm, k.mm.start.get(vma));
  k.mm.mm.set(vma, mm);
  vma_mark_write(k, vma);
  if (before === 0) {
    k.mm.next.set(vma, k.mm.firstVma.get(mm));
    k.mm.firstVma.set(mm, vma);
    return;
  }
  k.mm.next.set(vma, k.mm.next.get(before));
  k.mm.next.set(before, vma);
}

/** Takes a VMA out of its mm's list. */
function vma_unlink(k: Kernel, vma: VmaRow): void {
  const before = previous_vma(k, vma);
  const next = k.mm.next.get(vma);
  if (before === 0) k.mm.firstVma.set(k.mm.mm.get(vma), next);
  else k.mm.next.set(before, next);
  k.mm.next.set(vma, 0);
}

/** A VMA with the same range, file and flags, in no list and on no anon_vma yet (vm_area_dup). */
export function vm_area_dup(k: Kernel, vma: VmaRow): VmaRow {
  const { mm } = k;
  const copy = mm.vmas.alloc() as VmaRow;
  mm.start.set(copy, mm.start.get(vma));
  mm.end.set(copy, mm.end.get(vma));
  mm.flags.set(copy, mm.flags.get(vma));
  mm.mm.set(copy, mm.mm.get(vma));
  mm.device.set(copy, mm.device.get(vma));
  mm.pgoff.set(copy, mm.pgoff.get(vma));
  set_file(k, copy, mm.file.get(vma) as FileRow);
  return copy;
}

/** The VMA maps the file: one more user of it (get_file). */
export function set_file(k: Kernel, vma: VmaRow, file: FileRow): void {
  k.mm.file.set(vma, file);
  if (file === 0) return;
  k.files.users.add(file, 1);
  i_mmap_insert(k, vma);
}

/** The VMA is done with, and out of its mm's list (vm_area_free). */
export function vm_area_free(k: Kernel, vma: VmaRow): void {
  hugetlb_unreserve(k, vma);
  i_mmap_remove(k, vma);
  k.mm.vmas.free(vma);
}

/** Gives up a VMA whose file somebody else still uses: a neighbour has grown over it. */
function vma_remove_merged(k: Kernel, vma: VmaRow): void {
  vma_unlink(k, vma);
  unlink_anon_vmas(k, vma);
  const file = k.mm.file.get(vma);
  if (file !== 0) k.files.users.add(file, -1);
  vm_area_free(k, vma);
}

/** Cuts a VMA in two at `at`; returns the new one, which is the lower part if `below` (__split_vma). */
function split_vma(k: Kernel, vma: VmaRow, at: Vpn, below: boolean): VmaRow {
  const { mm } = k;
  const part = vm_area_dup(k, vma);
  const lower = at - mm.start.get(vma);
  if (mm.has(vma, Vm.HugeTlb)) {
    const [from, end] = below ? [mm.start.get(vma), at] : [at, mm.end.get(vma)];
    hugetlb_split_reserve(k, vma, part, from as Vpn, end as Vpn);
  }
  mm.anonVma.set(part, mm.anonVma.get(vma));
  anon_vma_clone(k, part, vma);
  if (below) {
    mm.end.set(part, at);
    mm.start.set(vma, at);
    mm.pgoff.set(vma, mm.pgoff.get(vma) + lower);
  } else {
    mm.start.set(part, at);
    mm.pgoff.set(part, mm.pgoff.get(vma) + lower);
    mm.end.set(vma, at);
  }
  vma_trees_update(k, vma);
  vma_link(k, mm.mm.get(vma) as MmRow, part);
  return part;
}

/** The VMA hangs on exactly one anon_vma: it was not inherited by fork (list_is_singular). */
function chain_is_singular(k: Kernel, vma: VmaRow): boolean {
  const chain = k.mm.firstChain.get(vma);
  return chain !== 0 && k.mm.nextInVma.get(chain) === 0;
}

function is_mergeable_vma(k: Kernel, wanted: Wanted, vma: VmaRow): boolean {
  const { mm } = k;
  return (
    ((mm.flags.get(vma) ^ wanted.flags) & ~Vm.SoftDirty) === 0 &&
    mm.file.get(vma) === wanted.file &&
    mm.device.get(vma) === wanted.device
  );
}

/**
 * The VMA may grow over the range as far as anon_vmas go: both have the same, or only one of them has any, and has
 * inherited nothing by fork. Until 6.15 a VMA without any does not take over those of the range (is_mergeable_anon_vma).
 */
function is_mergeable_anon_vma(k: Kernel, wanted: Wanted, vma: VmaRow): boolean {
  const own = k.mm.anonVma.get(vma);
  if (wanted.anonVma === own) return true;
  if (wanted.anonVma === 0) return chain_is_singular(k, vma);
  return own === 0 && k.profile.mergesUnfaulted && chain_is_singular(k, wanted.like);
}

/** Two VMAs may become one: they have the same anon_vma, or one has none (are_anon_vmas_compatible). */
function have_compatible_anon_vmas(k: Kernel, a: VmaRow, b: VmaRow): boolean {
  const [first, second] = [k.mm.anonVma.get(a), k.mm.anonVma.get(b)];
  return first === second || first === 0 || second === 0;
}

/** The range may be appended to `prev` (can_vma_merge_after). */
function can_merge_left(k: Kernel, wanted: Wanted, prev: VmaRow): boolean {
  const { mm } = k;
  return (
    prev !== 0 &&
    mm.end.get(prev) === wanted.start &&
    is_mergeable_vma(k, wanted, prev) &&
    is_mergeable_anon_vma(k, wanted, prev) &&
    mm.pgoff.get(prev) + (mm.end.get(prev) - mm.start.get(prev)) === wanted.pgoff
  );
}

/** The VMAs beside a range, and which of them may grow over it. */
interface Neighbours {
  readonly prev: VmaRow;
  readonly next: VmaRow;
  readonly left: boolean;
  readonly right: boolean;
}

/** The range may be put in front of `next` (can_vma_merge_before), also where `prev` takes both. */
function can_merge_right(k: Kernel, wanted: Wanted, prev: VmaRow, next: VmaRow, left: boolean): boolean {
  const { mm } = k;
  return (
    next !== 0 &&
    mm.start.get(next) === wanted.end &&
    is_mergeable_vma(k, wanted, next) &&
    is_mergeable_anon_vma(k, wanted, next) &&
    mm.pgoff.get(next) === wanted.pgoff + (wanted.end - wanted.start) &&
    (!left || have_compatible_anon_vmas(k, prev, next))
  );
}

/** The VMA that grows takes over the other's anon_vmas if it has none (dup_anon_vma). */
function dup_anon_vma(k: Kernel, to: VmaRow, from: VmaRow): void {
  const anon = from === 0 ? 0 : k.mm.anonVma.get(from);
  if (anon === 0 || k.mm.anonVma.get(to) !== 0) return;
  k.mm.anonVma.set(to, anon);
  anon_vma_clone(k, to, from);
}

/** The VMA's first page becomes `start`; its pages keep their linear numbers. */
function move_start(k: Kernel, vma: VmaRow, start: number): void {
  k.mm.pgoff.set(vma, k.mm.pgoff.get(vma) + (start - k.mm.start.get(vma)));
  k.mm.start.set(vma, start);
  vma_trees_update(k, vma);
}

/** The VMA's last page becomes `end` - 1. */
function move_end(k: Kernel, vma: VmaRow, end: number): void {
  k.mm.end.set(vma, end);
  vma_trees_update(k, vma);
}

function who_may_grow(k: Kernel, wanted: Wanted, prev: VmaRow, next: VmaRow): Neighbours {
  if ((wanted.flags & (Vm.MixedMap | Vm.HugeTlb)) !== 0) return { prev, next, left: false, right: false };
  const left = can_merge_left(k, wanted, prev);
  return { prev, next, left, right: can_merge_right(k, wanted, prev, next, left) };
}

/** Those that merge_new_range looks at. */
function beside_new_range(k: Kernel, mm: MmRow, wanted: Wanted): Neighbours {
  const prev = vma_before(k, mm, wanted.start);
  const next = (prev === 0 ? k.mm.firstVma.get(mm) : k.mm.next.get(prev)) as VmaRow;
  return who_may_grow(k, wanted, prev, next);
}

/** Those that merge_existing_range looks at. */
function beside_existing_range(k: Kernel, vma: VmaRow, wanted: Wanted): Neighbours {
  const leftSide = wanted.start === k.mm.start.get(vma);
  const rightSide = wanted.end === k.mm.end.get(vma);
  const prev = (leftSide ? previous_vma(k, vma) : 0) as VmaRow;
  const next = (rightSide ? k.mm.next.get(vma) : 0) as VmaRow;
  return who_may_grow(k, wanted, prev, next);
}

const growing = ({ prev, next, left, right }: Neighbours): VmaRow[] => [
  ...(left ? [prev] : []),
  ...(right ? [next] : []),
];

/** VMAs that merge_new_range changes. */
export const vmas_merge_changes = (k: Kernel, mm: MmRow, wanted: Wanted): VmaRow[] =>
  growing(beside_new_range(k, mm, wanted));

/**
 * Lets a neighbour grow over a range that is empty now; returns it, or 0 if none may (vma_merge_new_range). With both
 * neighbours the lower one takes all.
 */
export function merge_new_range(k: Kernel, mm: MmRow, wanted: Wanted): VmaRow {
  const { prev, next, left, right } = beside_new_range(k, mm, wanted);
  if (left) {
    const end = right ? k.mm.end.get(next) : wanted.end;
    if (right) {
      dup_anon_vma(k, prev, next);
      vma_remove_merged(k, next);
    }
    dup_anon_vma(k, prev, wanted.like);
    move_end(k, prev, end);
    return prev;
  }
  if (!right) return 0 as VmaRow;
  dup_anon_vma(k, next, wanted.like);
  move_start(k, next, wanted.start);
  return next;
}

/** Lets neighbours that already have the wanted flags take [start, end) of `vma`; 0 if none may (vma_merge_existing_range). */
function merge_existing_range(k: Kernel, vma: VmaRow, wanted: Wanted): VmaRow {
  const { mm } = k;
  const leftSide = wanted.start === mm.start.get(vma);
  const rightSide = wanted.end === mm.end.get(vma);
  const { prev, next, left, right } = beside_existing_range(k, vma, wanted);
  if (left) {
    const end = right ? mm.end.get(next) : wanted.end;
    dup_anon_vma(k, prev, right && mm.anonVma.get(next) !== 0 ? next : vma);
    if (right) vma_remove_merged(k, next);
    if (rightSide) vma_remove_merged(k, vma);
    move_end(k, prev, end);
    if (!rightSide) move_start(k, vma, wanted.end);
    return prev;
  }
  if (!right) return 0 as VmaRow;
  dup_anon_vma(k, next, vma);
  if (leftSide) vma_remove_merged(k, vma);
  else move_end(k, vma, wanted.start);
  move_start(k, next, wanted.start);
  return next;
}

/** [start, end) of a VMA with other flags. */
function wanted_part(k: Kernel, vma: VmaRow, start: Vpn, end: Vpn, flags: number): Wanted {
  const { mm } = k;
  return {
    start,
    end,
    flags,
    file: mm.file.get(vma) as FileRow,
    device: mm.device.get(vma) as DeviceRow,
    pgoff: mm.linearIndex(vma, start),
    anonVma: mm.anonVma.get(vma) as AnonVmaRow,
    like: vma,
  };
}

/** VMAs that vma_modify cuts or lets grow; none where the whole VMA just gets other flags. */
export function vmas_modify_changes(k: Kernel, vma: VmaRow, start: Vpn, end: Vpn, flags: number): VmaRow[] {
  const merging = growing(beside_existing_range(k, vma, wanted_part(k, vma, start, end, flags)));
  const whole = k.mm.start.get(vma) === start && k.mm.end.get(vma) === end;
  return merging.length > 0 || !whole ? [vma, ...merging] : [];
}

/** The VMAs that overlap [start, end). */
export function overlapping_vmas(k: Kernel, mm: MmRow, start: Vpn, end: Vpn): VmaRow[] {
  const found: VmaRow[] = [];
  for (const vma of listed(k, k.mm.findVma(mm, start))) {
    if (k.mm.start.get(vma) >= end) break;
    found.push(vma);
  }
  return found;
}

/** The VMA that has pages on both sides of the address, so that it has to be cut there; 0 if none has. */
function vma_across(k: Kernel, mm: MmRow, at: Vpn): VmaRow {
  const vma = k.mm.vmaAt(mm, at);
  return k.mm.start.get(vma) < at ? vma : (0 as VmaRow);
}

/** VMAs that end or begin inside [start, end) only after a cut: gather_vmas splits them. */
export const vmas_gather_splits = (k: Kernel, mm: MmRow, start: Vpn, end: Vpn): VmaRow[] =>
  [start, end].map((at) => vma_across(k, mm, at)).filter((vma) => vma !== 0);

/**
 * The VMA that covers [start, end), which lies in `vma`, and shall have `flags`: a neighbour that has them and grows, or
 * the part cut out of `vma`. The caller sets the flags (vma_modify_flags).
 */
function vma_modify(k: Kernel, vma: VmaRow, start: Vpn, end: Vpn, flags: number): VmaRow {
  const { mm } = k;
  const merged = merge_existing_range(k, vma, wanted_part(k, vma, start, end, flags));
  if (merged !== 0) return merged;
  if (mm.start.get(vma) < start) split_vma(k, vma, start, true);
  if (mm.end.get(vma) > end) split_vma(k, vma, end, false);
  return vma;
}

/** vma_modify, with the flags set. */
export function vma_modify_flags(k: Kernel, vma: VmaRow, start: Vpn, end: Vpn, flags: number): VmaRow {
  const changed = vma_modify(k, vma, start, end, flags);
  const kept = k.mm.flags.get(changed) & Vm.SoftDirty;
  k.mm.flags.set(changed, flags | kept);
  return changed;
}

/**
 * Takes the VMAs that overlap [start, end) out of the mm, cut to the range. Returns the first of them, linked in order
 * by `next`; 0 if there is none (vms_gather_munmap_vmas).
 */
export function gather_vmas(k: Kernel, mm: MmRow, start: Vpn, end: Vpn): VmaRow {
  let first = 0;
  let last = 0;
  for (let vma = k.mm.findVma(mm, start); vma !== 0 && k.mm.start.get(vma) < end; ) {
    if (k.mm.start.get(vma) < start) split_vma(k, vma, start, true);
    if (k.mm.end.get(vma) > end) split_vma(k, vma, end, false);
    const next = k.mm.next.get(vma) as VmaRow;
    vma_unlink(k, vma);
    if (last === 0) first = vma;
    else k.mm.next.set(last, vma);
    last = vma;
    vma = next;
  }
  return first as VmaRow;
}
