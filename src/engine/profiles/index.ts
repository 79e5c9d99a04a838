import { linux414 } from './linux-4.14';
import { linux61 } from './linux-6.1';
import { linux612 } from './linux-6.12';
import { linux72 } from './linux-7.2';
import type { Profile } from './profile';

export { type Difference, differences } from './differences';
export type { Profile } from './profile';
export { findSwitch, SWITCHES, type Switch } from './switches';

/** Every profile, the oldest kernel first. */
export const PROFILES: readonly Profile[] = [linux414, linux61, linux612, linux72];
export const PROFILE_NAMES: readonly string[] = PROFILES.map(({ name }) => name);
export const DEFAULT_PROFILE = linux612;

/** Whether a profile is meant by a name: its short or its full one. */
export const isNamed = (profile: Profile, name: string): boolean =>
  profile.name === name || profile.release === name;

/** The profile of this name, in short or in full, or undefined. */
export function findProfile(name: string): Profile | undefined {
  return PROFILES.find((profile) => isNamed(profile, name));
}
