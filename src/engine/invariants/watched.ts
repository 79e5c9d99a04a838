/** What the checker watches: whose change makes an object be looked at again. */

import type { IntColumn, ReadColumn, WideColumn } from '../machine/column';
import type { CheckState, MarkedKind } from './state';

/** Columns by the kind of object that a write to one of their rows concerns. */
export function watched(s: CheckState): [MarkedKind, readonly (ReadColumn | WideColumn | undefined)[]][] {
  const { kernel } = s;
  const { pages, holds, tables, mm, devices, drivers, tlb, tasks, memcgUsage, store } = kernel;
  const named = (name: string): IntColumn | WideColumn | undefined =>
    store.columns.find((column) => column.name === name);
  return [
    [
      'page',
      [
        pages.refcount,
        pages.mapcount,
        pages.flags,
        pages.mapping,
        pages.holds,
        pages.link,
        pages.memcg,
        pages.pins,
      ],
    ],
    ['content', [pages.fill, pages.patches]],
    ['hold', [holds.kind, holds.who, holds.next, named('holds.live')]],
    ['entry', [tables.lo, tables.hi]],
    ['node', [tables.level, tables.parent, tables.used, named('nodes.live')]],
    [
      'mm',
      [
        mm.pgd,
        mm.process,
        mm.rssAnon,
        mm.rssFile,
        mm.rssShmem,
        mm.swapEntries,
        mm.notifierSeq,
        mm.activeInvalidations,
      ],
    ],
    [
      'device',
      [devices.pages, ...drivers.flatMap(({ memory }) => Object.values<IntColumn>({ ...memory.of(kernel) }))],
    ],
    ['pgmap', [devices.pgmapRef, devices.pgmapDying]],
    [
      'mirror',
      [
        ...drivers.map(({ mirrors }) => mirrors.tables.of(kernel).root),
        devices.mirrorMm,
        devices.mirrorSeq,
        devices.mirrorUsers,
      ],
    ],
    ['memcg', [memcgUsage]],
    ['area', [named('swapArea.live')]],
    ['vma', [mm.vmaReaders]],
    ['tlb', [tlb.mm, tlb.entry, tlb.page, tlb.bits]],
    ['task', [tasks.state, tasks.preemptCount]],
  ];
}
