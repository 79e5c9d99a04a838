/** Random scenarios under the switches of each profile: what breaks is what a switch is said to break. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dmirror } from '../../src/engine/drivers/dmirror';
import { sentence } from '../../src/engine/invariants';
import { PROFILES, type Profile, SWITCHES } from '../../src/engine/profiles';
import type { EventName } from '../../src/engine/routine/event-schema';
import type { Run } from '../../src/program';
import { causeOf } from '../../src/view/cause';
import { runChecked } from './machine';
import { randomScenario } from './random-scenario';

/** What a run may end in under a kernel that lacks a fix. */
const NO_END: ReadonlySet<EventName> = new Set(['livelock', 'starvation', 'oops', 'deadlock', 'never_wakes']);

const drivers = [dmirror];

/** Whether a kernel fix or a habit of the driver is on in the profile as it is. */
function isOn(profile: Profile, name: string): boolean {
  const fix = SWITCHES.find((known) => known.name === name);
  if (fix === undefined) return profile.driverSwitches.has(name);
  return Object.entries(fix.change(true)).every(([flag, on]) => profile[flag as keyof Profile] === on);
}

const NAMES = [...SWITCHES, ...dmirror.switches].map(({ name }) => name);

/** The scenario with these switches the other way round than the profile has them. */
function turned(text: string, profile: Profile, names: readonly string[]): string {
  const lines = names.map((name) => `switch ${name} ${isOn(profile, name) ? 'off' : 'on'}`);
  return text.replace('machine {', `${lines.join('\n')}\nmachine {`);
}

/** Without one of these faults go on for ever: at one address, where a detector stops the run, or in a round of several. */
const ENDLESS = SWITCHES.filter(({ breaks }) => breaks?.includes(38) === true).map(({ name }) => name);

/** Runs it until it ends, or can't any more. What is broken and is no mistake that the switches tell of. */
function defects(text: string): { stop: string; found: string[] } {
  const seen: string[] = [];
  const watch = ({ kernel, interpreter }: Run): void => {
    kernel.livelockLimit = 50;
    kernel.events.observer = (_, name) => {
      if (!NO_END.has(name)) return;
      seen.push(name);
      interpreter.interrupt();
    };
  };
  const { run, stop, violations } = runChecked(text, watch);
  const { profile } = run.kernel;
  return {
    stop: seen.length > 0 ? 'end' : stop,
    found: violations.filter((one) => causeOf({ profile, drivers }, one).isDefect).map(sentence),
  };
}

describe.each(PROFILES)('a random scenario under $name', (profile) => {
  const soundWith = (names: fc.Arbitrary<readonly string[]>, numRuns: number): void => {
    fc.assert(
      fc.property(randomScenario(profile.name), names, ({ text }, turn) => {
        const { stop, found } = defects(turned(text, profile, turn));
        expect(found).toEqual([]);
        if (!turn.some((name) => ENDLESS.includes(name))) expect(stop).toBe('end');
      }),
      { numRuns },
    );
  };

  it.each(NAMES)('breaks nothing but what is known of it where %s is turned', (name) => {
    soundWith(fc.constant([name]), 3);
  });

  it('breaks nothing but what is known of them where several switches are turned', () => {
    soundWith(fc.subarray(NAMES), 20);
  });
});
