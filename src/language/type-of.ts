import type { Meaning, TypeName } from './things';
import { listOf, type Type } from './values';

export type TypeNamed<C> = (name: TypeName) => Type<C>;

/** The type of a member, a name or the result of a function. */
export function typeOf<C>({ type, list }: Meaning, named: TypeNamed<C>): Type<C> {
  return list ? listOf(named(type)) : named(type);
}
