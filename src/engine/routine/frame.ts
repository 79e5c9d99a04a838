/**
 * Frames: a routine's parameters and locals as properties over the task's stack.
 *
 * Frames of all routines are of one class: a name has one number in every routine, and a routine's layout says which
 * slot of its frames that number stands for. So code that works on frames of several routines meets one kind of object.
 * The names are those that the source of a routine declares, and so as many as there are; what a user may name has
 * slots without a property (`numbered` in a routine). The frame's own properties begin with `$`, as no local of the
 * kernel does.
 */

import type { WideColumn } from '../machine/column';
import type { AnyRoutine } from './routine';

/** The number of every name that some routine has declared as a parameter or local. */
const numbers = new Map<string, number>();

/** What a slot holds until something is written to it. It counts as 0 everywhere, and yet can be told from a 0 written. */
export const NOT_SET = -0;

/** Slots by the number of their name; numbers of names that the routine doesn't have mean nothing. */
export type Layout = Uint16Array;

/** `$base` and `$layout` are moved from frame to frame; the properties read and write the slots behind them. */
export class Frame {
  $base = 0;
  $layout: Layout = new Uint16Array();
  $cells: Float64Array;

  constructor(readonly $stack: WideColumn) {
    this.$cells = $stack.data;
  }

  moveTo(base: number, layout: Layout): void {
    this.$base = base;
    this.$layout = layout;
  }

  /** To be called when the stack may have grown. */
  follow(): void {
    this.$cells = this.$stack.data;
  }
}

/** Reading goes straight to the cells: it is done several times a step, and V8 inlines only what is this short. */
function property(number: number): PropertyDescriptor & ThisType<Frame> {
  return {
    get() {
      return this.$cells[this.$base + (this.$layout[number] as number)];
    },
    set(value: number) {
      this.$stack.put(this.$base + (this.$layout[number] as number), value);
    },
  };
}

function numberOf(name: string): number {
  let number = numbers.get(name);
  if (number === undefined) {
    if (name in Frame.prototype) throw new Error(`a frame has a property ${name} of its own`);
    number = numbers.size;
    numbers.set(name, number);
    Object.defineProperty(Frame.prototype, name, property(number));
  }
  return number;
}

/** Where a routine's parameters and locals lie in its frames. */
export function layoutOf({ numbered, params, locals }: AnyRoutine): Layout {
  const places = [...Object.keys(params), ...Object.keys(locals)].map(numberOf);
  const layout = new Uint16Array(numbers.size);
  places.forEach((number, i) => {
    layout[number] = numbered.length + i;
  });
  return layout;
}
