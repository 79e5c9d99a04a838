/** Finds and reads record files: JSON or JSON lines, plain or gzipped, in a directory and everything below it. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync, constants as zlib } from 'node:zlib';

/** One record, or what stands where a record should be. */
export type Read =
  | { readonly file: string; readonly line: number; readonly value: unknown }
  | { readonly file: string; readonly line: number; readonly problem: string };

const RECORD_FILE = /\.jsonl?(?:\.gz)?$/;

/** Record files in `path` (a file or a directory), in the order of their names. */
function recordFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) return recordFiles(inner);
      return RECORD_FILE.test(entry.name) ? [inner] : [];
    });
}

/** The text of a file; of a gzipped file that was cut off, as much as can be read, with `cut` set. */
function textOf(file: string): { text: string; cut: boolean } {
  const bytes = readFileSync(file);
  if (!file.endsWith('.gz')) return { text: bytes.toString('utf8'), cut: false };
  try {
    return { text: gunzipSync(bytes).toString('utf8'), cut: false };
  } catch {
    const whole = gunzipSync(bytes, { finishFlush: zlib.Z_SYNC_FLUSH });
    return { text: whole.toString('utf8'), cut: true };
  }
}

function* jsonLines(file: string, text: string, cut: boolean): Iterable<Read> {
  const lines = text.split('\n');
  const last = lines.reduce((at, line, index) => (line.trim() === '' ? at : index), -1);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    yield parse(file, index + 1, line, cut && index === last);
  }
  if (cut && last === -1) yield { file, line: 1, problem: 'the file is truncated' };
}

function parse(file: string, line: number, text: string, cut: boolean): Read {
  try {
    return { file, line, value: JSON.parse(text) };
  } catch (error) {
    const why = cut || !text.trimEnd().endsWith('}') ? 'the record is truncated' : 'this is not JSON';
    return { file, line: line + linesBefore(text, error), problem: why };
  }
}

/** How many lines of `text` come before the place where JSON.parse gave up. */
function linesBefore(text: string, error: unknown): number {
  const at = /position (\d+)/.exec(String(error))?.[1];
  return text.slice(0, at === undefined ? text.trimEnd().length : Number(at)).split('\n').length - 1;
}

/** Every record of every file; names of files are relative to `root`. Damaged ones are told, and reading goes on. */
export function* readRecords(root: string): Iterable<Read> {
  const base = statSync(root).isDirectory() ? root : join(root, '..');
  for (const path of recordFiles(root)) {
    const file = relative(base, path);
    let content: { text: string; cut: boolean };
    try {
      content = textOf(path);
    } catch {
      yield { file, line: 1, problem: 'the file is truncated or not gzipped' };
      continue;
    }
    if (/\.jsonl(?:\.gz)?$/.test(path)) yield* jsonLines(file, content.text, content.cut);
    else yield parse(file, 1, content.text, content.cut);
  }
}
