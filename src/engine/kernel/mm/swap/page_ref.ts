/** Reference counts with named holders (include/linux/page_ref.h, mm/swap.c, mm/memremap.c). */

import { MemoryType } from '../../../machine/devices';
import type { HoldKind } from '../../../machine/holds';
import type { PageRow } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import { inlined, leaf } from '../../../routine/leaf';
import { type Builder, HolderT, HoldT, Int, type Node, PageT, routine } from '../../../routine/routine';
import { free_huge_folio } from '../hugetlb/hugetlb_pool';
import { memcg_uncharge } from '../memcontrol';
import { free_page } from '../page_alloc/page_alloc';
import { lru_del } from './swap';

export function is_device_private(k: Kernel, page: PageRow): boolean {
  const pgmap = k.pages.pgmap(page);
  return pgmap !== 0 && k.devices.pgmapType.get(pgmap) === MemoryType.Private;
}

export function is_device_coherent(k: Kernel, page: PageRow): boolean {
  const pgmap = k.pages.pgmap(page);
  return pgmap !== 0 && k.devices.pgmapType.get(pgmap) === MemoryType.Coherent;
}

/** Pages whose driver is told when they become free: device-private and device-coherent ones. */
export function is_driver_page(k: Kernel, page: PageRow): boolean {
  return is_device_private(k, page) || is_device_coherent(k, page);
}

function log(k: Kernel, page: PageRow, delta: number, count: number, hold: HoldKind, who: number): void {
  if (k.pages.pgmap(page) !== 0) k.emit('refcount', page, delta, count, hold, who);
}

/** get_page: one more reference, named after its holder. */
export function get_page(k: Kernel, of: PageRow, hold: HoldKind, who: number = k.task): void {
  log(k, k.pages.folio(of), 1, k.holds.take(of, hold, who), hold, who);
}

/** A driver takes one of its free pages into use: where a free one counts 0, this is its first reference. */
export function init_page_count(k: Kernel, page: PageRow, hold: HoldKind, who: number = k.task): void {
  const isFirst = k.profile.freeDeviceRefcount === 0;
  const count = isFirst ? k.holds.first(page, hold, who) : k.holds.take(page, hold, who);
  log(k, page, 1, count, hold, who);
}

/** Drops a reference that is not the last one; returns the count then. */
export function put_page_held(k: Kernel, of: PageRow, hold: HoldKind, who: number): number {
  const count = k.holds.drop(of, hold, who);
  log(k, k.pages.folio(of), -1, count, hold, who);
  return count;
}

const takeReference = leaf({
  name: 'get_page',
  file: 'include/linux/mm.h',
  about: 'One more reference: whoever takes it holds the page until put_page.',
  aliases: ['folio_get'],
  params: { page: PageT, hold: HoldT, who: HolderT },
  lines: ['folio = page_folio(page)', 'folio_ref_inc(folio)'],
});

type Reference = { page: PageRow; hold: HoldKind; who: number };

/** Says that a step calls get_page with these arguments, if it does. */
export const getsPage = <F>(args: (k: Kernel, f: F) => Reference | undefined) => inlined(takeReference, args);

/** A step that does nothing but call get_page. */
export function getPage<F>(r: Builder<F>, text: string, args: (k: Kernel, f: F) => Reference): Node<F> {
  return r.inlines(
    [getsPage(args)],
    r.step(text, (k, f) => {
      const { page, hold, who } = args(k, f);
      get_page(k, page, hold, who);
    }),
  );
}

/** Gives a reference another name without changing the count (an allocation becomes a mapping). */
export function rename_hold(
  k: Kernel,
  page: PageRow,
  from: HoldKind,
  to: HoldKind,
  who: number = k.task,
): void {
  k.holds.rename(page, from, who, to, who);
}

/** put_page_testzero: drops the holder's reference; true when the page is now free for reuse. */
export function put_page_testzero(k: Kernel, of: PageRow, hold: HoldKind, who: number = k.task): boolean {
  const page = k.pages.folio(of);
  const count = put_page_held(k, page, hold, who);
  return count === (is_driver_page(k, page) ? k.profile.freeDeviceRefcount : 0);
}

const freeCallback = <F extends { readonly page: PageRow }>(r: Builder<F>, text: string): Node<F> =>
  r.callback(
    text,
    'page_free',
    (k, f) => k.devices.driver.get(k.devices.pgmapDevice.get(k.pages.pgmap(f.page))),
    (_, f, callee) => {
      callee.page = f.page;
    },
  );

/** A device page whose last reference is gone goes back to its driver. */
const free_zone_device_folio = routine({
  name: 'free_zone_device_folio',
  file: 'mm/memremap.c',
  about: 'The last reference to a device page is gone: take its identity off and give it back to the driver.',
  aliases: ['free_zone_device_page', 'put_devmap_managed_page'],
  params: { page: PageT },
  locals: { pages: Int },
  body: (r) => [
    r.step('uncharge the page from its memory cgroup', (k, f) => memcg_uncharge(k, f.page)),
    r.step('clear AnonExclusive and page->mapping', (k, f) => {
      f.pages = k.pages.count(f.page);
      for (let i = 0; i < f.pages; i++) k.pages.clearFlag(k.pages.nth(f.page, i), Pg.AnonExclusive);
      k.pages.mapping.set(f.page, 0);
      k.pages.index.set(f.page, 0);
    }),
    // Where the reference was dropped under a page-table lock, this is no yield: the callback belongs to that section.
    r.yield('Y15'),
    r.only(
      (profile) => profile.freeCallback === 'folio_free',
      [freeCallback(r, 'pgmap->ops->folio_free(folio)')],
      [freeCallback(r, 'pgmap->ops->page_free(page)')],
    ),
    r.only(
      (profile) => profile.pgmapRefPerPage,
      [
        r.step('drop the reference that the page held on its pgmap', (k, f) => {
          const pgmap = k.pages.pgmap(f.page);
          if (k.devices.pgmapRef.add(pgmap, -f.pages) === 0) k.tasks.wake(Wait.PgmapRef, pgmap);
        }),
      ],
    ),
  ],
});

/** Frees the folio of a page of system memory when its count has reached 0 (__folio_put). */
export function folio_put_final(k: Kernel, of: PageRow): void {
  const page = k.pages.folio(of);
  if (k.pages.has(page, Pg.HugeTlb)) {
    free_huge_folio(k, page);
    return;
  }
  if (k.pages.has(page, Pg.Lru)) lru_del(k, page);
  memcg_uncharge(k, page);
  free_page(k, page);
}

export const put_page = routine({
  name: 'put_page',
  file: 'mm/swap.c',
  about: 'Drop one reference; whoever drops the last one frees the page.',
  aliases: ['folio_put'],
  params: { page: PageT, hold: HoldT, who: HolderT },
  body: (r) => [
    r.when('(folio_put_testzero(folio))', (k, f) => put_page_testzero(k, f.page, f.hold as HoldKind, f.who), [
      r.when('(folio_is_zone_device(folio))', (k, f) => is_driver_page(k, f.page), [
        r.call('free_zone_device_folio(page)', free_zone_device_folio, (k, f, callee) => {
          callee.page = k.pages.folio(f.page);
        }),
        r.ret('return'),
      ]),
      r.step('take it off the LRU, uncharge it, give the frame back to its zone', (k, f) => {
        folio_put_final(k, f.page);
      }),
    ]),
  ],
});
