/** Leaf routines as they are linked: which steps run them, their listings, and their parameters at such a step. */

import type { TaskRow } from '../machine/ids';
import { Frame, layoutOf } from './frame';
import type { Kernel } from './kernel';
import type { AnyLeaf, Inlined } from './leaf';
import type { LinkedRoutine } from './link';
import { headOf, slotsOf } from './listing';

export interface LinkedLeaf extends LinkedRoutine {
  readonly routine: AnyLeaf;
  /** The steps that run it. */
  readonly pcs: readonly number[];
}

/** What steps run as part of themselves. */
export interface Leaves {
  readonly all: readonly LinkedLeaf[];
  /** Those that the task's next step will run, the outermost first. */
  readonly next: (k: Kernel, task: TaskRow) => readonly LinkedLeaf[];
}

type Calls = ReadonlyMap<number, readonly Inlined<Frame>[]>;

/** `calls`: what each step runs, the outermost first. */
export function linkLeaves(calls: Calls, routines: readonly LinkedRoutine[], routineOf: Int32Array): Leaves {
  const pcsOf = new Map<AnyLeaf, number[]>();
  for (const [pc, inside] of calls)
    for (const { leaf } of inside) pcsOf.set(leaf, [...(pcsOf.get(leaf) ?? []), pc]);

  const frameAt = (k: Kernel, pc: number, base: number): Frame | undefined => {
    const caller = routines[routineOf[pc] ?? -1];
    if (caller === undefined) return undefined;
    const frame = new Frame(k.tasks.stack);
    frame.moveTo(base, layoutOf(caller.routine));
    return frame;
  };
  const given = (k: Kernel, leaf: AnyLeaf, pc: number, base: number): object | undefined => {
    const call = calls.get(pc)?.find((one) => one.leaf === leaf);
    const frame = call && frameAt(k, pc, base);
    return frame && call.args(k, frame);
  };

  const all = [...pcsOf].map(([leaf, pcs], number): LinkedLeaf => {
    const slots = slotsOf(leaf);
    const [first = 0] = pcs;
    return {
      routine: leaf,
      id: routines.length + number,
      entry: first,
      end: first,
      slots,
      listing: [...headOf(leaf), ...leaf.lines.map((line) => ({ text: `    ${line}`, pc: first }))],
      pcs,
      parameter: (k, task, base, place) => {
        const args = given(k, leaf, k.tasks.pc.get(task), base) ?? {};
        const name = slots[place]?.name ?? '';
        return Number(Object.entries(args).find(([key]) => key === name)?.[1] ?? 0);
      },
    };
  });
  const linkedOf = new Map(all.map((linked) => [linked.routine, linked]));

  return {
    all,
    next: (k, task) => {
      const pc = k.tasks.pc.get(task);
      const reached = (calls.get(pc) ?? []).filter(({ leaf }) => given(k, leaf, pc, k.tasks.base.get(task)));
      return reached.flatMap(({ leaf }) => linkedOf.get(leaf) ?? []);
    },
  };
}
