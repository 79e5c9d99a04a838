/**
 * The interface between expressions and the machine they speak of.
 *
 * Whoever can show a machine implements `NameResolver<C>`: it tells what a name means and of what *type* it is, once,
 * when an expression is compiled. `C` is the context given at each evaluation (a machine, a frame, a callback's
 * arguments). A type describes a kind of thing: its members, elements and ranges, each with a getter. So all look-ups
 * of names happen at compile time, and evaluating is a chain of getters.
 *
 * The value of a thing (a *handle*) can be anything the getters understand. A number is best: a page can be its pfn, a
 * device its index, and `buf[3].page.refcount > 1` allocates nothing. Only what needs two numbers, such as a range of
 * a buffer, needs an object. `undefined` is "there is no such thing": its members are undefined too, no comparison
 * holds of it but `== none` and `!=`.
 */
export type Value = number | bigint | string | boolean | undefined | Handle | readonly Value[];

/** An object that only its type's getters look into. */
interface Handle {
  readonly [key: string]: unknown;
}

/** Things of one family can be compared with each other; `any` with everything. */
type Family = string;

/** A kind of thing an expression can speak of. */
export interface Type<C> {
  /** As in a message: `a page`, `a number`. */
  readonly name: string;
  /** `number`, `string`, `bool`, `any`, or a name of the resolver's own, such as `page` or `zone`. */
  readonly family: Family;
  readonly member?: (name: string) => Accessor<C> | undefined;
  /** Names of all members: for completion and suggestions. */
  readonly members?: () => readonly string[];
  /** Functions that the thing has: `thing.function(ADDRESS)`. */
  readonly function?: (name: string) => Method<C> | undefined;
  readonly functions?: () => readonly string[];
  /** `thing[3]` */
  readonly index?: {
    readonly type: Type<C>;
    readonly get: (handle: Value, index: number, context: C) => Value;
  };
  /** `thing[1..4]`; a bound that is not written is undefined. */
  readonly slice?: {
    readonly type: Type<C>;
    readonly get: (handle: Value, first: number | undefined, end: number | undefined, context: C) => Value;
  };
  /** The type of the elements where the value is a list; a member that the list lacks is taken of each element. */
  readonly element?: Type<C>;
  /** What the thing is in arithmetic and with `<`: a buffer is its address. */
  readonly toNumber?: (handle: Value, context: C) => number | bigint | undefined;
  /** Whether a number is `in` the thing: an address in a range. */
  readonly contains?: (handle: Value, value: number, context: C) => boolean;
  /** How the thing is shown to a person; without it `showValue` does. */
  readonly show?: (handle: Value, context: C) => string;
}

/** A member of a thing. The handle it is given is never undefined. */
export interface Accessor<C> {
  readonly type: Type<C>;
  /** One line on what it is. */
  readonly doc?: string;
  readonly get: (handle: Value, context: C) => Value;
}

/** What has to be known of the type of an argument. */
export interface ArgumentType {
  readonly family: Family;
  readonly element?: unknown;
}

/** What a call of a thing's function means for arguments of these types, or why it cannot be called with them. */
export type Method<C> = (types: readonly ArgumentType[]) =>
  | {
      readonly type: Type<C>;
      readonly get: (handle: Value, args: readonly Value[], context: C) => Value;
    }
  | { readonly error: string };

/** What a name means. */
export interface Binding<C> {
  readonly type: Type<C>;
  /** One line on what it is. */
  readonly doc?: string;
  readonly get: (context: C) => Value;
  /** The number that it always is. */
  readonly constant?: number;
}

/** What a function call means for arguments of these types, or why it cannot be called with them. */
export type CallBinding<C> =
  | { readonly type: Type<C>; readonly get: (args: readonly Value[], context: C) => Value }
  | { readonly error: string };

export interface NameResolver<C> {
  readonly name: (text: string) => Binding<C> | undefined;
  /** All names that mean something: for completion and suggestions. */
  readonly names: () => readonly string[];
  readonly call?: (text: string) => ((args: readonly Type<C>[]) => CallBinding<C>) | undefined;
  readonly calls?: () => readonly string[];
}

export const NUMBER: Type<unknown> = { name: 'a number', family: 'number' };
export const STRING: Type<unknown> = { name: 'a text', family: 'string' };
export const BOOLEAN: Type<unknown> = { name: 'a truth value', family: 'bool' };
export const NONE: Type<unknown> = { name: 'none', family: 'any' };
export const ANY: Type<unknown> = { name: 'a value', family: 'any' };

/** Whether a value is a list. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A list of things of one type. */
export function listOf<C>(element: Type<C>): Type<C> {
  return { name: `a list of ${element.name.replace(/^an? /, '')}s`, family: element.family, element };
}

/** Elements of a list that are shown. */
const MOST_SHOWN = 1000;

/** A value as a person reads it; of a long list the beginning, and how many more there are. */
export function showValue<C>(value: Value, type: Type<C>, context: C): string {
  if (value === undefined) return 'none';
  if (type.show !== undefined) return type.show(value, context);
  if (isList(value)) {
    const { element } = type;
    const shown = value
      .slice(0, MOST_SHOWN)
      .map((item) => (element === undefined ? String(item) : showValue(item, element, context)));
    if (value.length > MOST_SHOWN) shown.push(`… ${value.length - MOST_SHOWN} more`);
    return `[${shown.join(', ')}]`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
