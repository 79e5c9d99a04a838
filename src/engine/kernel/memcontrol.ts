/** Memory cgroup charges (mm/memcontrol.c): a page, wherever it lives, is charged to one group. */

import type { MmRow, PageRow } from '../machine/ids';
import type { Kernel } from './kernel';

export function memcg_charge(k: Kernel, page: PageRow, mm: MmRow): void {
  const memcg = k.mm.memcg.get(mm);
  k.pages.memcg.set(page, memcg);
  k.memcgUsage.add(memcg, 1);
}

export function memcg_uncharge(k: Kernel, page: PageRow): void {
  const memcg = k.pages.memcg.get(page);
  if (memcg === 0) return;
  k.memcgUsage.add(memcg, -1);
  k.pages.memcg.set(page, 0);
}

/** The charge moves with the contents; the total stays the same (mem_cgroup_migrate). */
export function memcg_migrate(k: Kernel, from: PageRow, to: PageRow): void {
  k.pages.memcg.set(to, k.pages.memcg.get(from));
  k.pages.memcg.set(from, 0);
}
