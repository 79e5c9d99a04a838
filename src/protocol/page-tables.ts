/** Levels of the page-table tree, from the outside in; a run is several like entries of a table, a field a fact of one. */
export type PageTableLevel = 'process' | 'vma' | 'pgd' | 'pud' | 'pmd' | 'pte' | 'run' | 'field';

/** What an entry (a PTE, or a huge PMD) holds. */
export type PageTableEntryKind =
  | 'present'
  | 'zero-page'
  | 'device-private'
  | 'device-exclusive'
  | 'migration'
  | 'swap'
  | 'hwpoison'
  | 'marker'
  | 'none';

/** One line of the page-table tree. */
export interface PageTableNode {
  /**
   * Path of the node, stable across steps and restarts: parts joined by `/`,
   * such as `app/vma:7f0000000000/pgd:255/pud:0/pmd:0/pte:3`, a run `…/pte:0-15`, a field `…/pte:3/refcount`.
   */
  id: string;
  level: PageTableLevel;
  /** What is looked for first: `app (pid 1)`, `buf rw-p anon`, `PGD[255] PUD[508] PMD[0]`, `buf[0..16]`, `buf[3]`. */
  label: string;
  /** What stands there: `16 pages: 4 gpu0 rw, 12 none`, `gpu0 rw · PTE[0..15]`. */
  description: string;
  /** Further lines (raw bits, flags, holders), Markdown; absent when there is nothing more to say. */
  tooltip?: string;
  /** First virtual address that the node covers, as `0x…`; absent on a process and a field. */
  address?: string;
  /** The process's name; with `address` it names the place for other requests. */
  process: string;
  /** An expression for the page, as seen from its process: `buf[3]`; absent where no buffer covers it. */
  place?: string;
  /** True when `hmm/pageTables` with this id as parent returns nodes. */
  hasChildren: boolean;
  /** Of entries and runs. */
  entry?: PageTableEntryKind;
  /** Device that holds the page of an entry, or the pages of a run, by its name in the scenario. */
  device?: string;
  /** A fault on an address that the node covers has begun and not ended. */
  faulting: boolean;
  /** The node, or anything below it, differs from the previous stop. */
  changed: boolean;
}

/** Arguments of `hmm/pageTables`: without `parent` the processes, with it the children of that node. */
export interface PageTablesArguments {
  parent?: string;
}

/** Children in address order; empty when the parent no longer exists. At most 512 below a table. */
export interface PageTablesResult {
  nodes: PageTableNode[];
}

/** Arguments of `hmm/locate`: a place by its process and address, or by an expression; without any, the newest fault. */
export interface LocateArguments {
  /** A page, a page of a buffer, an address or an expression that gives one: `buf[100000]`, `pfn(0x3fff4)`. */
  expression?: string;
  /** DAP frame in which the expression is meant. */
  frameId?: number;
  process?: string;
  /** `0x…` */
  address?: string;
}

/** From the process down to the entry, or to the innermost node that exists; empty where nothing is meant. */
export interface LocateResult {
  path: PageTableNode[];
}

/** A page by an address that maps it, or holds it. */
export interface PlaceArguments {
  process: string;
  address: string;
}

/** An entry that names a page. */
export interface PageMapping {
  process: string;
  address: string;
  place?: string;
  /** The decoded entry: `present write dirty → pfn 0x100 (Normal)`. */
  entry: string;
}

/** Why the page is where it is, in sentences. */
export interface WhyResult {
  text: string;
}

/** In the order of the reverse map; empty where the address has no page. */
export interface MappingsResult {
  mappings: PageMapping[];
}
