/** The kernel's own tester of get_user_pages (mm/gup_test.c): takes references on a range and drops them again. */

import { Hold } from '../../../machine/holds';
import type { MmRow, PageRow, SlotRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { Bool, ErrnoT, Int, MmT, PageArrayT, PageEntryT, routine, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { mmap_read_unlock, mmapReadLockKillable } from '../mmap/mmap_lock';
import { put_page } from '../swap/page_ref';
import { Foll } from './foll';
import { get_user_pages } from './gup';
import { gup_fast_fallback } from './gup_fast';
import { freePageArray, pageArray } from './page_array';

interface Tested {
  mm: MmRow;
  start: Vpn;
  pages: number;
  write: number;
  slots: SlotRow;
}

function pass(
  k: Kernel,
  f: Tested,
  callee: { mm: MmRow; start: Vpn; pages: number; foll: number; who: number; slots: SlotRow },
): void {
  callee.mm = f.mm;
  callee.start = f.start;
  callee.pages = f.pages;
  callee.foll = Foll.Get | Foll.Touch | (f.write === 0 ? 0 : Foll.Write);
  callee.who = k.task;
  callee.slots = f.slots;
}

const keep = (_: Kernel, f: { ret: number }, value: number): void => {
  f.ret = value;
};

/** Returns how many pages were had, or -errno when not even the first one was. */
export const gup_test = routine({
  name: '__gup_test_ioctl',
  file: 'mm/gup_test.c',
  about:
    'get_user_pages, or get_user_pages_fast, over a range of the current process, then put_page for each page.',
  params: { start: VpnT, pages: Int, write: Bool, fast: Bool },
  locals: { mm: MmT, slots: PageArrayT, slot: PageEntryT, ret: ErrnoT },
  body: (r) => [
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task) as MmRow;
    }),
    ...pageArray(r),
    r.when(
      '(cmd == GUP_FAST_BENCHMARK)',
      (_, f) => f.fast !== 0,
      [r.call('nr = get_user_pages_fast(addr, nr, gup_flags, pages)', gup_fast_fallback, pass, keep)],
      [
        ...mmapReadLockKillable(r, (_, f) => f.mm, [
          freePageArray(r),
          r.ret('return -EINTR', () => -Errno.EINTR),
        ]),
        r.call('nr = get_user_pages(addr, nr, gup_flags, pages)', get_user_pages, pass, keep),
        r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock(k, f.mm)),
      ],
    ),
    r.step('begin with the first page', (_, f) => {
      f.slot = f.slots;
    }),
    r.loop('(pages[i])', (k, f) => f.slot !== 0 && k.slots.srcPage.get(f.slot) !== 0, [
      r.call(
        'put_page(pages[i])',
        put_page,
        (k, f, callee) => {
          callee.page = k.slots.srcPage.get(f.slot) as PageRow;
          callee.hold = Hold.Gup;
          callee.who = k.task;
        },
        (k, f) => {
          f.slot = k.slots.after(f.slot);
        },
      ),
    ]),
    freePageArray(r),
    r.ret('return nr', (_, f) => f.ret),
  ],
});
