/** Whose a broken invariant is: a driver's, the kernel's that is run, or this program's own. */

import type { Violation } from '../engine/invariants';
import { type Profile, SWITCHES } from '../engine/profiles';
import type { Driver } from '../engine/routine/driver';
import { oneOf } from '../language/suggest';

export interface Cause {
  /** Nothing that is known of the drivers and the kernel explains it: the model itself is wrong. */
  readonly isDefect: boolean;
  readonly sentence: string;
}

const DEFECT: Cause = {
  isDefect: true,
  sentence:
    'Nothing that is known of this kernel or its drivers explains it: a defect of this program, not of Linux.',
};

const known = (sentence: string): Cause => ({ isDefect: false, sentence });

/** The race of a driver that shows by an invariant, as its switches are; one that was switched on comes first. */
function ofDriver(
  { driverSwitches }: Profile,
  drivers: readonly Driver[],
  invariant: number,
): Cause | undefined {
  const shown = drivers
    .flatMap(({ switches }) => switches)
    .filter(
      ({ name, race }) => race?.breaks.includes(invariant) === true && race.when === driverSwitches.has(name),
    );
  const { name, race } = shown.find((one) => one.race?.when === true) ?? shown[0] ?? {};
  if (race === undefined) return undefined;
  return race.when
    ? known(`A mistake of the driver that the scenario has switched on: ${race.about}; see switch ${name}.`)
    : known(`A known race of the test driver: ${race.about}; see switch ${name}.`);
}

/** The mistake of this kernel, a race or not, that shows by an invariant, for want of a fix. */
function ofKernel(profile: Profile, invariant: number): Cause | undefined {
  const missing = SWITCHES.filter(
    ({ breaks, change }) =>
      breaks?.includes(invariant) === true &&
      Object.entries(change(true)).some(([flag, value]) => profile[flag as keyof Profile] !== value),
  );
  if (missing.length === 0) return undefined;
  const kernels = oneOf(missing.map(({ since }) => since));
  const names = oneOf(missing.map(({ name }) => name));
  return known(
    `It can be a mistake that kernels before ${kernels} have; see switch ${names}, which mends it.`,
  );
}

/** Whose a violation is in a run under this profile with these drivers. */
export function causeOf(
  { profile, drivers }: { readonly profile: Profile; readonly drivers: readonly Driver[] },
  { invariant }: Pick<Violation, 'invariant'>,
): Cause {
  const { number } = invariant;
  const driver = ofDriver(profile, drivers, number);
  const kernel = ofKernel(profile, number);
  return driver ?? kernel ?? DEFECT;
}
