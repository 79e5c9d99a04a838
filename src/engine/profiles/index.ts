import { linux414 } from './linux-4.14';
import { linux612 } from './linux-6.12';
import type { Profile } from './profile';

export type { Profile } from './profile';
export { findSwitch, SWITCHES } from './switches';

/** Every profile, the oldest kernel first. */
export const PROFILES: readonly Profile[] = [linux414, linux612];
export const DEFAULT_PROFILE = linux612;

/** The profile of this name, or undefined. */
export function findProfile(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}
