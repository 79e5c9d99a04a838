/** The running kernel's own first touch, by a small C program compiled and run beside the engine. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject } from '../tools/project';
import { median } from './figure';

/** Seconds of processor time a page, the median of several runs; undefined where no C compiler is found. */
export function kernelFirstTouch(pages: number, times: number): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-bench-'));
  try {
    const program = join(folder, 'first-touch');
    const compiled = spawnSync('cc', ['-O1', '-o', program, inProject('test/bench/first-touch.c')]);
    if (compiled.status !== 0) return undefined;
    const run = (): number => Number(spawnSync(program, [String(pages)], { encoding: 'utf8' }).stdout) / 1e9;
    return median(Array.from({ length: times }, run));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
