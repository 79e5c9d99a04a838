/** The invariants' check during a run. */

import { brokenSince, Checker, sentence } from '../engine/invariants';
import type { Run } from '../program';

/** Sentences that are kept; more broken invariants are only counted. */
const MOST_SENTENCES = 20;

export class Watch {
  /** How many objects were found in disorder. */
  count = 0;
  readonly sentences: string[] = [];
  readonly #checker: Checker;

  /** Checks the run at every yield; `tell` hears of each invariant that breaks. */
  constructor(run: Run, tell: (id: string, text: string) => void) {
    this.#checker = new Checker(run.interpreter);
    this.#checker.onBroken = (violation) => {
      const text = sentence(violation);
      this.count++;
      if (this.sentences.length < MOST_SENTENCES)
        this.sentences.push(`${text} ${brokenSince(violation, run.linked)}`);
      tell(violation.invariant.id, text);
    };
  }

  /** After the last step: what no yield has seen. */
  finish(): void {
    this.#checker.finish();
  }
}
