/** The page tables as a tree: process, VMA, and the tables below, one level at a time. */

import { pte_page, ptep_get } from '../../engine/kernel/mm/pgtable';
import {
  type DeviceRow,
  type EntryRow,
  type MmRow,
  type NodeRow,
  type PageRow,
  type ProcessRow,
  type VmaRow,
  type Vpn,
  vaOf,
} from '../../engine/machine/ids';
import { isZeroPage, kindOf, Pte, type PteKind } from '../../engine/machine/pte';
import { ENTRIES, LEVEL_PGD, LEVEL_PTE } from '../../engine/machine/radix';
import type { Snapshot } from '../../engine/machine/store';
import type { PageTableEntryKind, PageTableLevel, PageTableNode } from '../../protocol';
import {
  deviceName,
  deviceOfPage,
  holdersOf,
  mapcountOf,
  placeOf,
  processName,
  showAddress,
  showEntry,
  showPageFlags,
  showProtection,
  showPteBits,
  swapTypeOf,
  type World,
} from '../environment';
import { before, changed } from './previous';

/** Names of the levels by their numbers; P4D is folded into PGD. */
const LEVELS: readonly PageTableLevel[] = ['pte', 'pmd', 'pud', 'pgd'];

const KINDS: Record<PteKind, PageTableEntryKind> = {
  [Pte.None]: 'none',
  [Pte.Table]: 'none',
  [Pte.Present]: 'present',
  [Pte.Swap]: 'swap',
  [Pte.Migration]: 'migration',
  [Pte.DevicePrivate]: 'device-private',
  [Pte.DeviceExclusive]: 'device-exclusive',
  [Pte.HwPoison]: 'swap',
  [Pte.Marker]: 'swap',
};

interface Place {
  readonly process: ProcessRow;
  readonly vma: VmaRow;
  /** First page of the span that is looked at, and one past its last. */
  readonly start: number;
  readonly end: number;
}

export class PageTables {
  constructor(
    readonly world: World,
    /** The state at the stop before. */
    readonly previous: Snapshot | undefined,
  ) {}

  /** Without a parent the processes; empty where the parent is gone. */
  children(parent: string | undefined): PageTableNode[] {
    if (parent === undefined || parent === '') return this.#processes();
    const [processPart = '', vmaPart, ...tables] = parent.split('/');
    const process = this.#process(processPart);
    if (process === 0) return [];
    if (vmaPart === undefined) return this.#vmas(process, parent);
    const place = this.#vma(process, vmaPart);
    if (!place) return [];
    const node = this.#descend(place, tables);
    return node === 0 ? [] : this.#entries(node.node, node.level, node.base, place, parent);
  }

