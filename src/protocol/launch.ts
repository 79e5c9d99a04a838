/** What a launch configuration of type `hmm` may say; DAP adds `noDebug`. */
export interface LaunchArguments {
  /** Absolute path of the scenario (`.hmm`). */
  program: string;
  /** Kernel semantics to run under, such as `6.12`; overrides the scenario's own `profile`. */
  profile?: string;
  /** Stop before the first statement. Default false. */
  stopOnEntry?: boolean;
  /** With no breakpoint of any kind set, stop at the first `page_fault`. Default true. */
  stopAtFirstFault?: boolean;
  /**
   * Which task runs at each yield: `round-robin`, or what a scenario's own `schedule` line may say, such as
   * `seed 7` or `A B*3 gpu0`. Overrides that line; `hmm/schedule` answers this form.
   */
  schedule?: string;
  /** Repetitions of one and the same fault from which on it counts as a livelock, from 1. Default 1000. */
  livelockAfter?: number;
  /** Check the machine's invariants while running. Default true. */
  invariants?: boolean;
  /** The editor prints every protocol message in the Debug Console. Default false; the adapter ignores it. */
  trace?: boolean;
}

/** The part of JSON schema that launch attributes use. */
export interface AttributeSchema {
  type: 'string' | 'boolean' | 'integer';
  default?: string | boolean | number;
  /** The least value of an integer. */
  minimum?: number;
  enum?: readonly string[];
  pattern?: string;
  patternErrorMessage?: string;
  markdownDescription: string;
}

/** Names of the profiles a launch configuration can ask for, newest last. */
export const profileNames: readonly string[] = ['4.14', '6.1', '6.12', '7.2'];
/** The full versions of the same kernels, which a launch configuration may say as well. */
export const profileReleases: readonly string[] = ['4.14.0', '6.1.192', '6.12.117', '7.2.13'];

/**
 * Schema of each launch attribute. package.json repeats it under `contributes.debuggers`
 * (a test compares the two), and the extension validates configurations with it.
 */
export const launchSchema: { readonly [Name in keyof Required<LaunchArguments>]: AttributeSchema } = {
  program: {
    type: 'string',
    default: '${file}',
    markdownDescription: 'Path of the scenario (`.hmm` file) to run.',
  },
  profile: {
    type: 'string',
    enum: [...profileNames, ...profileReleases],
    markdownDescription:
      "Kernel whose semantics are used. Without it the scenario's own `profile` line decides.",
  },
  stopOnEntry: {
    type: 'boolean',
    default: false,
    markdownDescription: 'Stop before the first statement of the scenario.',
  },
  stopAtFirstFault: {
    type: 'boolean',
    default: true,
    markdownDescription: 'With no breakpoint set at all, stop at the first `page_fault`.',
  },
  schedule: {
    type: 'string',
    pattern: '^\\S+( \\S+)*$',
    patternErrorMessage: 'Write round-robin, seed N, or tasks in their order, such as A B*3 gpu0.',
    markdownDescription:
      'Which task runs at each yield: `round-robin`, `seed 7`, or tasks in their order such as `A B*3 gpu0`. ' +
      "Without it the scenario's own `schedule` line decides.",
  },
  livelockAfter: {
    type: 'integer',
    default: 1000,
    minimum: 1,
    markdownDescription:
      'How often one and the same fault may come again, with nothing changed in between, before it is a livelock.',
  },
  invariants: {
    type: 'boolean',
    default: true,
    markdownDescription: "Check the machine's invariants after every step and report a broken one.",
  },
  trace: {
    type: 'boolean',
    default: false,
    markdownDescription: 'Print every debug protocol message in the Debug Console.',
  },
};
