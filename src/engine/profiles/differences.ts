/** In what two profiles differ, made from the profiles themselves. */

import { FEATURES } from './features';
import type { Profile } from './profile';
import { SWITCHES } from './switches';

export interface Difference {
  /** The profile's field. */
  readonly name: string;
  /** What it means, in a sentence. */
  readonly about: string;
  /** What it is under either profile, as a person reads it. */
  readonly values: readonly [string, string];
  /** The switch by which a scenario has it otherwise, where there is one. */
  readonly switch: string | undefined;
}

/** Facts that are more than yes or no. */
const FACTS = {
  swapLayout: 'How the type and the offset of a swap entry lie in its 64 bits.',
  freeDeviceRefcount: 'Reference count of a free device page.',
  faultCallback: "The driver's callback for a fault on a device page.",
  freeCallback: "The driver's callback for a device page that nobody uses any more.",
  initHelper: 'What a driver calls to take a device page into use.',
  driverMigratesPages: 'Pages of a round in which the test driver migrates.',
  driverFaultsPages: 'Pages of a round in which the test driver asks hmm_range_fault.',
  userFaultFlags: 'Fault flags of an access from user mode, besides WRITE and VMA_LOCK.',
  gupFaultFlags: 'Fault flags of get_user_pages.',
} as const satisfies Partial<Record<keyof Profile, string>>;

/** Flag words are read in hexadecimal. */
function words(name: string, value: boolean | number | string | undefined): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && name.endsWith('Flags')) return `0x${value.toString(16)}`;
  return value === undefined ? 'none' : String(value);
}

const switchOf = (name: string): string | undefined =>
  SWITCHES.find(({ change }) => name in change(true))?.name;

const keysOf = <T extends object>(table: T): (keyof T & string)[] =>
  Object.keys(table) as (keyof T & string)[];

/** Everything in which `b` is not as `a`, in the order of the features. */
export function differences(a: Profile, b: Profile): Difference[] {
  const row = (
    name: string,
    about: string,
    [old, now]: readonly (boolean | number | string | undefined)[],
  ): Difference[] =>
    old === now
      ? []
      : [{ name, about, values: [words(name, old), words(name, now)], switch: switchOf(name) }];
  return [
    ...keysOf(FEATURES).flatMap((name) => row(name, FEATURES[name], [a[name], b[name]])),
    ...keysOf(FACTS).flatMap((name) => row(name, FACTS[name], [a[name], b[name]])),
    ...keysOf(a.swapTypes).flatMap((name) => {
      const about =
        name === 'maxSwapfiles' ? 'Swap areas there can be.' : `Type code of swap entries: ${name}.`;
      return row(`swapTypes.${name}`, about, [a.swapTypes[name], b.swapTypes[name]]);
    }),
  ];
}
