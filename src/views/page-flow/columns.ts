/** The columns of the table of Page Flow, and how its rows are sorted. */

import type { FlowBlock } from '../../protocol/page-flow';

export interface Column {
  readonly title: string;
  readonly about: string;
  /** What is sorted by: numbers from the largest, texts from the first letter. */
  readonly value: (block: FlowBlock) => number | string;
  readonly text: (block: FlowBlock) => string;
}

const PAGE_KIB = 4;

/** Pages in whole KiB or MiB. */
function sizeOf(pages: number): string {
  const kib = pages * PAGE_KIB;
  return kib % 1024 === 0 && kib > 0 ? `${kib / 1024} MiB` : `${kib} KiB`;
}

const numbered = (title: string, about: string, value: (block: FlowBlock) => number): Column => ({
  title,
  about,
  value,
  text: (block) => String(value(block)),
});

const movedOf = ({ toDevice, toSystem }: FlowBlock): number => toDevice + toSystem;

export const COLUMNS: readonly Column[] = [
  {
    title: 'Pages',
    about: 'Part of a buffer, within the same 2 MiB',
    value: ({ process, name }) => `${process}: ${name}`,
    text: ({ process, name }) => `${process}: ${name}`,
  },
  numbered('To device', 'Pages migrated to a device', ({ toDevice }) => toDevice),
  numbered('Home', 'Pages migrated to system memory', ({ toSystem }) => toSystem),
  {
    title: 'Moved',
    about: 'What was migrated in all',
    value: movedOf,
    text: (block) => sizeOf(movedOf(block)),
  },
  numbered('CPU faults', 'Faults of CPUs; one that is begun again counts once', ({ cpuFaults }) => cpuFaults),
  numbered('To RAM', "Faults that called the driver's migrate_to_ram", ({ migrateToRam }) => migrateToRam),
  numbered('Device faults', 'Faults of devices', ({ deviceFaults }) => deviceFaults),
  {
    title: 'Ping-pong',
    about: 'How often each page that moved went back to where it had been, in the mean',
    value: ({ pingPong }) => pingPong,
    text: ({ pingPong }) => (pingPong === 0 ? '' : `${Number(pingPong.toFixed(1))} ×`),
  },
  {
    title: 'On device',
    about: 'Part of the time, in steps since they first moved, that its pages spent on devices',
    value: ({ onDevice }) => onDevice ?? -1,
    text: ({ onDevice }) => (onDevice === undefined ? '' : `${Math.round(onDevice * 100)} %`),
  },
];

/** Which column the rows are sorted by, and whether the other way round than at first. */
export interface Order {
  readonly by: Column;
  readonly isReversed: boolean;
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

/** The rows in that order; like ones stay as they are. */
export function sorted(blocks: readonly FlowBlock[], { by, isReversed }: Order): readonly FlowBlock[] {
  const sign = isReversed ? -1 : 1;
  return [...blocks].sort((a, b) => sign * compare(by.value(a), by.value(b)));
}
