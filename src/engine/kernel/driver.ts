/** The one interface through which the kernel reaches a driver. */

import type { CallbackParams, FrameOf, Routine } from './routine';

export interface Driver {
  readonly name: string;
  /** dev_pagemap_ops.migrate_to_ram; `page_fault` of the dev_pagemap in 4.14. */
  readonly migrate_to_ram: Routine<FrameOf<CallbackParams['migrate_to_ram']>>;
  /** dev_pagemap_ops.page_free. */
  readonly page_free: Routine<FrameOf<CallbackParams['page_free']>>;
  /** mmu_interval_notifier_ops.invalidate; the mirror's callback in 4.14. */
  readonly invalidate: Routine<FrameOf<CallbackParams['invalidate']>>;
}
