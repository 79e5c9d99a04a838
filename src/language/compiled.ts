/** Expressions that are compiled, and what is made of one. */

import { type Accessor, isList, listOf, NUMBER, type Type, type Value } from './values';

/** A compiled expression: its type, and a closure that gives its value in a context. The closure may throw EvaluationError. */
export interface Compiled<C> {
  readonly type: Type<C>;
  readonly evaluate: (context: C) => Value;
  /** The number that it is in every context. */
  readonly constant?: number;
}

export function constantly<C>(value: number): Compiled<C> {
  return { type: NUMBER, evaluate: () => value, constant: value };
}

export function absent(): undefined {
  return undefined;
}

export function asNumber(value: number | bigint | undefined): number | undefined {
  return typeof value === 'bigint' ? Number(value) : value;
}

export function numberOf<C>(compiled: Compiled<C>): (context: C) => Value {
  const { evaluate, type } = compiled;
  const { toNumber } = type;
  if (toNumber === undefined) return evaluate;
  return (context) => {
    const value = evaluate(context);
    return value === undefined ? undefined : toNumber(value, context);
  };
}

/** A member of each element of a list. */
export function mapped<C>(list: Compiled<C>, accessor: Accessor<C>): Compiled<C> {
  const { get, type } = accessor;
  return {
    type: listOf(type),
    evaluate: (context) => {
      const values = list.evaluate(context);
      if (!isList(values)) return undefined;
      return values.map((value) => (value === undefined ? undefined : get(value, context)));
    },
  };
}
