/** Arguments of the requests about changes of what an expression gives. */
export interface ExpressionArguments {
  /** `buf[3].page.refcount`, `gpu0.free`; a page of a buffer stands for its page-table entry. */
  expression: string;
  /** Frame whose names it uses; without it the innermost of the task that runs next. */
  frameId?: number;
}

/** Reply to `hmm/watchable`. */
export interface WatchableResult {
  /** The same, with the names of this frame replaced by what they mean: `pfn(0x100).refcount`. */
  expression: string;
}
