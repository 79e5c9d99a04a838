/**
 * Random scenarios of the kinds of memory that `random-scenario.ts` leaves out: locked, huge, of the hugetlb pool, of files,
 * swapped, in ZONE_MOVABLE, on coherent devices, pinned for long, taken exclusively, and shared by forks of forks.
 */

import fc from 'fast-check';
import { ENDS } from './random-scenario';

/** Pages of the small buffers. */
const PAGES = 6;

/** A huge buffer is used at its ends and across its middle, and as a whole. */
const HUGE_PARTS = ['[0]', '[0..4]', '[3]', '[254..260]', '[508..]', ''];

const DEVICES = ['gpu0', 'gpu1'] as const;

type Text = fc.Arbitrary<string>;

const small: Text = fc
  .tuple(fc.constantFrom('a', 'b'), fc.nat(PAGES - 1), fc.integer({ min: 1, max: PAGES }))
  .map(([name, from, count]) => `${name}[${from}..${Math.min(PAGES, from + count)}]`);
const part = (name: string): Text => fc.constantFrom(...HUGE_PARTS).map((which) => `${name}${which}`);
const huge = part('h');
const pool = part('t');
const few: Text = fc.constantFrom('h[0..4]', 'h[254..260]', 't[0..4]', 'a', 'b', 'a[2]', 'b[1..4]');
const any: Text = fc.oneof(
  { weight: 5, arbitrary: small },
  { weight: 3, arbitrary: huge },
  { weight: 1, arbitrary: pool },
);
const byte = fc.integer({ min: 1, max: 255 });
const device = fc.constantFrom(...DEVICES);

/** A statement with what stands for its words in capitals. */
const say = (form: string, range: Text = any): Text =>
  fc
    .record({ RANGE: range, DEVICE: device, BYTE: byte.map(String), FEW: few })
    .map((words) => form.replaceAll(/RANGE|DEVICE|BYTE|FEW/g, (word) => words[word as keyof typeof words]));

const ADVICE = [
  'dontneed',
  'free',
  'willneed',
  'hugepage',
  'nohugepage',
  'mergeable',
  'unmergeable',
  'dontfork',
  'dofork',
  'wipeonfork',
  'keeponfork',
];
/** Since 5.4 to 5.18. */
const NEWER_ADVICE = ['cold', 'pageout', 'populate_read', 'populate_write', 'dontneed_locked'];

const access = fc.oneof(
  say('read FEW'),
  say('write FEW = BYTE'),
  say('write RANGE = BYTE', small),
  say('fill FEW = BYTE'),
  say('add 1 to FEW'),
  say('copy_from_user FEW'),
  say('copy_to_user FEW'),
  say('reclaim RANGE', small),
);

const addressSpace = (later: boolean): Text =>
  fc.oneof(
    fc
      .tuple(any, fc.constantFrom(...ADVICE, ...(later ? NEWER_ADVICE : [])))
      .map(([range, advice]) => `madvise ${range} ${advice}`),
    say('mlock RANGE'),
    say('munlock RANGE'),
    fc
      .tuple(any, fc.constantFrom('r', 'none', 'w', 'rx'), few)
      .map(
        ([range, prot, other]) => `mprotect ${range} ${prot}\ncopy_from_user ${other}\nmprotect ${range} rw`,
      ),
    say('munmap RANGE', small),
    fc
      .tuple(fc.constantFrom('a', 'b'), fc.integer({ min: PAGES, max: 2 * PAGES }))
      .map(([name, pages]) => `mremap ${name} size ${pages} pages`),
    fc.constantFrom(
      'mremap a[2..5] size 4KiB',
      'mremap a to 0x1801ffd000',
      'mremap h to 0x1900000000',
      'mremap h[8..16] to 0x1a00001000',
    ),
    fc
      .tuple(
        fc.constantFrom('a', 'b'),
        fc.constantFrom('anon', 'shmem', 'shared', 'file data private', 'file data shared'),
      )
      .map(([name, kind]) => `munmap ${name}\n${name} = mmap ${PAGES} pages ${kind}`),
    fc.constantFrom('drain lru', 'swapoff\nswapon 1MiB', 'swapon 1MiB sync'),
  );

/** What goes to a device: under 7.2 no whole huge page, which is not modelled. */
const movable = (profile: string): Text => (profile === '7.2' ? fc.oneof(small, few) : any);

