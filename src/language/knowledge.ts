import { FUNCTIONS } from './functions';
import { NAMES } from './things';

/** Something of the language that not every kernel has. */
export type Feature = 'coherent' | 'exclusive' | 'cold' | 'populate';

/** `NAME=VALUE` behind a device: a whole number. */
interface DriverOption {
  readonly name: string;
  /** What the number is, as in `the size of a fault buffer`. */
  readonly what: string;
  readonly least: number;
  readonly most: number;
}

/** What the language can ask of a driver besides what every driver has to offer. */
export type DriverOperation =
  | 'migrate'
  | 'read'
  | 'write'
  | 'snapshot'
  | 'exclusive'
  | 'check_exclusive'
  | 'evict'
  | 'release'
  | 'context';

/** A word of a driver's own behind a device: `gpu0 WORD [RANGE] [= VALUE]`. */
export interface DriverVerb {
  readonly word: string;
  /** What it does, in a sentence. */
  readonly about: string;
  /** It is about a range, which has to be written. */
  readonly range: boolean;
  /** What the number behind `=` is, where it takes one. */
  readonly value?: { readonly what: string; readonly least: number; readonly most: number };
}

/** A driver as a scenario speaks of it. */
export interface DriverWords {
  readonly options: readonly DriverOption[];
  readonly operations: readonly DriverOperation[];
  readonly verbs: readonly DriverVerb[];
  /** What can be made to fail in it, as in `gpu0 fail copy`. */
  readonly failures: readonly string[];
  /** What it counts: members of its devices in expressions. */
  readonly counters: readonly string[];
}

/** What the checker has to know of the kernels and the machine. The engine's own tables may be given in its place. */
export interface Knowledge {
  /** What each profile has, by its name. */
  readonly profiles: ReadonlyMap<string, ReadonlySet<Feature>>;
  /** The profile's name by the kernel's full one: `6.12` by `6.12.117`. */
  readonly releases: ReadonlyMap<string, string>;
  readonly defaultProfile: string;
  /** Kernel fixes that can be switched, by name; where it is missing every name is accepted. */
  readonly switches?: readonly string[];
  readonly drivers: ReadonlyMap<string, DriverWords>;
  /** Of a device that does not say. */
  readonly defaultDriver: string;
  /** CPUs of a machine that does not say. */
  readonly defaultCpus: number;
  /** Names that expressions have besides those of the scenario. */
  readonly names: ReadonlySet<string>;
  /** Functions that expressions may call. */
  readonly functions: ReadonlySet<string>;
}

/** Entries of the largest fault buffer. */
const MOST_FAULT_ENTRIES = 1 << 16;

/** The kernel's own HMM test driver. */
const DMIRROR: DriverWords = {
  options: [
    { name: 'faults', what: 'the number of entries of a fault buffer', least: 1, most: MOST_FAULT_ENTRIES },
  ],
  operations: [
    ...(['migrate', 'read', 'write', 'snapshot', 'exclusive', 'check_exclusive'] as const),
    ...(['evict', 'release', 'context'] as const),
  ],
  verbs: [
    {
      word: 'flags',
      about:
        "Sets this open device's flags; 1: its next allocation fails, and the flag is cleared (from 6.19 on).",
      range: false,
      value: { what: 'the flags', least: 0, most: 3 },
    },
  ],
  failures: ['migrate_to_ram', 'copy', 'alloc'],
  counters: ['calloc', 'cfree'],
};

/** First kernel with each feature, for messages. */
export const SINCE: Readonly<Record<Feature, string>> = {
  coherent: '6.0',
  exclusive: '5.14',
  cold: '5.4',
  populate: '5.14',
};

export const KNOWLEDGE: Knowledge = {
  profiles: new Map<string, ReadonlySet<Feature>>([
    ['4.14', new Set()],
    ['6.1', new Set<Feature>(['coherent', 'exclusive', 'cold', 'populate'])],
    ['6.12', new Set<Feature>(['coherent', 'exclusive', 'cold', 'populate'])],
    ['7.2', new Set<Feature>(['coherent', 'exclusive', 'cold', 'populate'])],
  ]),
  releases: new Map([
    ['4.14.0', '4.14'],
    ['6.1.192', '6.1'],
    ['6.12.117', '6.12'],
    ['7.2.13', '7.2'],
  ]),
  defaultProfile: '6.12',
  drivers: new Map([['dmirror', DMIRROR]]),
  defaultDriver: 'dmirror',
  defaultCpus: 2,
  names: new Set(Object.keys(NAMES)),
  functions: new Set(Object.keys(FUNCTIONS)),
};

/** Madvise advices that came later than 4.14. */
export const ADVICE_FEATURES: ReadonlyMap<string, Feature> = new Map<string, Feature>([
  ['cold', 'cold'],
  ['pageout', 'cold'],
  ['populate_read', 'populate'],
  ['populate_write', 'populate'],
]);
