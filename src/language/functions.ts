/** The functions that expressions can call. */

import { call, type FunctionFacts, THINGS, type Thing } from './things';

export const FUNCTIONS = {
  pte: call('address', 'pte(ADDRESS)', 'pte', 'the page-table entry of an address'),
  page: call('address', 'page(ADDRESS)', 'page', 'the page at an address'),
  pfn: call('pfn', 'pfn(NUMBER)', 'page', 'the page with this page frame number'),
  vma: call('address', 'vma(ADDRESS)', 'vma', 'the VMA at an address'),
  byte: call('address', 'byte(ADDRESS)', 'hex', 'the byte at an address, wherever its page lives'),
  bytes: call('bytes', 'bytes(ADDRESS, COUNT)', 'text', 'bytes from an address on, as far as its page goes'),
  holders: {
    ...call(
      'page',
      'holders(PAGE)',
      'text',
      'who holds the references of a page, each with the time it took them',
    ),
    list: true,
  },
  why: call('address', 'why ADDRESS', 'text', 'why the page at an address is where it is'),
  count: call('numbers', 'count(LIST)', 'number', 'how many there are'),
  sum: call('numbers', 'sum(LIST)', 'number', 'their sum'),
  min: call('numbers', 'min(LIST)', 'number', 'the least of them'),
  max: call('numbers', 'max(LIST)', 'number', 'the greatest of them'),
} satisfies Record<string, FunctionFacts>;

export type FunctionName = keyof typeof FUNCTIONS;

/** Every function by its name: those of expressions, and those that things have. */
export function functionFacts(name: string): FunctionFacts | undefined {
  const all: readonly Thing[] = Object.values(THINGS);
  const own = all.find(({ functions }) => functions !== undefined && Object.hasOwn(functions, name));
  return Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name as FunctionName] : own?.functions?.[name];
}
