/** LRU membership (mm/swap.c): pages reach the lists through a per-CPU batch, which holds a reference meanwhile. */

import type { IntColumn } from '../../../machine/column';
import { Hold } from '../../../machine/holds';
import type { PageRow } from '../../../machine/ids';
import { Lru } from '../../../machine/lru';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { memcg_uncharge } from '../memcontrol';
import { free_page } from '../page_alloc/page_alloc';
import { batch_add, batch_take } from './folio_batch';
import { list_add, list_del, lru_kind } from './lru_list';

/** Pages a per-CPU batch takes before it is drained (PAGEVEC_SIZE). */
export const BATCH_PAGES = 31;

/** The zone's counter of the pages on the list that the page is on by its flags. */
function counter(k: Kernel, page: PageRow): IntColumn {
  const { pages, zones } = k;
  if (pages.has(page, Pg.Unevictable)) return zones.unevictable;
  switch (lru_kind(pages.flags.get(page))) {
    case Lru.InactiveAnon:
      return zones.inactiveAnon;
    case Lru.ActiveAnon:
      return zones.activeAnon;
    case Lru.InactiveFile:
      return zones.inactiveFile;
    case Lru.ActiveFile:
      return zones.activeFile;
  }
}

/** Takes the page off its LRU list. Its flags are those with which it came there. */
export function lru_del(k: Kernel, page: PageRow): void {
  counter(k, page).add(k.pages.zone(page), -k.pages.count(page));
  if (k.pages.has(page, Pg.Unevictable)) k.pages.mlockCount.set(page, 0);
  else list_del(k, page);
  k.pages.clearFlag(page, Pg.Lru);
}

/** Puts the page on its LRU list at once, as the youngest (the drain, or putback of an isolated page). */
export function lru_insert(k: Kernel, page: PageRow): void {
  k.pages.setFlag(page, Pg.Lru);
  counter(k, page).add(k.pages.zone(page), k.pages.count(page));
  if (!k.pages.has(page, Pg.Unevictable)) list_add(k, page);
}

/** folio_add_lru: into this CPU's batch, which is drained when it is full, and for every large folio at once. */
export function folio_add_lru(k: Kernel, page: PageRow): void {
  const cpu = k.tasks.cpu.get(k.task);
  const { add } = k.lru;
  k.holds.take(page, Hold.LruBatch, cpu);
  batch_add(k, add, cpu, page);
  if (add.count.get(cpu) >= BATCH_PAGES || k.pages.has(page, Pg.Head)) lru_add_drain_cpu(k, cpu);
}

/** A page reaches its list; whether it may be evicted shows now (lru_add). */
function lru_add(k: Kernel, page: PageRow): void {
  if (k.pages.has(page, Pg.Mlocked)) {
    k.pages.clearFlag(page, Pg.Active);
    k.pages.setFlag(page, Pg.Unevictable);
  }
  lru_insert(k, page);
}

/** Moves a CPU's batch of pages for the lists there and drops its references. */
export function lru_add_drain_cpu(k: Kernel, cpu: number): void {
  const head = batch_take(k.lru.add, cpu);
  if (head === 0) return;
  for (const slot of k.slots.of(head)) {
    const page = k.slots.srcPage.get(slot) as PageRow;
    if (k.holds.drop(page, Hold.LruBatch, cpu) > 0) {
      lru_add(k, page);
      continue;
    }
    memcg_uncharge(k, page);
    free_page(k, page);
  }
  k.slots.free(head);
}
