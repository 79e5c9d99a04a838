import { describe, expect, it } from 'vitest';
import { mincore_page, pagemap_entry, pagemap_word } from '../../src/engine/kernel/fs/proc/pagemap';
import { smaps_vma, statm } from '../../src/engine/kernel/fs/proc/smaps';
import type { MmRow, Vpn } from '../../src/engine/machine/ids';
import { buildRun, compileScenario, type Run } from '../../src/program';

/** What Linux 6.12.117 was asked in the experiment `pagemap`: two device pages, an exclusive one, memory, the zero page. */
const TEXT = `
profile 6.12
device gpu0 private 16MiB driver dmirror
process app {
    buf = mmap 24KiB anon rw at 0x40000000
    fill buf[0..4] = 1 rising
    read buf[4]
    migrate buf[0..2] to gpu0
    gpu0 exclusive buf[2]
    print 0
}
`;
const BUF = 0x40000;

/** The scenario just before its processes end. */
function stopped(text: string): { run: Run; mm: MmRow } {
  const { program, diagnostics } = compileScenario(text, 'proc.hmm');
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  const run = buildRun(program);
  run.kernel.events.observer = (_, name) => {
    if (name === 'print') run.interpreter.interrupt();
  };
  run.interpreter.run(1_000_000, true);
  return { run, mm: run.kernel.tasks.mm.get(1) as MmRow };
}

describe('what /proc says in the experiment of 6.12.117', () => {
  const { run, mm } = stopped(TEXT);
  const { kernel: k } = run;
  const seen = [0, 1, 2, 3, 4, 5].map((i) => pagemap_entry(k, mm, (BUF + i) as Vpn));

  it('pagemap: pages on the device and exclusive ones are in swap, with their types', () => {
    expect(seen.map(({ present }) => present)).toEqual([false, false, false, true, true, false]);
    expect(seen.map(({ swap }) => swap)).toEqual([true, true, true, false, false, false]);
    expect(seen.map(({ swapType }) => swapType)).toEqual([27, 27, 29, -1, -1, -1]);
    expect(seen.map(({ exclusive }) => exclusive)).toEqual([false, false, false, true, false, false]);
    expect(seen.some(({ file, softDirty }) => file || softDirty)).toBe(false);
  });

  it('the word of a device page has its type below its frame number', () => {
    const [first] = seen;
    if (first === undefined) throw new Error('no page');
    expect(pagemap_word(first)).toBe((1n << 62n) | (BigInt(first.offset) << 5n) | 27n);
  });

  it('smaps', () => {
    const sum = smaps_vma(k, k.mm.vmaAt(mm, BUF as Vpn));
    const kilobytes = Object.fromEntries(Object.entries(sum).map(([name, bytes]) => [name, bytes / 1024]));
    expect(kilobytes).toEqual({
      size: 24,
      rss: 16,
      pss: 16,
      pssDirty: 16,
      sharedClean: 0,
      sharedDirty: 4,
      privateClean: 0,
      privateDirty: 12,
      referenced: 8,
      anonymous: 16,
      lazyFree: 0,
      swap: 0,
      swapPss: 0,
      locked: 0,
    });
  });

  it('pages on a device are resident; status counts what is on the device', () => {
    expect([0, 1, 2, 3, 4, 5].map((i) => mincore_page(k, mm, (BUF + i) as Vpn))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(statm(k, mm)).toMatchObject({ rssAnon: 4, rssFile: 0, rssShmem: 0, swap: 0 });
  });
});

describe('4.14', () => {
  it('says in pagemap and smaps what 4.14.0 said of two pages on a device, word for word', () => {
    const text = TEXT.slice(0, TEXT.indexOf('    fill')).replace('6.12', '4.14').replace('24KiB', '8KiB');
    const { run, mm } = stopped(
      `${text.replace('16MiB', '256MiB')} write buf = 1; migrate buf to gpu0; print 0 }`,
    );
    const { kernel: k } = run;
    const words = [0, 1].map((i) => pagemap_word(pagemap_entry(k, mm, (BUF + i) as Vpn)));
    expect(words).toEqual([0x41800001f9fffffen, 0x41800001f9ffffden]);
    const eight = 8 * 1024;
    expect(smaps_vma(k, k.mm.vmaAt(mm, BUF as Vpn))).toMatchObject({
      rss: eight,
      pss: eight,
      anonymous: eight,
      sharedDirty: 0,
      privateDirty: 0,
      swap: 0,
      swapPss: 0,
    });
  });

  it('calls a device page exclusive, and smaps does too', () => {
    const { run, mm } = stopped(TEXT.replace('6.12', '4.14').replace('    gpu0 exclusive buf[2]\n', ''));
    const { kernel: k } = run;
    expect(pagemap_entry(k, mm, BUF as Vpn)).toMatchObject({ swap: true, swapType: 30, exclusive: true });
    expect(smaps_vma(k, k.mm.vmaAt(mm, BUF as Vpn))).toMatchObject({ rss: 4 * 4096, sharedDirty: 0 });
  });
});
