/** The mirrors of an address space that are told of its changes, in their order. */

import type { Kernel } from '../../src/engine/routine/kernel';

export function subscriptions({ mm, devices }: Kernel, space: number): number[] {
  const found: number[] = [];
  for (let row = mm.firstMirror.get(space); row !== 0; row = devices.mirrorNext.get(row)) found.push(row);
  return found;
}
