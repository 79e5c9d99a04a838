/** The page tables as a tree: process, VMA, the tables below, runs of like entries, and the fields of one, level by level. */

import { pte_page } from '../../engine/kernel/mm/pgtable';
import type { EntryRow, MmRow, NodeRow, PageRow, ProcessRow, VmaRow } from '../../engine/machine/ids';
import { ENTRIES, LEVEL_PGD, LEVEL_PTE } from '../../engine/machine/radix';
import type { Snapshot } from '../../engine/machine/store';
import type { PageTableNode } from '../../protocol';
import {
  holdersOf,
  mapcountOf,
  nameOfSpan,
  processName,
  showHex,
  showPageFlags,
  showProtection,
  showPteBits,
  swapTypeOf,
  type World,
} from '../environment';
import { changed } from '../inspect/previous';
import { entryChanged, tableChanged } from './changes';
import { fieldsOf } from './fields';
import {
  below,
  faultingPages,
  LEVELS,
  mmOf,
  placeOfPage,
  processNamed,
  showVpn,
  type Table,
  topOf,
} from './place';
import { deviceOf, type EntryState, entryKind, showState, stateOf } from './state';
import { showSummary, summarise, uniform } from './summary';

/** An entry of a table that is shown, before like ones are joined. */
interface Shown {
  readonly index: number;
  /** First page that it maps, and one past its last; within the VMA. */
  readonly start: number;
  readonly end: number;
  /** The table that it points to. */
  readonly table: Table | undefined;
  /** What all its pages have in common; undefined where they differ. */
  readonly state: EntryState | undefined;
  readonly faulting: boolean;
  readonly changed: boolean;
}

/** `pte:3` or `pte:3-7` at the end of an id. */
const ENTRY_PART = /^(pgd|pud|pmd|pte):(\d+)(?:-(\d+))?$/;

export class PageTables {
  #faulting: readonly number[] = [];

  constructor(
    readonly world: World,
    /** The state at the stop before. */
    readonly previous: Snapshot | undefined,
  ) {}

  /** Without a parent the processes; empty where the parent is gone. */
  children(parent: string | undefined): PageTableNode[] {
    if (parent === undefined || parent === '') return this.#processes();
    const [name = '', vmaPart, ...parts] = parent.split('/');
    const process = processNamed(this.world, name);
    if (process === 0) return [];
    this.#faulting = faultingPages(this.world, process);
    if (vmaPart === undefined) return this.#vmas(process, name);
    const top = topOf(this.world, name, vmaPart);
    return top === undefined ? [] : this.#below(top, parts);
  }

  /** From the process down to the entry that maps a page, as far as there is one. */
  path(process: ProcessRow, vpn: number): PageTableNode[] {
    const path: PageTableNode[] = [];
    const wanted = processName(this.world, process);
    for (let nodes = this.children(undefined); ; nodes = this.children(path.at(-1)?.id)) {
      const next = path.length === 0 ? nodes.find(({ id }) => id === wanted) : this.#covering(nodes, vpn);
      if (next === undefined || next.level === 'field') return path;
      path.push(next);
    }
  }

