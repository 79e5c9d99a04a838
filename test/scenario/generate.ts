import fc from 'fast-check';
import { RANGE_STATEMENT_KINDS } from '../../src/language/statements/range-statements';

/** Random scenarios that the checker has nothing against: every statement of the language can occur. */

const page = fc.integer({ min: 0, max: 15 });
const byte = fc.integer({ min: 0, max: 255 }).map((n) => (n % 2 === 0 ? String(n) : `0x${n.toString(16)}`));
const prot = fc.constantFrom('none', 'r', 'rw', 'rwx');
const device = fc.constantFrom('gpu0', 'gpu1');
const times = fc.integer({ min: 1, max: 9 });

const range = fc.oneof(
  fc.constant('buf'),
  page.map((n) => `buf[${n}]`),
  fc.tuple(page, page).map(([a, b]) => `buf[${Math.min(a, b)}..${Math.max(a, b) + 1}]`),
  page.map((n) => `buf[${n}..]`),
  page.map((n) => `buf[..${n + 1}]`),
  page.map((n) => `buf + 0x${(n * 4096 + 16).toString(16)}`),
  times.map((n) => `0x1000000000 for ${n} pages`),
  times.map((n) => `buf[0..${16 + n}] past end`),
);

const { expression } = fc.letrec<{ expression: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { withCrossShrink: true, maxDepth: 3 },
    byte,
    fc.constantFrom(
      'buf',
      'buf[3].page.refcount',
      'gpu0.used',
      'Device',
      'true',
      'none',
      '"text"',
      '64KiB',
      'why buf[3]',
    ),
    tie('expression').map((e) => `(${e})`),
    tie('expression').map((e) => `pte(${e})`),
    tie('atom').map((e) => `-${e}`),
    tie('atom').map((e) => `!${e}`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `[${a}, ${b}]`),
  ),
  expression: fc.oneof(
    { maxDepth: 3 },
    tie('atom'),
    fc
      .tuple(
        tie('atom'),
        fc.constantFrom('+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>', '==', '<', 'in'),
        tie('atom'),
      )
      .map((parts) => parts.join(' ')),
    fc
      .tuple(tie('atom'), fc.constantFrom('and', 'or', '&&', '||'), tie('atom'))
      .map((parts) => parts.join(' ')),
  ),
}));

const outcome = fc.oneof(
  fc.constantFrom('', ' expect ok', ' expect EFAULT', ' expect SIGBUS', ' expect SIGSEGV code ACCERR at buf'),
  byte.map((b) => ` expect ${b} rising`),
  fc.tuple(byte, times, byte).map(([a, n, b]) => ` expect [${a} times ${n}, ${b}], cpages ${n}, faults 1`),
);

const memory = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('64KiB', '16 pages', '0x10000'),
      fc.constantFrom('', ' anon', ' shmem', ' file data'),
      prot,
    )
    .map(([size, source, p]) => `buf = mmap ${size}${source} ${p}`),
  fc.tuple(fc.constantFrom(...RANGE_STATEMENT_KINDS), range).map((parts) => parts.join(' ')),
  fc.tuple(range, prot).map(([r, p]) => `mprotect ${r} ${p}`),
  fc.tuple(range, fc.constantFrom('dontneed', 'free', 'hugepage')).map(([r, a]) => `madvise ${r} ${a}`),
  fc
    .tuple(fc.constantFrom('write', 'fill'), range, byte, fc.constantFrom('', ' rising'))
    .map(([verb, r, b, rising]) => `${verb} ${r} = ${b}${rising}`),
  fc
    .tuple(fc.constantFrom('copy_from_user', 'copy_to_user'), range, fc.constantFrom('', ' bytes 16'))
    .map(([verb, r, bytes]) => `${verb} ${r}${bytes}`),
  fc.tuple(byte, range).map(([b, r]) => `add ${b} to ${r}`),
  range.map((r) => `mremap ${r} to 0x1800000000`),
);

const devices = fc.oneof(
  fc.tuple(fc.constantFrom('open', 'close'), device).map((parts) => parts.join(' ')),
  fc.tuple(range, fc.constantFrom('to', 'from'), device).map(([r, way, d]) => `migrate ${r} ${way} ${d}`),
  fc
    .tuple(device, fc.constantFrom('read', 'snapshot', 'exclusive', 'check_exclusive'), range)
    .map((parts) => parts.join(' ')),
  fc.tuple(device, range, byte).map(([d, r, b]) => `${d} write ${r} = ${b}`),
  fc
    .tuple(
      device,
      fc.constantFrom(
        'release',
        'evict',
        'dead',
        'repair',
        'fail copy',
        'fail alloc times 2',
        'fail migrate_to_ram as oom',
      ),
    )
    .map((parts) => parts.join(' ')),
  fc
    .tuple(range, fc.constantFrom('r', 'w'), fc.constantFrom('', ' longterm as p', ' fast'))
    .map(([r, access, more]) => `pin ${r} ${access}${more}`),
  fc.constantFrom('unpin', 'gup buf r', 'swapon 1MiB', 'swapoff', 'drain lru', 'kill app SIGTERM'),
  fc.constantFrom('fail kernel alloc', 'fail kernel alloc page_table times 3', 'repair kernel'),
);

const simple = fc.tuple(fc.oneof(memory, devices), outcome).map((parts) => parts.join(''));

const statement = fc.letrec<{ statement: string; block: string }>((tie) => ({
  block: fc
    .tuple(
      fc.array(tie('statement'), { maxLength: 4 }),
      fc.constantFrom('\n', '; ', '\n\n# note\n', '  # why\n'),
    )
    .map(([statements, between]) => `{\n${statements.join(between)}\n}`),
  statement: fc.oneof(
    { maxDepth: 2 },
    simple,
    expression.map((e) => `expect ${e}`),
    byte.map((b) => `print "value {${b}} {{}}"`),
    fc.tuple(times, tie('block')).map(([n, b]) => `repeat ${n} ${b}`),
    tie('block').map((b) => `under 6.12, 6.12 ${b}`),
    simple.map((s) => `under 6.12 ${s}`),
    simple.map((s) => `on kid ${s}`),
  ),
})).statement;

/** A whole scenario. */
export const scenario: fc.Arbitrary<string> = fc.array(statement, { maxLength: 12 }).map(
  (statements) => `profile 6.12
machine { node 0 { dma32 2GiB normal 2GiB } cpus 2 }
device gpu0 private 64MiB driver dmirror
device gpu1 private 64MiB
file data 64KiB fill 0xC0
schedule app*3 kid gpu0
switch some-fix-41cddf83d8b0 off
process app {
buf = mmap 64KiB
fork kid
${statements.join('\n')}
}
`,
);

/** The same scenario with other white space between its words, where that means nothing. */
export function respaced(text: string, seed: number): string {
  let state = seed;
  return text.replace(/ +/g, (_, offset: number) => {
    const before = text.slice(text.lastIndexOf('\n', offset) + 1, offset);
    const quoted = before.includes('#') || (before.match(/"/g) ?? []).length % 2 === 1;
    state = (state * 1103515245 + 12345) % 2147483648;
    return quoted ? ' ' : ' '.repeat(1 + (state % 4));
  });
}
