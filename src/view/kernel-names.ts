/** Names that changed from kernel to kernel, as the profile's kernel spells them. */

import type { Profile } from '../engine/profiles';
import type { EventName } from '../engine/routine/event-schema';

/** The kernel's name for what an event tells. */
export function kernelName(profile: Profile, name: EventName): string {
  if (name === 'migrate_to_ram') return profile.faultCallback;
  if (name === 'page_free') return profile.freeCallback;
  return name === 'zone_device_page_init' ? profile.initHelper : name;
}
