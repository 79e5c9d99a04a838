/** The LRU lists against the flags of the pages and the counters of the zones. */

import type { PageRow } from '../../src/engine/machine/ids';
import { Lru, type LruKind, lruOf } from '../../src/engine/machine/lru';
import { Pg } from '../../src/engine/machine/pages';
import type { Kernel } from '../../src/engine/routine/kernel';

/** The folios of a list from the oldest on; throws where the links of one and the next contradict each other. */
function listed(k: Kernel, node: number, kind: LruKind): PageRow[] {
  const { lists, pages } = k;
  const list = lruOf(node, kind);
  const found: PageRow[] = [];
  let older = 0;
  for (let page = lists.oldest.get(list); page !== 0; page = pages.lruNewer.get(page)) {
    if (pages.lruOlder.get(page) !== older) throw new Error(`page ${page} does not follow page ${older}`);
    found.push(page as PageRow);
    if (found.length > lists.length.get(list)) throw new Error(`list ${list} is a circle`);
    older = page;
  }
  if (lists.newest.get(list) !== older) throw new Error(`list ${list} does not end with page ${older}`);
  return found;
}

function isOn(k: Kernel, page: PageRow, kind: LruKind): boolean {
  const active = kind === Lru.ActiveAnon || kind === Lru.ActiveFile;
  const anon = kind === Lru.InactiveAnon || kind === Lru.ActiveAnon;
  return k.pages.has(page, Pg.Active) === active && k.pages.has(page, Pg.SwapBacked) === anon;
}

/** What is wrong with the lists of all nodes, in words. */
export function brokenLists(k: Kernel): string[] {
  const wrong: string[] = [];
  const seen = new Set<PageRow>();
  for (let node = 0; node < k.nodes; node++)
    for (const kind of Object.values(Lru))
      for (const page of listed(k, node, kind)) {
        seen.add(page);
        if (!k.pages.has(page, Pg.Lru) || !isOn(k, page, kind)) wrong.push(`page ${page} is on list ${kind}`);
        if (k.zones.node.get(k.pages.zone(page)) !== node) wrong.push(`page ${page} is on node ${node}`);
      }
  for (const page of k.pages.rows()) {
    const belongs = (k.pages.flags.get(page) & (Pg.Lru | Pg.Unevictable)) === Pg.Lru;
    if (belongs && !seen.has(page)) wrong.push(`page ${page} is on no list`);
  }
  return wrong;
}
