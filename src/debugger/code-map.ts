/** Places in the program: lines of the scenario and of the listings, and the steps that belong to them. */

import { aliasesIn } from '../engine/routine/aliases';
import { CALLBACKS, type Linked, type LinkedRoutine } from '../engine/routine/link';
import type { LinkedLeaf } from '../engine/routine/link-leaves';
import type { AnyRoutine } from '../engine/routine/routine';
import { didYouMean } from '../language';

/** A source a frame can show: the scenario, or a routine's listing. */
export interface Listing {
  /** Stable address: `hmm-kernel:/6.12/mm/memory.c/do_swap_page`. */
  readonly path: string;
  readonly name: string;
  readonly routine: LinkedRoutine;
}

/** Names of a callback in all kernels, as breakpoints may spell them. */
const CALLBACK_NAMES: readonly (readonly string[])[] = CALLBACKS.map((name) => {
  if (name === 'migrate_to_ram') return ['migrate_to_ram', 'page_fault'];
  if (name === 'page_free') return ['page_free', 'folio_free'];
  return [name];
});

/** A function's name without blanks and parentheses. */
const bare = (name: string): string => name.trim().replace(/\(\)$/, '');

export class CodeMap {
  readonly listings: readonly Listing[];
  /** 1 at each step that begins a statement of the scenario. */
  readonly statementStart: Uint8Array;
  readonly #byLine = new Map<number, number[]>();
  readonly #byName = new Map<string, number[]>();
  readonly #aliases = new Map<string, string>();
  readonly #leaves = new Map<string, LinkedLeaf>();
  readonly #byPath = new Map<string, Listing>();
  /** The last line of a task's own text, by its name. */
  readonly #lastLines = new Map<string, number>();

  constructor(
    readonly linked: Linked,
    readonly scenarioPath: string,
  ) {
    this.statementStart = new Uint8Array(linked.op.length);
    for (const routine of linked.routines) this.#addRoutine(routine);
    for (const leaf of linked.leaves.all) this.#addLeaf(leaf);
    this.#addAliases();
    CALLBACK_NAMES.forEach((names, callback) => {
      this.#addCallback(names, callback);
    });
    this.listings = [...linked.routines, ...linked.leaves.all]
      .filter(({ routine }) => !routine.scenario)
      .map((routine) => ({ path: this.pathOf(routine), name: routine.routine.name, routine }));
    for (const listing of this.listings) this.#byPath.set(listing.path, listing);
  }

