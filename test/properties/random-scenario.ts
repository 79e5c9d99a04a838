/** Random scenarios: a few processes and threads that share memory with two small devices. */

import fc from 'fast-check';

/** Pages of each buffer, and of each device: so few that a device runs full. */
const BUFFER_PAGES = 8;
const DEVICES = ['gpu0', 'gpu1'] as const;
const BUFFERS = ['a', 'b'] as const;

/** What 4.14 gets wrong without end: with these a random program comes to its end. */
export const ENDS: Readonly<Record<string, readonly string[]>> = {
  '4.14': ['fix-aab8d0520e6e', 'fix-1de13ee59225', 'fix-c18ce674d548', 'fix-write-attribute'],
};

export interface RandomScenario {
  readonly profile: string;
  readonly text: string;
}

const range = fc
  .tuple(fc.constantFrom(...BUFFERS), fc.nat(BUFFER_PAGES - 1), fc.integer({ min: 1, max: BUFFER_PAGES }))
  .map(([buffer, from, pages]) => `${buffer}[${from}..${Math.min(BUFFER_PAGES, from + pages)}]`);
const page = fc
  .tuple(fc.constantFrom(...BUFFERS), fc.nat(BUFFER_PAGES - 1))
  .map(([buffer, index]) => `${buffer}[${index}]`);
const byte = fc.integer({ min: 1, max: 255 });
const device = fc.constantFrom(...DEVICES);

const access = fc.oneof(
  range.map((pages) => `read ${pages}`),
  fc.tuple(range, byte).map(([pages, value]) => `write ${pages} = ${value}`),
  fc.tuple(range, byte).map(([pages, value]) => `fill ${pages} = ${value}`),
  page.map((one) => `add 1 to ${one}`),
  range.map((pages) => `reclaim ${pages}`),
);

const toDevice = fc.tuple(range, device).map(([pages, to]) => `migrate ${pages} to ${to}`);
const fromDevice = fc.tuple(range, device).map(([pages, from]) => `migrate ${pages} from ${from}`);
const deviceRead = fc.oneof(
  fc.tuple(device, range).map(([who, pages]) => `${who} read ${pages}`),
  fc.tuple(device, range).map(([who, pages]) => `${who} snapshot ${pages}`),
);
const deviceWrite = fc
  .tuple(device, range, byte)
  .map(([who, pages, value]) => `${who} write ${pages} = ${value}`);

const addressSpace = fc.oneof(
  fc
    .tuple(range, fc.constantFrom('r', 'rw', 'rw'))
    .map(([pages, prot]) => `mprotect ${pages} ${prot}; mprotect ${pages} rw`),
  range.map((pages) => `madvise ${pages} dontneed`),
  range.map((pages) => `madvise ${pages} free`),
  fc
    .tuple(fc.constantFrom(...BUFFERS), fc.constantFrom('anon', 'anon', 'shmem'))
    .map(([buffer, kind]) => `munmap ${buffer}; ${buffer} = mmap ${BUFFER_PAGES} pages ${kind} rw`),
  fc.constant('drain lru'),
);

const failure = fc.oneof(
  device.map((who) => `${who} fail copy times 1`),
  device.map((who) => `${who} fail alloc times 2`),
  fc
    .tuple(device, page)
    .map(([who, one]) => `${who} fail migrate_to_ram times 1; read ${one}; ${who} repair`),
);

const pin = fc
  .tuple(range, fc.constantFrom('r', 'w'), range, device)
  .map(([pages, how, moved, to]) => `pin ${pages} ${how} as PIN; migrate ${moved} to ${to}; unpin PIN`);

/**
 * What a thread does beside the process's main one. With the test driver as it is it neither writes through a device nor
 * moves pages there nor unmaps any: the device's table may then miss an invalidation, as the kernel's driver does (it skips
 * those of its own migrations, and enters what it has moved without asking for the sequence).
 */
const beside = fc.oneof(
  { weight: 6, arbitrary: access },
  { weight: 3, arbitrary: fromDevice },
  { weight: 2, arbitrary: deviceRead },
);

const statement = fc.oneof(
  { weight: 6, arbitrary: access },
  { weight: 4, arbitrary: toDevice },
  { weight: 2, arbitrary: fromDevice },
  { weight: 2, arbitrary: deviceRead },
  { weight: 2, arbitrary: deviceWrite },
  { weight: 2, arbitrary: addressSpace },
  { weight: 1, arbitrary: failure },
  { weight: 1, arbitrary: pin },
);

const block = (most: number, of = statement): fc.Arbitrary<string> =>
  fc.array(of, { minLength: 1, maxLength: most }).map((lines) => lines.join('\n'));

/** A pin belongs to whoever names it; each task has its own. */
const named = (block: string, task: string): string => block.replaceAll('PIN', `pin${task}`);

/** What a process does: alone, then beside a thread, then beside a child. `name` makes its tasks' names unique. */
const body = (name: string, thread: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(block(8), fc.option(block(5, thread), { freq: 2 }), fc.option(block(5), { freq: 2 }), block(6))
    .map(([first, thread, child, last]) =>
      [
        `a = mmap ${BUFFER_PAGES} pages anon rw`,
        `b = mmap ${BUFFER_PAGES} pages anon rw`,
        named(first, name),
        thread === null ? '' : `thread t${name} {\n${named(thread, `t${name}`)}\n}`,
        child === null ? '' : `fork c${name} {\nopen gpu0\nopen gpu1\n${named(child, `c${name}`)}\n}`,
        named(last, name),
        thread === null ? '' : `join t${name}`,
        child === null ? '' : `wait c${name}`,
      ].join('\n'),
    );

/** `profile` undefined: either of the two. With `careful` the driver is one whose table misses no invalidation. */
export function randomScenario(profile?: string, careful = false): fc.Arbitrary<RandomScenario> {
  const thread = careful ? statement : beside;
  return fc
    .record({
      profile: profile === undefined ? fc.constantFrom('4.14', '6.1', '6.12', '7.2') : fc.constant(profile),
      seed: fc.option(fc.nat(1000), { freq: 3 }),
      one: body('1', thread),
      two: fc.option(body('2', thread), { freq: 2 }),
    })
    .map((parts) => ({
      profile: parts.profile,
      text: [
        `profile ${parts.profile}`,
        ...(ENDS[parts.profile] ?? []).map((name) => `switch ${name} on`),
        careful ? 'switch driver-faults-after-migration on' : '',
        'machine { cpus 2 swap 1MiB }',
        // The kernel's test driver loses what its device writes to a clean page of the swap cache.
        'switch driver-dirties-pages on',
        ...DEVICES.map((name) => `device ${name} private ${BUFFER_PAGES + 3} pages`),
        parts.seed === null ? '' : `schedule seed ${parts.seed}`,
        `process p1 {\n${parts.one}\n}`,
        parts.two === null ? '' : `process p2 {\n${parts.two}\n}`,
      ].join('\n'),
    }));
}
