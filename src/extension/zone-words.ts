/** Zones in words: amounts of pages as sizes, and how free memory stands to the watermarks. */

import type { Zone } from '../protocol';

const PAGE_KIB = 4;
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Pages of 4 KiB as a size with at most one decimal: `64 MiB`, `1.5 GiB`, `0`. */
export function sizeOfPages(pages: number): string {
  if (pages === 0) return '0';
  let size = pages * PAGE_KIB;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${Math.round(size * 10) / 10} ${UNITS[unit]}`;
}

/** How much is free, against the marks at which kswapd and faults begin to reclaim; undefined where there are none. */
export function pressure(zone: Zone): string | undefined {
  const value = (name: string) => zone.counters.find((counter) => counter.name === name)?.value ?? 0;
  const free = value('free');
  if (value('high') === 0) return undefined;
  if (free <= value('min')) return 'below min: faults must reclaim';
  if (free <= value('low')) return 'below low: kswapd is woken';
  if (free <= value('high')) return 'below high: kswapd goes on';
  return 'above high';
}

/** A zone in a line: `1.2 GiB free of 2 GiB · above high`. Of device memory the kernel's allocator manages nothing. */
export function zoneSummary(zone: Zone): string {
  const value = (name: string) => zone.counters.find((counter) => counter.name === name)?.value;
  const free = value('free');
  if (free === undefined) return '';
  const managed = value('managed') ?? 0;
  if (managed === 0) return `spans ${sizeOfPages(value('spanned') ?? 0)}, handed out by drivers`;
  const state = pressure(zone);
  return [
    `${sizeOfPages(free)} free of ${sizeOfPages(managed)}`,
    ...(state === undefined ? [] : [state]),
  ].join(' · ');
}
