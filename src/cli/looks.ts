/** What a run has come to when a statement returns, in words by which the runs of two kernels can be compared. */

import { after_entry, next_entry } from '../engine/kernel/mm/pagewalk';
import { leaf_offset, pte_page, ptep_get } from '../engine/kernel/mm/pgtable';
import type { DeviceRow, EntryRow, MmRow, ProcessRow, TaskRow } from '../engine/machine/ids';
import { vaOf } from '../engine/machine/ids';
import { KIND_NAMES, kindOf, PTE_DIRTY, PTE_WRITE, PTE_YOUNG } from '../engine/machine/pte';
import type { EventName } from '../engine/routine/event-schema';
import type { Run } from '../program';
import { deviceName, mapcountOf, placeOf, processName, showAddress, taskName } from '../view/environment';
import { resultWords } from './result';

/** Statements of a run that are looked at, and pages at each of them. */
const MOST_LOOKS = 2000;
const MOST_PAGES = 512;

export interface Look {
  readonly task: string;
  /** `line:column` of the statement. */
  readonly place: string;
  readonly text: string;
  readonly time: number;
  /** What it came to; empty where there is nothing to say. */
  readonly result: string;
  /** What each mapped page is, by where it is. */
  readonly pages: ReadonlyMap<string, string>;
}

export class Looks {
  readonly looks: Look[] = [];
  /** There were more statements, or more pages, than are looked at. */
  cut = false;

  constructor(readonly run: Run) {}

  see(task: TaskRow, name: EventName, args: readonly number[]): void {
    const statement = name === 'result' ? this.run.program.statements[args[0] ?? -1] : undefined;
    if (statement === undefined) return;
    if (this.looks.length >= MOST_LOOKS) {
      this.cut = true;
      return;
    }
    const { line, column } = statement.position;
    this.looks.push({
      task: taskName(this.run.world, task),
      place: `${line}:${column}`,
      text: statement.text,
      time: this.run.kernel.time,
      result: resultWords(this.run, task, args),
      pages: this.#pages(),
    });
  }

  #pages(): Map<string, string> {
    const { kernel: k } = this.run;
    const pages = new Map<string, string>();
    for (const process of k.tasks.processes.rows()) {
      const mm = k.tasks.mm.get(process) as MmRow;
      if (mm !== 0) this.#spaceOf(process as ProcessRow, mm, pages);
    }
    return pages;
  }

  #spaceOf(process: ProcessRow, mm: MmRow, pages: Map<string, string>): void {
    const { kernel: k, world } = this.run;
    for (const vma of k.mm.vmasOf(mm)) {
      const end = k.mm.end.get(vma) as Parameters<typeof next_entry>[3];
      let at = next_entry(k, mm, k.mm.start.get(vma) as typeof end, end);
      for (; at < end; at = next_entry(k, mm, after_entry(k, leaf_offset(k, mm, at), at), end)) {
        if (pages.size >= MOST_PAGES) {
          this.cut = true;
          return;
        }
        const where = placeOf(world, process, vaOf(at)) ?? showAddress(vaOf(at));
        pages.set(`${where} of ${processName(world, process)}`, this.#entry(leaf_offset(k, mm, at)));
      }
    }
  }

  #entry(entry: EntryRow): string {
    const { kernel: k, world } = this.run;
    const pte = ptep_get(k, entry);
    const bits = [
      pte & PTE_WRITE ? 'writable' : 'read-only',
      pte & PTE_DIRTY ? 'dirty' : 'clean',
      pte & PTE_YOUNG ? 'young' : 'old',
    ];
    const page = pte_page(k, entry);
    const what = `${KIND_NAMES[kindOf(pte)]}, ${bits.join(', ')}`;
    if (page === 0) return what;
    const pgmap = k.pages.pgmap(page);
    const where =
      pgmap === 0 ? 'system memory' : deviceName(world, k.devices.pgmapDevice.get(pgmap) as DeviceRow);
    const folio = k.pages.folio(page);
    return `${what}, in ${where}, refcount ${k.pages.refcount.get(folio)}, mapcount ${mapcountOf(k, page)}`;
  }
}
