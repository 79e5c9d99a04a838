/** Assertions of the kernel about its pages: what a kernel built with CONFIG_DEBUG_VM stops at. */

import type { PageRow } from './ids';

/** Each by the function that makes it. */
export const ASSERTIONS = {
  get_page: 'VM_BUG_ON_FOLIO(folio_ref_count(folio) <= 0, folio)',
  put_page_testzero: 'VM_BUG_ON_PAGE(page_ref_count(page) == 0, page)',
  folio_unlock: 'VM_BUG_ON_FOLIO(!folio_test_locked(folio), folio)',
  free_pages_prepare: 'the page to be freed is free already (Bad page state)',
} as const;
export type Asserting = keyof typeof ASSERTIONS;

/** The functions by the numbers that events give them. */
export const ASSERTING = Object.keys(ASSERTIONS) as Asserting[];

/** An assertion does not hold: the task that a step runs for goes no further. What the step has done so far stays. */
export class KernelBug extends Error {
  constructor(
    readonly by: Asserting,
    readonly page: PageRow,
  ) {
    super(`kernel BUG in ${by}: ${ASSERTIONS[by]}`);
  }
}
