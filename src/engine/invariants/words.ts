/** How objects are named in a finding. */

import type { PageRow } from '../machine/ids';
import { KIND_NAMES, kindOf, PTE_WRITE } from '../machine/pte';
import type { Kernel } from '../routine/kernel';

export const hex = (number: number): string => `0x${number.toString(16)}`;

export const pageName = (k: Kernel, page: PageRow): string => `page ${hex(k.pages.pfn(page))}`;

/** `3 entries`, `1 entry`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

export function entryName(k: Kernel, lo: number, page: number): string {
  const write = (lo & PTE_WRITE) !== 0 ? 'writable ' : '';
  const target = page === 0 ? '' : ` of ${pageName(k, page as PageRow)}`;
  return `${write}${KIND_NAMES[kindOf(lo)] ?? 'unknown'} entry${target}`;
}
