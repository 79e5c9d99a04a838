/** The references that get_user_pages and pin_user_pages take, and how they are given back (mm/gup.c). */

import { Hold, type HoldKind, holdWeight } from '../../../machine/holds';
import type { PageRow } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { inlined, leaf } from '../../../routine/leaf';
import { FollT, HolderT, PageT, routine } from '../../../routine/routine';
import { get_page, put_page } from '../swap/page_ref';
import { Foll } from './foll';

/** How many references stand for a pin: large folios count their pins apart. */
const pin_weight = (k: Kernel, folio: PageRow): number => holdWeight(Hold.Pin, k.pages.order.get(folio));

/** The name under which a pin holds its pages. */
const pin_hold = (k: Kernel): HoldKind => (k.profile.pinCountsMany ? Hold.Pin : Hold.Gup);

/** The zero page lives for ever: later kernels don't count who pins it. */
const counts_pins = (k: Kernel, page: PageRow): boolean => page !== k.zeroPage || k.profile.pinCountsZeroPage;

/** try_grab_folio: a reference, or a pin. */
export function try_grab_folio(k: Kernel, page: PageRow, foll: number, who: number): void {
  if (foll & Foll.Pin) {
    if (!counts_pins(k, page)) return;
    if (k.profile.pinCountsMany) {
      const folio = k.pages.folio(page);
      const weight = pin_weight(k, folio);
      const count = k.holds.take(folio, Hold.Pin, who, weight);
      k.pages.pins.add(folio, 1);
      k.emit('refcount', folio, weight, count, Hold.Pin, who);
    } else {
      get_page(k, page, Hold.Gup, who);
      if (k.pages.pgmap(page) === 0)
        k.emit('refcount', page, 1, k.pages.refcount.get(k.pages.folio(page)), Hold.Gup, who);
    }
  } else if (foll & Foll.Get) get_page(k, page, Hold.Gup, who);
}

const grab = leaf({
  name: 'try_grab_folio',
  file: 'mm/gup.c',
  about: 'A reference for get_user_pages; a pin counts as many at once.',
  aliases: ['try_grab_page'],
  params: { page: PageT, foll: FollT, who: HolderT },
  lines: [
    'if (flags & FOLL_GET)',
    '    folio_ref_add(folio, 1)',
    'else if (flags & FOLL_PIN)',
    '    folio_ref_add(folio, GUP_PIN_COUNTING_BIAS), unless it is the zero page',
  ],
});

/** Says that a step takes the reference of get_user_pages on `f.page`. */
export const grabsFolio = inlined(
  grab,
  (_: Kernel, { page, foll, who }: { page: PageRow; foll: number; who: number }) => ({ page, foll, who }),
);

/** Gives one pin of a page back. */
export const gup_put_folio = routine({
  name: 'gup_put_folio',
  file: 'mm/gup.c',
  about: 'Drop the references of one pin; whoever drops the last reference frees the page.',
  aliases: ['unpin_user_page'],
  params: { page: PageT, who: HolderT },
  body: (r) => [
    r.when('(is_zero_folio(folio)): nothing was counted', (k, f) => !counts_pins(k, f.page), [
      r.ret('return'),
    ]),
    r.only(
      (profile) => profile.pinCountsMany,
      [
        r.step('take a pin back: all of its references but the last', (k, f) => {
          const folio = k.pages.folio(f.page);
          k.pages.pins.add(folio, -1);
          k.holds.adjust(folio, 1 - pin_weight(k, folio));
        }),
      ],
    ),
    r.call('folio_put(folio): the last one', put_page, (k, f, callee) => {
      callee.page = f.page;
      callee.hold = pin_hold(k);
      callee.who = f.who;
    }),
  ],
});
