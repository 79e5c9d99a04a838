/**
 * Reclaim of a whole node's memory under pressure (mm/vmscan.c): by kswapd in the background, or by whoever can't get a
 * page. The oldest pages go first, whether they were used lately or not: the model makes no page active. Pages of devices are
 * on no LRU list at all.
 */

import type { PageRow, SlotRow } from '../../../machine/ids';
import { Lru, lruOf } from '../../../machine/lru';
import type { Kernel } from '../../../routine/kernel';
import { type Builder, FolioListT, Int, type Node, routine } from '../../../routine/routine';
import { SWAP_CLUSTER_MAX } from '../../constants';
import { leaves } from '../memory/vmf';
import { memory_is_short } from '../page_alloc/watermarks';
import { lruAddDrain } from '../swap/lru_add_drain';
import { list_add, list_del } from '../swap/lru_list';
import { nr_swap_pages } from '../swapfile/swapfile';
import { asksEvictable, folio_list, isolate_folio, move_folios_to_lru, shrink_folio_list } from './vmscan';

/** Lists that reclaim looks at. Without room for swapping only where the pages of MADV_FREE are, among those of files. */
function lists_to_scan(k: Kernel, node: number): number[] {
  const file = lruOf(node, Lru.InactiveFile);
  return nr_swap_pages(k) > 0 ? [file, lruOf(node, Lru.InactiveAnon)] : [file];
}

/** Folios on the lists that reclaim looks at. */
function reclaimable_pages(k: Kernel, node: number): number {
  return lists_to_scan(k, node).reduce((total, list) => total + k.lists.length.get(list), 0);
}

/** Looks at the oldest pages of a list: each is isolated, or else counts as young again. Returns how many were isolated. */
function isolate_oldest(k: Kernel, list: SlotRow, lru: number, most: number): number {
  const looked = Math.min(most, k.lists.length.get(lru));
  let isolated = 0;
  for (let i = 0; i < looked; i++) {
    const page = k.lists.oldest.get(lru) as PageRow;
    if (isolate_folio(k, list, page)) {
      isolated++;
      continue;
    }
    list_del(k, page);
    list_add(k, page);
  }
  return isolated;
}

function isolate_lru_folios(k: Kernel, list: SlotRow, node: number): void {
  let left = SWAP_CLUSTER_MAX;
  for (const lru of lists_to_scan(k, node)) left -= isolate_oldest(k, list, lru, left);
}

/** Reclaims what it can of the oldest 32 pages of a node. Returns how many were freed. */
const shrink_inactive_list = routine({
  name: 'shrink_inactive_list',
  file: 'mm/vmscan.c',
  about: 'Take the oldest pages off the LRU lists of the node and reclaim them.',
  params: { node: Int },
  locals: { list: FolioListT, freed: Int },
  body: (r) => [
    lruAddDrain(r),
    r.inlines(
      [asksEvictable],
      r.step('isolate_lru_folios(): the oldest 32 pages', (k, f) => {
        f.list = folio_list(k);
        isolate_lru_folios(k, f.list, f.node);
      }),
    ),
    r.yield('Y6'),
    r.call(
      'nr_reclaimed = shrink_folio_list(list)',
      shrink_folio_list,
      (_, f, callee) => {
        callee.list = f.list;
      },
      (k, f, value) => {
        f.freed = value;
        move_folios_to_lru(k, f.list);
        if (value > 0) k.kswapd.failures.set(f.node, 0);
      },
    ),
    r.ret('return nr_reclaimed', (_, f) => f.freed),
  ],
});

interface Round {
  node: number;
  left: number;
  freed: number;
}

/** One round of a node: every page of its lists is looked at once, unless `short` ends before that (shrink_node). */
export function shrinkNode<F extends Round>(
  r: Builder<F>,
  text: string,
  short: (k: Kernel, f: F) => boolean,
): Node<F>[] {
  return [
    r.step('nr_to_scan = pages of its inactive lists', (k, f) => {
      f.left = reclaimable_pages(k, f.node);
    }),
    r.loop(`pages are left, and ${text}`, (k, f) => f.left > 0 && short(k, f), [
      r.call(
        'nr_reclaimed += shrink_inactive_list(pgdat)',
        shrink_inactive_list,
        (_, f, callee) => {
          callee.node = f.node;
        },
        (_, f, value) => {
          f.freed += value;
          f.left -= SWAP_CLUSTER_MAX;
        },
      ),
    ]),
  ];
}

const DIRECT = 'try_to_free_pages';

/** Direct reclaim: a task that can't get a page frees some itself. Returns how many. */
const try_to_free_pages = routine({
  name: DIRECT,
  file: 'mm/vmscan.c',
  about: 'Reclaim 32 pages, or look at every page once: the task that needs memory does it itself.',
  params: {},
  locals: { node: Int, left: Int, freed: Int },
  body: (r) => [
    r.step('begin with the first node', (k) => k.emit(DIRECT)),
    r.loop(
      'a node is left, and too few were freed',
      (k, f) => f.node < k.nodes && f.freed < SWAP_CLUSTER_MAX,
      [
        ...shrinkNode(r, 'too few were freed', (_, f) => f.freed < SWAP_CLUSTER_MAX),
        r.step('go on to the next node', (_, f) => {
          f.node++;
        }),
      ],
    ),
    leaves(r, DIRECT, 'return nr_reclaimed', (_, f) => f.freed),
  ],
});

/** For the branch of a routine in which it got no page: direct reclaim, after which `again` asks once more. */
export function directReclaim<F>(r: Builder<F>, again: (k: Kernel, f: F) => void): Node<F> {
  return r.when('memory is short, and not only the cgroup at its limit', memory_is_short, [
    r.call('direct reclaim: try_to_free_pages()', try_to_free_pages, () => {}),
    r.step('ask for a page again', again),
  ]);
}
