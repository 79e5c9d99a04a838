/** Something of the language that not every kernel has. */
export type Feature = 'coherent' | 'exclusive' | 'cold' | 'populate' | 'collapse';

/** `NAME=VALUE` behind a device: a whole number. */
export interface DriverOption {
  readonly name: string;
  /** What the number is, as in `the size of a fault buffer`. */
  readonly what: string;
  readonly least: number;
  readonly most: number;
}

/** What the checker has to know of the kernels and the machine. The engine's own tables may be given in its place. */
export interface Knowledge {
  /** What each profile has, by its name. */
  readonly profiles: ReadonlyMap<string, ReadonlySet<Feature>>;
  readonly defaultProfile: string;
  /** Kernel fixes that can be switched, by name; where it is missing every name is accepted. */
  readonly switches?: readonly string[];
  /** Drivers, each with its options. */
  readonly drivers: ReadonlyMap<string, readonly DriverOption[]>;
  /** CPUs of a machine that does not say. */
  readonly defaultCpus: number;
  /** Names that expressions have besides those of the scenario. */
  readonly names: ReadonlySet<string>;
  /** Functions that expressions may call. */
  readonly functions: ReadonlySet<string>;
}

/** Entries of the largest fault buffer. */
const MOST_FAULT_ENTRIES = 1 << 16;

/** First kernel with each feature, for messages. */
export const SINCE: Readonly<Record<Feature, string>> = {
  coherent: '6.0',
  exclusive: '5.14',
  cold: '5.4',
  populate: '5.14',
  collapse: '6.1',
};

export const KNOWLEDGE: Knowledge = {
  profiles: new Map<string, ReadonlySet<Feature>>([
    ['4.14', new Set()],
    ['6.12', new Set<Feature>(['coherent', 'exclusive', 'cold', 'populate', 'collapse'])],
  ]),
  defaultProfile: '6.12',
  drivers: new Map([
    [
      'dmirror',
      [
        {
          name: 'faults',
          what: 'the number of entries of a fault buffer',
          least: 1,
          most: MOST_FAULT_ENTRIES,
        },
      ],
    ],
  ]),
  defaultCpus: 2,
  names: new Set([
    ...['DMA', 'DMA32', 'Normal', 'Movable', 'Device'],
    ...['zone', 'callbacks', 'time', 'profile', 'task', 'process'],
  ]),
  functions: new Set(['pte', 'page', 'pfn', 'vma', 'why', 'count', 'sum', 'min', 'max']),
};

/** Madvise advices that came later than 4.14. */
export const ADVICE_FEATURES: ReadonlyMap<string, Feature> = new Map<string, Feature>([
  ['cold', 'cold'],
  ['pageout', 'cold'],
  ['populate_read', 'populate'],
  ['populate_write', 'populate'],
  ['collapse', 'collapse'],
]);
