/** The invariants' check during a run. */

import { brokenSince, Checker, sentence } from '../engine/invariants';
import type { Run } from '../program';
import { causeOf } from '../view/cause';

/** Sentences that are kept; more broken invariants are only counted. */
const MOST_SENTENCES = 20;

export class Watch {
  /** How many findings there were. */
  count = 0;
  /** One of them is a defect of this program: what follows means nothing. */
  hasDefect = false;
  readonly sentences: string[] = [];
  readonly #checker: Checker;

  /** Checks the run at every yield; `tell` hears of each invariant that breaks. */
  constructor(run: Run, tell: (id: string, text: string) => void) {
    this.#checker = new Checker(run.interpreter);
    this.#checker.onBroken = (violation) => {
      const text = sentence(violation);
      const cause = causeOf(run.kernel, violation);
      this.count++;
      if (this.sentences.length < MOST_SENTENCES)
        this.sentences.push(`${text} ${brokenSince(violation, run.linked)} ${cause.sentence}`);
      tell(violation.invariant.id, text);
      if (!cause.isDefect) return;
      this.hasDefect = true;
      run.interpreter.interrupt();
    };
  }

  /** After the last step: what no yield has seen. */
  finish(): void {
    this.#checker.finish();
  }
}
