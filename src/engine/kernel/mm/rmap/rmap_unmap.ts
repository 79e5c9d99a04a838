/** Taking a page out of every page table, mirrors told first: what the rmap_one callbacks of mm/rmap.c have in common. */

import type { DeviceRow, EntryRow, MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { type Inlined, inlined, leaf } from '../../../routine/leaf';
import { Bool, type Builder, EntryT, type Node, PageT, VmaT, VpnT } from '../../../routine/routine';
import {
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
} from '../mmu_notifier/mmu_notifier';
import { pteLock, pteUnlock } from '../page_table_lock';
import { mapped_entry } from './rmap';
import { rmapWalk, rmapWalkLocals } from './rmap_lock';

/** `end`: behind the folio's last page in the VMA; `entry`: the one that is taken away; `failed`: the walk was given up. */
export const unmapLocals = { ...rmapWalkLocals, end: VpnT, entry: EntryT, failed: Bool } as const;
export interface Unmapping {
  page: PageRow;
  at: number;
  vma: VmaRow;
  vpn: Vpn;
  end: Vpn;
  entry: EntryRow;
  failed: number;
}

interface Callbacks<F> {
  /** The notification mirrors get, as text and as number (enum mmu_notifier_event). */
  readonly notify: readonly [text: string, event: number];
  /** The device that need not be told (range.owner). */
  readonly owner?: (f: F) => DeviceRow;
  /** Before mirrors are told. */
  readonly first?: Node<F>[];
  /** For a large folio: its entries of PTE tables in [vpn, end), all at once; false where one can't be taken. */
  readonly large?: (k: Kernel, f: F) => boolean;
  /** Before an entry is taken away, under its lock. */
  readonly before?: Node<F>[];
  /** Takes away one entry, under its lock; false where it can't be taken. Last the leaf routines that do it. */
  readonly one: readonly [text: string, take: (k: Kernel, f: F) => boolean, runs: readonly Inlined<F>[]];
}

/** The leaf routine that takes away an entry in the walk of this name. */
export function takesEntry<F extends Unmapping>(
  name: string,
  about: string,
  lines: readonly string[],
): Inlined<F> {
  const one = leaf({ name, file: 'mm/rmap.c', about, lines, params: { page: PageT, vma: VmaT, vpn: VpnT } });
  return inlined(one, (_: Kernel, { page, vma, vpn }: F) => ({ page, vma, vpn }));
}

/** First address behind the folio's place in a VMA (vma_address_end). */
function end_in_vma(k: Kernel, folio: PageRow, vma: VmaRow): Vpn {
  const { mm, pages } = k;
  const last = pages.index.get(folio) + pages.count(folio) - (mm.pgoff.get(vma) - mm.start.get(vma));
  return Math.min(last, mm.end.get(vma)) as Vpn;
}

/** Walks the reverse map of `f.page` until nothing maps it any more, or an entry can't be taken away. */
export function unmapWalk<F extends Unmapping>(r: Builder<F>, on: Callbacks<F>): Node<F>[] {
  const [notifyText, event] = on.notify;
  type Range = { mm: MmRow; start: Vpn; end: Vpn; event: number; owner: DeviceRow };
  const range = (k: Kernel, f: F, callee: Range): void => {
    callee.mm = k.mm.mm.get(f.vma) as MmRow;
    callee.start = f.vpn;
    callee.end = f.end;
    callee.event = event;
    if (on.owner) callee.owner = on.owner(f);
  };
  const failUnless = (f: F, taken: boolean): void => {
    if (!taken) f.failed = 1;
  };
  const [oneText, one, runs] = on.one;
  const mapped = (k: Kernel, f: F): boolean => f.failed === 0 && k.pages.folioMapcount(f.page) > 0;
  return rmapWalk(r, (f) => f.page, mapped, [
    ...(on.first ?? []),
    r.step('vma_address_end()', (k, f) => {
      f.end = end_in_vma(k, f.page, f.vma);
    }),
    r.call(`mmu_notifier_invalidate_range_start(${notifyText})`, mmu_notifier_invalidate_range_start, range),
    r.step('page_vma_mapped_walk(): find the entry that maps the page here, if any', (k, f) => {
      if (on.large && k.pages.has(f.page, Pg.Head)) failUnless(f, on.large(k, f));
      else f.entry = mapped_entry(k, f.page, f);
    }),
    r.when('(pvmw.pte)', (_, f) => f.entry !== 0, [
      pteLock(r),
      ...(on.before ?? []),
      r.inlines(
        runs,
        r.step(oneText, (k, f) => failUnless(f, one(k, f))),
      ),
      pteUnlock(r),
    ]),
    r.call('mmu_notifier_invalidate_range_end(range)', mmu_notifier_invalidate_range_end, range),
  ]);
}
