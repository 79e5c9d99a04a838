/** The page that a frame is about, with everything known of it. */

import { type PageRow, type TaskRow, vaOf } from '../../engine/machine/ids';
import { Pg } from '../../engine/machine/pages';
import {
  contentsOf,
  deviceName,
  deviceOfPage,
  ledgerOf,
  mappingsOf,
  placeOf,
  processName,
  sceneOf,
  showAddress,
  showCount,
  showEntry,
  showExpected,
  showHex,
  showMemoryType,
  showPage,
  showPageFlags,
  taskName,
  type World,
  whyStayed,
} from '../../view/environment';
import type { Children, Variable } from './tree';

const leaf = (name: string, value: string | number, evaluateName?: string): Variable => ({
  name,
  value: String(value),
  ...(evaluateName === undefined ? {} : { evaluateName }),
});

/** The reference ledger: the count, its holders, and the count that a migration expects. */
function ledger(world: World, page: PageRow, expression: string): Variable[] {
  const kept = ledgerOf(world, page);
  return [
    {
      ...leaf('refcount', kept.refcount, `${expression}.refcount`),
      children: { named: () => kept.rows.map((row) => leaf(row.name, showCount(row))) },
    },
    leaf('a migration expects', showExpected(kept)),
  ];
}

function mappings(world: World, page: PageRow): Variable {
  const at = mappingsOf(world.kernel, page);
  const list = (): Variable[] =>
    at.map(({ vpn, entry, process }) => {
      const va = vaOf(vpn);
      const place = placeOf(world, process, va);
      const name = `${processName(world, process)} ${place ?? ''} ${showAddress(va)}`.replace('  ', ' ');
      return leaf(name, showEntry(world, entry));
    });
  const value = at.length === 1 ? (list()[0]?.name ?? '') : `${at.length} places`;
  return { ...leaf('mapped at', value), children: { named: list } };
}

const BYTES_A_LINE = 16;

/** The page's bytes, 16 a line. */
function contents(world: World, of: PageRow): Variable {
  const { kernel: k } = world;
  const page = contentsOf(k, of);
  const first = k.contents.read(page, 0);
  const same = k.pages.patches.get(page) === 0;
  return {
    ...leaf(
      'contents',
      same ? `every byte ${showHex(first)}` : `byte 0 ${showHex(first)}, written in places`,
    ),
    page,
    children: {
      indexed: 4096 / BYTES_A_LINE,
      slice: (start, count) => {
        const bytes = k.contents.bytes(page);
        return Array.from({ length: count }, (_, i) => {
          const offset = (start + i) * BYTES_A_LINE;
          const words = Array.from(bytes.subarray(offset, offset + BYTES_A_LINE), (byte) =>
            byte.toString(16).padStart(2, '0'),
          );
          return leaf(`0x${offset.toString(16).padStart(3, '0')}`, words.join(' '));
        });
      },
    },
  };
}

/** Why it stayed where it is, for each place that maps it. */
function stayed(world: World, page: PageRow): Variable[] {
  const scene = sceneOf(world);
  const reasons = mappingsOf(world.kernel, page).flatMap(
    ({ vpn, process }) => whyStayed(scene, process, vaOf(vpn)) ?? [],
  );
  return [...new Set(reasons)].map((reason) => leaf('why', reason));
}

/** What a driver's page points at: the page that holds its bytes, or the next one of its free list. */
function deviceData(world: World, page: PageRow): Variable[] {
  const { kernel: k } = world;
  const at = k.pages.link.get(page) as PageRow;
  if (at === 0) return [leaf('zone_device_data', 'none')];
  const free = k.pages.has(page, Pg.Free);
  const words = free ? `the next free page, ${showPage(world, at)}` : `its backing, ${showPage(world, at)}`;
  const isPage = free || contentsOf(k, page) === at;
  if (!isPage) return [leaf('zone_device_data', showHex(at))];
  return [
    {
      ...leaf('zone_device_data', words),
      children: pageChildren(world, at, frameExpression(world, at)),
      page: at,
    },
  ];
}

function pgmap(world: World, page: PageRow, expression: string): Variable[] {
  const { kernel: k } = world;
  const row = k.pages.pgmap(page);
  if (row === 0) return [];
  const device = deviceOfPage(k, page);
  return [
    leaf(
      'pgmap',
      `${showMemoryType(k.devices.pgmapType.get(row))}, ${deviceName(world, device)}`,
      `${expression}.type`,
    ),
    ...deviceData(world, page),
  ];
}

/** A page by its frame. */
export const frameExpression = ({ kernel: { pages } }: World, page: PageRow): string =>
  `pfn(${showHex(pages.pfn(page))})`;

/** Everything about a page, by name; `expression` gives the page in watches. */
export function pageChildren(world: World, page: PageRow, expression: string): Children {
  const { kernel: k } = world;
  const { pages } = k;
  return {
    named: () => {
      const owner = pages.lockOwner.get(page);
      const locked = owner === 0 ? '' : `, locked by ${taskName(world, owner as TaskRow)}`;
      return [
        leaf('pfn', showHex(pages.pfn(page)), `${expression}.pfn`),
        ...ledger(world, page, expression),
        leaf('mapcount', pages.mapcount.get(page), `${expression}.mapcount`),
        mappings(world, page),
        leaf('flags', `${showPageFlags(pages.flags.get(page))}${locked}`, `${expression}.flags`),
        leaf(
          'zone',
          `${k.zones.nameOf(pages.zone(page))}, node ${k.zones.node.get(pages.zone(page))}`,
          `${expression}.zone`,
        ),
        ...pgmap(world, page, expression),
        leaf('mapping', mappingText(world, page)),
        leaf('index', showHex(pages.index.get(page)), `${expression}.index`),
        ...(pages.pins.get(page) > 0 ? [leaf('pins', pages.pins.get(page), `${expression}.pins`)] : []),
        ...(pages.order.get(page) > 0 ? [leaf('order', pages.order.get(page), `${expression}.order`)] : []),
        ...stayed(world, page),
        contents(world, page),
      ];
    },
  };
}

function mappingText(world: World, page: PageRow): string {
  const mapping = world.kernel.pages.mapping.get(page);
  if (mapping === 0) return 'none';
  const row = mapping >> 2;
  if (world.kernel.pages.isAnon(page)) return `anon_vma ${row}`;
  return `file ${world.names.files[world.kernel.files.name.get(row)] ?? row}`;
}
