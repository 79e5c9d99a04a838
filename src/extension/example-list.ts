/** The bundled scenarios in an order for learning; paths under `scenarios/`, without `.hmm`. */
export interface ExampleGroup {
  readonly title: string;
  readonly names: readonly string[];
}

export const EXAMPLES: readonly ExampleGroup[] = [
  {
    title: 'First steps',
    names: [
      'page-comes-home',
      'munmap-frees',
      'device-full',
      'eviction-on-close',
      'holes-and-zero-pages',
      'two-threads',
      'fork-copy-on-write',
      'mprotect',
      'two-devices',
      'huge-page',
      'device-context',
      'swapped-out-under-pressure',
    ],
  },
  {
    title: 'Claims of the original commit',
    names: [
      'struct-pages',
      'persistent-memory',
      'swap-files',
      'free-at-refcount-one',
      'sigbus-on-device-error',
      'no-pins',
      'reclaim-leaves-device-pages',
    ],
  },
  {
    title: 'Races',
    names: [
      'races/livelock-of-two-threads',
      'races/stale-device-mapping',
      'races/invalidation-before-update',
      'races/recursive-driver-lock',
      'races/memunmap-waits-for-ever',
      'races/lost-dirty-bit',
      'races/lost-write-after-late-flush',
      'races/fault-on-a-freed-page',
      'races/drain-starvation',
      'races/device-write-during-migration',
      'races/device-write-to-a-clean-page',
      'races/mapped-after-it-was-thrown-away',
      'races/shared-page-never-comes-home',
      'races/oops-of-half-a-fix',
      'races/device-write-to-read-only-memory',
      'races/shared-page-becomes-writable',
    ],
  },
];

/** Folders whose scenarios all belong together, in the order of their names. */
export const EXAMPLE_FOLDERS = [
  { title: "The kernel's self-tests", folder: 'selftests' },
  { title: "The kernel's self-tests, coherent memory", folder: 'selftests/coherent' },
] as const;
