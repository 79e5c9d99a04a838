/**
 * What a run says besides its events: the words of a failed expectation or a printed line. They are made when somebody
 * asks while the event is being reported, for then the machine still stands where it happened.
 */
export interface Failure {
  /** Number of the statement. */
  readonly statement: number;
  /** Number of the expectation in the statement; -1 when the statement could not be executed at all. */
  readonly expectation: number;
  /** One sentence: what was expected, and what was found. */
  readonly message: () => string;
}

export class Report {
  /** What the `expect_failed` event that is being reported means. */
  failure: Failure | undefined;
  /** What the `print` event that is being reported prints. */
  printed: () => string = () => '';
}
