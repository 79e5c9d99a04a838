/** Tables that belong to one part of the kernel's surroundings, such as a driver, and are known to nobody else. */

import type { Kernel } from './kernel';

/** Numbers every `Own` there is, so that finding one's tables is one look into an array. */
let numbered = 0;

/**
 * What a driver keeps in a machine: `make` declares its columns once, when the machine is built; `of` finds them again.
 * Columns may extend a table of the kernel's, as a driver's struct embeds one of the kernel's: a row freed there takes
 * the driver's part along.
 */
export class Own<T> {
  readonly #number = numbered++;

  constructor(readonly make: (k: Kernel) => T) {}

  /** Declares the columns in a machine that is being built; a second time does nothing. */
  declare(k: Kernel): void {
    k.own[this.#number] ??= this.make(k);
  }

  of(k: Kernel): T {
    return k.own[this.#number] as T;
  }
}
