/** Whose a broken invariant is: a driver's, the kernel's that is run, or this program's own. */

import type { Violation } from '../engine/invariants';
import { findProfile, type Profile, SWITCHES, type Switch } from '../engine/profiles';
import type { Breaks } from '../engine/profiles/breaks';
import type { Driver, DriverSwitch } from '../engine/routine/driver';
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

/** The model itself has failed, which no mistake of a kernel can bring about. */
export class EngineDefect extends Error {
  constructor(time: number, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    super(
      `The model has failed at time ${time}: ${what}. That is a defect of this program, not of Linux: please report it with the scenario, its profile and schedule, and this time.`,
      { cause },
    );
  }
}

const known = (sentence: string): Cause => ({ isDefect: false, sentence });

type Found = Pick<Violation, 'invariant' | 'loss'>;

const shows = (breaks: readonly Breaks[], { invariant, loss }: Found): boolean =>
  breaks.some((one) => one === invariant.number || one === loss);

type Mistake = DriverSwitch & { readonly mistake: NonNullable<DriverSwitch['mistake']> };

/** What drivers are known to do wrong that shows by an invariant, as their switches are. */
function mistakesOf({ driverSwitches }: Profile, drivers: readonly Driver[], found: Found): Mistake[] {
  return drivers
    .flatMap(({ switches }) => switches)
    .filter((one): one is Mistake => one.mistake !== undefined && shows(one.mistake.breaks, found))
    .filter(({ name, mistake }) => mistake.when === driverSwitches.has(name));
}

function isMissing(profile: Profile, { change }: Switch): boolean {
  return Object.entries(change(true)).some(([flag, value]) => profile[flag as keyof Profile] !== value);
}

/** The fixes for want of which this kernel can break an invariant. */
function missingFixes(profile: Profile, found: Found): Switch[] {
  return SWITCHES.filter(
    (fix) => fix.breaks !== undefined && shows(fix.breaks, found) && isMissing(profile, fix),
  );
}

function ofDrivers(mistakes: readonly Mistake[]): string | undefined {
  if (mistakes.length === 0) return undefined;
  const whose = mistakes.every(({ mistake }) => mistake.when)
    ? 'A mistake of the driver that the scenario has switched on'
    : 'A known mistake of the test driver';
  return `${whose}: ${mistakes.map(({ name, mistake }) => `${mistake.about}; see switch ${name}.`).join(' Or: ')}`;
}

function ofKernel(fixes: readonly Switch[]): string | undefined {
  if (fixes.length === 0) return undefined;
  const kernels = oneOf([...new Set(fixes.map(({ since }) => since))]);
  const names = oneOf(fixes.map(({ name }) => name));
  return `It can be a mistake that kernels before ${kernels} have; see switch ${names}, which mends it.`;
}

const sentenceOf = (mistakes: readonly Mistake[], fixes: readonly Switch[]): string =>
  [ofDrivers(mistakes), ofKernel(fixes)].filter((one) => one !== undefined).join(' ');

/** Whose a violation may be in this run: what the scenario itself has switched, where it can be that; else all that is known. */
export function causeOf(
  { profile, drivers }: { readonly profile: Profile; readonly drivers: readonly Driver[] },
  found: Found,
): Cause {
  const usual = findProfile(profile.name) ?? profile;
  const mistakes = mistakesOf(profile, drivers, found);
  const fixes = missingFixes(profile, found);
  const ownMistakes = mistakes.filter(({ name, mistake }) => mistake.when !== usual.driverSwitches.has(name));
  const ownFixes = fixes.filter((fix) => !isMissing(usual, fix));
  const sentence = sentenceOf(ownMistakes, ownFixes) || sentenceOf(mistakes, fixes);
  return sentence === '' ? DEFECT : known(sentence);
}
