/** What a kind of hostile use is: some number of cases from a seed, and what was wrong in them. */

export interface FuzzKind {
  readonly name: string;
  /** One line on what the cases are. */
  readonly about: string;
  /** Cases in `npm test`. */
  readonly few: number;
  /** Cases in the long run, `npm run fuzz`. */
  readonly many: number;
  /**
   * Makes and tries this many cases. Returns one sentence for each that went wrong, with what is needed to make it
   * again.
   */
  run(cases: number, seed: number): Promise<readonly string[]>;
}
