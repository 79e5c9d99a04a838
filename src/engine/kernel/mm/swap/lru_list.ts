/** The LRU lists themselves (include/linux/mm_inline.h). A page's flags say which one it is on. */

import type { PageRow } from '../../../machine/ids';
import { Lru, type LruKind, lruOf } from '../../../machine/lru';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';

/** The kind of list a page belongs on by its flags (folio_lru_list). */
export function lru_kind(flags: number): LruKind {
  const active = (flags & Pg.Active) !== 0;
  if ((flags & Pg.SwapBacked) !== 0) return active ? Lru.ActiveAnon : Lru.InactiveAnon;
  return active ? Lru.ActiveFile : Lru.InactiveFile;
}

function list_of(k: Kernel, page: PageRow): number {
  return lruOf(k.zones.node.get(k.pages.zone(page)), lru_kind(k.pages.flags.get(page)));
}

/** Puts a page on its list right after an older one; 0: as the oldest. */
function insert(k: Kernel, list: number, page: PageRow, older: number): void {
  const { lists, pages } = k;
  const newer = older === 0 ? lists.oldest.get(list) : pages.lruNewer.get(older);
  pages.lruOlder.set(page, older);
  pages.lruNewer.set(page, newer);
  if (older === 0) lists.oldest.set(list, page);
  else pages.lruNewer.set(older, page);
  if (newer === 0) lists.newest.set(list, page);
  else pages.lruOlder.set(newer, page);
  lists.length.add(list, 1);
}

/** The page is the youngest of its list. */
export function list_add(k: Kernel, page: PageRow): void {
  const list = list_of(k, page);
  insert(k, list, page, k.lists.newest.get(list));
}

/** The page is as old as `listed`, which is on a list already: the rest of a folio that was split (lru_add_split_folio). */
export function list_add_beside(k: Kernel, page: PageRow, listed: PageRow): void {
  insert(k, list_of(k, listed), page, listed);
}

/** The page leaves its list. */
export function list_del(k: Kernel, page: PageRow): void {
  const { lists, pages } = k;
  const list = list_of(k, page);
  const older = pages.lruOlder.get(page);
  const newer = pages.lruNewer.get(page);
  if (older === 0) lists.oldest.set(list, newer);
  else pages.lruNewer.set(older, newer);
  if (newer === 0) lists.newest.set(list, older);
  else pages.lruOlder.set(newer, older);
  pages.lruOlder.set(page, 0);
  pages.lruNewer.set(page, 0);
  lists.length.add(list, -1);
}

/** The pages of a node's lists, the oldest of each first. The one that was given last may leave its list meanwhile. */
export function* lru_pages(k: Kernel, node: number): Iterable<PageRow> {
  for (const kind of Object.values(Lru)) {
    let next = 0;
    for (let page = k.lists.oldest.get(lruOf(node, kind)); page !== 0; page = next) {
      next = k.pages.lruNewer.get(page);
      yield page as PageRow;
    }
  }
}
