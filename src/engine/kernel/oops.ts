/** The kernel reads memory that is not there: the task that did is gone, with all that it holds. */

import type { PageRow } from '../machine/ids';
import { Wait } from '../machine/tasks';
import type { Kernel } from '../routine/kernel';
import type { Builder, Node } from '../routine/routine';

/** What was taken for a struct page, and the number of the frame that is not there; neither for a NULL pointer. */
export interface Oops {
  readonly page: PageRow;
  readonly frame: number;
}

export const NULL_POINTER: Oops = { page: 0 as PageRow, frame: 0 };

/** The task goes no further than this. */
const halted = <F>(r: Builder<F>, text: string, on: (k: Kernel, f: F) => number): Node<F> =>
  r.wait(text, Wait.Halted, on, () => false);

/** Steps that never return. */
export function oops<F>(r: Builder<F>, text: string, of: (k: Kernel, f: F) => Oops): Node<F>[] {
  return [
    r.step(text, (k, f) => {
      const { page, frame } = of(k, f);
      k.emit('oops', page, frame);
    }),
    halted(r, 'the task is gone, with all that it holds', (k, f) => of(k, f).page),
  ];
}
