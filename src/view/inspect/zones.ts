/** Zones with the counters of /proc/zoneinfo. */

import type { IntColumn, WideColumn } from '../../engine/machine/column';
import type { ZoneRow } from '../../engine/machine/ids';
import type { Snapshot } from '../../engine/machine/store';
import type { Zones } from '../../engine/machine/zones';
import type { Zone, ZoneCounter, ZoneNode } from '../../protocol';
import type { World } from '../environment';
import { before } from './previous';

type Columns = (zones: Zones) => readonly (readonly [name: string, column: IntColumn | WideColumn])[];

/** What stands in a zone's own block. */
const OF_ZONE: Columns = (z) => [
  ['free', z.free],
  ['min', z.wmarkMin],
  ['low', z.wmarkLow],
  ['high', z.wmarkHigh],
  ['spanned', z.spanned],
  ['present', z.present],
  ['managed', z.managed],
  ['nr_zone_inactive_anon', z.inactiveAnon],
  ['nr_zone_active_anon', z.activeAnon],
  ['nr_zone_inactive_file', z.inactiveFile],
  ['nr_zone_active_file', z.activeFile],
  ['nr_zone_unevictable', z.unevictable],
];

/** What stands in the node's block, added up over its zones. */
const OF_NODE: Columns = (z) => [
  ['nr_inactive_anon', z.inactiveAnon],
  ['nr_active_anon', z.activeAnon],
  ['nr_inactive_file', z.inactiveFile],
  ['nr_active_file', z.activeFile],
  ['nr_unevictable', z.unevictable],
  ['nr_isolated_anon', z.isolatedAnon],
  ['nr_anon_pages', z.anonPages],
  ['nr_mapped', z.mapped],
  ['nr_file_pages', z.filePages],
  ['nr_shmem', z.shmem],
  ['nr_page_table_pages', z.pageTablePages],
  ['nr_memmap', z.memmapPages],
];

function counters(
  id: string,
  columns: ReturnType<Columns>,
  rows: readonly number[],
  previous: Snapshot | undefined,
): ZoneCounter[] {
  const sum = (read: (row: number) => number): number => rows.reduce((total, row) => total + read(row), 0);
  return columns.map(([name, column]) => {
    const value = sum((row) => column.get(row));
    const was = previous ? sum((row) => before(previous, column, row)) : value;
    return { id: `${id}/${name}`, name, value, ...(was === value ? {} : { previous: was }) };
  });
}

/** Every node with its zones; values that differ from those at the stop before carry both. */
export function zoneNodes(world: World, previous: Snapshot | undefined): ZoneNode[] {
  const { zones } = world.kernel;
  const byNode = new Map<number, ZoneRow[]>();
  for (const zone of zones.rows()) {
    const node = zones.node.get(zone);
    byNode.set(node, [...(byNode.get(node) ?? []), zone]);
  }
  return [...byNode].map(([node, rows]): ZoneNode => {
    const stats: Zone = {
      id: `node${node}/stats`,
      name: 'per-node stats',
      counters: counters(`node${node}/stats`, OF_NODE(zones), rows, previous),
    };
    const list = [...rows]
      .sort((a, b) => zones.type.get(a) - zones.type.get(b))
      .map((zone): Zone => {
        const id = `node${node}/${zones.nameOf(zone)}`;
        return { id, name: zones.nameOf(zone), counters: counters(id, OF_ZONE(zones), [zone], previous) };
      });
    return { id: `node${node}`, node, zones: [stats, ...list] };
  });
}
