/** Checks of the arguments of requests, made by `npm run schema`: `check_next`, `check_hmm_seek`. */

/** What is wrong with a part of the arguments. */
export interface ArgumentError {
  /** Where: a JSON pointer such as `/breakpoints/0/line`. */
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: {
    readonly missingProperty?: string;
    readonly type?: string;
    readonly allowedValues?: readonly string[];
  };
}

/** True where arguments are right; otherwise `errors` says what is not, the first thing first. */
export interface ArgumentCheck {
  (args: unknown): boolean;
  readonly errors?: readonly ArgumentError[] | null;
}

declare const checks: Readonly<Record<`check_${string}`, ArgumentCheck>>;
export = checks;
