/** The running kernel's own first touch, by a small C program compiled and run beside the engine. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject } from '../tools/project';

/** Seconds a page; undefined where no C compiler is found. */
export function kernelFirstTouch(pages: number): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-bench-'));
  try {
    const program = join(folder, 'first-touch');
    const compiled = spawnSync('cc', ['-O1', '-o', program, inProject('test/bench/first-touch.c')]);
    if (compiled.status !== 0) return undefined;
    const { stdout } = spawnSync(program, [String(pages)], { encoding: 'utf8' });
    return Number(stdout) / 1e9;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
