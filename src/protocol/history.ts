/** Arguments of `hmm/history`. */
export interface HistoryArguments {
  /** `calls page_fault where page.refcount > 2 between 200 and 900 show page, time`. */
  query: string;
}

/** Arguments of `hmm/biography`: a page by an address that maps it or by an expression, as it is now. */
export interface BiographyArguments {
  /** A page, a page of a buffer, an address: `buf[3]`. */
  expression?: string;
  /** DAP frame in which the expression is meant. */
  frameId?: number;
  process?: string;
  /** `0x…` */
  address?: string;
}

/** Something that has happened. */
export interface HistoryRow {
  /** Where `hmm/seek` goes to it. */
  time: number;
  /** Line of the scenario that the task was working on; 0 for none. */
  line: number;
  task: string;
  what: string;
  /** What the expressions that were asked for came to at that moment. */
  values: string[];
}

/** Rows that one answer has. */
export const MOST_ROWS = 2000;

/** What has happened of something, in the order of time. */
export interface HistoryTable {
  /** What was asked, in a few words. */
  title: string;
  /** The expressions that were asked for. */
  columns: string[];
  /** The newest where there are more than MOST_ROWS. */
  rows: HistoryRow[];
  /** What has to be said of the answer: that earlier rows are left out, or that a condition could not be evaluated. */
  note?: string;
}
