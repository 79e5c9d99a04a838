/** Who holds the references of a page: every one has a holder with a name. */

import { is_huge } from '../../engine/kernel/mm/huge_memory/huge_memory';
import { ptep_get } from '../../engine/kernel/mm/pgtable';
import { MemoryType } from '../../engine/machine/devices';
import { HOLD_NAMES, Hold, type HoldKind, holdWeight } from '../../engine/machine/holds';
import { type DeviceRow, type PageRow, type TaskRow, vaOf } from '../../engine/machine/ids';
import { KIND_NAMES, kindOf, Pte } from '../../engine/machine/pte';
import type { Kernel } from '../../engine/routine/kernel';
import { showAddress } from './format';
import { type MappedAt, mappingsOf, placeOf } from './pages';
import { deviceName, processName, taskName, type World } from './scene';

/** Every entry that maps a page of the folio; one that maps it as a whole once. */
function mappingsOfFolio(k: Kernel, folio: PageRow): MappedAt[] {
  const first = mappingsOf(k, folio);
  const rest = Array.from({ length: k.pages.count(folio) - 1 }, (_, i) =>
    mappingsOf(k, k.pages.nth(folio, i + 1)).filter(({ entry }) => !is_huge(ptep_get(k, entry))),
  );
  return [...first, ...rest.flat()];
}

/** Who holds a reference of a kind: `fault by app`. */
export function holderName(world: World, kind: HoldKind, id: number): string {
  const name = HOLD_NAMES[kind];
  switch (kind) {
    case Hold.Collect:
    case Hold.Isolate:
      return `${name} by ${taskName(world, world.kernel.migrations.task.get(id) as TaskRow)}`;
    case Hold.Fault:
    case Hold.TlbGather:
    case Hold.Walk:
      return id === 0 ? name : `${name} by ${taskName(world, id as TaskRow)}`;
    case Hold.Gup:
    case Hold.Pin: {
      const pin = world.names.pins[world.kernel.pins.name.get(id)];
      return pin === undefined || pin === '' ? name : `${name} (${pin})`;
    }
    case Hold.LruBatch:
      return `${name} of CPU ${id}`;
    case Hold.Driver:
      return id === 0 ? name : `${name} ${deviceName(world, id as DeviceRow)}`;
    default:
      return name;
  }
}

/** What a page has its references by. */
export interface Reference {
  readonly name: string;
  readonly count: number;
  /** `base`: what a page of a device keeps; `unknown`: what nobody explains. */
  readonly kind: HoldKind | 'base' | 'unknown';
  /** Who holds it, by what the kind says: a task, a pin, a migration. */
  readonly who?: number;
  /** The time at which it was taken; none of an entry, which is no named reference. */
  readonly since?: number;
  /** The entry that it is. */
  readonly at?: MappedAt;
}

/** Every reference of the page's folio. Their counts add up to its refcount. */
export function referencesOf(world: World, of: PageRow): Reference[] {
  const { kernel: k } = world;
  const page = k.pages.folio(of);
  const found: Reference[] = [];
  for (const at of mappingsOfFolio(k, page)) {
    const kind = kindOf(ptep_get(k, at.entry));
    if (kind === Pte.Migration) continue;
    const va = vaOf(at.vpn);
    const where = placeOf(world, at.process, va) ?? showAddress(va);
    const level = is_huge(ptep_get(k, at.entry)) ? 'PMD' : 'PTE';
    const name = `${level} (${KIND_NAMES[kind]}) of ${processName(world, at.process)}: ${where}`;
    found.push({ name, count: 1, kind: Hold.Pte, at });
  }
  // The reference of a device-exclusive entry is that of the mapping, which has been counted.
  const order = k.pages.order.get(page);
  for (const { kind, who, since } of k.holds.of(page))
    if (kind !== Hold.Exclusive)
      found.push({ name: holderName(world, kind, who), count: holdWeight(kind, order), kind, who, since });
  if (isDriverPage(k, page) && k.profile.freeDeviceRefcount > 0)
    found.push({ name: 'ZONE_DEVICE (a device page keeps one)', count: 1, kind: 'base' });
  const explained = found.reduce((sum, { count }) => sum + count, 0);
  const left = k.pages.refcount.get(page) - explained;
  if (left !== 0) found.push({ name: 'unknown', count: left, kind: 'unknown' });
  return found;
}

/** What a reference belongs to, and how many of the kind. */
interface Holder {
  readonly name: string;
  readonly count: number;
}

/** Who holds the page: the references of one name together. */
export function holdersOf(world: World, page: PageRow): Holder[] {
  const counts = new Map<string, number>();
  for (const { name, count } of referencesOf(world, page)) counts.set(name, (counts.get(name) ?? 0) + count);
  return [...counts].map(([name, count]) => ({ name, count }));
}

export function isDriverPage(k: Kernel, page: PageRow): boolean {
  const pgmap = k.pages.pgmap(page);
  const type = k.devices.pgmapType.get(pgmap);
  return pgmap !== 0 && (type === MemoryType.Private || type === MemoryType.Coherent);
}
