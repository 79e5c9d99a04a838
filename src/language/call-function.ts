/** What calls of functions mean, and what is wrong with them. */

import { FUNCTIONS, type FunctionName } from './functions';
import type { FunctionFacts } from './things';
import { type TypeNamed, typeOf } from './type-of';
import type { ArgumentType, CallBinding, Method, Type, Value } from './values';

/** How a machine answers a call with arguments of these types. */
export type Answer<C> = (
  name: FunctionName,
  types: readonly Type<C>[],
) => (args: readonly Value[], context: C) => Value;

/** Kinds of thing that an address can be given by. */
const ADDRESSED: ReadonlySet<string> = new Set(['buffer', 'place', 'number', 'any']);
const NUMBERS: ReadonlySet<string> = new Set(['number', 'any']);

/** Whether an address can be given by things of a type. */
export function givesAddress({ family, element }: ArgumentType): boolean {
  return ADDRESSED.has(family) && element === undefined;
}

const givesPage = (type: ArgumentType): boolean =>
  givesAddress(type) || (type.family === 'page' && type.element === undefined);

/** A function by its name, for `NameResolver.call`; without an answer its value is `none`. */
export function callNamed<C>(
  text: string,
  named: TypeNamed<C>,
  answer?: Answer<C>,
): ((types: readonly Type<C>[]) => CallBinding<C>) | undefined {
  if (!Object.hasOwn(FUNCTIONS, text)) return undefined;
  const name = text as FunctionName;
  const facts = FUNCTIONS[name];
  return (types) => {
    const error = wrongArguments(facts, types);
    if (error !== undefined) return { error };
    return { type: typeOf(facts, named), get: answer?.(name, types) ?? (() => undefined) };
  };
}

/** How a machine answers a call of a thing's function with arguments of these types. */
export type MethodAnswer<C> = (
  types: readonly ArgumentType[],
) => (handle: number, args: readonly Value[], context: C) => Value;

/** A function that a thing has; without an answer its value is `none`. */
export function methodOf<C>(facts: FunctionFacts, named: TypeNamed<C>, answer?: MethodAnswer<C>): Method<C> {
  return (types) => {
    const error = wrongArguments(facts, types);
    if (error !== undefined) return { error };
    const get = answer?.(types) ?? (() => undefined);
    return {
      type: typeOf(facts, named),
      get: (handle, args, context) => get(handle as number, args, context),
    };
  };
}

const isNumber = (type: ArgumentType | undefined): boolean =>
  type !== undefined && NUMBERS.has(type.family) && type.element === undefined;

function wrongArguments({ takes, form }: FunctionFacts, types: readonly ArgumentType[]): string | undefined {
  const name = form.replace(/\W.*/, '');
  const all = (families: ReadonlySet<string>): boolean => types.every(({ family }) => families.has(family));
  const [only] = types;
  switch (takes) {
    case 'address':
      return types.length === 1 && only !== undefined && givesAddress(only)
        ? undefined
        : `\`${name}\` takes one address, as in \`${name}(buf[3])\``;
    case 'page':
      return types.length === 1 && only !== undefined && givesPage(only)
        ? undefined
        : `\`${name}\` takes one page or its address, as in \`${name}(buf[3])\``;
    case 'bytes':
      return types.length === 2 && only !== undefined && givesAddress(only) && isNumber(types[1])
        ? undefined
        : `\`${name}\` takes an address and a count, as in \`${name}(buf[3], 8)\``;
    case 'pfn':
      return types.length === 1 && isNumber(only) ? undefined : `\`${name}\` takes one page frame number`;
    case 'numbers':
      return types.length > 0 && all(NUMBERS) ? undefined : `\`${name}\` takes numbers, or a list of them`;
  }
}
