/** Visiting the entries of a range, those of each table under its lock (the pmd_entry callbacks of walk_page_range). */

import type { EntryRow, VmaRow, Vpn } from '../../machine/ids';
import { type Builder, EntryT, type Node, VpnT } from '../../routine/routine';
import { mmOf } from './memory/vmf';
import { ptlLock, ptlUnlock } from './page_table_lock';
import { after_entry, next_entry, pte_table_end } from './pagewalk';
import { leaf_offset } from './pgtable';

/** `at`: where the walk is; `next`: the end of the locked table; `first`: an entry in it; `entry`: the one at `at`. */
export const walkLocals = { at: VpnT, next: VpnT, first: EntryT, entry: EntryT } as const;
interface Walk {
  vma: VmaRow;
  at: Vpn;
  end: Vpn;
  next: Vpn;
  first: EntryRow;
  entry: EntryRow;
}

/** Runs `body` for each entry in use of [f.at, f.end), `f.entry` being the entry; a huge one is visited once. */
export function forEachEntry<F extends Walk>(r: Builder<F>, body: Node<F>[]): Node<F>[] {
  return [
    r.step('find the first entry in use', (k, f) => {
      f.at = next_entry(k, mmOf(k, f), f.at, f.end);
    }),
    r.loop('(addr < end)', (_, f) => f.at < f.end, [
      r.step('find how far it goes', (k, f) => {
        f.first = leaf_offset(k, mmOf(k, f), f.at);
        f.next = pte_table_end(f.at, f.end);
      }),
      ptlLock(r, 'pte_offset_map_lock(mm, pmd, addr, &ptl)', (_, f) => f.first),
      r.loop('(addr < next)', (_, f) => f.at < f.next, [
        r.step('ptep_get(pte)', (k, f) => {
          f.entry = leaf_offset(k, mmOf(k, f), f.at);
        }),
        ...body,
        r.step('go on to the next entry in use', (k, f) => {
          f.at = next_entry(k, mmOf(k, f), after_entry(k, f.entry, f.at), f.end);
        }),
      ]),
      ptlUnlock(r, 'pte_unmap_unlock(pte, ptl)', (_, f) => f.first),
    ]),
  ];
}
