/** What turns each race of the gallery into one that is mended: a text of its scenario, and what to put there. */
export const FIXES: ReadonlyMap<string, readonly [from: string, to: string]> = new Map([
  ['livelock-of-two-threads', ['fix-1afaeb8293c9 off', 'fix-1afaeb8293c9 on']],
  ['fault-on-a-freed-page', ['fix-16ce101db85d off', 'fix-16ce101db85d on']],
  ['lost-write-after-late-flush', ['fix-60bae7370896 off', 'fix-60bae7370896 on']],
  ['lost-dirty-bit', ['fix-fd35ca3d12cc off', 'fix-fd35ca3d12cc on']],
  ['drain-starvation', ['fix-b570f37a2ce4 off', 'fix-b570f37a2ce4 on']],
  ['recursive-driver-lock', ['faulting-task-guard off', 'faulting-task-guard on']],
  ['stale-device-mapping', ['keeps-own-entries on', 'keeps-own-entries off']],
  ['device-write-during-migration', ['after-migration off', 'after-migration on']],
  ['mapped-after-it-was-thrown-away', ['after-migration off', 'after-migration on']],
  ['invalidation-before-update', ['skips-read-retry on', 'skips-read-retry off']],
]);
