import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../../src/cli/command';
import { main } from '../../src/cli/command-line';

/** What one command line came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs a command line in this process; `interrupt` presses Ctrl-C as soon as somebody listens. */
export async function cli(
  args: readonly string[],
  options: { readonly interrupt?: boolean } = {},
): Promise<Ran> {
  let out = '';
  let error = '';
  const io: Io = {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    onInterrupt: (interrupted) => {
      if (options.interrupt === true) interrupted();
      return () => {};
    },
  };
  const code = await main(args, io);
  return { code, out, error };
}

const folder = mkdtempSync(join(tmpdir(), 'hmm-cli-'));
let count = 0;

/** A scenario file with this text. */
export function fileOf(text: string | Uint8Array, name = `scenario${count++}.hmm`): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
