/** The kinds of event that the log has, each with the numbers that say what happened. */

/** Kinds of event with the names of their numbers. A kind with `leave` opens a level that its leave closes. */
export const EVENT_SCHEMA = {
  handle_mm_fault: { enter: ['vpn', 'flags'], leave: ['ret'] },
  do_anonymous_page: { enter: ['vpn', 'flags'], leave: ['ret'] },
  do_swap_page: { enter: ['vpn', 'flags'], leave: ['ret'] },
  do_wp_page: { enter: ['vpn', 'flags'], leave: ['ret'] },
  wp_page_copy: { enter: ['vpn', 'flags'], leave: ['ret'] },
  do_fault: { enter: ['vpn', 'flags'], leave: ['ret'] },
  do_huge_pmd_anonymous_page: { enter: ['vpn', 'flags'], leave: ['ret'] },
  /** A touch of 2 MiB that are on a device. */
  do_huge_pmd_device_private: { enter: ['vpn', 'flags'], leave: ['ret'] },
  do_huge_pmd_wp_page: { enter: ['vpn', 'flags'], leave: ['ret'] },
  hugetlb_fault: { enter: ['vpn', 'flags'], leave: ['ret'] },
  /** The entry that maps 512 pages at once becomes a table with one for each. */
  split_huge_pmd: { enter: ['process', 'vpn'] },
  /** There was such an entry, whose bits are `pmd`; `freeze`: the new ones are migration entries. */
  split_huge_pmd_locked: { enter: ['process', 'vpn', 'pmd', 'freeze'] },
  remove_device_exclusive_entry: { enter: ['vpn', 'flags'], leave: ['ret'] },
  migrate_to_ram: {
    enter: ['vpn', 'page', 'device', 'refcount', 'mapcount', 'locked', 'flags', 'order'],
    leave: ['ret', 'forced'],
  },
  page_free: { enter: ['page', 'device', 'refcount', 'mapcount', 'locked', 'order'], leave: [] },
  zone_device_page_init: { enter: ['page', 'device', 'refcount', 'mapcount', 'locked', 'order'] },
  /** 4.14: the one call, and phases that are functions of their own there. */
  migrate_vma: { enter: ['vpn', 'pages'], leave: ['ret'] },
  migrate_vma_collect: { enter: ['vpn', 'pages'], leave: ['cpages'] },
  migrate_vma_prepare: { enter: ['vpn', 'pages'], leave: ['cpages'] },
  migrate_vma_unmap: { enter: ['vpn', 'pages'], leave: ['cpages'] },
  migrate_vma_setup: { enter: ['vpn', 'pages', 'flags', 'device', 'faultPage'], leave: ['ret', 'cpages'] },
  migrate_vma_pages: { enter: ['vpn', 'pages', 'flags', 'device', 'faultPage', 'cpages'], leave: [] },
  migrate_vma_finalize: { enter: ['vpn', 'pages', 'flags', 'device', 'faultPage', 'cpages'], leave: [] },
  /** The src or dst array of the migration that is the innermost open event: 2 numbers a page, flags and page. */
  migrate_array: { enter: ['dst', '...'] },
  alloc_and_copy: { enter: ['vpn', 'pages', 'device', 'toRam'], leave: [] },
  finalize_and_map: { enter: ['vpn', 'pages', 'device', 'toRam'], leave: [] },
  migrate_device_range: { enter: ['device', 'pages'], leave: [] },
  migrate_device_pages: { enter: ['device', 'pages'], leave: [] },
  migrate_device_finalize: { enter: ['device', 'pages'], leave: [] },
  set_migration_pte: { enter: ['process', 'vpn', 'page'] },
  remove_migration_pte: { enter: ['process', 'vpn', 'page'] },
  /** The same of an entry of the PMD table, at its first address; counts of the folio before. */
  set_pmd_migration_entry: {
    enter: ['process', 'vpn', 'page', 'refcount', 'mapcount', 'locked'],
    leave: ['ret'],
  },
  remove_migration_pmd: { enter: ['process', 'vpn', 'page', 'refcount', 'mapcount', 'locked'] },
  /** A large folio becomes single pages: a mapped one, or one that nothing maps while it migrates. */
  split_folio: { enter: ['page', 'refcount', 'mapcount', 'locked'], leave: ['ret'] },
  folio_split_unmapped: { enter: ['page', 'refcount', 'mapcount', 'locked'], leave: ['ret'] },
  /** The driver is told of each of `calls` pages that such a folio of its device becomes. */
  folio_split: { enter: ['page', 'device', 'calls'] },
  /** `end` is one past the last page; a range over everything has start 0 and end 2^35 or more. */
  invalidate: { enter: ['mirror', 'process', 'device', 'vpn', 'end', 'event', 'owner'], leave: ['ret'] },
  hmm_range_fault: { enter: ['vpn', 'pages', 'device', 'flags'], leave: ['ret'] },
  /** A CPU goes by a translation, or by a right, that its page table no longer has: to `page`, without a fault. */
  stale_translation: { enter: ['cpu', 'vpn', 'page', 'write'] },
  /** The driver enters what hmm_range_fault answered into the device's table. */
  device_map: { enter: ['mirror', 'process', 'device', 'vpn', 'pages'] },
  /** A context of the device needs a page that its mirror doesn't map: an entry in the fault buffer. */
  device_fault: { enter: ['device', 'process', 'vpn', 'write'] },
  make_device_exclusive: { enter: ['vpn', 'pages'], leave: ['ret'] },
  /**
   * A page stays where it is; `rule` says why (RULE_NAMES), `found` and `wanted` what was compared, the rest who else
   * holds it, kind and who. `process` is 0 where no address is known.
   */
  refused: { enter: ['rule', 'process', 'vpn', 'page', 'found', 'wanted', '...'] },
  /** Reference counts that changed by a named holder; delta is +1 or -1. */
  refcount: { enter: ['page', 'delta', 'count', 'hold', 'who'] },
  signal: { enter: ['process', 'signal', 'code', 'va'] },
  oom: { enter: ['process'] },
  /** Memory is short: kswapd reclaims on its node, or a task that gets no page does so itself. */
  balance_pgdat: { enter: ['node'], leave: ['reclaimed'] },
  try_to_free_pages: { enter: [], leave: ['reclaimed'] },
  /** The task sleeps, for what a `WaitKind` and its row say, until it has it. */
  wait: { enter: ['kind', 'on'], leave: [] },
  /** A cycle of waiting tasks, each waiting for the next, the last for the first. */
  deadlock: { enter: ['task', '...'] },
  /** The task waits for what another one holds that has ended, or that itself waits in a circle. */
  never_wakes: { enter: ['task', 'holder'] },
  /** The same fault with the same outcome, again and again; or (walks = 1) the walk for a device, which takes it. */
  livelock: { enter: ['process', 'vpn', 'times', 'walks'] },
  /** A worker that can't run because a task that spins in the kernel keeps its CPU. */
  starvation: { enter: ['worker', 'task', 'vpn'] },
  /** The kernel reads memory that is not there: the struct page of a frame that doesn't exist, taken for `page`'s; or (0) by a NULL pointer. */
  oops: { enter: ['page', 'frame'] },
  /** An assertion of the kernel does not hold: of which function (ASSERTING), about which page. */
  kernel_bug: { enter: ['assertion', 'page'] },
  fork: { enter: ['parent', 'child'] },
  exit: { enter: ['process', 'code', 'signal'] },
  /** A statement of the scenario begins. */
  statement: { enter: ['statement'] },
  /** What a statement of the scenario returned: result kind, then the kind's numbers, then data. */
  result: { enter: ['statement', 'ret', 'errno', 'signal', 'code', 'va', 'cpages', 'faults', '...'] },
  expect_failed: { enter: ['statement', 'expectation'] },
  invariant_broken: { enter: ['invariant', 'object', 'second'] },
  print: { enter: ['statement', 'value'] },
} as const;

export type EventName = keyof typeof EVENT_SCHEMA;
/** The names of the numbers that kinds of event have. */
export const EVENT_NAMES = Object.keys(EVENT_SCHEMA) as EventName[];

/** The number of each kind of event. */
export const KIND = Object.fromEntries(EVENT_NAMES.map((name, kind) => [name, kind])) as Record<
  EventName,
  number
>;
