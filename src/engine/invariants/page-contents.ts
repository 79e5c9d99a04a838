/** What is in pages, as I18 compares it: a digest of the bytes, wherever the driver keeps them. */

import { leaf_offset } from '../kernel/mm/pgtable';
import { is_device_private } from '../kernel/mm/swap/page_ref';
import { swap_slot_of } from '../kernel/mm/swapfile/swap_state';
import { Hold } from '../machine/holds';
import type { DeviceRow, MmRow, PageRow, Vpn } from '../machine/ids';
import { Pg } from '../machine/pages';
import { isPfnSwapEntry, isPresent, kindOf, Pte } from '../machine/pte';
import type { CheckState } from './state';
import { entryName, pageName } from './words';

/** The page whose contents an entry stands for, or 0. */
export const contentPage = (lo: number, hi: number): PageRow =>
  (isPresent(lo) || isPfnSwapEntry(lo) ? hi : 0) as PageRow;

/** The page that holds the bytes of this one. A private page without a backing page has none. */
export function bytesOf(s: CheckState, page: PageRow): PageRow {
  if (s.kernel.pages.range(page) === 0 || !is_device_private(s.kernel, page)) return page;
  const { kernel: k } = s;
  const device = k.devices.pgmapDevice.get(k.pages.pgmap(page)) as DeviceRow;
  return k.driverOf(device).contents(k, page);
}

/** What the page holds now. */
export const digestNow = (s: CheckState, page: PageRow): number => s.kernel.contents.digest(bytesOf(s, page));

/** What the page held at the last check. */
const digestBefore = (s: CheckState, page: PageRow): number => s.pages.digest.get(s.pages.bytes.get(page));

/**
 * A page of the swap cache that nothing calls dirty is dropped without being written to its slot: it has to hold what the
 * slot holds, as long as an entry stands for either. Not while a gather holds it: CPUs may still write by what they have
 * cached of an entry that is gone with its dirty bit; until the flush nobody can drop the page, and then it is looked at
 * again for those that it still has.
 */
export function checkSwapCopies(s: CheckState): void {
  for (const marks of [s.marks.page, s.marks.content])
    for (let i = 1; i <= marks.count; i++) {
      const page = marks.at(i) as PageRow;
      if (!s.kernel.pages.has(page, Pg.SwapCache)) continue;
      s.at('page', page, marks.writer(i));
      checkSwapCopy(s, page);
    }
}

function checkSwapCopy(s: CheckState, page: PageRow): void {
  const { pages, contents, holds, swap } = s.kernel;
  const { mapped, migrating, exclusive, dirty } = s.entries;
  if (pages.has(page, Pg.Dirty) || dirty.get(page) > 0 || holds.has(page, Hold.TlbGather)) return;
  const slot = swap_slot_of(s.kernel, page);
  const entries = mapped.get(page) + migrating.get(page) + exclusive.get(page) + swap.slotCount.get(slot);
  if (entries === 0 || contents.digest(page) === swap.contents.digest(slot)) return;
  s.broken(
    18,
    s.page(page),
    `${pageName(s.kernel, page)} has been written to since it was swapped, and neither it nor an entry is dirty: reclaim would drop it`,
    'swap-copy',
  );
}

/**
 * A CPU writes by a translation that the page table no longer has. That is lost if the address leads elsewhere by now,
 * unless a system call that takes the page away is still at work: then the program itself is to blame. Where the address
 * still leads to the page and only the right to write is gone, mprotect or fork is at work, and has not returned: the write
 * counts as one from before, and a child that shares the page has it too.
 */
export function heardStaleWrite(s: CheckState, mm: MmRow, vpn: Vpn, page: PageRow): void {
  const { tables, holds, swap } = s.kernel;
  const entry = leaf_offset(s.kernel, mm, vpn);
  const lo = entry === 0 ? 0 : tables.lo.get(entry);
  const hi = entry === 0 ? 0 : tables.hi.get(entry);
  const leadsTo = kindOf(lo) === Pte.Swap ? swap.slotCached.get(hi) : contentPage(lo, hi);
  if (leadsTo === page || holds.has(page, Hold.TlbGather)) return;
  s.happened(
    18,
    s.place(mm, vpn, page),
    `a CPU writes to ${pageName(s.kernel, page)}, as its TLB has it; the page table has ${entryName(s.kernel, lo, hi)}`,
    'stale-write',
  );
}

/** Takes up the bytes that have changed since the last check. */
export function syncContents(s: CheckState): void {
  const { content: marks } = s.marks;
  for (let i = 1; i <= marks.count; i++) {
    const page = marks.at(i) as PageRow;
    const digest = s.kernel.contents.digest(page, (patch) => s.pages.patched.set(patch, page));
    s.pages.digest.set(page, digest);
  }
}

/**
 * A device uses `bytes` where the process still has a migration entry for `from`: from now on `bytes` is what counts,
 * and may be written to. Until now it was a copy.
 */
export function checkTakeover(s: CheckState, mm: MmRow, vpn: number, from: PageRow, bytes: PageRow): void {
  if (bytes === from || bytes === bytesOf(s, from) || s.pages.replaces.get(bytes) === from) return;
  s.pages.replaces.set(bytes, from);
  if (!s.continuous || s.kernel.contents.digest(bytes) === digestNow(s, from)) return;
  s.happened(
    18,
    s.place(mm, vpn, from),
    `the device gets a copy of ${pageName(s.kernel, from)}, which has been written to since it was copied`,
    'takeover',
  );
}

/** The page is free: whatever it was to replace, it does so no more. */
export function forgetTakeover(s: CheckState, page: PageRow): void {
  for (const bytes of [page, s.pages.bytes.get(page)])
    if (s.pages.replaces.get(bytes) !== 0) s.pages.replaces.set(bytes, 0);
}

/** The entry that led to `before` leads to `page`: nothing is lost if that holds the same, or has been in use already. */
export function keepsContents(s: CheckState, before: PageRow, page: PageRow): boolean {
  const bytes = bytesOf(s, page);
  const replaced = s.pages.replaces.get(bytes) === before;
  if (replaced) s.pages.replaces.set(bytes, 0);
  return digestNow(s, page) === digestBefore(s, replaced ? page : before);
}
