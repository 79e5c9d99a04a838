/** What became of one record. */

import type { Difference } from './compare-program';

export interface Source {
  /** Number of the record in the order of the files. */
  readonly order: number;
  /** Path below the directory of the records. */
  readonly file: string;
  readonly line: number;
}

export type Verdict = Source &
  (
    | { readonly kind: 'agree'; readonly id: string }
    | { readonly kind: 'differ'; readonly id: string; readonly difference: Difference }
    /** It differs, as is known, and why. */
    | {
        readonly kind: 'known';
        readonly id: string;
        readonly difference: Difference;
        readonly reason: string;
      }
    | {
        readonly kind: 'unsupported';
        readonly id: string;
        /** What the counts file it under. */
        readonly operation: string;
        readonly reason: string;
      }
  );