  #covering(nodes: readonly PageTableNode[], vpn: number): PageTableNode | undefined {
    return nodes.find((node) => {
      const span = this.#spans.get(node);
      return span !== undefined && vpn >= span.start && vpn < span.end;
    });
  }

  /** Pages of the nodes that were made. */
  readonly #spans = new WeakMap<PageTableNode, { start: number; end: number }>();

  #spanning(node: PageTableNode, start: number, end: number): PageTableNode {
    this.#spans.set(node, { start, end });
    return node;
  }

  #isFaulting(start: number, end: number): boolean {
    return this.#faulting.some((vpn) => vpn >= start && vpn < end);
  }

  #processes(): PageTableNode[] {
    const { tasks, mm } = this.world.kernel;
    const nodes: PageTableNode[] = [];
    for (const row of tasks.processes.rows() as Iterable<ProcessRow>) {
      const space = mmOf(this.world, row);
      if (space === 0 || tasks.exited.get(row) !== 0) continue;
      const name = processName(this.world, row);
      nodes.push({
        id: name,
        level: 'process',
        label: `${name} (pid ${row})`,
        description: '',
        process: name,
        hasChildren: true,
        faulting: faultingPages(this.world, row).length > 0,
        changed: tableChanged(
          this.world,
          this.previous,
          mm.pgd.get(space) as NodeRow,
          LEVEL_PGD,
          0,
          0,
          Number.POSITIVE_INFINITY,
        ),
      });
    }
    return nodes;
  }

  #vmas(process: ProcessRow, name: string): PageTableNode[] {
    return [...this.world.kernel.mm.vmasOf(mmOf(this.world, process))].map((vma) =>
      this.#vma(process, name, vma),
    );
  }

  #vma(process: ProcessRow, name: string, vma: VmaRow): PageTableNode {
    const { world } = this;
    const { mm, tables } = world.kernel;
    const start = mm.start.get(vma);
    const end = mm.end.get(vma);
    const address = showVpn(start);
    const space = mm.mm.get(vma) as MmRow;
    const node = mm.pgd.get(space) as NodeRow;
    const backing = mm.isAnonymous(vma) ? 'anon' : 'file';
    const label = `${nameOfSpan(world, process, start, end)} ${showProtection(mm.flags.get(vma))} ${backing}`;
    const counts = summarise(world, { node, level: LEVEL_PGD, base: 0 }, start, end);
    const pages = end - start;
    return this.#spanning(
      {
        id: `${name}/vma:${Number(address).toString(16)}`,
        level: 'vma',
        label,
        description: `${pages} pages: ${showSummary(world, counts, pages)}`,
        tooltip: `\`${Number(address).toString(16)}-${Number(showVpn(end)).toString(16)}\``,
        address,
        process: name,
        hasChildren: [...counts].length > 0 || tables.used.get(node) > 0,
        faulting: this.#isFaulting(start, end),
        changed:
          changed(this.previous, mm.flags, vma) ||
          tableChanged(this.world, this.previous, node, LEVEL_PGD, 0, start, end),
      },
      start,
      end,
    );
  }

  /** What stands below the node at the end of a path of `pgd:255`, `pud:0`, … that begins at a table. */
  #below(from: Table, parts: readonly string[]): PageTableNode[] {
    let table = from;
    for (const [i, part] of parts.entries()) {
      const [, level, first, last] = ENTRY_PART.exec(part) ?? [];
      if (level !== LEVELS[table.level]) return [];
      if (last !== undefined)
        return i === parts.length - 1 ? this.#entries(table, Number(first), Number(last)) : [];
      const next = below(this.world, table, Number(first));
      if (next === undefined) return i === parts.length - 1 ? this.#fields(table, Number(first)) : [];
      table = next;
    }
    return this.#runs(this.#shown(table, 0, ENTRIES - 1), table);
  }

  #fields(table: Table, index: number): PageTableNode[] {
    const { world } = this;
    const entry = world.kernel.tables.entry(table.node, index);
    const id = `${table.id}/${LEVELS[table.level]}:${index}`;
    return fieldsOf(world, entry).map(({ name, value, meaning }, i) => ({
      id: `${id}/${i}`,
      level: 'field',
      label: name,
      description: meaning === undefined ? value : `${value} · ${meaning}`,
      process: processName(world, table.process),
      hasChildren: false,
      faulting: false,
      changed: false,
    }));
  }

  /** Entries [first, last] of a table that map something in the VMA, or did at the stop before. */
  #shown(table: Table, first: number, last: number): Shown[] {
    const { world } = this;
    const { tables } = world.kernel;
    const span = ENTRIES ** table.level;
    const shown: Shown[] = [];
    for (let index = first; index <= last; index++) {
      const at = table.base + index * span;
      const start = Math.max(at, table.start);
      const end = Math.min(at + span, table.end);
      if (start >= end) continue;
      const entry = tables.entry(table.node, index);
      const child = below(world, table, index);
      const isChanged = child
        ? tableChanged(this.world, this.previous, child.node, child.level, child.base, start, end)
        : entryChanged(this.world, this.previous, entry);
      if (tables.lo.get(entry) === 0 && !isChanged) continue;
      const state = child ? uniform(summarise(world, child, start, end), end - start) : stateOf(world, entry);
      const faulting = this.#isFaulting(start, end);
      shown.push({ index, start, end, table: child, state, faulting, changed: isChanged });
    }
    return shown;
  }

  #entries(table: Table, first: number, last: number): PageTableNode[] {
    return this.#shown(table, first, last).map((shown) => this.#one(table, shown));
  }

  /** Neighbours that say the same are one row; what is faulting stands alone. */
  #runs(shown: readonly Shown[], table: Table): PageTableNode[] {
    const nodes: PageTableNode[] = [];
    for (let from = 0; from < shown.length; ) {
      const first = shown[from] as Shown;
      let to = from + 1;
      while (to < shown.length && alike(shown[to - 1] as Shown, shown[to] as Shown)) to++;
      nodes.push(to - from === 1 ? this.#one(table, first) : this.#run(table, shown.slice(from, to)));
      from = to;
    }
    return nodes;
  }

  #run(table: Table, entries: readonly Shown[]): PageTableNode {
    const { world } = this;
    const first = entries[0] as Shown;
    const last = entries.at(-1) as Shown;
    const state = first.state ?? 0;
    const level = LEVELS[table.level] ?? 'pte';
    const device = deviceOf(world, state);
    const span = `${level.toUpperCase()}[${first.index}..${last.index}]`;
    return this.#spanning(
      {
        id: `${table.id}/${level}:${first.index}-${last.index}`,
        level: 'run',
        label: nameOfSpan(world, table.process, first.start, last.end),
        description: [showState(world, state), ...marks(first), span].join(' · '),
        address: showVpn(first.start),
        process: processName(world, table.process),
        ...this.#placed(table.process, first.start),
        hasChildren: true,
        entry: entryKind(state),
        ...(device === undefined ? {} : { device }),
        faulting: false,
        changed: entries.some((entry) => entry.changed),
      },
      first.start,
      last.end,
    );
  }

  #one(table: Table, shown: Shown): PageTableNode {
    return shown.table === undefined ? this.#leaf(table, shown) : this.#table(table, shown, shown.table);
  }

  /** A table; with those below it in one row as long as each has but one entry. */
  #table(parent: Table, shown: Shown, child: Table): PageTableNode {
    const { world } = this;
    const names = [`${(LEVELS[parent.level] ?? '').toUpperCase()}[${shown.index}]`];
    let table = child;
    for (let only = this.#onlyTable(table); only !== undefined; only = this.#onlyTable(table)) {
      names.push(`${(LEVELS[table.level] ?? '').toUpperCase()}[${only.index}]`);
      table = only.table;
    }
    const pages = shown.end - shown.start;
    const counts = summarise(world, table, shown.start, shown.end);
    const page = world.kernel.tables.page.get(table.node) as PageRow;
    return this.#spanning(
      {
        id: table.id,
        level: LEVELS[table.level + 1] ?? 'pgd',
        label: names.join(' '),
        description: [
          nameOfSpan(world, table.process, shown.start, shown.end),
          showSummary(world, counts, pages),
          ...marks(shown),
        ].join(' · '),
        ...(page === 0
          ? {}
          : {
              tooltip: `table at pfn \`${showHex(world.kernel.pages.pfn(page))}\`, ${world.kernel.tables.used.get(table.node)} of ${ENTRIES} entries used`,
            }),
        address: showVpn(shown.start),
        process: processName(world, table.process),
        hasChildren: true,
        faulting: shown.faulting,
        changed: shown.changed,
      },
      shown.start,
      shown.end,
    );
  }

  /** The one table below this one, if there is nothing else in it. */
  #onlyTable(table: Table): { index: number; table: Table } | undefined {
    const { tables } = this.world.kernel;
    if (table.level === LEVEL_PTE || tables.used.get(table.node) !== 1) return undefined;
    for (let index = 0; index < ENTRIES; index++) {
      if (tables.lo.get(tables.entry(table.node, index)) === 0) continue;
      const only = below(this.world, table, index);
      return only && { index, table: only };
    }
    return undefined;
  }

  #placed(process: ProcessRow, vpn: number): { place?: string } {
    const place = placeOfPage(this.world, process, vpn);
    return place === undefined ? {} : { place };
  }

  #leaf(table: Table, shown: Shown): PageTableNode {
    const { world } = this;
    const entry = world.kernel.tables.entry(table.node, shown.index);
    const level = LEVELS[table.level] ?? 'pte';
    const state = shown.state ?? 0;
    const device = deviceOf(world, state);
    const page = pte_page(world.kernel, entry);
    const frame = page === 0 ? [] : [`pfn ${showHex(world.kernel.pages.pfn(page))}`];
    const name = `${level.toUpperCase()}[${shown.index}]`;
    return this.#spanning(
      {
        id: `${table.id}/${level}:${shown.index}`,
        level,
        label: nameOfSpan(world, table.process, shown.start, shown.end),
        description: [showState(world, state), ...marks(shown), ...frame, name].join(' · '),
        ...(page === 0 ? {} : { tooltip: this.#tooltip(page, shown.start, entry) }),
        address: showVpn(shown.start),
        process: processName(world, table.process),
        ...this.#placed(table.process, shown.start),
        hasChildren: state !== 0,
        entry: entryKind(state),
        ...(device === undefined ? {} : { device }),
        faulting: shown.faulting,
        changed: shown.changed,
      },
      shown.start,
      shown.end,
    );
  }

  #tooltip(page: PageRow, vpn: number, entry: EntryRow): string {
    const { kernel: k } = this.world;
    const holders = holdersOf(this.world, page).map(({ name, count }) => `- ${count} ${name}`);
    const type = swapTypeOf(k, entry);
    return [
      `entry \`${showPteBits(k, entry)}\`${type === undefined ? '' : `, swap type ${type}`}`,
      `\`${showVpn(vpn)}\` → pfn \`${showHex(k.pages.pfn(page))}\``,
      `flags ${showPageFlags(k.pages.flags.get(page))}, mapcount ${mapcountOf(k, page)}`,
      `refcount ${k.pages.refcount.get(page)}:`,
      ...holders,
    ].join('\n\n');
  }
}

/** Whether an entry says the same as the one before it, and both can stand in one row. */
function alike(a: Shown, b: Shown): boolean {
  return (
    b.index === a.index + 1 &&
    b.state !== undefined &&
    b.state === a.state &&
    (a.table === undefined) === (b.table === undefined) &&
    !a.faulting &&
    !b.faulting
  );
}

/** What is to be noticed of a row, in words. */
const marks = (shown: Shown): string[] => (shown.faulting ? ['fault pending'] : []);
