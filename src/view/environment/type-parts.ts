/** What the types of things are made of. */

import { type Accessor, BOOLEAN, NUMBER, STRING, type Type, type Value } from '../../language/values';
import { showAddress, showHex } from './format';
import type { Scene } from './scene';

export type SceneType = Type<Scene>;
export type Members = Readonly<Record<string, Accessor<Scene>>>;

/** A handle that may be 0 for "none". */
export const orNone = (row: number): number | undefined => (row === 0 ? undefined : row);

export const number = (
  get: (handle: number, scene: Scene) => Value,
  type: SceneType = NUMBER,
): Accessor<Scene> => ({
  type,
  get: (handle, scene) => get(handle as number, scene),
});
export const flag = (get: (handle: number, scene: Scene) => boolean): Accessor<Scene> => number(get, BOOLEAN);
export const text = (get: (handle: number, scene: Scene) => string | undefined): Accessor<Scene> =>
  number(get, STRING);

/** A type whose members are made when they are first asked for, so that types may name each other. */
export function thing(
  name: string,
  family: string,
  make: () => Members,
  more: Partial<SceneType> = {},
): SceneType {
  let made: Members | undefined;
  const members = () => {
    made ??= make();
    return made;
  };
  return {
    name,
    family,
    member: (member) => (Object.hasOwn(members(), member) ? members()[member] : undefined),
    members: () => Object.keys(members()),
    ...more,
  };
}

/** An address in bytes: a number that is shown as an address. */
export const ADDRESS: SceneType = {
  name: 'an address',
  family: 'number',
  show: (va) => (typeof va === 'number' ? showAddress(va) : String(va)),
};

export const HEX: SceneType = {
  name: 'a number',
  family: 'number',
  show: (value) => (typeof value === 'number' ? showHex(value) : String(value)),
};