  #processes(): PageTableNode[] {
    const { tasks } = this.world.kernel;
    const nodes: PageTableNode[] = [];
    for (const row of tasks.processes.rows()) {
      const mm = tasks.mm.get(row);
      if (mm === 0 || tasks.exited.get(row) !== 0) continue;
      const name = processName(this.world, row as ProcessRow);
      nodes.push({
        id: name,
        level: 'process',
        label: `${name} (pid ${row})`,
        description: '',
        hasChildren: true,
        changed: this.#tableChanged(this.#pgd(row as ProcessRow), LEVEL_PGD, 0, 0, Number.POSITIVE_INFINITY),
      });
    }
    return nodes;
  }

  #process(name: string): ProcessRow | 0 {
    const { tasks } = this.world.kernel;
    for (const row of tasks.processes.rows())
      if (tasks.mm.get(row) !== 0 && processName(this.world, row as ProcessRow) === name)
        return row as ProcessRow;
    return 0;
  }

  #pgd(process: ProcessRow): NodeRow {
    const { tasks, mm } = this.world.kernel;
    return mm.pgd.get(tasks.mm.get(process)) as NodeRow;
  }

  #vmas(process: ProcessRow, parent: string): PageTableNode[] {
    const { mm, tasks } = this.world.kernel;
    return [...mm.vmasOf(tasks.mm.get(process) as MmRow)].map((vma): PageTableNode => {
      const start = mm.start.get(vma);
      const end = mm.end.get(vma);
      const va = vaOf(start as Vpn);
      const kind = mm.isAnonymous(vma) ? 'anon' : 'file';
      const name = placeOf(this.world, process, va)?.replace(/\[.*$/, '') ?? '';
      const range = `${va.toString(16)}-${vaOf(end as Vpn).toString(16)}`;
      const label = `${range} ${showProtection(mm.flags.get(vma))} ${kind} ${name}`.trim();
      const pgd = this.#pgd(process);
      return {
        id: `${parent}/vma:${va.toString(16)}`,
        level: 'vma',
        label,
        description: `${end - start} pages`,
        address: showAddress(va),
        hasChildren: this.world.kernel.tables.next(pgd, start as Vpn, end as Vpn) !== -1,
        changed: changed(this.previous, mm.flags, vma) || this.#tableChanged(pgd, LEVEL_PGD, 0, start, end),
      };
    });
  }

  #vma(process: ProcessRow, part: string): Place | undefined {
    const { mm, tasks } = this.world.kernel;
    const start = Number.parseInt(part.replace(/^vma:/, ''), 16) / 4096;
    for (const vma of mm.vmasOf(tasks.mm.get(process) as MmRow))
      if (mm.start.get(vma) === start) return { process, vma, start, end: mm.end.get(vma) };
    return undefined;
  }

  /** The table that a path of `pgd:255`, `pud:0`, … leads to. */
  #descend(place: Place, parts: readonly string[]): { node: NodeRow; level: number; base: number } | 0 {
    const { tables } = this.world.kernel;
    let node = this.#pgd(place.process);
    let level = LEVEL_PGD;
    let base = 0;
    for (const part of parts) {
      const index = Number(part.split(':')[1]);
      const entry = tables.entry(node, index);
      if (node === 0 || level === LEVEL_PTE || tables.lo.get(entry) !== 1) return 0;
      base += index * ENTRIES ** level;
      node = tables.child(entry);
      level--;
    }
    return node === 0 ? 0 : { node, level, base };
  }

  #entries(node: NodeRow, level: number, base: number, place: Place, parent: string): PageTableNode[] {
    const { tables } = this.world.kernel;
    const span = ENTRIES ** level;
    const nodes: PageTableNode[] = [];
    for (let index = 0; index < ENTRIES; index++) {
      const start = base + index * span;
      if (start >= place.end || start + span <= place.start) continue;
      const entry = tables.entry(node, index);
      if (tables.lo.get(entry) === 0 && !this.#entryChanged(entry)) continue;
      const id = `${parent}/${LEVELS[level]}:${index}`;
      nodes.push(
        tables.lo.get(entry) === 1 && level > LEVEL_PTE
          ? this.#table(id, entry, level, index, start, place)
          : this.#leaf(id, entry, level, index, start, place),
      );
    }
    return nodes;
  }

  #table(
    id: string,
    entry: EntryRow,
    level: number,
    index: number,
    start: number,
    place: Place,
  ): PageTableNode {
    const { tables, pages } = this.world.kernel;
    const child = tables.child(entry);
    const page = tables.page.get(child);
    const name = (LEVELS[level] ?? '').toUpperCase();
    return {
      id,
      level: LEVELS[level] ?? 'pte',
      label: `${name}[${index}]`,
      description: `${tables.used.get(child)} used${page === 0 ? '' : `, table at pfn 0x${pages.pfn(page as PageRow).toString(16)}`}`,
      address: showAddress(vaOf(start as Vpn)),
      hasChildren: true,
      changed: this.#tableChanged(child, level - 1, start, place.start, place.end),
    };
  }

  #leaf(
    id: string,
    entry: EntryRow,
    level: number,
    index: number,
    start: number,
    place: Place,
  ): PageTableNode {
    const { world } = this;
    const { kernel: k } = world;
    const pte = ptep_get(k, entry);
    const page = pte_page(k, entry);
    const device = page === 0 ? 0 : deviceOfPage(k, page);
    const va = vaOf(start as Vpn);
    const name = placeOf(world, place.process, va);
    const kind = isZeroPage(pte) ? 'zero-page' : KINDS[kindOf(pte)];
    const on = device === 0 ? '' : ` on ${deviceName(world, device as DeviceRow)}`;
    return {
      id,
      level: LEVELS[level] ?? 'pte',
      label: `${(LEVELS[level] ?? '').toUpperCase()}[${index}]${name === undefined ? '' : ` ${name}`}`,
      description: `${showEntry(world, entry)}${on}`,
      ...(page === 0 ? {} : { tooltip: this.#tooltip(page, va, entry) }),
      address: showAddress(va),
      hasChildren: false,
      entry: kind,
      ...(device === 0 ? {} : { device: deviceName(world, device as DeviceRow) }),
      changed: this.#entryChanged(entry),
    };
  }

  #tooltip(page: ReturnType<typeof pte_page>, va: number, entry: EntryRow): string {
    const { pages } = this.world.kernel;
    const holders = holdersOf(this.world, page).map(({ name, count }) => `- ${count} ${name}`);
    const type = swapTypeOf(this.world.kernel, entry);
    return [
      `entry \`${showPteBits(this.world.kernel, entry)}\`${type === undefined ? '' : `, swap type ${type}`}`,
      `\`${showAddress(va)}\` → pfn \`0x${pages.pfn(page).toString(16)}\``,
      `flags ${showPageFlags(pages.flags.get(page))}, mapcount ${mapcountOf(this.world.kernel, page)}`,
      `refcount ${pages.refcount.get(page)}:`,
      ...holders,
    ].join('\n\n');
  }

  #entryChanged(entry: EntryRow): boolean {
    const { tables } = this.world.kernel;
    return changed(this.previous, tables.lo, entry) || changed(this.previous, tables.hi, entry);
  }

  /** Whether an entry of a table, or of one below it, differs from the stop before, within [from, to). */
  #tableChanged(node: NodeRow, level: number, base: number, from: number, to: number): boolean {
    const { tables } = this.world.kernel;
    const { previous } = this;
    if (previous === undefined || node === 0) return false;
    const span = ENTRIES ** level;
    for (let index = 0; index < ENTRIES; index++) {
      const start = base + index * span;
      if (start >= to) return false;
      if (start + span <= from) continue;
      const entry = tables.entry(node, index);
      if (before(previous, tables.lo, entry) !== tables.lo.get(entry)) return true;
      if (before(previous, tables.hi, entry) !== tables.hi.get(entry)) return true;
      if (
        level > LEVEL_PTE &&
        tables.lo.get(entry) === 1 &&
        this.#tableChanged(tables.child(entry), level - 1, start, from, to)
      )
        return true;
    }
    return false;
  }
}
