/** Who owns page frames: the process that maps each, or the buffer it is in. */

import { is_huge } from '../../engine/kernel/mm/huge_memory/huge_memory';
import { ptep_get } from '../../engine/kernel/mm/pgtable';
import type { EntryRow, PageRow, ProcessRow } from '../../engine/machine/ids';
import { TASK_SIZE_PAGES } from '../../engine/machine/ids';
import { LEVEL_PGD } from '../../engine/machine/radix';
import { pageOfEntry, processName, type World } from '../environment';
import { eachEntry, type TableAt } from '../page-tables/entries';
import { mmOf } from '../page-tables/place';
import { buffersOf, processesWithMemory } from './address-map';

/** More than one owner. */
const SEVERAL = -1;

/** The owners of page frames, by their numbers from 1 on. */
export class Owners {
  readonly #names: string[] = [];
  /** By page row; 0 = nobody. */
  readonly #of: Int32Array;

  constructor(
    readonly world: World,
    by: 'process' | 'buffer',
  ) {
    this.#of = new Int32Array(world.kernel.pages.flags.data.length);
    for (const process of processesWithMemory(world)) {
      if (by === 'process') this.#take(process, processName(world, process), 0, TASK_SIZE_PAGES);
      else
        for (const { name, start, end } of buffersOf(world, process)) this.#take(process, name, start, end);
    }
  }

  /** The number of the owner of a page: 0 for nobody, -1 for several. */
  of(page: PageRow): number {
    return this.#of[page] ?? 0;
  }

  name(number: number): string {
    if (number === SEVERAL) return 'more than one';
    return this.#names[number - 1] ?? 'nobody';
  }

  #numberOf(name: string): number {
    const known = this.#names.indexOf(name);
    return known >= 0 ? known + 1 : this.#names.push(name);
  }

  #take(process: ProcessRow, name: string, start: number, end: number): void {
    const { kernel: k } = this.world;
    const number = this.#numberOf(name);
    const table: TableAt = {
      node: k.mm.pgd.get(mmOf(this.world, process)) as TableAt['node'],
      level: LEVEL_PGD,
      base: 0,
    };
    eachEntry(this.world, table, start, end, (entry: EntryRow, from, to) => {
      const page = pageOfEntry(k, entry) as PageRow;
      if (page === 0) return;
      const huge = is_huge(ptep_get(k, entry));
      for (let i = 0; i < to - from; i++) this.#add(huge ? k.pages.nth(page, i) : page, number);
    });
  }

  #add(page: PageRow, number: number): void {
    const before = this.#of[page] ?? 0;
    this.#of[page] = before === 0 || before === number ? number : SEVERAL;
  }
}
