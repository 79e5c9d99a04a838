/** Types of expressions from what is known of things: with getters for a machine, without them for the checker. */

import { type MethodAnswer, methodOf } from './call-function';
import {
  type FunctionFacts,
  PLAIN,
  type PlainName,
  THINGS,
  type Thing,
  type ThingName,
  type TypeName,
} from './things';
import { type TypeNamed, typeOf } from './type-of';
import { type Accessor, BOOLEAN, NUMBER, STRING, type Type, type Value } from './values';

type Getter<C> = (handle: number, context: C) => Value;

/** How one kind of thing is looked into. Without it every value is `none`. */
export interface Access<C, Member extends string = string> {
  readonly members: Readonly<Record<Member, Getter<C>>>;
  readonly functions?: Readonly<Record<string, MethodAnswer<C>>>;
  readonly index?: (handle: Value, index: number, context: C) => Value;
  readonly slice?: (handle: Value, first: number | undefined, end: number | undefined, context: C) => Value;
  readonly toNumber?: (handle: Value, context: C) => number | bigint | undefined;
  readonly contains?: (handle: Value, value: number, context: C) => boolean;
  readonly show?: (handle: Value, context: C) => string;
}

const isThing = (name: TypeName): name is ThingName => name in THINGS;

/** The type of a thing; its members are made when they are first asked for, for types name each other. */
export function makeType<C>(name: ThingName, named: TypeNamed<C>, access?: Access<C>): Type<C> {
  const facts: Thing = THINGS[name];
  const made = new Map<string, Accessor<C>>();
  const member = (text: string): Accessor<C> | undefined => {
    const meaning = Object.hasOwn(facts.members, text) ? facts.members[text] : undefined;
    if (meaning === undefined) return undefined;
    const get = access?.members[text] ?? (() => undefined);
    const accessor = made.get(text) ?? {
      type: typeOf(meaning, named),
      doc: meaning.doc,
      get: (handle, context) => get(handle as number, context),
    };
    made.set(text, accessor);
    return accessor;
  };
  const { index, slice, toNumber, contains, show } = access ?? {};
  const { element, range } = facts;
  return {
    name: facts.name,
    family: facts.family,
    member,
    members: () => Object.keys(facts.members),
    ...(facts.functions === undefined ? {} : functionsOf(facts.functions, named, access?.functions)),
    ...(element === undefined
      ? {}
      : { index: lazily(() => named(element), { get: index ?? (() => undefined) }) }),
    ...(range === undefined
      ? {}
      : { slice: lazily(() => named(range), { get: slice ?? (() => undefined) }) }),
    ...(facts.counts ? { toNumber: toNumber ?? (() => undefined) } : {}),
    ...(facts.contains ? { contains: contains ?? (() => false) } : {}),
    ...(show === undefined ? {} : { show }),
  };
}

function functionsOf<C>(
  facts: Readonly<Record<string, FunctionFacts>>,
  named: TypeNamed<C>,
  answers: Access<C>['functions'],
): Pick<Type<C>, 'function' | 'functions'> {
  return {
    function: (name) => {
      const found = Object.hasOwn(facts, name) ? facts[name] : undefined;
      return found && methodOf(found, named, answers?.[name]);
    },
    functions: () => Object.keys(facts),
  };
}

/** `more` with a `type` that is looked up when it is asked for. */
function lazily<C, T>(type: () => Type<C>, more: T): T & { readonly type: Type<C> } {
  return Object.defineProperty({ ...more } as T & { readonly type: Type<C> }, 'type', { get: type });
}

const PLAIN_TYPES: Readonly<Partial<Record<PlainName, Type<unknown>>>> = {
  number: NUMBER,
  text: STRING,
  truth: BOOLEAN,
};

const known = new Map<TypeName, Type<unknown>>();

/** A type without a machine behind it: enough to say which members there are and what can be compared. */
export function knownType(name: TypeName): Type<unknown> {
  const type =
    known.get(name) ?? (isThing(name) ? makeType(name, knownType) : (PLAIN_TYPES[name] ?? PLAIN[name]));
  known.set(name, type);
  return type;
}
