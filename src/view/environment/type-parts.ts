/** What the types of a machine's things are made of. */

import { type Access, makeType } from '../../language/make-type';
import type { MemberOf, PlainName, ThingName, TypeName } from '../../language/things';
import { BOOLEAN, NUMBER, STRING, type Type, type Value } from '../../language/values';
import { showAddress, showFaultFlags, showHex, showPageFlags, showVmFault, showVmFlags } from './format';
import type { Scene } from './scene';

export type SceneType = Type<Scene>;

/** A handle that may be 0 for "none". */
export const orNone = (row: number): number | undefined => (row === 0 ? undefined : row);

const things = new Map<ThingName, SceneType>();

/** A type by its name; of things those that have been made. */
export function typeNamed(name: TypeName): SceneType {
  const found = name in PLAIN_TYPES ? PLAIN_TYPES[name as PlainName] : things.get(name as ThingName);
  if (found === undefined) throw new Error(`nothing shows ${name}`);
  return found;
}

/** Makes the type of a thing from what is known of it and how a machine is looked into for it. */
export function thing<N extends ThingName>(name: N, access: Access<Scene, MemberOf<N>>): SceneType {
  const type = makeType<Scene>(name, typeNamed, access);
  things.set(name, type);
  return type;
}

/** One value for each of some names. */
export function forEach<K extends string, V>(names: readonly K[], make: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, V>;
}

/** A number that is shown in a way of its own. */
function shownAs(name: string, show: (value: number) => string): SceneType {
  return {
    name,
    family: 'number',
    show: (value: Value) => (typeof value === 'number' ? show(value) : String(value)),
  };
}

/** An address in bytes. */
export const ADDRESS: SceneType = shownAs('an address', showAddress);

const PLAIN_TYPES: Readonly<Record<PlainName, SceneType>> = {
  number: NUMBER,
  hex: shownAs('a number', showHex),
  address: ADDRESS,
  'page-flags': shownAs('page flags', showPageFlags),
  'vma-flags': shownAs('VMA flags', showVmFlags),
  'fault-flags': shownAs('flags', showFaultFlags),
  'vm-fault': shownAs('flags', showVmFault),
  text: STRING,
  truth: BOOLEAN,
};
