/** The test driver's exclusive (atomic) access (lib/test_hmm.c). */

import { Errno } from '../../kernel/constants';
import { mmap_read_unlock, mmapReadLock, unlock_page } from '../../kernel/mm/mmap/mmap_lock';
import { make_device_exclusive } from '../../kernel/mm/rmap/make_device_exclusive';
import { make_device_exclusive_range } from '../../kernel/mm/rmap/make_exclusive';
import { put_page } from '../../kernel/mm/swap/page_ref';
import { Access } from '../../machine/devices';
import { Hold } from '../../machine/holds';
import type { DeviceRow, MirrorRow, MmRow, PageRow, SlotRow, Vpn } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import {
  type Builder,
  ErrnoT,
  Int,
  MirrorT,
  MmT,
  type Node,
  PageArrayT,
  PageEntryT,
  PageT,
  routine,
  VpnT,
} from '../../routine/routine';
import { begin_ioctl } from '../ioctl';
import { read_back } from './access';
import { lockMirror, unlock_mirror } from './lock';
import { mirrors } from './tables';

/** dmirror_atomic_map: stores what the device now has alone; returns how many. */
function atomic_map(k: Kernel, mirror: MirrorRow, head: SlotRow): number {
  let mapped = 0;
  for (const slot of k.slots.of(head)) {
    if (k.slots.dstFlags.get(slot) === 0) continue;
    mirrors.store(
      k,
      mirror,
      k.slots.vpn.get(slot) as Vpn,
      k.slots.srcPage.get(slot) as PageRow,
      Access.Atomic,
    );
    mapped++;
  }
  return mapped;
}

interface Taking {
  mirror: MirrorRow;
  mm: MmRow;
  vpn: Vpn;
  next: Vpn;
  end: Vpn;
  slots: SlotRow;
  slot: SlotRow;
  page: PageRow;
  mapped: number;
  ret: number;
}

/** Pages of a round of make_device_exclusive_range. */
const ROUND_PAGES = 64;

const unlockAndPut = <F extends Taking>(
  r: Builder<F>,
  text: string,
  page: (k: Kernel, f: F) => PageRow,
): Node<F> =>
  r.call(text, put_page, (k, f, callee) => {
    f.page = page(k, f);
    unlock_page(k, f.page);
    callee.page = f.page;
    callee.hold = Hold.Gup;
    callee.who = k.task;
  });

/** A range at a time, until 6.14: what could not be had is known only in the end. */
const takeRange = <F extends Taking>(r: Builder<F>): Node<F>[] => [
  r.call(
    'make_device_exclusive_range(mm, address, next, pages, NULL)',
    make_device_exclusive_range,
    (k, f, callee) => {
      f.next = Math.min(f.end, f.vpn + ROUND_PAGES) as Vpn;
      f.slots = k.slots.array(f.vpn, f.next - f.vpn);
      callee.mm = f.mm;
      callee.start = f.vpn;
      callee.pages = f.next - f.vpn;
      // The driver names no owner, so that its own mirrors are told too.
      callee.owner = 0 as DeviceRow;
      callee.slots = f.slots;
    },
    (_, f, value) => {
      f.ret = value;
      f.mapped = 0;
    },
  ),
  r.when('(ret == (next - addr) >> PAGE_SHIFT)', (_, f) => f.ret === f.next - f.vpn, [
    lockMirror(r, (_, f) => f.mirror),
    r.step('dmirror_atomic_map(pages)', (k, f) => {
      f.mapped = atomic_map(k, f.mirror, f.slots);
    }),
    r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, f.mirror)),
  ]),
  r.step('addr = start', (_, f) => {
    f.slot = f.slots;
  }),
  r.loop('(i < npages)', (_, f) => f.slot !== 0, [
    r.when('(pages[i])', (k, f) => k.slots.dstFlags.get(f.slot) !== 0, [
      unlockAndPut(r, 'unlock_page(page); put_page(page)', (k, f) => k.slots.srcPage.get(f.slot) as PageRow),
    ]),
    r.step('i++', (k, f) => {
      f.slot = k.slots.next.get(f.slot) as SlotRow;
    }),
  ]),
  r.step('finish the round; ret = -EBUSY unless every page is mapped', (k, f) => {
    k.slots.free(f.slots);
    f.ret = f.mapped < f.next - f.vpn ? -Errno.EBUSY : 0;
    f.vpn = f.next;
  }),
];

