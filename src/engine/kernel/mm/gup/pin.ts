/** Pins of a whole range, as the kernel's own tester takes them (mm/gup_test.c): call by call, until all of it is pinned. */

import type { PageRow, PinRow, SlotRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import {
  Bool,
  ErrnoT,
  FollT,
  Int,
  MmT,
  PageArrayT,
  PageEntryT,
  PinT,
  routine,
  VpnT,
} from '../../../routine/routine';
import { Errno } from '../../constants';
import { mmap_read_unlock_if_locked, mmapReadLockKillable } from '../mmap/mmap_lock';
import { Foll } from './foll';
import { gup_put_folio } from './grab';
import { gup_fast_fallback } from './gup_fast';
import { gup_longterm_locked } from './gup_longterm';
import { freePageArray, pageArray } from './page_array';

interface Pinning {
  mm: number;
  start: Vpn;
  pages: number;
  foll: number;
  pin: PinRow;
  slot: SlotRow;
  done: number;
}

function pass(
  _: Kernel,
  f: Pinning,
  callee: Omit<Pinning, 'pin' | 'slot' | 'done'> & { who: number; slots: SlotRow },
): void {
  callee.mm = f.mm;
  callee.start = (f.start + f.done) as Vpn;
  callee.pages = f.pages - f.done;
  callee.foll = f.foll;
  callee.who = f.pin;
  callee.slots = f.slot;
}

/** Keeps what a call returned: an error, or how many of the array's elements it has filled. */
function keep(_: Kernel, f: { ret: number; had: number }, value: number): void {
  f.ret = value;
  f.had = Math.max(0, value);
}

/** unpin_user_pages: gives back every page of a pin. Returns how many. */
export const unpin_user_pages = routine({
  name: 'unpin_user_pages',
  file: 'mm/gup.c',
  about: 'Give back every page of a pin.',
  params: { pin: PinT },
  locals: { slots: PageArrayT, slot: PageEntryT, count: Int },
  body: (r) => [
    r.step('allocate the array of pages', (k, f) => {
      f.slots = k.pins.firstSlot.get(f.pin) as SlotRow;
      f.slot = f.slots;
      k.pins.firstSlot.set(f.pin, 0);
      k.pins.count.set(f.pin, 0);
    }),
    r.loop('(i < npages)', (k, f) => f.slot !== 0 && k.slots.srcPage.get(f.slot) !== 0, [
      r.call(
        'gup_put_folio(folio)',
        gup_put_folio,
        (k, f, callee) => {
          callee.page = k.slots.srcPage.get(f.slot) as PageRow;
          callee.who = f.pin;
        },
        (k, f) => {
          f.slot = k.slots.after(f.slot);
          f.count++;
        },
      ),
    ]),
    freePageArray(r),
    r.ret('return how many', (_, f) => f.count),
  ],
});

/**
 * Pins a range of the current process for `pin`; with `fast` through pin_user_pages_fast. Returns how many pages were
 * pinned, which is all of them; on an error everything is unpinned again and the error returned.
 */
export const pin_user_pages = routine({
  name: 'pin_user_pages',
  file: 'mm/gup.c',
  about: 'Pin a range, again and again from where the last call stopped. All or nothing.',
  params: { start: VpnT, pages: Int, write: Bool, longterm: Bool, fast: Bool, pin: PinT },
  locals: { mm: MmT, foll: FollT, slots: PageArrayT, slot: PageEntryT, done: Int, had: Int, ret: ErrnoT },
  body: (r) => [
    ...pageArray(r),
    r.step('gup_flags |= FOLL_PIN (| FOLL_LONGTERM) (| FOLL_WRITE)', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      f.foll = Foll.Pin | (f.write !== 0 ? Foll.Write : 0) | (f.longterm !== 0 ? Foll.Longterm : 0);
      // Before there were pins, a driver called get_user_pages, which touches.
      if (!k.profile.pinCountsMany) f.foll |= Foll.Touch;
      f.slot = f.slots;
      k.pins.firstSlot.set(f.pin, f.slots);
    }),
    r.loop('(done < nr_pages && ret >= 0)', (_, f) => f.done < f.pages && f.ret >= 0, [
      r.when(
        'it shall go without mmap_lock as far as that is possible',
        (_, f) => f.fast !== 0,
        [r.call('ret = pin_user_pages_fast(the rest)', gup_fast_fallback, pass, keep)],
        [
          ...mmapReadLockKillable(r, (_, f) => f.mm, [
            r.step('ret = -EINTR', (_, f) => {
              f.ret = -Errno.EINTR;
            }),
          ]),
          r.when('mmap_lock is held', (_, f) => f.ret >= 0, [
            r.call(
              'ret = pin_user_pages(the rest)',
              gup_longterm_locked,
              (k, f, callee) => {
                pass(k, f, callee);
                callee.locked = 1;
              },
              keep,
            ),
          ]),
          r.step('mmap_read_unlock(mm)', (k, f) => mmap_read_unlock_if_locked(k, f.mm)),
        ],
      ),
      r.step('note how many are done', (_, f) => {
        f.done += f.had;
      }),
      r.loop('the rest of the array begins behind them', (_, f) => f.done < f.pages && f.had > 0, [
        r.step('pages++', (k, f) => {
          f.slot = k.slots.after(f.slot);
          f.had--;
        }),
      ]),
    ]),
    r.when('(ret < 0)', (_, f) => f.ret < 0, [
      r.call('unpin what was pinned', unpin_user_pages, (_, f, callee) => {
        callee.pin = f.pin;
      }),
      r.ret('return the error', (_, f) => f.ret),
    ]),
    r.ret('return how many', (k, f) => {
      k.pins.count.set(f.pin, f.done);
      return f.done;
    }),
  ],
});
