/** Frames: a routine's parameters and locals as properties over the task's stack. */

import type { WideColumn } from '../machine/column';
import type { LinkedRoutine } from './link';

/** `base` is moved from frame to frame of the same routine; the properties read and write the slots behind it. */
export class Frame {
  base = 0;
  constructor(readonly stack: WideColumn) {}
}

function slotAccessor(slot: number): PropertyDescriptor & ThisType<Frame> {
  return {
    get() {
      return this.stack.get(this.base + slot);
    },
    set(value: number) {
      this.stack.set(this.base + slot, value);
    },
  };
}

/** The class of a routine's frames, with one property a slot. */
export function frameClass(routine: LinkedRoutine): new (stack: WideColumn) => Frame {
  class RoutineFrame extends Frame {}
  routine.slots.forEach((name, slot) => {
    Object.defineProperty(RoutineFrame.prototype, name, slotAccessor(slot));
  });
  return RoutineFrame;
}
