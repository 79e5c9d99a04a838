/** Kernel fixes that a scenario can turn on or off, each named after the fix. */

import type { Profile } from '../../engine/profiles';
import type { Scenario } from '../ast';
import type { ProblemList } from '../diagnostics';
import { allOf, didYouMean } from '../suggest';

/** What a fix changes in a profile when it is on or off. */
const SWITCHES: ReadonlyMap<string, (on: boolean) => Partial<Profile>> = new Map<
  string,
  (on: boolean) => Partial<Profile>
>([
  ['preserve-write-attribute', (on) => ({ collectMisreadsWrite: !on })],
  ['flush-tlb-under-ptl', (on) => ({ flushUnderLock: on })],
  ['copy-pte-dirty-bit', (on) => ({ migrationKeepsYoungDirty: on })],
  ['entry-wait-without-reference', (on) => ({ entryWaitTakesReference: !on })],
  ['fault-takes-reference', (on) => ({ faultTakesReference: on })],
]);

export const SWITCH_NAMES: readonly string[] = [...SWITCHES.keys()];

/** The profile with the scenario's switches applied. */
export function withSwitches(profile: Profile, scenario: Scenario, problems: ProblemList): Profile {
  let changed = profile;
  for (const item of scenario.items) {
    if (item.kind !== 'switch') continue;
    const apply = SWITCHES.get(item.name.text);
    if (apply !== undefined) changed = { ...changed, ...apply(item.on) };
    else {
      const near = didYouMean(item.name.text, SWITCH_NAMES) || `; known are ${allOf([...SWITCH_NAMES])}`;
      problems.error('unknown-name', `there is no switch \`${item.name.text}\`${near}`, item.name.span);
    }
  }
  return changed;
}
