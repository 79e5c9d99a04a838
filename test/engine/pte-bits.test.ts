/** Entries as the CPU sees them under 6.12; those of 4.14 are among its expectations. */

import { expect, it } from 'vitest';
import { dmirror_migrate_to_device } from '../../src/engine/drivers/dmirror/migrate';
import { pte_val } from '../../src/engine/kernel/arch/x86/mm/pte_bits';
import { pte_offset } from '../../src/engine/kernel/mm/pgtable';
import type { Vpn } from '../../src/engine/machine/ids';
import { Bench } from './bench';

const A = 0x1000000;
const bitsAt = (bench: Bench, vpn: number): bigint =>
  pte_val(bench.kernel, pte_offset(bench.kernel, bench.mm, vpn as Vpn));

it('a written page is present, writable, user, accessed, dirty and not executable', () => {
  const bench = new Bench();
  bench.mmap(A, 1);
  bench.write(A, 1);
  const pfn = BigInt(bench.kernel.pages.pfn(bench.page(A)));
  expect(bitsAt(bench, A)).toBe((1n << 63n) | (pfn << 12n) | 0x67n);
});

it('a device entry has its type in bits 59 to 63 and its frame number inverted in bits 9 to 58', () => {
  const bench = new Bench();
  const mirror = bench.open(1);
  bench.mmap(A, 1);
  bench.write(A, 1);
  bench.call(dmirror_migrate_to_device, mirror, A, 1);
  const pfn = BigInt(bench.kernel.pages.pfn(bench.page(A)));
  const inverted = ~pfn & ((1n << 50n) - 1n);
  expect(bitsAt(bench, A)).toBe((27n << 59n) | (inverted << 9n));
  bench.fork();
  expect(bitsAt(bench, A) >> 59n).toBe(28n);
});

it('an empty entry is 0', () => {
  const bench = new Bench();
  bench.mmap(A, 2);
  bench.write(A, 1);
  expect(bitsAt(bench, A + 1)).toBe(0n);
});
