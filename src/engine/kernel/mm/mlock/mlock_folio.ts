/**
 * Folios of VM_LOCKED mappings (mm/mlock.c): they are marked at once, and become unevictable, or evictable again, when the
 * per-CPU batch is emptied into which they come. Meanwhile it holds a reference on each.
 */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { PageRow, SlotRow, VmaRow } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { Int, PageEntryT, routine } from '../../../routine/routine';
import { batch_add, batch_take } from '../swap/folio_batch';
import { folio_put_final, get_page, is_driver_page, put_page, put_page_testzero } from '../swap/page_ref';
import { BATCH_PAGES, folio_add_lru, lru_del, lru_insert } from '../swap/swap';

/** Why a folio is in the batch; kept in the slot's srcFlags. */
const Why = { Munlock: 0, Mlock: 1, NewFolio: 2, Done: 3 } as const;
type Why = (typeof Why)[keyof typeof Why];

function add(k: Kernel, page: PageRow, why: Why): void {
  const cpu = k.tasks.cpu.get(k.task);
  const folio = k.pages.folio(page);
  get_page(k, folio, Hold.MlockBatch, cpu);
  k.slots.srcFlags.set(batch_add(k, k.lru.mlock, cpu, folio), why);
  const full = k.lru.mlock.count.get(cpu) >= BATCH_PAGES || k.pages.has(folio, Pg.Head);
  if (full) mlock_drain_local(k, cpu);
}

/** One more locked mapping of a folio that is on the LRU already. */
export function mlock_folio(k: Kernel, folio: PageRow): void {
  k.pages.setFlag(folio, Pg.Mlocked);
  add(k, folio, Why.Mlock);
}

/** A fresh page of a locked mapping, on its way to the LRU. */
function mlock_new_folio(k: Kernel, folio: PageRow): void {
  k.pages.setFlag(folio, Pg.Mlocked);
  add(k, folio, Why.NewFolio);
}

export function munlock_folio(k: Kernel, page: PageRow): void {
  add(k, page, Why.Munlock);
}

const is_locked = (k: Kernel, vma: VmaRow): boolean => k.profile.mlockBatches && k.mm.has(vma, Vm.Locked);

/** A fresh folio of this VMA goes to the LRU, by way of a batch of this CPU (folio_add_lru_vma, mm/swap.c). */
export function folio_add_lru_vma(k: Kernel, folio: PageRow, vma: VmaRow): void {
  if (is_locked(k, vma)) mlock_new_folio(k, folio);
  else folio_add_lru(k, folio);
}

/** For a walk of the reverse map, after it has changed a mapping in this VMA: the batch's references must not count. */
export function mlock_drain_for(k: Kernel, vma: VmaRow): void {
  if (is_locked(k, vma)) mlock_drain_local(k, k.tasks.cpu.get(k.task));
}

/** A small page was mapped in this VMA (mlock_vma_folio); large folios are left to reclaim. */
export function mlock_vma_folio(k: Kernel, page: PageRow, vma: VmaRow): void {
  if (is_locked(k, vma) && !k.pages.has(page, Pg.Head | Pg.Tail)) mlock_folio(k, page);
}

/** A page is mapped in this VMA no longer (munlock_vma_folio). */
export function munlock_vma_folio(k: Kernel, page: PageRow, vma: VmaRow): void {
  if (is_locked(k, vma)) munlock_folio(k, page);
}

/** The folio leaves the evictable lists with one locked mapping; or, being off them, gets one more (__mlock_folio). */
function make_unevictable(k: Kernel, folio: PageRow): void {
  const { pages } = k;
  if (!pages.has(folio, Pg.Lru) || !pages.has(folio, Pg.Mlocked)) return;
  if (pages.has(folio, Pg.Unevictable)) {
    pages.mlockCount.add(folio, 1);
    return;
  }
  lru_del(k, folio);
  pages.clearFlag(folio, Pg.Active);
  pages.setFlag(folio, Pg.Unevictable);
  lru_insert(k, folio);
  pages.mlockCount.set(folio, 1);
}

/** A fresh folio reaches the LRU; unevictable if it is still marked (__mlock_new_folio). */
function add_new(k: Kernel, folio: PageRow): void {
  const { pages } = k;
  const locked = pages.has(folio, Pg.Mlocked);
  if (locked) pages.setFlag(folio, Pg.Unevictable);
  lru_insert(k, folio);
  if (locked) pages.mlockCount.set(folio, 1);
}

/** One locked mapping less; after the last one the folio may be evicted again (__munlock_folio). */
function make_evictable(k: Kernel, folio: PageRow): void {
  const { pages } = k;
  const listed = pages.has(folio, Pg.Lru) && pages.has(folio, Pg.Unevictable);
  if (listed && pages.mlockCount.get(folio) > 0 && pages.mlockCount.add(folio, -1) > 0) return;
  pages.clearFlag(folio, Pg.Mlocked);
  if (!listed) return;
  lru_del(k, folio);
  pages.clearFlag(folio, Pg.Unevictable);
  lru_insert(k, folio);
}

/** What a folio is in the batch for is done. Being done already, it only waits to be freed. */
function apply(k: Kernel, folio: PageRow, why: number): void {
  if (why === Why.Munlock) make_evictable(k, folio);
  else if (why === Why.Mlock) make_unevictable(k, folio);
  else if (why === Why.NewFolio) add_new(k, folio);
}

/**
 * Empties the batch of a CPU. Folios of device memory that nobody else holds stay in it: only a step can call their
 * driver, and `mlock_put_batch` does.
 */
export function mlock_drain_local(k: Kernel, cpu: number): void {
  const head = batch_take(k.lru.mlock, cpu);
  for (const slot of k.slots.of(head)) {
    const folio = k.slots.srcPage.get(slot) as PageRow;
    apply(k, folio, k.slots.srcFlags.get(slot));
    if (k.pages.refcount.get(folio) === 1 && is_driver_page(k, folio))
      k.slots.srcFlags.set(batch_add(k, k.lru.mlock, cpu, folio), Why.Done);
    else if (put_page_testzero(k, folio, Hold.MlockBatch, cpu)) folio_put_final(k, folio);
  }
  k.slots.free(head);
}

/** The batch of this CPU was emptied, but for folios that their driver has to be told of. */
export function mlock_has_done(k: Kernel): boolean {
  const first = k.lru.mlock.first.get(k.tasks.cpu.get(k.task));
  return first !== 0 && k.slots.srcFlags.get(first) === Why.Done;
}

/** Drops the references that `mlock_drain_local` has left: the last ones of device folios. */
export const mlock_put_batch = routine({
  name: 'mlock_folio_batch',
  file: 'mm/mlock.c',
  about: 'The batch had the last reference of these folios of device memory: their driver gets them back.',
  aliases: ['mlock_drain_local', 'mlock_drain_remote'],
  params: { cpu: Int },
  locals: { slot: PageEntryT },
  body: (r) => [
    r.step('folios_put(fbatch)', (k, f) => {
      f.slot = batch_take(k.lru.mlock, f.cpu);
    }),
    r.loop('a folio is left', (_, f) => f.slot !== 0, [
      r.call('folio_put(folio)', put_page, (k, f, callee) => {
        callee.page = k.slots.srcPage.get(f.slot) as PageRow;
        callee.hold = Hold.MlockBatch;
        callee.who = f.cpu;
        const next = k.slots.next.get(f.slot) as SlotRow;
        k.slots.table.free(f.slot);
        f.slot = next;
      }),
    ]),
  ],
});
