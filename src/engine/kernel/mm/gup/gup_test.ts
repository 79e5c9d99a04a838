/** The kernel's own tester of get_user_pages (mm/gup_test.c): takes references on a range and drops them again. */

import { Hold } from '../../../machine/holds';
import type { MmRow, PageRow, SlotRow } from '../../../machine/ids';
import { Bool, Int, MmT, routine, SlotT, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { mmap_read_unlock, mmapReadLockKillable } from '../mmap/mmap_lock';
import { put_page } from '../swap/page_ref';
import { Foll, get_user_pages } from './gup';

/** Returns how many pages were had, or -errno when not even the first one was. */
export const gup_test = routine({
  name: '__gup_test_ioctl',
  file: 'mm/gup_test.c',
  about: 'get_user_pages over a range of the current process, then put_page for each page.',
  params: { start: VpnT, pages: Int, write: Bool },
  locals: { mm: MmT, slots: SlotT, slot: SlotT, ret: Int },
  body: (r) => [
    r.step('an array for the pages', (k, f) => {
      f.mm = k.tasks.mmOf(k.task) as MmRow;
      f.slots = k.slots.array(f.start, f.pages);
    }),
    ...mmapReadLockKillable(r, (_, f) => f.mm, [
      r.step('free the array', (k, f) => k.slots.free(f.slots)),
      r.ret('return -EINTR', () => -Errno.EINTR),
    ]),
    r.call(
      'nr = get_user_pages(addr, nr, gup_flags, pages)',
      get_user_pages,
      (k, f, callee) => {
        callee.mm = f.mm;
        callee.start = f.start;
        callee.pages = f.pages;
        callee.foll = Foll.Get | Foll.Touch | (f.write === 0 ? 0 : Foll.Write);
        callee.who = k.task;
        callee.slots = f.slots;
      },
      (_, f, value) => {
        f.ret = value;
      },
    ),
    r.step('mmap_read_unlock(mm)', (k, f) => {
      mmap_read_unlock(k, f.mm);
      f.slot = f.slots;
    }),
    r.loop('a page is held', (k, f) => f.slot !== 0 && k.slots.srcPage.get(f.slot) !== 0, [
      r.call(
        'put_page(pages[i])',
        put_page,
        (k, f, callee) => {
          callee.page = k.slots.srcPage.get(f.slot) as PageRow;
          callee.hold = Hold.Gup;
          callee.who = k.task;
        },
        (k, f) => {
          f.slot = k.slots.next.get(f.slot) as SlotRow;
        },
      ),
    ]),
    r.step('free the array', (k, f) => k.slots.free(f.slots)),
    r.ret('return nr', (_, f) => f.ret),
  ],
});
