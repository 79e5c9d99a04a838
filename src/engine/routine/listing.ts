/** What a routine looks like: the lines of its listing, and the slots of its frames. */

import type { AnyRoutine, Shown } from './routine';

/** One line of a listing. `pc` is -1 for lines that are not a step (the head, an `else`). */
export interface ListingLine {
  readonly text: string;
  readonly pc: number;
}

export interface Slot {
  readonly name: string;
  readonly shown: Shown;
}

/** The slots of a routine's frames. */
export function slotsOf({
  numbered,
  params,
  locals,
}: Pick<AnyRoutine, 'numbered' | 'params' | 'locals'>): Slot[] {
  const named = [...Object.entries(params), ...Object.entries(locals)];
  return [
    ...numbered.map((name): Slot => ({ name, shown: 'int' })),
    ...named.map(([name, { shown }]): Slot => ({ name, shown })),
  ];
}

/** The first lines of a routine's listing: its name with its parameters, and what it is about. */
export const headOf = ({ name, params, about }: AnyRoutine): ListingLine[] => [
  { text: `${name}(${Object.keys(params).join(', ')})`, pc: -1 },
  { text: `    // ${about}`, pc: -1 },
];
