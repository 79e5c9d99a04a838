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
  /** migrate_vma_ops.alloc_and_copy (4.14): fill dst and copy. */
  readonly alloc_and_copy: Routine<FrameOf<CallbackParams['alloc_and_copy']>>;
  /** migrate_vma_ops.finalize_and_map (4.14): update the device's page table. */
  readonly finalize_and_map: Routine<FrameOf<CallbackParams['finalize_and_map']>>;
  /** file_operations.release: the last descriptor of the open device is gone. */
  readonly release: Routine<FrameOf<CallbackParams['release']>>;
}
