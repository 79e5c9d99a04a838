/** The pool of huge pages that hugetlb mappings take theirs from (/proc/sys/vm/nr_hugepages), all of 2 MiB. */

import type { Store } from './store';

export class Hugetlb {
  readonly #store: Store;
  readonly #total: number;
  readonly #free: number;
  readonly #reserved: number;
  readonly #freeHead: number;

  constructor(store: Store) {
    this.#store = store;
    this.#total = store.scalar('hugetlb.total');
    this.#free = store.scalar('hugetlb.free');
    this.#reserved = store.scalar('hugetlb.reserved');
    this.#freeHead = store.scalar('hugetlb.freeHead');
  }

  /** Huge pages the pool owns, in use or not. */
  get total(): number {
    return this.#store.scalars.get(this.#total);
  }

  set total(count: number) {
    this.#store.scalars.set(this.#total, count);
  }

  get free(): number {
    return this.#store.scalars.get(this.#free);
  }

  set free(count: number) {
    this.#store.scalars.set(this.#free, count);
  }

  /** Free huge pages that mappings have been promised: mmap reserves what faults will need. */
  get reserved(): number {
    return this.#store.scalars.get(this.#reserved);
  }

  set reserved(count: number) {
    this.#store.scalars.set(this.#reserved, count);
  }

  /** First of the free ones, linked through `link` of their heads; the last freed is taken first. */
  get freeHead(): number {
    return this.#store.scalars.get(this.#freeHead);
  }

  set freeHead(page: number) {
    this.#store.scalars.set(this.#freeHead, page);
  }
}
