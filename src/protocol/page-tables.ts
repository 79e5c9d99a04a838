/** Levels of the page-table tree, from the outside in. */
export type PageTableLevel = 'process' | 'vma' | 'pgd' | 'p4d' | 'pud' | 'pmd' | 'pte';

/** What a leaf of the tree (a PTE, or a huge PMD) holds. */
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
   * such as `app/vma:7f0000000000/pgd:255/pud:0/pmd:0/pte:3`.
   */
  id: string;
  level: PageTableLevel;
  /** Name in the kernel's words: `app (pid 1)`, `7f0000000000-7f0000010000 rw-p anon buf`, `PMD[3]`, `PTE[12]`. */
  label: string;
  /** The decoded entry in a line: `pfn 0x3ffff Device gpu0 write · swp type 31`. */
  description: string;
  /** Further lines (flags, refcount, holders), Markdown; absent when there is nothing more to say. */
  tooltip?: string;
  /** First virtual address that the node covers, as `0x…`; absent on a process. */
  address?: string;
  /** True when `hmm/pageTables` with this id as parent returns nodes. */
  hasChildren: boolean;
  /** Only on leaves. */
  entry?: PageTableEntryKind;
  /** Device that holds the page of a leaf, by its name in the scenario. */
  device?: string;
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
