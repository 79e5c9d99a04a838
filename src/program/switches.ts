/** Kernel fixes that a scenario can turn on or off, each named after the fix. */

import { findSwitch, type Profile, SWITCHES } from '../engine/profiles';
import type { Scenario } from '../language/ast';
import type { ProblemList } from '../language/diagnostics';
import { allOf, didYouMean } from '../language/suggest';

export const SWITCH_NAMES: readonly string[] = SWITCHES.map(({ name }) => name);

/** The profile with the scenario's switches applied. */
export function withSwitches(profile: Profile, scenario: Scenario, problems: ProblemList): Profile {
  let changed = profile;
  for (const item of scenario.items) {
    if (item.kind !== 'switch') continue;
    const known = findSwitch(item.name.text);
    if (known !== undefined) changed = { ...changed, ...known.change(item.on) };
    else {
      const near = didYouMean(item.name.text, SWITCH_NAMES) || `; known are ${allOf([...SWITCH_NAMES])}`;
      problems.error('unknown-name', `there is no switch \`${item.name.text}\`${near}`, item.name.span);
    }
  }
  return changed;
}
