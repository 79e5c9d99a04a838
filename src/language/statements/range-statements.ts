/**
 * Statements that take a range and nothing else, with all the language knows of them: how they are written and what
 * they do. What they become stands beside, in src/program/range-statements.ts.
 */
export const RANGE_STATEMENTS = {
  munmap: 'Removes mappings. Device pages in them are freed without a page_fault.',
  mlock: 'Locks pages in memory.',
  munlock: 'Undoes mlock.',
  read: 'The CPU loads one byte of each page: byte 0, or the byte the address names.',
  get_page: 'Takes one more reference on the page, wherever it lives.',
  put_page: 'Drops the reference of get_page.',
  reclaim: 'The kernel tries to swap these pages out.',
} as const;

export type RangeStatementKind = keyof typeof RANGE_STATEMENTS;

export const RANGE_STATEMENT_KINDS = Object.keys(RANGE_STATEMENTS) as readonly RangeStatementKind[];