const moves = (profile: string): Text =>
  fc.oneof(
    say('migrate RANGE to DEVICE', movable(profile)),
    say('migrate RANGE from DEVICE'),
    say('DEVICE read FEW'),
    say('DEVICE write FEW = BYTE'),
    say('DEVICE snapshot FEW'),
  );
const exclusive = fc.oneof(
  say('DEVICE exclusive RANGE'),
  say('DEVICE exclusive FEW'),
  say('DEVICE check_exclusive FEW'),
);
const files = fc.oneof(say('DEVICE evict'), say('close DEVICE\nopen DEVICE'));
const failure = fc.oneof(
  say('DEVICE fail copy times 1'),
  say('DEVICE fail alloc times 2'),
  say('DEVICE fail migrate_to_ram times 1\ncopy_from_user FEW\nDEVICE repair'),
  fc.constantFrom(
    'fail kernel alloc page_table times 1',
    'fail kernel alloc anon_vma times 1',
    'fail kernel alloc vma times 1',
    'repair kernel',
  ),
);
const held = (profile: string): Text =>
  fc.oneof(
    fc
      .tuple(any, fc.constantFrom('r', 'w', 'w longterm', 'r longterm fast', 'w fast'))
      .map(([range, how]) => `pin ${range} ${how} as PIN\nunpin PIN`),
    fc
      .tuple(any, fc.constantFrom('w longterm', 'r', 'w fast'), movable(profile), device)
      .map(([range, how, moved, to]) => `pin ${range} ${how} as PIN\nmigrate ${moved} to ${to}\nunpin PIN`),
    say('gup RANGE w'),
    say('gup RANGE r fast'),
  );

const statement = (profile: string): Text => {
  const later = profile !== '4.14';
  return fc.oneof(
    { weight: 6, arbitrary: access },
    { weight: 5, arbitrary: addressSpace(later) },
    { weight: 5, arbitrary: moves(profile) },
    { weight: 2, arbitrary: held(profile) },
    { weight: 1, arbitrary: failure },
    { weight: 1, arbitrary: files },
    ...(later ? [{ weight: 2, arbitrary: exclusive }] : []),
  );
};

/** Names of pins belong to one task. */
const inTask = (task: string, lines: readonly string[]): string =>
  lines.map((line, i) => line.replaceAll('PIN', `p${task}${i}`)).join('\n');

/** A fork that forks again, each with things of its own to do, beside its parent. */
const body = (profile: string): Text => {
  const lines = (most: number): fc.Arbitrary<string[]> =>
    fc.array(statement(profile), { minLength: 1, maxLength: most });
  return fc
    .record({ first: lines(7), child: lines(4), grandchild: lines(3), thread: lines(3), last: lines(5) })
    .map(
      ({ first, child, grandchild, thread, last }) => `
a = mmap ${PAGES} pages
b = mmap ${PAGES} pages file data private
h = mmap 2MiB huge at 0x1000000000
t = mmap 2MiB hugetlb
write h[0..4] = 1
write t[1] = 1
${inTask('a', first)}
fork child {
open gpu0
open gpu1
${inTask('b', child)}
fork grandchild {
open gpu0
${inTask('c', grandchild)}
}
${inTask('d', [...child].reverse())}
}
thread beside {
${inTask('e', thread)}
}
${inTask('f', last)}`,
    );
};

const MACHINES = [
  'node 0 { normal 64MiB movable 32MiB } swap 1MiB',
  'node 0 { normal 48MiB } node 1 { movable 32MiB } swap 1MiB sync',
  'node 0 { dma32 16MiB normal 32MiB }',
];

/** A scenario of one process with a thread, a child and a grandchild, under one profile; its driver misses no invalidation. */
export function wideScenario(profile: string): Text {
  const later = profile !== '4.14';
  const switches = [
    'driver-faults-after-migration',
    'driver-dirties-pages',
    ...(ENDS[profile] ?? ['fix-device-exclusive-entries']),
  ];
  return fc
    .record({
      seed: fc.option(fc.nat(1000), { freq: 3 }),
      machine: fc.constantFrom(...MACHINES),
      main: body(profile),
    })
    .map(({ seed, machine, main }) =>
      [
        `profile ${profile}`,
        ...switches.map((name) => `switch ${name} on`),
        `machine { ${machine} cpus 2 hugepages 3 }`,
        'device gpu0 private 1MiB',
        `device gpu1 ${later ? 'coherent' : 'private'} 1MiB`,
        `file data ${PAGES} pages fill 0xc0`,
        seed === null ? '' : `schedule seed ${seed}`,
        `process app {${main}\n}`,
      ].join('\n'),
    );
}
