/**
 * Where the time of a row goes: V8's own samples of it, by the source file of the function that ran. What V8 has inlined counts
 * for who calls it; what Node does of its own, such as reading the bench, is left out.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../tools/project';

/** What is read of a `.cpuprofile`. Lines count from 0. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface Share {
  readonly where: string;
  /** Of all samples: from 0 to 1. */
  readonly share: number;
}

/** For each line of a bundle the source file it comes from, as the bundler's comments say. */
function filesByLine(bundle: string): string[] {
  let file = '';
  return bundle.split('\n').map((line) => {
    file = /^\/\/ ((?:src|test|node_modules)\/\S+)$/.exec(line)?.[1] ?? file;
    return file;
  });
}

function sharesOf({ nodes, samples, timeDeltas }: CpuProfile, bundle: string): Share[] {
  const files = filesByLine(bundle);
  const placeOf = new Map<number, string>();
  for (const { id, callFrame } of nodes) {
    const { functionName, url, lineNumber } = callFrame;
    if (url.endsWith('row.mjs')) placeOf.set(id, files[lineNumber] || 'the bench itself');
    else if (functionName === '(garbage collector)') placeOf.set(id, functionName);
  }
  const times = new Map<string, number>();
  samples.forEach((id, i) => {
    const where = placeOf.get(id);
    if (where !== undefined) times.set(where, (times.get(where) ?? 0) + (timeDeltas[i] ?? 0));
  });
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const shares = [...times].map(([where, time]): Share => ({ where, share: time / all }));
  return shares.sort((a, b) => b.share - a.share);
}

/** Runs a row of a built bench once; the files in which it spends most, the most first. */
export async function profileOf(bench: string, row: string): Promise<readonly Share[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-bench-'));
  try {
    await run(process.execPath, ['--cpu-prof', '--cpu-prof-dir', folder, bench, row]);
    const [file = ''] = readdirSync(folder);
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
    return sharesOf(profile, readFileSync(bench, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
