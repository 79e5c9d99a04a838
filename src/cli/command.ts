/** What every sub-command of `hmm-trace` is. */

/** Exit codes: all is well, an expectation failed or something like it, the input has errors. */
export const Exit = { Ok: 0, Failed: 1, Bad: 2 } as const;
export type ExitCode = number;

/** Where a command reads and writes; tests give another one. */
export interface Io {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Calls back when the user presses Ctrl-C; returns what ends that. */
  readonly onInterrupt: (interrupted: () => void) => () => void;
}

export interface Command {
  readonly usage: string;
  readonly main: (args: readonly string[], io: Io) => Promise<ExitCode>;
}

/** The command line asks for something that does not exist; the message says what and what there is. */
export class UsageError extends Error {}
