/**
 * Long work in slices: each `next()` runs a bounded number of steps and returns, so that whoever drives it can do
 * something else in between or give up. What was given up leaves the machine at some time between the two ends.
 */
export type Work<T> = Generator<void, T, void>;

/** Does the work to its end without a pause. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