  #addRoutine(linked: LinkedRoutine): void {
    const { routine } = linked;
    if (routine.scenario) {
      this.#addStatements(linked);
      return;
    }
    this.#addName(routine.name, linked.entry);
  }

  #addLeaf(leaf: LinkedLeaf): void {
    const { name } = leaf.routine;
    this.#leaves.set(name, leaf);
    for (const pc of leaf.pcs) this.#addName(name, pc);
  }

  /** Names that routines have elsewhere: one that is another routine's own in this profile means that one. */
  #addAliases(): void {
    const own = new Set(this.#byName.keys());
    const add = (routine: AnyRoutine, pcs: readonly number[]): void => {
      for (const { name, shared } of aliasesIn(this.linked.profile, routine)) {
        if (own.has(name) && !shared) continue;
        for (const pc of pcs) this.#addName(name, pc);
        if (!own.has(name)) this.#aliases.set(name, routine.name);
      }
    };
    for (const { routine, entry } of this.linked.routines) add(routine, [entry]);
    for (const { routine, pcs } of this.linked.leaves.all) add(routine, pcs);
  }

  /** A statement begins at the first step of its place; its other steps have the same place. */
  #addStatements({ entry, end, routine }: LinkedRoutine): void {
    const seen = new Set<string>();
    const { line, column } = this.linked;
    for (let pc = entry; pc < end; pc++) {
      const at = line[pc] ?? 0;
      const place = `${at}:${column[pc]}`;
      if (at === 0 || seen.has(place)) continue;
      seen.add(place);
      this.#lastLines.set(routine.name, Math.max(at, this.#lastLines.get(routine.name) ?? 0));
      this.statementStart[pc] = 1;
      const pcs = this.#byLine.get(at) ?? [];
      pcs.push(pc);
      this.#byLine.set(at, pcs);
    }
  }

  #addCallback(names: readonly string[], callback: number): void {
    const { callbackRoutine, drivers, routines } = this.linked;
    for (let driver = 0; driver < drivers.length; driver++) {
      const entry = routines[callbackRoutine[driver * CALLBACKS.length + callback] ?? -1]?.entry;
      if (entry !== undefined) for (const name of names) this.#addName(name, entry);
    }
  }

  #addName(name: string, entry: number): void {
    const pcs = this.#byName.get(name) ?? [];
    if (!pcs.includes(entry)) pcs.push(entry);
    this.#byName.set(name, pcs);
  }

  pathOf({ routine }: LinkedRoutine): string {
    if (routine.scenario) return this.scenarioPath;
    return `hmm-kernel:/${this.linked.profile.name}/${routine.file}/${routine.name}`;
  }

  listing(path: string): Listing | undefined {
    return this.#byPath.get(path);
  }

  routineAt(pc: number): LinkedRoutine | undefined {
    return this.linked.routines[this.linked.routineOf[pc] ?? -1];
  }

  /** The leaf routine that this name stands for; undefined for every other name. */
  leafNamed(name: string): LinkedLeaf | undefined {
    return this.#leaves.get(this.standsFor(name) ?? bare(name));
  }

  /** The routine, callback or leaf routine whose parameters and locals a breakpoint on this name sees. */
  routineNamed(name: string): LinkedRoutine | undefined {
    return this.leafNamed(name) ?? this.routineAt(this.entries(name)[0] ?? -1);
  }

  /** The same routine as a leaf routine, if it is one. */
  leafOf({ routine: { name }, id }: LinkedRoutine): LinkedLeaf | undefined {
    const leaf = this.#leaves.get(name);
    return leaf?.id === id ? leaf : undefined;
  }

  /** First steps of the routines or callbacks of this name, and steps that run it; empty for an unknown one. */
  entries(name: string): readonly number[] {
    return this.#byName.get(bare(name)) ?? [];
  }

  /** The routine that this name, which is not its own, stands for; undefined for every other name. */
  standsFor(name: string): string | undefined {
    return this.#aliases.get(bare(name));
  }

  /** `No routine … is called x; did you mean y?` */
  unknownName(name: string): string {
    const proposal = didYouMean(name, this.#byName.keys()) || '.';
    return `No routine or callback that this scenario can come to under ${this.linked.profile.release} is called \`${name}\`${proposal}`;
  }

  routineNames(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Where the text of a process or thread ends; 1 for one that has none. */
  lastLineOf(task: string): number {
    return this.#lastLines.get(task) ?? 1;
  }

  /** Lines of the scenario on which a statement begins, in rising order, in [from, to]. */
  statementLines(from: number, to: number): number[] {
    return [...this.#byLine.keys()].filter((line) => line >= from && line <= to).sort((a, b) => a - b);
  }

  /** Columns at which statements begin on a line, in rising order. */
  statementColumns(line: number): number[] {
    const columns = (this.#byLine.get(line) ?? []).map((pc) => this.linked.column[pc] ?? 1);
    return [...new Set(columns)].sort((a, b) => a - b);
  }

  /** Steps at which a breakpoint on a line of the scenario stops, on that line or the next one with a statement. */
  bindLine(line: number, column?: number): { line: number; column: number; pcs: number[] } | undefined {
    const [at] = this.statementLines(line, Number.POSITIVE_INFINITY);
    if (at === undefined) return undefined;
    const columns = this.statementColumns(at);
    const wanted =
      at === line && column !== undefined ? columns.filter((c) => c <= column).at(-1) : undefined;
    const chosen = wanted ?? columns[0] ?? 1;
    const pcs = (this.#byLine.get(at) ?? []).filter((pc) => (this.linked.column[pc] ?? 1) === chosen);
    return { line: at, column: chosen, pcs };
  }

  /** The same for a line of a listing. */
  bindListing({ routine }: Listing, line: number): { line: number; pcs: readonly number[] } | undefined {
    for (let at = Math.max(1, line); at <= routine.listing.length; at++) {
      const pc = routine.listing[at - 1]?.pc ?? -1;
      if (pc >= 0) return { line: at, pcs: this.leafOf(routine)?.pcs ?? [pc] };
    }
    return undefined;
  }
}

/** The text of a listing. */
export function listingText({ routine }: Listing): string {
  return `${routine.listing.map(({ text }) => text).join('\n')}\n`;
}
