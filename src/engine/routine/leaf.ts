/**
 * Leaf routines: functions of the kernel that a step runs as part of itself, such as those that only decide something.
 * They cost no step of their own, as the compiler's inlining costs no call; a debugger shows them as one shows inlined
 * functions: what is at the same time is one frame deeper. One has a listing, parameters, and the reasons that it
 * records where it refuses (`refuse`).
 */

import type { Profile } from '../profiles/profile';
import type { Kernel } from './kernel';
import type { AnyRoutine, FrameOf, Locals } from './routine';

export interface AnyLeaf extends AnyRoutine {
  /** What it does, line by line; every line stands for all of it. */
  readonly lines: readonly string[];
  /** The kernels that have it. */
  readonly isIn: (profile: Profile) => boolean;
}

/** A leaf routine that takes the parameters `A`. */
export interface Leaf<A> extends AnyLeaf {
  readonly takes?: A;
}

interface Spec<P extends Locals> extends Pick<AnyLeaf, 'name' | 'file' | 'about' | 'lines'> {
  readonly params: P;
  readonly aliases?: AnyRoutine['aliases'];
  readonly isIn?: AnyLeaf['isIn'];
}

export function leaf<P extends Locals>({
  aliases = [],
  isIn = () => true,
  ...spec
}: Spec<P>): Leaf<FrameOf<P>> {
  return { ...spec, aliases, isIn, numbered: [], locals: {}, scenario: false, body: () => [] };
}

/** A leaf routine where a step runs it. */
export interface Inlined<F> {
  readonly leaf: AnyLeaf;
  /** The parameters it will be run with, by the frame before the step; undefined where the step won't come to it. */
  readonly args: (k: Kernel, f: F) => object | undefined;
}

/** Says that a step runs a leaf routine, and with which parameters. */
export const inlined = <F, A extends object>(
  leaf: Leaf<A>,
  args: (k: Kernel, f: F) => A | undefined,
): Inlined<F> => ({ leaf, args });
