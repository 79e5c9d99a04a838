/**
 * A device's own page table for a process, and the mutex under which a driver uses it: what every driver embeds beside
 * its mmu_interval_notifier. An entry's `lo` is the access, its `hi` the page whose contents the device sees.
 */

import { Access } from '../machine/devices';
import {
  type EntryRow,
  type MirrorRow,
  type NodeRow,
  type PageRow,
  TASK_SIZE_PAGES,
  type Vpn,
} from '../machine/ids';
import { LEVEL_PGD } from '../machine/radix';
import { Wait } from '../machine/tasks';
import type { MirrorTables } from '../routine/driver';
import type { Kernel } from '../routine/kernel';
import { Own } from '../routine/own';
import type { Builder, Node } from '../routine/routine';

/** One entry of a device's own page table. */
export interface MirrorEntry {
  readonly vpn: Vpn;
  readonly row: EntryRow;
  readonly page: PageRow;
  /** An `Access`. */
  readonly access: number;
}

/** The mirrors of one driver: their table's root, and the task that holds the mutex. */
export class Mirrors {
  readonly tables: Own<MirrorTables>;

  constructor(driver: string) {
    this.tables = new Own(({ devices: { mirrors } }) => ({
      root: mirrors.int(`${driver}.root`),
      mutex: mirrors.int(`${driver}.mutex`),
    }));
  }

  #root(k: Kernel, mirror: MirrorRow): NodeRow {
    return this.tables.of(k).root.get(mirror) as NodeRow;
  }

  /** A fresh mirror has an empty table. */
  create(k: Kernel, mirror: MirrorRow): void {
    this.tables.of(k).root.set(mirror, k.tables.newNode(LEVEL_PGD, 0 as EntryRow));
  }

  destroy(k: Kernel, mirror: MirrorRow): void {
    k.tables.destroy(this.#root(k, mirror));
  }

  /** An entry of the table, or 0. */
  entry(k: Kernel, mirror: MirrorRow, vpn: Vpn): EntryRow {
    const entry = k.tables.find(this.#root(k, mirror), vpn, 0);
    return entry !== 0 && k.tables.lo.get(entry) !== 0 ? entry : (0 as EntryRow);
  }

  /** xa_store: the device may now use the page at this address. */
  store(k: Kernel, mirror: MirrorRow, vpn: Vpn, page: PageRow, access: number): void {
    k.tables.set(k.tables.make(this.#root(k, mirror), vpn), access, page);
  }

  /** xa_erase for every entry in [start, end). */
  erase(k: Kernel, mirror: MirrorRow, start: Vpn, end: Vpn): void {
    const root = this.#root(k, mirror);
    for (
      let vpn = k.tables.next(root, start, end);
      vpn !== -1;
      vpn = k.tables.next(root, (vpn + 1) as Vpn, end)
    )
      k.tables.set(k.tables.find(root, vpn, 0), Access.None, 0);
  }

  /** Takes the driver's mutex of a mirror. */
  lock<F>(r: Builder<F>, text: string, mirror: (k: Kernel, f: F) => MirrorRow): Node<F> {
    return r.wait(text, Wait.DriverLock, mirror, (k, f) => {
      const { mutex } = this.tables.of(k);
      const row = mirror(k, f);
      if (mutex.get(row) !== 0) return false;
      mutex.set(row, k.task);
      return true;
    });
  }

  unlock(k: Kernel, mirror: MirrorRow): void {
    this.tables.of(k).mutex.set(mirror, 0);
    k.tasks.wakeFirst(Wait.DriverLock, mirror);
  }
}

/** What a mirror's table has at one address; undefined where that is nothing. */
export function mirror_entry(
  k: Kernel,
  { tables: mirrors }: { readonly tables: Own<MirrorTables> },
  mirror: MirrorRow,
  vpn: Vpn,
): MirrorEntry | undefined {
  const entry = k.tables.find(mirrors.of(k).root.get(mirror) as NodeRow, vpn, 0);
  const access = k.tables.lo.get(entry);
  if (entry === 0 || access === Access.None) return undefined;
  return { vpn, row: entry, page: k.tables.hi.get(entry) as PageRow, access };
}

/** What a mirror's table has of the pages [start, end), in rising order. */
export function* mirror_entries(
  k: Kernel,
  { tables: mirrors }: { readonly tables: Own<MirrorTables> },
  mirror: MirrorRow,
  start = 0 as Vpn,
  end = TASK_SIZE_PAGES as Vpn,
): Iterable<MirrorEntry> {
  const { tables } = k;
  const root = mirrors.of(k).root.get(mirror) as NodeRow;
  for (let vpn = tables.next(root, start, end); vpn !== -1; vpn = tables.next(root, (vpn + 1) as Vpn, end)) {
    const entry = tables.find(root, vpn, 0);
    const access = tables.lo.get(entry);
    if (access !== Access.None) yield { vpn, row: entry, page: tables.hi.get(entry) as PageRow, access };
  }
}
