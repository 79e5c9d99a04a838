/** What a kernel does and this model does not: the run says so where it comes to it, and goes no further there. */

import type { Vpn } from '../machine/ids';
import type { Kernel } from '../routine/kernel';
import type { Builder, Node } from '../routine/routine';
import { halted } from './oops';

/** Steps that never return: from here on the kernel would have a huge page on a device; `vpn` is its address. */
export function notModelled<F>(r: Builder<F>, vpn: (k: Kernel, f: F) => Vpn): Node<F>[] {
  return [
    r.step('a huge page on a device is not modelled', (k, f) => {
      k.emit('not_modelled', k.tasks.processOf(k.task), vpn(k, f));
    }),
    halted(r, 'what comes now is not modelled', vpn),
  ];
}
