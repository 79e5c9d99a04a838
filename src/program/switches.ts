/** Kernel fixes and mistakes of drivers that a scenario can turn on or off. */

import { findSwitch, type Profile, SWITCHES } from '../engine/profiles';
import type { Driver } from '../engine/routine/driver';
import type { Scenario, SwitchDecl } from '../language/ast';
import type { ProblemList } from '../language/diagnostics';
import { allOf, didYouMean } from '../language/suggest';

function changedBy(
  profile: Profile,
  { name, on }: SwitchDecl,
  drivers: readonly Driver[],
): Profile | undefined {
  const fix = findSwitch(name.text);
  if (fix !== undefined) return { ...profile, ...fix.change(on) };
  if (!drivers.some(({ switches }) => switches.some((known) => known.name === name.text))) return undefined;
  const driverSwitches = new Set(profile.driverSwitches);
  if (on) driverSwitches.add(name.text);
  else driverSwitches.delete(name.text);
  return { ...profile, driverSwitches };
}

/** The profile with the scenario's switches applied. */
export function withSwitches(
  profile: Profile,
  scenario: Scenario,
  drivers: readonly Driver[],
  problems: ProblemList,
): Profile {
  let changed = profile;
  for (const item of scenario.items) {
    if (item.kind !== 'switch') continue;
    const next = changedBy(changed, item, drivers);
    if (next !== undefined) changed = next;
    else {
      const names = [...SWITCHES, ...drivers.flatMap(({ switches }) => switches)].map(({ name }) => name);
      const near = didYouMean(item.name.text, names) || `; known are ${allOf(names)}`;
      problems.error('unknown-name', `there is no switch \`${item.name.text}\`${near}`, item.name.span);
    }
  }
  return changed;
}