/** Page by page, from 6.15 on: the first that can't be had ends it, with its error. */
const takePage = <F extends Taking>(r: Builder<F>): Node<F>[] => [
  r.call(
    'page = make_device_exclusive(mm, addr, NULL, &folio)',
    make_device_exclusive,
    (_, f, callee) => {
      callee.mm = f.mm;
      callee.address = f.vpn;
      callee.owner = 0 as DeviceRow;
    },
    (_, f, value) => {
      f.ret = Math.min(0, value);
      f.page = Math.max(0, value) as PageRow;
    },
  ),
  r.when('(!IS_ERR(page))', (_, f) => f.ret === 0, [
    lockMirror(r, (_, f) => f.mirror),
    r.step('dmirror_atomic_map(addr, page)', (k, f) =>
      mirrors.store(k, f.mirror, f.vpn, f.page, Access.Atomic),
    ),
    r.step('mutex_unlock(&dmirror->mutex)', (k, f) => unlock_mirror(k, f.mirror)),
    unlockAndPut(r, 'folio_unlock(folio); folio_put(folio)', (_, f) => f.page),
  ]),
  r.step('addr += PAGE_SIZE', (_, f) => {
    f.vpn = (f.vpn + 1) as Vpn;
  }),
];

/**
 * HMM_DMIRROR_EXCLUSIVE: 0 with one byte a page, or an error when not every page could be had: until 6.14 -EBUSY, whatever
 * the reason.
 */
export const dmirror_exclusive = routine({
  name: 'dmirror_exclusive',
  file: 'lib/test_hmm.c',
  about: 'The device takes a range for atomic access: until a CPU touches a page, only the device uses it.',
  params: { mirror: MirrorT, start: VpnT, pages: Int },
  locals: {
    mm: MmT,
    vpn: VpnT,
    next: VpnT,
    end: VpnT,
    slots: PageArrayT,
    slot: PageEntryT,
    page: PageT,
    mapped: Int,
    ret: ErrnoT,
  },
  body: (r) => [
    r.step('addr = start', (k, f) => {
      begin_ioctl(k);
      f.mm = k.devices.mirrorMm.get(f.mirror) as MmRow;
      f.vpn = f.start;
      f.end = (f.start + f.pages) as Vpn;
    }),
    ...mmapReadLock(r, (_, f) => f.mm),
    r.loop('(addr < end && !ret)', (_, f) => f.vpn < f.end && f.ret === 0, [
      r.only((profile) => profile.exclusiveByPage, takePage(r), takeRange(r)),
    ]),
    r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
    r.when('(!ret)', (_, f) => f.ret === 0, [
      r.call(
        'read the range back through the device',
        read_back,
        (_, f, callee) => {
          callee.mirror = f.mirror;
          callee.start = f.start;
          callee.end = f.end;
        },
        (_, f, value) => {
          f.ret = value;
        },
      ),
    ]),
    r.ret('return ret', (_, f) => f.ret),
  ],
});

/** HMM_DMIRROR_CHECK_EXCLUSIVE: -EPERM while the device still has a page of the range exclusively. */
export const dmirror_check_exclusive = routine({
  name: 'dmirror_check_atomic',
  file: 'lib/test_hmm.c',
  about: 'Has the CPU taken every page of the range back?',
  params: { mirror: MirrorT, start: VpnT, pages: Int },
  body: (r) => [
    r.ret('return -EPERM if an entry is still atomic', (k, f) => {
      for (let i = 0; i < f.pages; i++) {
        const entry = mirrors.entry(k, f.mirror, (f.start + i) as Vpn);
        if (entry !== 0 && k.tables.lo.get(entry) === Access.Atomic) return -Errno.EPERM;
      }
      return 0;
    }),
  ],
});
