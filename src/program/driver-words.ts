/** The engine's drivers as the language speaks of them. */

import type { Driver, Operations } from '../engine/routine/driver';
import { type DriverOperation, type DriverWords, KNOWLEDGE, type Knowledge } from '../language/knowledge';

/** The calls without which the language's operation is not there. */
const NEEDS: Readonly<Record<DriverOperation, readonly (keyof Operations)[]>> = {
  migrate: ['migrate_to_device', 'migrate_to_system'],
  read: ['read'],
  write: ['write'],
  snapshot: ['snapshot'],
  exclusive: ['exclusive'],
  check_exclusive: ['check_exclusive'],
  evict: ['evict'],
  release: ['remove'],
  context: ['context_access', 'service_faults'],
};

/** What a scenario can say of a driver. */
export function wordsOf({ operations, options, verbs, failures, counters }: Driver): DriverWords {
  const offered = (Object.keys(NEEDS) as DriverOperation[]).filter((operation) =>
    NEEDS[operation].every((call) => operations[call] !== undefined),
  );
  return {
    options: options.map(({ name, what, least, most }) => ({ name, what, least, most })),
    operations: offered,
    verbs: verbs.map(({ routine: _, ...word }) => word),
    failures: failures.points,
    counters: Object.keys(counters),
  };
}

/** What the checker knows where these are the drivers; a device that does not say has the first. */
export function knowledgeOf(drivers: readonly Driver[]): Knowledge {
  return {
    ...KNOWLEDGE,
    drivers: new Map(drivers.map((driver) => [driver.name, wordsOf(driver)])),
    defaultDriver: drivers[0]?.name ?? KNOWLEDGE.defaultDriver,
  };
}
