/** Members, names and functions as completion shows them: with their type and one line of meaning. */

import { functionFacts } from './functions';
import type { Type } from './values';

/** A member of a thing, for a list to choose from. */
export interface MemberItem {
  readonly name: string;
  /** Its type and what it is: `a number: how often FOLL_PIN holds it`. */
  readonly detail: string;
}

/** The type of a member or name, and its line of meaning where it has one. */
export function detailOf<C>(found: { readonly type: Type<C>; readonly doc?: string } | undefined): string {
  if (found === undefined) return '';
  return found.doc === undefined ? found.type.name : `${found.type.name}: ${found.doc}`;
}

/** The members of a thing; of a list those that are taken of each of its elements. */
export function membersOf<C>(type: Type<C>): MemberItem[] {
  const of = type.members === undefined ? type.element : type;
  const functions = of?.functions?.() ?? [];
  return [
    ...(of?.members?.() ?? []).map((name) => ({ name, detail: detailOf(of?.member?.(name)) })),
    ...functions.map((name) => ({ name, detail: functionDetail(name) })),
  ];
}

/** `pte(ADDRESS): the page-table entry of an address`; empty for what is no function. */
export function functionDetail(name: string): string {
  const facts = functionFacts(name);
  return facts === undefined ? '' : `${facts.form}: ${facts.doc}`;
}
